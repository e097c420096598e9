namespace MarketingSwarm.Engine.Conversations;

/// <summary>Loads rows into one table in one transaction: all or nothing. Disposing it without a commit rolls back.</summary>
internal interface IConversationWriter : IDisposable
{
    /// <summary>Takes a row; it may be sent later.</summary>
    /// <exception cref="SwarmDataException">The row, or one before it, cannot be stored, or clashes; nothing will be loaded.</exception>
    void Write(Conversation row, CancellationToken cancellationToken);

    /// <summary>Sends what is left, compares the counts, and commits.</summary>
    Task<WriteCounts> CommitAsync(CancellationToken cancellationToken);
}

/// <summary>What became of the rows written.</summary>
/// <param name="Inserted">Rows that were not there.</param>
/// <param name="Updated">Rows that were there and differed.</param>
/// <param name="Skipped">Rows that were there and were left as they are.</param>
/// <param name="Quarantined">Rows that are in the residue alone.</param>
/// <param name="CellsConverted">Cells stored otherwise by a named rule, of rows inserted and updated.</param>
/// <param name="CellsQuarantined">Cells that have NULL in their place, of the same rows.</param>
internal readonly record struct WriteCounts(
    long Inserted, long Updated, long Skipped, long Quarantined = 0, long CellsConverted = 0, long CellsQuarantined = 0)
{
    /// <summary>Rows accounted for.</summary>
    internal long Total => Inserted + Updated + Skipped + Quarantined;
}
