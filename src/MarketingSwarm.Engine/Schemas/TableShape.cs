namespace MarketingSwarm.Engine.Schemas;

/// <summary>
///   The table as Initialize-SwarmDatabase makes it: the application's columns, with types that hold its data unchanged and that its own
///   statements accept.
/// </summary>
internal static class TableShape
{
    // The SQL defaults are the plan's. The application's model writes every value itself, so that they serve other writers only.
    private static readonly WantedColumn[] All =
    [
        new(ConversationColumn.Id, "VARCHAR", "varchar COLLATE \"C\"", IsRequired: true),
        new(ConversationColumn.UserId, "VARCHAR", "varchar"),
        new(ConversationColumn.UserQuery, "TEXT", "text", IsRequired: true),
        new(ConversationColumn.Status, "VARCHAR", "varchar", "'active'"),
        // PostgreSQL's CURRENT_TIMESTAMP would be the session's local time.
        new(ConversationColumn.CreatedAt, "DATETIME", "timestamp without time zone", "CURRENT_TIMESTAMP", "(now() AT TIME ZONE 'utc')"),
        new(ConversationColumn.CompletedAt, "DATETIME", "timestamp without time zone"),
        new(ConversationColumn.AgentResponses, "TEXT", "text", "'[]'"),
        new(ConversationColumn.ConversationMetadata, "TEXT", "text", "'{}'"),
        new(ConversationColumn.TotalCost, "FLOAT", "double precision", "0.0"),
        new(ConversationColumn.ErrorMessage, "TEXT", "text"),
    ];

    internal static IReadOnlyList<WantedColumn> Columns => All;

    /// <summary>The columns that the application's queries search and order by.</summary>
    internal static IReadOnlyList<ConversationColumn> IndexedColumns { get; } = [ConversationColumn.CreatedAt, ConversationColumn.UserId];

    internal static WantedColumn Find(ConversationColumn column) => All[(int)column];

    /// <summary>The CREATE TABLE statement, without a semicolon.</summary>
    internal static string GetCreateTable(DatabaseEngine engine)
    {
        var lines = All.Select(column => $"    {column.GetDefinition(engine)}{(column.Column == ConversationColumn.Id ? " PRIMARY KEY" : "")}");
        return $"CREATE TABLE {ConversationTable.Name} (\n{string.Join(",\n", lines)}\n)";
    }

    internal static string GetIndexName(ConversationColumn column) => $"{ConversationTable.Name}_{ConversationTable.NameOf(column)}_idx";

    /// <summary>The CREATE INDEX statement, without a semicolon.</summary>
    internal static string GetCreateIndex(ConversationColumn column)
        => $"CREATE INDEX {GetIndexName(column)} ON {ConversationTable.Name} ({ConversationTable.NameOf(column)})";
}

/// <summary>A column as it should be.</summary>
/// <param name="Column">Which.</param>
/// <param name="SqliteType">The type that SQLAlchemy declares in SQLite.</param>
/// <param name="PostgresType">The type that holds the same data in PostgreSQL, with its collation.</param>
/// <param name="SqliteDefault">The default, or <see langword="null"/>.</param>
/// <param name="PostgresDefault">PostgreSQL's where it is another.</param>
/// <param name="IsRequired">NOT NULL.</param>
internal sealed record WantedColumn(
    ConversationColumn Column, string SqliteType, string PostgresType, string? SqliteDefault = null, string? PostgresDefault = null, bool IsRequired = false)
{
    internal string Name => ConversationTable.NameOf(Column);

    internal string GetColumnType(DatabaseEngine engine) => engine == DatabaseEngine.Sqlite ? SqliteType : PostgresType;

    internal string? GetDefault(DatabaseEngine engine) => engine == DatabaseEngine.Sqlite ? SqliteDefault : PostgresDefault ?? SqliteDefault;

    /// <summary>The column's line in a CREATE TABLE statement.</summary>
    internal string GetDefinition(DatabaseEngine engine)
        => $"{Name} {GetColumnType(engine)}{(IsRequired ? " NOT NULL" : "")}{(GetDefault(engine) is { } value ? $" DEFAULT {value}" : "")}";
}
