namespace MarketingSwarm;

/// <summary>One cycle of a synchronization: what had changed in the source, and what was done about it.</summary>
public sealed class SyncResult
{
    internal SyncResult()
    {
    }

    /// <summary>The cycle's number in this command, from 1.</summary>
    public required int Cycle { get; init; }

    /// <summary>The migration whose rows are kept in step.</summary>
    public required Guid RunId { get; init; }

    /// <summary>The database that was read.</summary>
    public required SwarmDatabase Source { get; init; }

    /// <summary>The database that was written.</summary>
    public required SwarmDatabase Destination { get; init; }

    /// <summary>When the cycle began, in UTC.</summary>
    public required DateTime StartedAt { get; init; }

    /// <summary>Whether nobody had written to the source since the last cycle, so that nothing was read.</summary>
    public bool IsUnchanged { get; init; }

    /// <summary>Rows of the source read and hashed.</summary>
    public long Scanned { get; init; }

    /// <summary>Rows that are new in the destination.</summary>
    public long Inserted { get; init; }

    /// <summary>Rows of which a cell was another.</summary>
    public long Updated { get; init; }

    /// <summary>Rows taken out of the destination, since the source has them no more.</summary>
    public long Deleted { get; init; }

    /// <summary>Rows of the source that are in the residue alone, all of them and not this cycle's.</summary>
    public long Quarantined { get; init; }

    /// <summary>Cells of loaded rows that are in the residue alone, all of them.</summary>
    public long CellsQuarantined { get; init; }

    /// <summary>Bytes of the cells that were written.</summary>
    public long Bytes { get; init; }

    /// <summary>The ledger's generation that the destination is at.</summary>
    public int Generation { get; init; }

    /// <summary>
    ///   Whether the destination has the source as it was at one moment. False where the file is in rollback-journal mode, too large to be
    ///   copied in time, and was written while it was read: the rows written meanwhile come with the next cycle.
    /// </summary>
    public bool IsConsistent { get; init; } = true;

    /// <summary>The longest that the source was locked against writers, at a stretch. Zero in WAL mode, in which a reader locks nobody out.</summary>
    public TimeSpan SourceLocked { get; init; }

    /// <summary>How long reading and hashing took, the copying of the source included where one was made.</summary>
    public TimeSpan ScanDuration { get; init; }

    /// <summary>How long writing took.</summary>
    public TimeSpan WriteDuration { get; init; }

    /// <summary>How far the destination was behind when the cycle ended: the time since the source was as the destination is now.</summary>
    public TimeSpan Lag { get; init; }

    /// <summary>From the cycle's beginning to its end.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>How often work was done again after an error that passed by itself.</summary>
    public int Retries { get; init; }

    /// <summary>The rows that the cycle wrote or took out.</summary>
    public long Changes => Inserted + Updated + Deleted;

    /// <summary>0: both sides are the same. 2: it needs attention: something is quarantined, or the rows are not of one moment. A cycle that fails gives an error instead.</summary>
    public int ExitCode => Quarantined + CellsQuarantined > 0 || !IsConsistent ? 2 : 0;

    /// <summary>The counts in a line.</summary>
    public override string ToString()
        => IsUnchanged
            ? "unchanged"
            : FormattableString.Invariant($"{Scanned} scanned: {Inserted} inserted, {Updated} updated, {Deleted} deleted, exit code {ExitCode}");
}
