using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Archives;

/// <summary>Goes through the rows of an archive whose format is known.</summary>
internal abstract class ArchiveRows(ArchiveText text)
{
    private protected ArchiveText Text { get; } = text;

    private protected ArchiveCursor Cursor { get; } = new(text);

    private protected ArchiveRow Row { get; } = new();

    /// <summary>The rows read so far.</summary>
    internal long Count { get; private protected set; }

    /// <summary>Reads the next row, whole or with the reason why it cannot be given.</summary>
    /// <returns>False where there is none.</returns>
    /// <exception cref="SwarmArchiveException">The archive cannot be read on.</exception>
    internal abstract bool TryReadNext(out ReadResult result);

    private protected ReadResult BuildRow(ArchivePosition at)
    {
        if (Row.TryFindMissing(out var missing)) throw Errors.ArchiveColumnMissing(at, ConversationTable.NameOf(missing));
        var row = Row.Build(at, Text.Buffer, out var error);
        return new ReadResult(row, error);
    }
}
