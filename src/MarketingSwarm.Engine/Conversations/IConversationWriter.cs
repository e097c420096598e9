namespace MarketingSwarm.Engine.Conversations;

/// <summary>Loads rows into one table in one transaction: all or nothing. Disposing it without a commit rolls back.</summary>
internal interface IConversationWriter : IDisposable
{
    /// <summary>Takes a row; it may be sent later.</summary>
    /// <exception cref="SwarmDataException">The row cannot be stored unchanged, or clashes; nothing will be loaded.</exception>
    void Write(Conversation row, CancellationToken cancellationToken);

    /// <summary>Sends what is left, compares the counts, and commits.</summary>
    Task<WriteCounts> CommitAsync(CancellationToken cancellationToken);
}

/// <summary>What became of the rows written.</summary>
/// <param name="Inserted">Rows that were not there.</param>
/// <param name="Updated">Rows that were there and differed.</param>
/// <param name="Skipped">Rows that were there and were left as they are.</param>
/// <param name="RespelledTimes">Times whose instant is stored and whose spelling the column's own form does not repeat.</param>
internal readonly record struct WriteCounts(long Inserted, long Updated, long Skipped, long RespelledTimes);
