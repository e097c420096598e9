using System.Text.RegularExpressions;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The faults that are on, and the dice that decide whom they meet.</summary>
internal sealed partial class Faults(FaultSet initial, int seed)
{
    private readonly Lock _lock = new();
#pragma warning disable CA5394 // Dice that can be thrown again are what is wanted: nothing secret hangs on them.
    private readonly Random _dice = new(seed);
#pragma warning restore CA5394
    private volatile FaultSet _current = initial;

    /// <summary>What is on. Requests that are under way keep what they have met.</summary>
    public FaultSet Current
    {
        get => _current;
        set => _current = value;
    }

    /// <summary>Whether this operation is one of those that fail.</summary>
    public bool FailsOperation() => Falls(_current.OperationFailure);

    /// <summary>What meets a request before it has an effect.</summary>
    /// <exception cref="ApiException">It is refused.</exception>
    public async Task ApplyBeforeEffectAsync(HttpContext context, ApiMethod method)
    {
        var faults = _current;
        if (faults.Latency > TimeSpan.Zero) await Task.Delay(faults.Latency, context.RequestAborted);
        if (faults.TokenExpired) throw Authentication.InvalidToken(method, "ACCESS_TOKEN_EXPIRED");

        var project = context.Request.RouteValues.TryGetValue("project", out var value) ? (string)value! : "";
        if (faults.DisabledApis.Contains(method.Service.Host)) throw ApiDisabled(method.Service, project);
        if (method.Permission is { } permission && faults.MissingPermissions.Contains(permission)) throw PermissionMissing(context, method, permission);
        if (Falls(faults.TooManyRequests)) throw TooManyRequests(method, project);
        if (Falls(faults.UnavailableBefore)) throw Unavailable();
    }

    /// <summary>What meets a request that had its effect.</summary>
    /// <exception cref="ApiException">Its answer is lost.</exception>
    public void ThrowAfterEffect()
    {
        if (Falls(_current.UnavailableAfter)) throw Unavailable();
    }

    private static ApiException Unavailable() => new(503, "UNAVAILABLE", "The service is currently unavailable.");

    private static ApiException TooManyRequests(ApiMethod method, string project)
    {
        var consumer = $"projects/{Projects.NumberOf(project)}";
        return new ApiException(
            429, "RESOURCE_EXHAUSTED",
            $"Quota exceeded for quota metric 'Queries' and limit 'Queries per minute per user' of service '{method.Service.Host}' for consumer 'project_number:{Projects.NumberOf(project)}'.",
            "rateLimitExceeded")
        {
            Details = [ApiException.ErrorInfo("RATE_LIMIT_EXCEEDED", "googleapis.com", ("service", method.Service.Host), ("consumer", consumer), ("quota_limit", "QueriesPerMinutePerUser"), ("quota_limit_value", "180"))],
        };
    }

    private static ApiException ApiDisabled(ApiService service, string project)
    {
        // The real ones say the number, which is what the console takes too.
        var number = Projects.NumberOf(project);
        var activation = $"https://console.developers.google.com/apis/api/{service.Host}/overview?project={number}";
        return new ApiException(
            403, "PERMISSION_DENIED",
            $"{service.Title} has not been used in project {number} before or it is disabled. Enable it by visiting {activation} then retry. "
            + "If you enabled this API recently, wait a few minutes for the action to propagate to our systems and retry.",
            "accessNotConfigured")
        {
            Domain = "usageLimits",
            Details =
            [
                ApiException.ErrorInfo(
                    "SERVICE_DISABLED", "googleapis.com", ("service", service.Host), ("consumer", $"projects/{number}"), ("serviceTitle", service.Title),
                    ("containerInfo", number), ("activationUrl", activation)),
            ],
        };
    }

    private static ApiException PermissionMissing(HttpContext context, ApiMethod method, string permission)
    {
        var resource = RouteParameter().Replace(method.Resource, match => (string?)context.Request.RouteValues[match.Groups[1].Value] ?? "");
        if (method.Service.HasLegacyErrors)
        {
            return new ApiException(
                403, null, $"boss::NOT_AUTHORIZED: Not authorized to access resource. Possibly missing permission {permission} on resource {resource}.", "notAuthorized");
        }

        return new ApiException(403, "PERMISSION_DENIED", $"Permission '{permission}' denied on resource '//{method.Service.Host}/{resource}' (or it may not exist).")
        {
            Details = [ApiException.ErrorInfo("IAM_PERMISSION_DENIED", "iam.googleapis.com", ("permission", permission), ("resource", resource))],
        };
    }

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex RouteParameter();

    private bool Falls(double part)
    {
        if (part <= 0) return false;
        lock (_lock)
        {
#pragma warning disable CA5394 // As above.
            return _dice.NextDouble() < part;
#pragma warning restore CA5394
        }
    }
}
