using Microsoft.Data.Sqlite;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>What the reader and the writer ask of a SQLite file alike.</summary>
internal static class SqliteTable
{
    internal const string Utf8 = "UTF-8";
    internal const string Utf16BigEndian = "UTF-16be";

    /// <summary>Refuses a file to write to whose text is not UTF-8.</summary>
    internal static void CheckEncoding(SqliteConnection connection, SwarmDatabase database)
    {
        if (ReadEncoding(connection) is var encoding and not Utf8) throw Errors.SqliteEncodingNotUtf8(database.Path!, encoding);
    }

    /// <summary>How the file stores text: <c>UTF-8</c>, <c>UTF-16le</c> or <c>UTF-16be</c>.</summary>
    internal static string ReadEncoding(SqliteConnection connection) => ReadPragma(connection, "encoding");

    internal static string GetJournalMode(SqliteConnection connection) => ReadPragma(connection, "journal_mode");

    private static string ReadPragma(SqliteConnection connection, string name)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA {name}";
        return (string)command.ExecuteScalar()!;
    }
}
