using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Tests.Sqlite;

/// <summary>SQLite files made by Python, and the module's reader and writer on them.</summary>
internal static class SqliteFiles
{
    internal const string TableSql = """
        CREATE TABLE conversations (
            id VARCHAR NOT NULL, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR, created_at DATETIME, completed_at DATETIME,
            agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT, PRIMARY KEY (id));
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static SwarmDatabase At(string path) => new(DatabaseEngine.Sqlite) { Path = path };

    /// <summary>Makes a file with so many rows; <paramref name="size"/> characters of each are its query.</summary>
    internal static string Create(string path, int rows, int size = 10, string journalMode = "delete", string table = TableSql)
    {
        Sqlite3.Run(path, $"""
            PRAGMA journal_mode = {journalMode}; {table}
            INSERT INTO conversations (id, user_query, status, created_at)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
            SELECT printf('c-%06d', i), substr(hex(zeroblob({size})), 1, {size}), 'active', '2025-06-18 18:50:05.000001' FROM n WHERE i <= {rows};
            """);
        return path;
    }

    internal static SqliteConversationReader OpenReader(string path, ConversationFilter? filter = null, SqliteReadLimits? limits = null)
        => SqliteConversationReader.Open(At(path), filter ?? ConversationFilter.All, Token, limits);

    internal static List<Conversation> ReadAll(this IConversationReader reader) => [.. reader.Read(Token).Select(result => result.Row ?? throw result.Error!)];

    internal static List<Conversation> ReadAll(string path, SqliteReadLimits? limits = null)
    {
        using var reader = OpenReader(path, limits: limits);
        return reader.ReadAll();
    }

    /// <summary>Every file of a folder: its name, bytes and time.</summary>
    internal static List<(string Name, string Bytes, DateTime Written)> Photograph(string folder)
        => [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(file => (file, Convert.ToHexString(File.ReadAllBytes(file)), File.GetLastWriteTimeUtc(file)))];
}
