using System.Diagnostics;
using System.Net.Sockets;

namespace MarketingSwarm.Engine.Checks;

/// <summary>Asks the application's health route as a load balancer would: GET, no credentials, no redirects.</summary>
internal static class EndpointProbe
{
    internal const string Name = "Endpoint";

    /// <summary>Refuses an address that is not a full http or https one, or that carries a user name, which would be sent nowhere.</summary>
    /// <exception cref="SwarmConfigurationException">The address cannot be asked.</exception>
    internal static void Validate(Uri endpoint)
    {
        if (!endpoint.IsAbsoluteUri || (endpoint.Scheme != Uri.UriSchemeHttp && endpoint.Scheme != Uri.UriSchemeHttps))
            throw Errors.EndpointNotUsable(endpoint, "a full http or https address is expected");
        if (endpoint.UserInfo.Length > 0) throw Errors.EndpointNotUsable(endpoint, "a user name in it would not be sent");
    }

    internal static string Describe(DatabaseCheckOptions options)
        => FormattableString.Invariant($"a 2xx answer within {options.LatencyLimit.TotalMilliseconds:0} ms");

    /// <summary>Asks twice: the first request opens the connection and wakes the application, the second is measured.</summary>
    internal static async Task<EndpointCheck> CheckAsync(SwarmDatabase database, Uri endpoint, DatabaseCheckOptions options, CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            // A proxy leads to the network, not back to this machine.
            UseProxy = !endpoint.IsLoopback,
        };
        using var client = new HttpClient(handler) { Timeout = options.EndpointTimeout };
        client.DefaultRequestHeaders.UserAgent.ParseAdd("MarketingSwarm");

        try
        {
            var (status, _, location) = await GetAsync(client, endpoint, cancellationToken);
            double? elapsed = null;
            if (IsSuccess(status)) (status, elapsed, location) = await GetAsync(client, endpoint, cancellationToken);
            var isFast = elapsed <= options.LatencyLimit.TotalMilliseconds;
            return Create(
                database, endpoint, options, IsSuccess(status) && isFast,
                FormattableString.Invariant($"{status} {(System.Net.HttpStatusCode)status}{(elapsed is null ? "" : FormattableString.Invariant($" in {elapsed:0} ms"))}"),
                IsSuccess(status) ? isFast ? null : SlowAction : Advise(status, endpoint, location), status: status, milliseconds: elapsed);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var (failure, actual, action) = Explain(exception, endpoint, options);
            return Create(database, endpoint, options, passed: false, actual, action, failure);
        }
    }

    private const string SlowAction = "See the Latency check: if the database is fast, the time is spent in the application or on the way to it.";

    private static async Task<(int Status, double Milliseconds, Uri? Location)> GetAsync(HttpClient client, Uri endpoint, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var response = await client.GetAsync(endpoint, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        return ((int)response.StatusCode, clock.Elapsed.TotalMilliseconds, response.Headers.Location);
    }

    private static bool IsSuccess(int status) => status is >= 200 and < 300;

    private static EndpointCheck Create(
        SwarmDatabase database, Uri endpoint, DatabaseCheckOptions options, bool passed, string actual, string? action,
        SwarmDatabaseFailure? failure = null, int? status = null, double? milliseconds = null) => new()
        {
            Name = Name,
            Database = database,
            Passed = passed,
            Expected = Describe(options),
            Actual = $"{Show(endpoint)}: {actual}",
            RecommendedAction = action,
            Failure = failure,
            Endpoint = Show(endpoint),
            StatusCode = status,
            Milliseconds = milliseconds,
        };

    private static string Advise(int status, Uri endpoint, Uri? location) => status switch
    {
        >= 300 and < 400 when location is not null => $"The route leads elsewhere: name that address, {Show(new Uri(endpoint, location))}.",
        401 or 403 => "The route asks for a login: let the health route be called without one, or ask it from where no login is needed.",
        404 or 405 => "There is no such route: check the path, and that the version with the health route is deployed.",
        429 => "Too many requests were made: try again later.",
        502 or 503 or 504 => "No instance of the application is ready: see its log; where the checks above failed, mend those first.",
        >= 500 => "The application failed: see its log; where the checks above failed, mend those first.",
        _ => "Check the address and the application's log.",
    };

    private static (SwarmDatabaseFailure Failure, string Actual, string Action) Explain(Exception exception, Uri endpoint, DatabaseCheckOptions options)
    {
        var origin = $"{endpoint.IdnHost}:{endpoint.Port}";
        if (exception is not HttpRequestException request)
        {
            return (SwarmDatabaseFailure.Timeout, FormattableString.Invariant($"no answer within {options.EndpointTimeout.TotalSeconds:0.#} s"),
                "Check that the application is not stuck and that no firewall drops the packets; a longer -EndpointTimeoutSeconds waits for a cold start.");
        }

        return request switch
        {
            { HttpRequestError: HttpRequestError.NameResolutionError } => (SwarmDatabaseFailure.HostUnreachable,
                $"the name '{endpoint.IdnHost}' is unknown", "Check the host's name and your DNS."),
            { HttpRequestError: HttpRequestError.SecureConnectionError } => (SwarmDatabaseFailure.TlsFailed,
                $"the TLS handshake failed: {request.InnerException?.Message ?? request.Message}",
                "Check the certificate's name, date and authority, and that the port speaks TLS (else use http)."),
            { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => (SwarmDatabaseFailure.ConnectionRefused,
                $"{origin} refused the connection", "Check that the application runs and that host and port are right."),
            { HttpRequestError: HttpRequestError.ConnectionError } => (SwarmDatabaseFailure.HostUnreachable,
                $"{origin} cannot be reached: {request.InnerException?.Message ?? request.Message}", "Check the host and the network's route and firewall."),
            _ => (SwarmDatabaseFailure.Other, $"{origin} gave no HTTP answer: {request.InnerException?.Message ?? request.Message}",
                "Check that host and port are the application's, and its log."),
        };
    }

    // A query may hold a key.
    private static Uri Show(Uri endpoint) => new(endpoint.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped));
}
