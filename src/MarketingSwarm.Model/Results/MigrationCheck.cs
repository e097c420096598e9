namespace MarketingSwarm;

/// <summary>One criterion of a migration's success, as Test-SwarmMigration found it.</summary>
public sealed class MigrationCheck
{
    internal MigrationCheck()
    {
    }

    /// <summary>The criterion's stable name: Rows, SourceLatency, DestinationLatency, Backups, Deployment, ErrorRate, Endpoint; of a certificate Certificate, Plan, Ledger, Roots, Backup, Rows.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the criterion is met; <see langword="null"/> where it was not measured, and <see cref="Actual"/> says why.</summary>
    public bool? Passed { get; init; }

    /// <summary>What is wanted.</summary>
    public required string Expected { get; init; }

    /// <summary>What was found.</summary>
    public required string Actual { get; init; }

    /// <summary>What to do; <see langword="null"/> where the criterion is met.</summary>
    public string? RecommendedAction { get; init; }

    /// <summary>The database that was migrated.</summary>
    public required SwarmDatabase Source { get; init; }

    /// <summary>The database that it was migrated to.</summary>
    public required SwarmDatabase Destination { get; init; }

    /// <summary>What the finding is made from: a <see cref="ComparisonSummary"/>, a <see cref="LatencyCheck"/>, an <see cref="EndpointCheck"/>, a <see cref="CloudSqlBackupPolicy"/>; else <see langword="null"/>.</summary>
    public object? Evidence { get; init; }

    /// <summary>The name, the verdict and what was found.</summary>
    public override string ToString()
        => $"{Name}: {(Passed switch { true => "passed", false => "failed", null => "not measured" })}: {Actual}";
}
