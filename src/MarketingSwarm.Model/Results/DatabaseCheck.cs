namespace MarketingSwarm;

/// <summary>One thing that Test-SwarmDatabase looked at. Checks that measure are classes of their own, with their numbers.</summary>
public class DatabaseCheck
{
    internal DatabaseCheck()
    {
    }

    /// <summary>The check's stable name: Reachable (for a Cloud SQL instance by its name Credentials, Api, Permission, Instance, Address, Tcp, Tls, Certificate, Login, Database), Version, Table, Columns, Indexes, WritePrivilege, Latency, PoolHeadroom, Endpoint.</summary>
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

/// <summary>How long the application's own statements take.</summary>
public sealed class LatencyCheck : DatabaseCheck
{
    internal LatencyCheck()
    {
    }

    /// <summary>What the 95th percentile of each statement may be at most, in milliseconds.</summary>
    public required double LimitMilliseconds { get; init; }

    /// <summary>The statements that were measured; none where the check could not be made.</summary>
    public IReadOnlyList<StatementLatency> Statements { get; init; } = [];
}

/// <summary>The times of one statement, each from sending it to having read its last row, after one run to warm up.</summary>
/// <remarks>A percentile is the nearest rank: the least time that at least so many percent of the samples do not exceed.</remarks>
public sealed class StatementLatency
{
    internal StatementLatency()
    {
    }

    /// <summary>The statement's stable name: HealthCheck, SelectById or SelectRecent.</summary>
    public required string Name { get; init; }

    /// <summary>The statement as it was sent.</summary>
    public required string Sql { get; init; }

    /// <summary>How many times it was measured. Fewer than asked for where the statement is so slow that its time ran out.</summary>
    public required int SampleCount { get; init; }

    /// <summary>The 50th percentile in milliseconds.</summary>
    public required double MedianMilliseconds { get; init; }

    /// <summary>The 95th percentile in milliseconds.</summary>
    public required double P95Milliseconds { get; init; }

    /// <summary>The longest time in milliseconds.</summary>
    public required double MaxMilliseconds { get; init; }

    /// <summary>The name and the three times.</summary>
    public override string ToString()
        => FormattableString.Invariant($"{Name} median {MedianMilliseconds:0.0}, p95 {P95Milliseconds:0.0}, max {MaxMilliseconds:0.0} ms");
}

/// <summary>Whether the server has connections left for the application's pool.</summary>
public sealed class PoolHeadroomCheck : DatabaseCheck
{
    internal PoolHeadroomCheck()
    {
    }

    /// <summary>The server's <c>max_connections</c>; <see langword="null"/> where the check could not be made, as the other counts.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Those that the server keeps for administrators.</summary>
    public int? ReservedConnections { get; init; }

    /// <summary>Those that clients hold now, without the one that looked.</summary>
    public int? UsedConnections { get; init; }

    /// <summary>What this user may open now: what the server has left, or what the user's or the database's own CONNECTION LIMIT leaves, if less.</summary>
    public int? FreeConnections { get; init; }

    /// <summary>What the application may open: the pool's size times the number of instances.</summary>
    public required int NeededConnections { get; init; }
}

/// <summary>The answer of the application's health route.</summary>
public sealed class EndpointCheck : DatabaseCheck
{
    internal EndpointCheck()
    {
    }

    /// <summary>The address that was asked, without its query.</summary>
    public required Uri Endpoint { get; init; }

    /// <summary>The HTTP status; <see langword="null"/> where none came.</summary>
    public int? StatusCode { get; init; }

    /// <summary>From sending the request over an open connection to the answer's headers; <see langword="null"/> where none came.</summary>
    public double? Milliseconds { get; init; }
}
