namespace MarketingSwarm;

/// <summary>The form in which Get-SwarmDatabaseSchema describes a table.</summary>
public enum SchemaFormat
{
    /// <summary>A <see cref="DatabaseSchema"/>.</summary>
    Object,

    /// <summary>Statements that make the table; text.</summary>
    Sql,

    /// <summary>A page of Markdown; text.</summary>
    Markdown,
}

/// <summary>An engine's way of writing types and expressions.</summary>
public enum SqlDialect
{
    /// <summary>SQLite's.</summary>
    Sqlite,

    /// <summary>PostgreSQL's.</summary>
    PostgreSql,
}
