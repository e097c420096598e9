namespace MarketingSwarm;

/// <summary>The shape of the application's table: its name and its columns.</summary>
internal static class ConversationTable
{
    internal const string Name = "conversations";

    internal const int ColumnCount = 10;

    /// <summary>The columns' names as SQL has them; the index is the <see cref="ConversationColumn"/>.</summary>
    internal static readonly string[] ColumnNames =
    [
        "id", "user_id", "user_query", "status", "created_at", "completed_at",
        "agent_responses", "conversation_metadata", "total_cost", "error_message",
    ];

    /// <summary>The names separated by commas, as a SELECT or COPY list wants them. None needs quoting.</summary>
    internal static readonly string ColumnList = string.Join(", ", ColumnNames);

    internal static string NameOf(ConversationColumn column) => ColumnNames[(int)column];

    /// <summary>Whether a column, named as in SQL, holds text: all but the two times and the cost.</summary>
    internal static bool IsText(string name) => name is not ("created_at" or "completed_at" or "total_cost");

    internal static bool IsTimestamp(ConversationColumn column)
        => column is ConversationColumn.CreatedAt or ConversationColumn.CompletedAt;

    /// <summary>Finds a column by its SQL name (<c>created_at</c>) or its property name (<c>CreatedAt</c>), in any case.</summary>
    internal static bool TryFind(string name, out ConversationColumn column)
    {
        for (var i = 0; i < ColumnCount; i++)
        {
            if (!string.Equals(ColumnNames[i], name, StringComparison.OrdinalIgnoreCase)
                && !string.Equals(((ConversationColumn)i).ToString(), name, StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            column = (ConversationColumn)i;
            return true;
        }

        column = default;
        return false;
    }
}
