namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   How long a reader may make the application wait where the file is in rollback-journal mode. Python's sqlite3, and so the application,
///   gives up a write after 5 s.
/// </summary>
internal sealed record SqliteReadLimits
{
    /// <summary>The longest that one range holds its lock.</summary>
    internal TimeSpan BurstTime { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The bytes of rows that are read in one range, and so kept in memory by who gives them on.</summary>
    internal long BurstLength { get; init; } = 8L << 20;

    /// <summary>The longest that a copy of the file may hold its lock, and may be expected to; none is made where it is zero.</summary>
    internal TimeSpan SnapshotTime { get; init; } = TimeSpan.FromSeconds(0.9);

    /// <summary>
    ///   Whether reading goes on where somebody has written between two ranges; <see cref="SqliteSource.IsConsistent"/> is then false.
    ///   Otherwise it is an error.
    /// </summary>
    internal bool AllowsInconsistent { get; init; }
}
