using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>Who is let in.</summary>
internal sealed class Authentication(string token, string account)
{
    private const string Realm = "Bearer realm=\"https://accounts.google.com/\"";
    private const string Expected = "Expected OAuth 2 access token, login cookie or other valid authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.";

    private readonly byte[] _token = Encoding.UTF8.GetBytes(token);

    /// <summary>The token that requests must bear.</summary>
    public string Token => token;

    /// <summary>The e-mail address of whom the token belongs to.</summary>
    public string Account => account;

    /// <summary>Whether this is the token.</summary>
    public bool IsToken(string other) => CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(other), _token);

    /// <summary>A token that is not the right one, or no longer.</summary>
    /// <param name="method">The method that was called; null when there is no such method.</param>
    /// <param name="reason">For example <c>ACCESS_TOKEN_EXPIRED</c>.</param>
    public static ApiException InvalidToken(ApiMethod? method, string reason)
        => new(401, "UNAUTHENTICATED", "Request had invalid authentication credentials. " + Expected)
        {
            Location = "Authorization",
            LocationType = "header",
            Challenge = Realm + ", error=\"invalid_token\"",
            Details = [Info(method, reason)],
        };

    /// <summary>Refuses a request that a name other than this machine's own led here: a web page whose name was pointed at loopback.</summary>
    /// <exception cref="ApiException">The Host header is not loopback's.</exception>
    public static void CheckHost(HttpRequest request)
    {
        var host = request.Host.Host.Trim('[', ']');
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address))) return;
        throw new ApiException(403, "PERMISSION_DENIED", "The Host header does not name this machine's loopback. Reach the emulator by the address that it printed.");
    }

    /// <exception cref="ApiException">The request does not bear the token.</exception>
    public void CheckBearer(HttpRequest request, ApiMethod? method)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.Length == 0)
        {
            throw new ApiException(401, "UNAUTHENTICATED", "Request is missing required authentication credential. " + Expected, "required")
            {
                Location = "Authorization",
                LocationType = "header",
                Challenge = Realm,
                Details = [Info(method, "CREDENTIALS_MISSING")],
            };
        }

        const string scheme = "Bearer ";
        var isRight = header.StartsWith(scheme, StringComparison.OrdinalIgnoreCase)
            && IsToken(header[scheme.Length..].Trim());
        if (!isRight) throw InvalidToken(method, "ACCESS_TOKEN_TYPE_UNSUPPORTED");
    }

    /// <exception cref="ApiException">The request does not say that it means the metadata server, or comes through a proxy.</exception>
    public static void CheckMetadataFlavor(HttpRequest request)
    {
        if (request.Headers["Metadata-Flavor"].ToString() != "Google") throw new ApiException(403, "PERMISSION_DENIED", "Missing required header \"Metadata-Flavor\": \"Google\".");
        if (request.Headers.ContainsKey("X-Forwarded-For")) throw new ApiException(403, "PERMISSION_DENIED", "The metadata server does not answer requests with an X-Forwarded-For header.");
    }

    private static JsonObject Info(ApiMethod? method, string reason)
        => method is null
            ? ApiException.ErrorInfo(reason, "googleapis.com")
            : ApiException.ErrorInfo(reason, "googleapis.com", ("service", method.Service.Host), ("method", method.Name));
}
