namespace MarketingSwarm.Engine.Migration;

/// <summary>A row of the ledger: a chunk that was loaded, or the withdrawal of one.</summary>
internal sealed record LedgerEntry
{
    /// <summary>Its number in the run.</summary>
    internal required int Chunk { get; init; }

    /// <summary>The connection's number, from 1; 0 for withdrawals. Each has a chain of hashes of its own.</summary>
    internal required int Lane { get; init; }

    /// <summary>The chunk that this takes back; <see langword="null"/> of a load.</summary>
    internal int? Withdraws { get; init; }

    /// <summary>The hash before it in its lane; zeros in the first.</summary>
    internal required byte[] PreviousHash { get; init; }

    /// <summary>Where the chunk's range begins, exclusive; <see langword="null"/> at the beginning.</summary>
    internal byte[]? AfterPosition { get; init; }

    /// <summary>Its last row, inclusive.</summary>
    internal byte[]? LastPosition { get; init; }

    internal long RowsRead { get; init; }

    internal long RowsLoaded { get; init; }

    internal long RowsSkipped { get; init; }

    internal long RowsQuarantined { get; init; }

    internal long CellsConverted { get; init; }

    internal long CellsQuarantined { get; init; }

    /// <summary>The bytes of the cells read.</summary>
    internal long Bytes { get; init; }

    /// <summary>What <see cref="RowChunk.ComputeHash"/> gave.</summary>
    internal required byte[] SourceHash { get; init; }

    /// <summary>See <see cref="Migration.RowKeys"/>.</summary>
    internal byte[] RowKeys { get; init; } = [];

    /// <summary>See <see cref="Migration.RowKeys"/>; <see langword="null"/> in a table without rowids.</summary>
    internal byte[]? RowIds { get; init; }
}
