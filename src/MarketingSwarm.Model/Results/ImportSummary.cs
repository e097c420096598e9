namespace MarketingSwarm;

/// <summary>
///   How an import ended. Rows read = loaded + skipped + quarantined, or the import would have failed. The exit code is for a script
///   to end with: <c>exit $summary.ExitCode</c>.
/// </summary>
public sealed class ImportSummary
{
    internal ImportSummary()
    {
    }

    /// <summary>The database that was written, or would be.</summary>
    public required SwarmDatabase Destination { get; init; }

    /// <summary>Rows taken from the pipe or the archive.</summary>
    public long Read { get; init; }

    /// <summary>Rows now in the table because of this import: inserted and updated.</summary>
    public long Loaded => Inserted + Updated;

    /// <summary>Rows that were not there before.</summary>
    public long Inserted { get; init; }

    /// <summary>Rows that were there and were different (<c>-OnConflict Update</c>).</summary>
    public long Updated { get; init; }

    /// <summary>Rows left as they were in the table: present before (<c>-OnConflict Skip</c>), or present and the same (<c>Update</c>).</summary>
    public long Skipped { get; init; }

    /// <summary>Rows that PostgreSQL cannot store: they are in the residue alone, with their bytes. Always 0 with <c>-OnUnrepresentable Fail</c> and for a SQLite file.</summary>
    public long Quarantined { get; init; }

    /// <summary>
    ///   Cells of rows loaded that are stored otherwise by a named rule which can be turned back, a time in another spelling say. The
    ///   originals are in the residue. No alarm.
    /// </summary>
    public long CellsConverted { get; init; }

    /// <summary>Cells of rows loaded that PostgreSQL cannot store: they are NULL in the table, and in the residue with their bytes.</summary>
    public long CellsQuarantined { get; init; }

    /// <summary>The bytes of the cells read.</summary>
    public long Bytes { get; init; }

    /// <summary>From the first row to the commit.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Rows read a second.</summary>
    public double RowsPerSecond => Duration > TimeSpan.Zero ? Read / Duration.TotalSeconds : 0;

    /// <summary>Megabytes (10^6 bytes) of cells read a second.</summary>
    public double MegabytesPerSecond => Duration > TimeSpan.Zero ? Bytes / 1e6 / Duration.TotalSeconds : 0;

    /// <summary>True where nothing was written because of <c>-WhatIf</c>; the counts then say what would have happened.</summary>
    public bool IsPreview { get; init; }

    /// <summary>0: every row is in the table. 2: it needs attention: rows or cells are quarantined, or a warning was given about the archive read. An import that fails gives no summary but an error.</summary>
    public int ExitCode { get; init; }

    /// <summary>The counts in a line.</summary>
    public override string ToString()
        => FormattableString.Invariant($"{Read} read = {Loaded} loaded + {Skipped} skipped + {Quarantined} quarantined, exit code {ExitCode}");
}
