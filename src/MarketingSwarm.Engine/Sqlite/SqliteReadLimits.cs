namespace MarketingSwarm.Engine.Sqlite;

/// <summary>How long a reader may make the application wait, and what it may copy, where the file is in rollback-journal mode.</summary>
internal sealed record SqliteReadLimits
{
    /// <summary>The longest that one range holds its lock.</summary>
    internal TimeSpan BurstTime { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The bytes of rows that are read in one range, and so kept in memory by who gives them on.</summary>
    internal long BurstLength { get; init; } = 8L << 20;

    /// <summary>The largest file that is copied: VACUUM INTO copied 423 MB in about 1.1 s with a writer beside it.</summary>
    internal long SnapshotLength { get; init; } = 768L << 20;

    /// <summary>
    ///   Whether reading goes on where somebody has written between two ranges; <see cref="SqliteSource.IsConsistent"/> is then false.
    ///   Otherwise it is an error.
    /// </summary>
    internal bool AllowsInconsistent { get; init; }
}
