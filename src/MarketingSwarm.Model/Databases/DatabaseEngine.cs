namespace MarketingSwarm;

/// <summary>What kind of thing a <see cref="SwarmDatabase"/> names.</summary>
public enum DatabaseEngine
{
    /// <summary>A SQLite 3 database file.</summary>
    Sqlite,

    /// <summary>A PostgreSQL server's database, Cloud SQL's included.</summary>
    PostgreSql,

    /// <summary>An archive file that Export-SwarmConversation or the migration plan's script wrote. It can be read only.</summary>
    Archive,
}
