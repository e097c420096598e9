namespace MarketingSwarm.Engine.Conversations;

/// <summary>Rows of one database or archive, read one by one; disposing it gives the connection or the file back.</summary>
internal interface IConversationReader : IDisposable
{
    /// <summary>How many rows are to come, where that is known without reading them; for progress only.</summary>
    long? ExpectedRows { get; }

    /// <summary>What the user should know of the source before relying on it.</summary>
    IReadOnlyList<string> Warnings { get; }

    /// <summary>
    ///   Reads the rows, once. A row that cannot be decided on (a filter by time on a time that cannot be decoded) comes as an error
    ///   in its place, and reading goes on.
    /// </summary>
    IEnumerable<ReadResult> Read(CancellationToken cancellationToken);
}

/// <summary>One row, or why it could not be given.</summary>
internal readonly record struct ReadResult(Conversation? Row, SwarmDataException? Error);
