using Microsoft.Data.Sqlite;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>What the reader and the writer ask of a SQLite file alike.</summary>
internal static class SqliteTable
{
    internal static void CheckEncoding(SqliteConnection connection, SwarmDatabase database)
    {
        if (ReadPragma(connection, "encoding") is var encoding and not "UTF-8") throw Errors.SqliteEncodingNotUtf8(database.Path!, encoding);
    }

    internal static string GetJournalMode(SqliteConnection connection) => ReadPragma(connection, "journal_mode");

    private static string ReadPragma(SqliteConnection connection, string name)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA {name}";
        return (string)command.ExecuteScalar()!;
    }
}
