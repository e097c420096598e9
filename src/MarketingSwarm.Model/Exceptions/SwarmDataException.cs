namespace MarketingSwarm;

/// <summary>A row holds a value that cannot be stored unchanged, cannot be decoded, or clashes with another row.</summary>
public sealed class SwarmDataException : SwarmException
{
    internal SwarmDataException(
        string errorId, string message, string? recommendedAction = null, string? conversationId = null, long? rowId = null,
        string? column = null, object? target = null, Exception? innerException = null)
        : base(errorId, message, recommendedAction, target ?? conversationId, innerException)
    {
        ConversationId = conversationId;
        RowId = rowId;
        Column = column;
    }

    /// <summary>The row's id, where it has one that is text.</summary>
    public string? ConversationId { get; }

    /// <summary>SQLite's rowid, where the row has one.</summary>
    public long? RowId { get; }

    /// <summary>The column, as SQL has it.</summary>
    public string? Column { get; }

    internal static SwarmDataException NotDecodable(Conversation row, ConversationColumn column, string reason)
        => new("CellNotDecodable", $"Row {row}: {ConversationTable.NameOf(column)} {reason}; it is {Describe(row.GetCell(column))}.",
            $"Read the cell as it is stored with GetCell('{ConversationTable.NameOf(column)}').",
            row.ToString(), row.RowId, ConversationTable.NameOf(column));

    /// <summary>A cell for a message: its storage class and a value of at most 40 characters.</summary>
    internal static string Describe(ConversationCell cell)
    {
        if (cell.StorageClass == StorageClass.Null) return "NULL";
        var text = cell.ToString();
        if (text.Length > 40) text = text[..40] + "…";
        var printable = string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
        return $"{cell.StorageClass.ToString().ToUpperInvariant()} '{printable}'";
    }
}
