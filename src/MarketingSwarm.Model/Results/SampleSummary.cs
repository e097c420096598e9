namespace MarketingSwarm;

/// <summary>The SQLite file that New-SwarmSampleDatabase wrote.</summary>
public sealed class SampleSummary
{
    internal SampleSummary()
    {
    }

    /// <summary>The file's full path.</summary>
    public required string Path { get; init; }

    /// <summary>Rows in the table: those of <c>-Count</c> and those of <c>-Hazard</c>.</summary>
    public long Rows { get; init; }

    /// <summary>The rowids of the rows that each hazard of <c>-Hazard</c> added, by the hazard's name; empty without <c>-Hazard</c>.</summary>
    public required IReadOnlyDictionary<string, long[]> HazardRows { get; init; }

    /// <summary>The bytes of the cells: UTF-8 of texts, a BLOB's own, eight of a number.</summary>
    public long Bytes { get; init; }

    /// <summary>The bytes of a row's cells on average; 0 in an empty table.</summary>
    public double MeanRowBytes => Rows > 0 ? (double)Bytes / Rows : 0;

    /// <summary>The file's size in bytes.</summary>
    public long FileBytes { get; init; }

    /// <summary>The spelling of the table's DDL.</summary>
    public SampleShape Shape { get; init; }

    /// <summary>The file's journal mode.</summary>
    public SqliteJournalMode JournalMode { get; init; }

    /// <summary>The seed. It and the other parameters determine every cell.</summary>
    public long Seed { get; init; }

    /// <summary>From the first row to the file in its place.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Rows written a second.</summary>
    public double RowsPerSecond => Duration > TimeSpan.Zero ? Rows / Duration.TotalSeconds : 0;

    /// <summary>The path and the rows.</summary>
    public override string ToString() => FormattableString.Invariant($"{Path}: {Rows} rows");
}

/// <summary>How the sample's table is declared.</summary>
public enum SampleShape
{
    /// <summary>As SQLAlchemy's <c>create_all</c> declares the application's model: no SQL defaults, and a key that is NOT NULL.</summary>
    Application,

    /// <summary>As the migration plan documents the schema: SQL defaults, and a key that may be NULL, as SQLite allows in any key that is not an INTEGER.</summary>
    Plan,
}

/// <summary>SQLite's journal mode of a file (https://www.sqlite.org/pragma.html#pragma_journal_mode).</summary>
public enum SqliteJournalMode
{
    /// <summary>A rollback journal, deleted after each transaction; SQLite's default.</summary>
    Delete,

    /// <summary>A write-ahead log beside the file.</summary>
    Wal,
}
