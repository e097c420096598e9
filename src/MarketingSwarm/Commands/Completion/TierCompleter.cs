using System.Collections;

namespace MarketingSwarm.Commands;

/// <summary>Completes machines of PostgreSQL (https://cloud.google.com/sql/docs/postgres/instance-settings); those of Enterprise Plus where that edition is asked for. Others are taken too.</summary>
public sealed class TierCompleter : ValueCompleter
{
    private static readonly string[] Enterprise =
    [
        "db-f1-micro", "db-g1-small", "db-custom-1-3840", "db-custom-2-7680", "db-custom-2-13312", "db-custom-4-15360", "db-custom-4-26624", "db-custom-8-30720", "db-custom-8-53248",
        "db-custom-16-61440", "db-custom-16-106496", "db-custom-32-122880",
    ];

    private static readonly string[] EnterprisePlus =
    [
        "db-perf-optimized-N-2", "db-perf-optimized-N-4", "db-perf-optimized-N-8", "db-perf-optimized-N-16", "db-perf-optimized-N-32", "db-perf-optimized-N-48", "db-perf-optimized-N-64",
    ];

    private protected override IReadOnlyList<string> GetValues(string typed, IDictionary parameters)
        => string.Equals(Find(parameters, "Edition"), "ENTERPRISE_PLUS", StringComparison.OrdinalIgnoreCase) ? EnterprisePlus : Enterprise;
}
