using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>A request that is answered with an error.</summary>
internal sealed class ApiException : Exception
{
    /// <param name="code">The HTTP status.</param>
    /// <param name="status">The canonical code, for example <c>NOT_FOUND</c>; null leaves it out, as the Cloud SQL Admin API does in its own errors.</param>
    /// <param name="message">For people.</param>
    /// <param name="reason">The reason in the older form; null for one that fits the code.</param>
    public ApiException(int code, string? status, string message, string? reason = null)
        : base(message)
    {
        Code = code;
        Status = status;
        Reason = reason ?? DefaultReason(code);
    }

    public int Code { get; }

    public string? Status { get; }

    public string Reason { get; }

    /// <summary>The domain in the older form.</summary>
    public string Domain { get; init; } = "global";

    /// <summary>Where the fault is in the older form, for example <c>If-Match</c>.</summary>
    public string? Location { get; init; }

    /// <summary>What <see cref="Location"/> is, for example <c>header</c>.</summary>
    public string? LocationType { get; init; }

    /// <summary>The details, each with its <c>@type</c>.</summary>
    public IReadOnlyList<JsonObject> Details { get; init; } = [];

    /// <summary>The value of the <c>WWW-Authenticate</c> header.</summary>
    public string? Challenge { get; init; }

    public static ApiException InvalidArgument(string message) => new(400, "INVALID_ARGUMENT", message);

    public static ApiException NotFound(string message) => new(404, "NOT_FOUND", message);

    public static ApiException AlreadyExists(string message) => new(409, "ALREADY_EXISTS", message, "alreadyExists");

    public static ApiException Aborted(string message) => new(409, "ABORTED", message);

    public static ApiException FailedPrecondition(string message) => new(400, "FAILED_PRECONDITION", message, "failedPrecondition");

    /// <summary>A body or parameters that do not fit the method.</summary>
    /// <param name="violations">The field, as a path, and what is wrong with it.</param>
    public static ApiException BadFields(IReadOnlyList<(string Field, string Description)> violations)
        => new(400, "INVALID_ARGUMENT", string.Join('\n', violations.Select(violation => violation.Description)), "invalid")
        {
            Details =
            [
                new JsonObject
                {
                    ["@type"] = "type.googleapis.com/google.rpc.BadRequest",
                    ["fieldViolations"] = new JsonArray([.. violations.Select(violation => WithField(violation.Field, violation.Description))]),
                },
            ],
        };

    /// <summary>An <c>ErrorInfo</c> detail.</summary>
    public static JsonObject ErrorInfo(string reason, string domain, params (string Name, string Value)[] metadata)
    {
        JsonObject values = [];
        foreach (var (name, value) in metadata) values.Add(name, value);
        return new JsonObject { ["@type"] = "type.googleapis.com/google.rpc.ErrorInfo", ["reason"] = reason, ["domain"] = domain, ["metadata"] = values };
    }

    /// <summary>The answer's body.</summary>
    public JsonObject ToJson(bool legacy)
    {
        JsonObject error = new() { ["code"] = Code, ["message"] = Message };
        if (legacy)
        {
            JsonObject first = new() { ["message"] = Message, ["domain"] = Domain, ["reason"] = Reason };
            if (Location is not null) first.Add("location", Location);
            if (LocationType is not null) first.Add("locationType", LocationType);
            error.Add("errors", new JsonArray(first));
        }

        if (Status is not null) error.Add("status", Status);
        if (Details.Count > 0) error.Add("details", new JsonArray([.. Details.Select(detail => detail.DeepClone())]));
        return new JsonObject { ["error"] = error };
    }

    private static JsonObject WithField(string field, string description)
        => field.Length == 0 ? new JsonObject { ["description"] = description } : new JsonObject { ["field"] = field, ["description"] = description };

    private static string DefaultReason(int code) => code switch
    {
        400 => "badRequest",
        401 => "authError",
        403 => "forbidden",
        404 => "notFound",
        409 => "conflict",
        412 => "conditionNotMet",
        429 => "rateLimitExceeded",
        503 => "backendError",
        _ => "internalError",
    };
}
