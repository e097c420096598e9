using System.Security.Cryptography;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>Tables and files that the tests of the conversation cmdlets start from, made by other hands than the module's.</summary>
internal static class Sources
{
    internal const string SqliteTable = """
        CREATE TABLE conversations (
            id VARCHAR NOT NULL, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR, created_at DATETIME, completed_at DATETIME,
            agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT, PRIMARY KEY (id));
        """;

    internal const string PostgresTable = """
        CREATE TABLE conversations (
            id varchar NOT NULL, user_id varchar, user_query text NOT NULL, status varchar, created_at timestamp, completed_at timestamp,
            agent_responses text, conversation_metadata text, total_cost double precision, error_message text, PRIMARY KEY (id));
        """;

    /// <summary>Two rows, for either engine.</summary>
    internal const string TwoRows = """
        INSERT INTO conversations (id, user_query, status, created_at, total_cost) VALUES
            ('kept-1', 'q', 'active', '2025-06-18 18:50:05.000001', 0), ('kept-2', 'q', 'completed', '2025-06-18 18:50:06.000001', 1.5);
        """;

    /// <summary>A SQLite file with rows c-1 to c-N, whose <c>user_query</c> has so many characters.</summary>
    internal static string CreateSqlite(string path, int rows, int size = 10, string table = SqliteTable)
    {
        Sqlite3.Run(path, $"""
            {table}
            INSERT INTO conversations (id, user_query, status, created_at, total_cost)
            WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows})
            SELECT 'c-' || i, substr(hex(zeroblob({size})), 1, {size}), 'active', '2025-06-18 18:50:05.000001', i / 8.0 FROM n WHERE i <= {rows};
            """);
        return path;
    }

    /// <summary>Every file below a folder with its bytes and its time.</summary>
    internal static List<string> Photograph(string folder)
        => [.. Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(file => $"{file} {Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)))} {File.GetLastWriteTimeUtc(file):O}")];

    /// <summary>The table as it is, with the versions of its rows: a row written anew with the same values differs.</summary>
    internal static string Photograph(TestDatabase database)
        => database.Psql("SELECT xmin, ctid, c::text FROM conversations c ORDER BY ctid");

    internal static string Command(string cmdlet) => $"MarketingSwarm.Commands.{cmdlet.Replace("-", "", StringComparison.Ordinal)}Command";
}
