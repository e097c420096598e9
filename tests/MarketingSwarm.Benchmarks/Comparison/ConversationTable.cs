namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>The table as the application needs it in PostgreSQL.</summary>
internal static class ConversationTable
{
    internal enum Kind
    {
        Text,
        Time,
        Number,
    }

    internal static IReadOnlyList<(string Name, Kind Kind)> Columns { get; } =
    [
        ("id", Kind.Text), ("user_id", Kind.Text), ("user_query", Kind.Text), ("status", Kind.Text), ("created_at", Kind.Time), ("completed_at", Kind.Time),
        ("agent_responses", Kind.Text), ("conversation_metadata", Kind.Text), ("total_cost", Kind.Number), ("error_message", Kind.Text),
    ];

    internal static string ColumnList { get; } = string.Join(", ", Columns.Select(column => column.Name));

    /// <summary>The statement that makes the table.</summary>
    /// <param name="withKey">With its primary key.</param>
    /// <param name="compression">Said of each text column, where the server knows it: then no session's setting changes it.</param>
    internal static string GetDefinition(bool withKey, Compression? compression)
    {
        var method = compression is { } known ? $" COMPRESSION {known.GetName()}" : "";
        var columns = Columns.Select(column =>
        {
            var type = column.Kind switch { Kind.Time => "timestamp", Kind.Number => "double precision", _ => $"text{method}" };
            return $"{column.Name} {type}{(column.Name is "id" or "user_query" ? " NOT NULL" : "")}";
        });
        return $"CREATE TABLE conversations ({string.Join(", ", columns)}{(withKey ? ", PRIMARY KEY (id)" : "")})";
    }
}
