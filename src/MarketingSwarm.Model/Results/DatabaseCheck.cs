namespace MarketingSwarm;

/// <summary>One thing that Test-SwarmDatabase looked at.</summary>
public sealed class DatabaseCheck
{
    internal DatabaseCheck()
    {
    }

    /// <summary>The check's stable name: Reachable, Version, Table, Columns, WritePrivilege, Latency, PoolHeadroom, Endpoint.</summary>
    public required string Name { get; init; }

    /// <summary>Whether what was found is what is wanted; <see langword="null"/> where it could not be checked because an earlier check failed.</summary>
    public bool? Passed { get; init; }

    /// <summary>What is wanted.</summary>
    public required string Expected { get; init; }

    /// <summary>What was found.</summary>
    public required string Actual { get; init; }

    /// <summary>What to do; <see langword="null"/> where the check passed.</summary>
    public string? RecommendedAction { get; init; }

    /// <summary>The kind of failure, where a database or a server refused.</summary>
    public SwarmDatabaseFailure? Failure { get; init; }

    /// <summary>The database that was checked.</summary>
    public required SwarmDatabase Database { get; init; }

    /// <summary>The name, the verdict and what was found.</summary>
    public override string ToString()
        => $"{Name}: {(Passed switch { true => "passed", false => "failed", null => "not checked" })}: {Actual}";
}
