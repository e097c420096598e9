using MarketingSwarm.Engine.Schemas;
using Npgsql;
using static MarketingSwarm.Engine.Tests.Checks.CheckRunner;

namespace MarketingSwarm.Engine.Tests.Schemas;

/// <summary>Tables made by other hands, and what the engine reads of them.</summary>
internal static class SchemaFixtures
{
    /// <summary>As SQLAlchemy's create_all makes it in PostgreSQL; no SQL defaults, no indexes.</summary>
    internal const string ApplicationPostgres = """
        CREATE TABLE conversations (
            id VARCHAR NOT NULL, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR, created_at TIMESTAMP WITHOUT TIME ZONE,
            completed_at TIMESTAMP WITHOUT TIME ZONE, agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT,
            PRIMARY KEY (id));
        """;

    /// <summary>As SQLAlchemy's create_all makes it in SQLite.</summary>
    internal const string ApplicationSqlite = """
        CREATE TABLE conversations (
            id VARCHAR NOT NULL, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR, created_at DATETIME, completed_at DATETIME,
            agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT, PRIMARY KEY (id));
        """;

    /// <summary>As the migration plan documents it.</summary>
    internal const string PlanSqlite = """
        CREATE TABLE conversations (
            id VARCHAR PRIMARY KEY, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR DEFAULT 'active',
            created_at DATETIME DEFAULT CURRENT_TIMESTAMP, completed_at DATETIME, agent_responses TEXT DEFAULT '[]',  -- JSON array
            conversation_metadata TEXT DEFAULT '{}',  -- JSON object
            total_cost FLOAT DEFAULT 0.0, error_message TEXT);
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static Task<DatabaseSchema> ReadAsync(TestDatabase database) => SchemaReader.ReadAsync(database.ToSwarm(), countRows: true, Token);

    internal static Task<DatabaseSchema> ReadAsync(string path) => SchemaReader.ReadAsync(SqliteFile(path), countRows: true, Token);

    internal static async Task<List<SchemaChange>> UpdateAsync(SwarmDatabase database)
    {
        List<SchemaChange> changes = [];
        await foreach (var change in SchemaUpdater.ApplyAsync(database, Token)) changes.Add(change);
        return changes;
    }

    internal static IEnumerable<string> Made(this IEnumerable<SchemaChange> changes)
        => changes.Where(change => change.Action == SchemaChangeAction.Created).Select(change => $"{change.Kind} {change.Name}");

    /// <summary>The columns as PostgreSQL's own information_schema tells them.</summary>
    internal static string DescribeColumns(this TestDatabase database) => database.Psql("""
        SELECT column_name, data_type, is_nullable, collation_name, column_default FROM information_schema.columns
        WHERE table_name = 'conversations' ORDER BY ordinal_position
        """);

    internal static string DescribeIndexes(this TestDatabase database)
        => database.Psql("SELECT indexdef FROM pg_indexes WHERE tablename = 'conversations' ORDER BY indexname COLLATE \"C\"");

    /// <summary>The application's session: the one that is there beside the module's.</summary>
    internal static async Task<NpgsqlConnection> OpenAsync(TestDatabase database, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = database.Host, Port = database.Port, Database = database.Name, Username = database.User, Password = database.Password, Pooling = false,
        };
        var connection = new NpgsqlConnection(settings.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        return connection;
    }

    internal static async Task WaitForAsync(TestDatabase database, string sql, string expected)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await database.PsqlAsync(sql) != expected)
        {
            Assert.False(limit.IsCancellationRequested, $"{sql} did not become {expected}.");
        }
    }
}
