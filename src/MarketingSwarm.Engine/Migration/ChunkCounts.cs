namespace MarketingSwarm.Engine.Migration;

/// <summary>What becomes of a chunk's rows, or of all the rows of a load. Cells are counted of rows that are loaded.</summary>
/// <param name="Loaded">Rows sent to the table.</param>
/// <param name="Quarantined">Rows that are in the residue alone.</param>
/// <param name="CellsConverted">Cells stored otherwise by a named rule.</param>
/// <param name="CellsQuarantined">Cells that have NULL in their place.</param>
internal readonly record struct ChunkCounts(long Loaded, long Quarantined, long CellsConverted, long CellsQuarantined)
{
    /// <summary>Rows read.</summary>
    internal long Rows => Loaded + Quarantined;

    /// <summary>Entries of the residue: one a cell, and ten a row that is quarantined.</summary>
    internal long Entries => CellsConverted + CellsQuarantined + Quarantined * ConversationTable.ColumnCount;

    /// <summary>Whether anything could not be stored, and somebody should look.</summary>
    internal bool NeedsAttention => Quarantined + CellsQuarantined > 0;

    public static ChunkCounts operator +(ChunkCounts left, ChunkCounts right) => new(
        left.Loaded + right.Loaded, left.Quarantined + right.Quarantined, left.CellsConverted + right.CellsConverted,
        left.CellsQuarantined + right.CellsQuarantined);

    public static ChunkCounts operator -(ChunkCounts left, ChunkCounts right) => new(
        left.Loaded - right.Loaded, left.Quarantined - right.Quarantined, left.CellsConverted - right.CellsConverted,
        left.CellsQuarantined - right.CellsQuarantined);
}
