namespace MarketingSwarm;

/// <summary>The archive that an export wrote.</summary>
public sealed class ExportSummary
{
    internal ExportSummary()
    {
    }

    /// <summary>The archive's full path.</summary>
    public required string Path { get; init; }

    /// <summary>The file beside it that holds its SHA-256, in the form that <c>sha256sum --check</c> reads.</summary>
    public required string ChecksumPath { get; init; }

    /// <summary>The archive's format.</summary>
    public ArchiveFormat Format { get; init; }

    /// <summary>Rows written.</summary>
    public long Rows { get; init; }

    /// <summary>Cells that JSON cannot hold, written with their storage class and base64.</summary>
    public long EncodedCells { get; init; }

    /// <summary>The archive's size in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>The SHA-256 of the file, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>From the first row to the finished file.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>0: every row read is in the archive. An export that cannot say so ends with an error instead.</summary>
    public int ExitCode { get; init; }

    /// <summary>The path and the rows.</summary>
    public override string ToString() => FormattableString.Invariant($"{Path}: {Rows} rows");
}

/// <summary>How an archive is written. A name that ends with <c>.gz</c> is compressed with gzip besides.</summary>
public enum ArchiveFormat
{
    /// <summary>The migration plan's one JSON object: <c>export_date</c>, <c>conversations</c>, <c>total_count</c>.</summary>
    Json,

    /// <summary>One JSON object a line (https://github.com/ndjson/ndjson-spec), the same fields.</summary>
    Ndjson,
}
