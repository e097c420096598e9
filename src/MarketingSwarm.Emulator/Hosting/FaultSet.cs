using System.Globalization;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>What goes wrong on purpose.</summary>
internal sealed record FaultSet
{
    /// <summary>How each is written, for messages.</summary>
    public const string Forms =
        "latency=200ms, 429=10%, 503-before=10%, 503-after=5%, operation-failure=5%, revision-never-ready, token-expired, api-disabled=sqladmin.googleapis.com, permission-missing=cloudsql.instances.create";

    private static readonly TimeSpan LongestLatency = TimeSpan.FromMinutes(10);

    public static FaultSet None { get; } = new();

    /// <summary>How long each request waits before anything else happens.</summary>
    public TimeSpan Latency { get; private init; }

    /// <summary>The part of the requests, 0 to 1, that are over the quota.</summary>
    public double TooManyRequests { get; private init; }

    /// <summary>The part of the requests, 0 to 1, that fail before they had an effect.</summary>
    public double UnavailableBefore { get; private init; }

    /// <summary>The part of the requests, 0 to 1, that fail after they had their effect.</summary>
    public double UnavailableAfter { get; private init; }

    /// <summary>The part of the operations, 0 to 1, that end with an error.</summary>
    public double OperationFailure { get; private init; }

    /// <summary>Whether new revisions of Cloud Run wait for their container for ever.</summary>
    public bool RevisionNeverReady { get; private init; }

    /// <summary>Whether the token counts as expired.</summary>
    public bool TokenExpired { get; private init; }

    /// <summary>The hosts of the APIs that are not enabled.</summary>
    public IReadOnlySet<string> DisabledApis { get; private init; } = new HashSet<string>();

    /// <summary>The IAM permissions that the caller does not have.</summary>
    public IReadOnlySet<string> MissingPermissions { get; private init; } = new HashSet<string>();

    /// <summary>The faults as they were written.</summary>
    public IReadOnlyList<string> Specifications { get; private init; } = [];

    /// <exception cref="FormatException">One is none of <see cref="Forms"/>.</exception>
    public static FaultSet Parse(IReadOnlyList<string> specifications)
    {
        var faults = new FaultSet { Specifications = [.. specifications] };
        foreach (var specification in specifications)
        {
            faults = specification.Split('=', 2) switch
            {
                ["latency", var time] => faults with { Latency = ParseTime(specification, time) },
                ["429", var part] => faults with { TooManyRequests = ParsePart(specification, part) },
                ["503-before", var part] => faults with { UnavailableBefore = ParsePart(specification, part) },
                ["503-after", var part] => faults with { UnavailableAfter = ParsePart(specification, part) },
                ["operation-failure", var part] => faults with { OperationFailure = ParsePart(specification, part) },
                ["revision-never-ready"] => faults with { RevisionNeverReady = true },
                ["token-expired"] => faults with { TokenExpired = true },
                ["api-disabled", { Length: > 0 } api] => faults with { DisabledApis = With(faults.DisabledApis, api) },
                ["permission-missing", { Length: > 0 } permission] => faults with { MissingPermissions = With(faults.MissingPermissions, permission) },
                _ => throw new FormatException($"'{specification}' is not a fault. Faults are: {Forms}."),
            };
        }

        return faults;
    }

    private static HashSet<string> With(IReadOnlySet<string> names, string name) => new(names, StringComparer.Ordinal) { name };

    private static TimeSpan ParseTime(string specification, string text)
    {
        var (digits, unit) = text.EndsWith("ms", StringComparison.Ordinal) ? (text[..^2], 1.0) : text.EndsWith('s') ? (text[..^1], 1000.0) : (text, double.NaN);
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count)
            && count * unit <= LongestLatency.TotalMilliseconds
                ? TimeSpan.FromMilliseconds(count * unit)
                : throw new FormatException($"'{specification}' has no time such as 200ms or 1.5s, of ten minutes at most.");
    }

    private static double ParsePart(string specification, string text)
        => text.EndsWith('%') && double.TryParse(text[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent) && percent <= 100
            ? percent / 100
            : throw new FormatException($"'{specification}' has no part such as 10%, from 0% to 100%.");
}
