namespace MarketingSwarm;

/// <summary>A row of a run's ledger: what one transaction loaded, or took out again.</summary>
public sealed class LedgerChunk
{
    internal LedgerChunk()
    {
    }

    /// <summary>The run.</summary>
    public required Guid RunId { get; init; }

    /// <summary>The chunk's number in the run.</summary>
    public int Chunk { get; init; }

    /// <summary>The connection that loaded it; each has a chain of hashes of its own.</summary>
    public int Lane { get; init; }

    /// <summary>The chunk whose rows this one took out again; <see langword="null"/> where it loaded rows.</summary>
    public int? Withdraws { get; init; }

    /// <summary>Rows read.</summary>
    public long RowsRead { get; init; }

    /// <summary>Rows put into the table.</summary>
    public long RowsLoaded { get; init; }

    /// <summary>Rows left as they were in the table.</summary>
    public long RowsSkipped { get; init; }

    /// <summary>Rows that are in the residue alone.</summary>
    public long RowsQuarantined { get; init; }

    /// <summary>Cells stored by a conversion that can be turned back.</summary>
    public long CellsConverted { get; init; }

    /// <summary>Cells of loaded rows that could not be stored.</summary>
    public long CellsQuarantined { get; init; }

    /// <summary>The bytes of the cells read.</summary>
    public long Bytes { get; init; }

    /// <summary>When it was loaded, in UTC.</summary>
    public required DateTime LoadedAt { get; init; }

    /// <summary>The SHA-256 of the rows as they were read, in lower-case hexadecimal.</summary>
    public required string SourceHash { get; init; }

    /// <summary>The hash of the row before it on its lane, in lower-case hexadecimal; zeros at the beginning.</summary>
    public required string PreviousHash { get; init; }

    /// <summary>The SHA-256 over all that the row says and the hash before it, in lower-case hexadecimal, as it was recorded.</summary>
    public required string Hash { get; init; }

    /// <summary>Whether both hashes are what they are when they are computed anew.</summary>
    public bool IsIntact { get; init; }

    /// <summary>The chunk and its rows.</summary>
    public override string ToString()
        => FormattableString.Invariant($"chunk {Chunk}: {(Withdraws is { } other ? $"withdraws chunk {other}" : $"{RowsLoaded} of {RowsRead} rows loaded")}");
}
