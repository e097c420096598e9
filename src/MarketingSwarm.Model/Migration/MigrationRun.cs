namespace MarketingSwarm;

/// <summary>A run as the target's <c>swarm_migration</c> records it: a migration, or an import that has residue.</summary>
public sealed class MigrationRun
{
    internal MigrationRun()
    {
    }

    /// <summary>The run.</summary>
    public required Guid RunId { get; init; }

    /// <summary>What it was.</summary>
    public required RunKind Kind { get; init; }

    /// <summary>How far it has come.</summary>
    public required MigrationState State { get; init; }

    /// <summary>The source's name, its password masked.</summary>
    public required string Source { get; init; }

    /// <summary>The table, with its schema.</summary>
    public required string Table { get; init; }

    /// <summary>When it began, in UTC.</summary>
    public required DateTime StartedAt { get; init; }

    /// <summary>When it ended, in UTC; <see langword="null"/> where it has not.</summary>
    public DateTime? EndedAt { get; init; }

    /// <summary>Rows read from the source.</summary>
    public long RowsRead { get; init; }

    /// <summary>Rows put into the table.</summary>
    public long RowsLoaded { get; init; }

    /// <summary>Rows left as they were in the table.</summary>
    public long RowsSkipped { get; init; }

    /// <summary>Rows that are in the residue alone.</summary>
    public long RowsQuarantined { get; init; }

    /// <summary>Cells stored by a conversion that can be turned back.</summary>
    public long CellsConverted { get; init; }

    /// <summary>Cells of loaded rows that could not be stored: the column has NULL.</summary>
    public long CellsQuarantined { get; init; }

    /// <summary>Whether all rows were read at one moment of the source.</summary>
    public bool IsConsistent { get; init; }

    /// <summary>The rows of its ledger.</summary>
    public int Chunks { get; init; }

    /// <summary>How many deltas have been written since the load (Sync-SwarmConversation): the counts are those of the last one.</summary>
    public int Generation { get; init; }

    /// <summary>Whether every hash of the ledger, computed anew, is what it should be: no row of it was changed, added or taken out since.</summary>
    public bool IsLedgerIntact { get; init; }

    /// <summary>0: all is in the table as it was. 2: it needs attention: something is quarantined, the rows are not of one moment, or the run has not ended. 1: the ledger was changed.</summary>
    public int ExitCode
        => !IsLedgerIntact ? 1
            : RowsQuarantined + CellsQuarantined > 0 || !IsConsistent || EndedAt is null ? 2
            : 0;

    /// <summary>The counts in a line.</summary>
    public override string ToString()
        => FormattableString.Invariant($"{RunId}: {RowsRead} read = {RowsLoaded} loaded + {RowsSkipped} skipped + {RowsQuarantined} quarantined, exit code {ExitCode}");
}

/// <summary>What put rows into a target.</summary>
public enum RunKind
{
    /// <summary>Invoke-SwarmMigration.</summary>
    Migration,

    /// <summary>Import-SwarmConversation.</summary>
    Import,
}
