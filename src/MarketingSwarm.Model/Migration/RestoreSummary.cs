namespace MarketingSwarm;

/// <summary>The SQLite file that was made of a target and its residue.</summary>
public sealed class RestoreSummary
{
    internal RestoreSummary()
    {
    }

    /// <summary>The database that was read.</summary>
    public required SwarmDatabase Source { get; init; }

    /// <summary>The file's full path.</summary>
    public required string Path { get; init; }

    /// <summary>Rows in the file.</summary>
    public long Rows { get; init; }

    /// <summary>Rows that no run loaded: the application, or somebody else, has inserted them since. They are in the application's own forms.</summary>
    public long NewRows { get; init; }

    /// <summary>Rows that were in the residue alone.</summary>
    public long RowsFromResidue { get; init; }

    /// <summary>Cells of rows of the table that were given back what the residue has of them.</summary>
    public long CellsFromResidue { get; init; }

    /// <summary>Cells that the residue has an original of and that have another value in the table by now: the file has the new value.</summary>
    public long CellsChangedSince { get; init; }

    /// <summary>Rows of the residue that are not in the file, because a row of the table has the same key by now. The residue still has them.</summary>
    public long RowsLeftOut { get; init; }

    /// <summary>The file's size in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>From the first row to the finished file.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>0: the file has everything. 2: it needs attention, and a warning has said why: a row was left out, a run has not ended, or its ledger was changed. A restore that fails gives an error instead.</summary>
    public int ExitCode { get; init; }

    /// <summary>The path and the rows.</summary>
    public override string ToString() => FormattableString.Invariant($"{Path}: {Rows} rows, exit code {ExitCode}");
}
