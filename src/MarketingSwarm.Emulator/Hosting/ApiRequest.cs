using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>A request that fits its method: known parameters of the right types, and a body of the right form.</summary>
internal sealed class ApiRequest
{
    private static readonly JsonDocumentOptions JsonOptions = new() { AllowDuplicateProperties = false, MaxDepth = 64 };

    // Those that every method of every API takes, and the ones of gRPC transcoding.
    private static readonly HashSet<string> CommonQuery = new(StringComparer.Ordinal)
    {
        "alt", "$alt", "fields", "$fields", "prettyPrint", "$prettyPrint", "pp", "$.xgafv", "quotaUser", "userIp", "key", "callback", "uploadType", "upload_protocol", "$httpHeaders",
    };

    private readonly HttpContext _context;

    private ApiRequest(HttpContext context, ApiMethod method, JsonObject body)
    {
        _context = context;
        Method = method;
        Body = body;
    }

    public ApiMethod Method { get; }

    /// <summary>The body; empty where the request has none.</summary>
    public JsonObject Body { get; }

    /// <summary>The path, as it was sent.</summary>
    public string Path => _context.Request.Path.Value ?? "";

    /// <summary>The address that the client reached the emulator at, without a slash at its end.</summary>
    public string BaseAddress => $"{_context.Request.Scheme}://{_context.Request.Host}";

    /// <exception cref="ApiException">The request does not fit the method.</exception>
    public static async Task<ApiRequest> ReadAsync(HttpContext context, ApiMethod method)
    {
        CheckQuery(context.Request.Query, method);
        return new ApiRequest(context, method, await ReadBodyAsync(context.Request, method, context.RequestAborted));
    }

    /// <summary>A parameter of the path.</summary>
    public string Route(string name) => (string)_context.Request.RouteValues[name]!;

    /// <summary>A parameter of the query; null when it is absent or empty.</summary>
    public string? Query(string name) => _context.Request.Query[name] is [.., { Length: > 0 } value] ? value : null;

    /// <summary>A repeated parameter of the query.</summary>
    public IReadOnlyList<string> QueryList(string name) => [.. _context.Request.Query[name].OfType<string>()];

    /// <summary>A number of the query; null when it is absent.</summary>
    public int? QueryInt32(string name) => Query(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;

    /// <summary>Whether a parameter of the query is true.</summary>
    public bool QueryBool(string name) => Query(name) is "true" or "1";

    private static void CheckQuery(IQueryCollection query, ApiMethod method)
    {
        List<(string, string)> violations = [];
        foreach (var (name, values) in query)
        {
            if (CommonQuery.Contains(name)) continue;
            var parameter = method.Query.FirstOrDefault(parameter => parameter.Split(':')[0] == name);
            if (parameter is null)
            {
                violations.Add(("", $"Invalid JSON payload received. Unknown name \"{name}\": Cannot bind query parameter. Field '{name}' could not be found in request message."));
                continue;
            }

            foreach (var value in values)
            {
                if (!Fits(parameter, value ?? "")) violations.Add((name, $"Invalid value at '{name}' (TYPE_{parameter.Split(':')[1].ToUpperInvariant()}), \"{value}\""));
            }
        }

        if (violations.Count > 0) throw ApiException.BadFields(violations);
        // Only JSON is spoken here.
        if (query["alt"] is [.., { } alt] && alt is not ("json" or "") && !alt.StartsWith("json;", StringComparison.Ordinal))
            throw ApiException.InvalidArgument($"Invalid value for parameter alt: \"{alt}\". The emulator answers with json.");
    }

    private static bool Fits(string parameter, string value) => parameter.Split(':') switch
    {
        _ when value.Length == 0 => true,
        [_, "int32"] => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        [_, "int64"] => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _),
        [_, "bool"] => value is "true" or "false" or "1" or "0",
        _ => true,
    };

    private static async Task<JsonObject> ReadBodyAsync(HttpRequest request, ApiMethod method, CancellationToken cancellationToken)
    {
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsDelete(request.Method)) return [];
        using MemoryStream content = new();
        try
        {
            await request.Body.CopyToAsync(content, cancellationToken);
        }
        catch (InvalidDataException)
        {
            throw ApiException.InvalidArgument("The request's body is not the gzip that its Content-Encoding says.");
        }

        if (content.Length == 0) return [];
        JsonNode? body;
        try
        {
            body = JsonNode.Parse(content.GetBuffer().AsSpan(0, (int)content.Length), documentOptions: JsonOptions);
        }
        catch (JsonException e)
        {
            // Without the parser's own text, which can quote the body.
            throw ApiException.InvalidArgument($"Invalid JSON payload received. Unexpected token at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.");
        }

        if (body is not JsonObject message) throw ApiException.InvalidArgument("Invalid JSON payload received. Root element must be a message.");
        method.Body.Check(message);
        return message;
    }
}
