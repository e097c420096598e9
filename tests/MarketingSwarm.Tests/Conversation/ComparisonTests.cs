using System.Globalization;
using System.Text;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>Compare-SwarmConversation on files, archives and a server: equal data has no difference, and its statements take the differences away.</summary>
public sealed class ComparisonTests(PostgresServer postgres)
{
    private const string Repair = "Compare-SwarmConversation $source $destination -As Sql -Verbose";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task EqualRowsHaveNoDifference(int seed)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        var (source, rows) = Fill(folder, database, seed);
        var archive = folder.File("app.ndjson.gz");
        var summaries = Values(PowerShellSession.Run(
            """
            $null = Export-SwarmConversation $source $archive
            Compare-SwarmConversation $source $url
            Compare-SwarmConversation $url $source
            Compare-SwarmConversation $archive $url
            Compare-SwarmConversation $source $archive
            Compare-SwarmConversation $source $source
            Compare-SwarmConversation $url $url
            Compare-SwarmConversation $source $url -HashOnServer
            Compare-SwarmConversation $url $url -HashOnServer
            """,
            ("source", source), ("url", database.Url), ("archive", archive)));

        Assert.Equal(8, summaries.Count);
        Assert.All(summaries, summary => Assert.Equal((rows, rows, rows, 0), ((long)summary.SourceRows, (long)summary.DestinationRows, (long)summary.Equal, (int)summary.ExitCode)));
        Assert.Single(summaries.Take(3).Select(summary => (string)summary.SourceDigest).Distinct());
        Assert.All(summaries.Skip(6), summary => Assert.Equal(0L, (long)summary.RowsReadBack));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task TheStatementsMakePostgresEqualTheSource(int seed)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        var (source, rows) = Fill(folder, database, seed);
        database.Psql("""
            DELETE FROM conversations WHERE id LIKE '%7';
            UPDATE conversations SET user_query = E'a\n''b\\', error_message = NULL, total_cost = total_cost / 3, created_at = created_at + interval '1 second' WHERE id LIKE '%3';
            INSERT INTO conversations (id, user_query) VALUES (E'too''many\\\n', 'q');
            """);
        var result = PowerShellSession.Run(Repair, ("source", source), ("destination", database.Url));

        database.Psql(string.Join('\n', Texts(result)));

        Assert.Contains("missing", Assert.Single(result.Verbose).Message, StringComparison.Ordinal);
        Assert.Equal(Dump.OfSqliteAsPostgresHasIt(source), Dump.OfPostgres(database));
        Assert.Equal(rows, Dump.OfPostgres(database).Count);
        Assert.Empty(PowerShellSession.Run(Repair, ("source", source), ("destination", database.Url)).Output);
    }

    [Theory]
    [InlineData("UTF-16le")]
    [InlineData("UTF-16be")]
    public void TheStatementsMakeAFileOfUtf16EqualAnother(string encoding)
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), Sources.SqliteTable + "INSERT INTO conversations (id, user_query) VALUES ('ä🧀', 'one' || char(10) || 'two' || char(13, 0, 128512)), ('b', 'plain')");
        Sqlite3.Run(folder.File("b.db"), $"PRAGMA encoding = '{encoding}'; {Sources.SqliteTable} INSERT INTO conversations (id, user_query) VALUES ('b', 'other')");

        Sqlite3.Run(folder.File("b.db"), string.Join('\n', Texts(PowerShellSession.Run(Repair, ("source", folder.File("a.db")), ("destination", folder.File("b.db"))))));

        Assert.Equal(Dump.OfSqlite(folder.File("a.db")).Order(StringComparer.Ordinal), Dump.OfSqlite(folder.File("b.db")).Order(StringComparer.Ordinal));
        Assert.Empty(PowerShellSession.Run(Repair, ("source", folder.File("a.db")), ("destination", folder.File("b.db"))).EnsureSuccess().Output);
    }

    [Fact]
    public void TheStatementsMakeAFileEqualAnotherWhateverItsCellsAre()
    {
        using var folder = new TempFolder();
        const string Table = "CREATE TABLE conversations (id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message);";
        Sqlite3.Run(folder.File("a.db"), Table + """
            INSERT INTO conversations VALUES
                ('a', 0.1, 5e-324, 1.7976931348623157e308, 9e999, -9e999, 123456789.12345679, -2.2250738585072014e-308, 0.30000000000000004, 1e22),
                ('b', 9223372036854775807, -9223372036854775808, x'', x'00FF', CAST(x'610062' AS TEXT), CAST(x'FF41' AS TEXT), 'it''s' || char(10) || '-- "no"', '', NULL),
                (x'61', 1, 1.0, '1', x'31', NULL, 'q', 3.141592653589793, 1e-7, 1e300),
                (CAST(x'6B0079' AS TEXT), 'NUL in the key', 'q', NULL, NULL, NULL, NULL, NULL, NULL, NULL),
                (NULL, 'one', 'q', NULL, NULL, NULL, NULL, NULL, NULL, NULL), (NULL, 'two', 'q', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
            """);
        Sqlite3.Run(folder.File("b.db"), Table + """
            INSERT INTO conversations (rowid, id, user_id, user_query) VALUES
                (1, 'a', 1, 'q'), (2, CAST(x'6B0079' AS TEXT), 'other', 'q'), (7, 'gone', NULL, 'q'), (8, x'67', NULL, 'q'), (9, 17, NULL, 'q'), (5, NULL, 'one', 'q');
            """);
        var result = PowerShellSession.Run(Repair, ("source", folder.File("a.db")), ("destination", folder.File("b.db")));

        Sqlite3.Run(folder.File("b.db"), string.Join('\n', Texts(result)));

        Assert.Equal(Dump.OfSqlite(folder.File("a.db")).Order(StringComparer.Ordinal), Dump.OfSqlite(folder.File("b.db")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task WhatPostgresCannotSayIsNamed()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        database.Psql(Sources.PostgresTable + "INSERT INTO conversations (id, user_query, error_message) VALUES ('a', 'q', 'was')");
        Sqlite3.Run(folder.File("a.db"), Sources.SqliteTable + "INSERT INTO conversations (id, user_query, status, error_message) VALUES ('a', 'q', 'active', x'00FF'), ('b', x'00', 'active', NULL)");

        var lines = Texts(PowerShellSession.Run(Repair, ("source", folder.File("a.db")), ("destination", database.Url)));

        Assert.Contains(lines, line => line.StartsWith("-- row a: error_message is BLOB x'00FF',", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("-- row b: user_query is BLOB x'00',", StringComparison.Ordinal));
        database.Psql(string.Join('\n', lines));
        Assert.Equal("a|active|was", database.Psql("SELECT id, status, error_message FROM conversations"));
    }

    [Fact]
    public void TheTypeOfACellCounts()
    {
        using var folder = new TempFolder();
        const string Table = "CREATE TABLE conversations (id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message);";
        Sqlite3.Run(folder.File("a.db"), Table + "INSERT INTO conversations (id, user_query, status, created_at, total_cost) VALUES ('a', 'q', 'x', '2025-06-18 18:50:05', 1)");
        Sqlite3.Run(folder.File("b.db"), Table + "INSERT INTO conversations (id, user_query, status, created_at, total_cost) VALUES ('a', x'71', 'x', '2025-06-18 18:50:05.000000', 1.0)");

        var output = Values(PowerShellSession.Run("Compare-SwarmConversation $a $b", ("a", folder.File("a.db")), ("b", folder.File("b.db"))));

        Assert.Equal(
            ["user_query TEXT 'q' BLOB 'x'71''", "created_at TEXT '2025-06-18 18:50:05' TEXT '2025-06-18 18:50:05.000000'", "total_cost INTEGER '1' REAL '1'"],
            output.SkipLast(1).Select(difference => (string)$"{difference.Column} {difference.SourceValue} {difference.DestinationValue}"));
        Assert.Equal(2, output[^1].ExitCode);
    }

    [Theory]
    [InlineData("Compare-SwarmConversation $a $a -HashOnServer", "NoServerToHashOn,")]
    [InlineData("$null = Export-SwarmConversation $a $archive; Compare-SwarmConversation $a $archive -As Sql", "NoSqlForArchive,")]
    public void WhatCannotBeAskedIsRefused(string script, string errorId)
    {
        using var folder = new TempFolder();
        Sources.CreateSqlite(folder.File("a.db"), rows: 1);

        var error = PowerShellSession.Run(script, ("a", folder.File("a.db")), ("archive", folder.File("c.ndjson"))).SingleError;

        Assert.StartsWith(errorId, error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    private static IReadOnlyList<dynamic> Values(PowerShellResult result) => [.. result.EnsureSuccess().Output.Select(item => (dynamic)item.BaseObject)];

    private static IReadOnlyList<string> Texts(PowerShellResult result) => [.. result.EnsureSuccess().Output.Select(item => (string)item.BaseObject)];

    // The same random rows in both, each written by the engine's own program from the bytes in hexadecimal digits.
    private static (string Path, long Rows) Fill(TempFolder folder, TestDatabase database, int seed)
    {
        var random = new Random(seed);
        var rows = Scale.Rows(200, 20_000);
        var (sqlite, psql) = (new StringBuilder("BEGIN;"), new StringBuilder("BEGIN;"));
        for (var i = 0; i < rows; i++)
        {
            var cells = new (string Sqlite, string Psql)[10];
            cells[0] = Text(random, string.Create(CultureInfo.InvariantCulture, $"{random.Next():x}{i}"));
            cells[2] = Text(random, null);
            foreach (var column in (int[])[1, 3, 6, 7, 9]) cells[column] = random.Next(4) == 0 ? ("NULL", "NULL") : Text(random, null);
            foreach (var column in (int[])[4, 5])
            {
                var time = new DateTime(random.NextInt64(DateTime.MaxValue.Ticks / 10) * 10).ToString(random.Next(2) == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
                cells[column] = random.Next(4) == 0 ? ("NULL", "NULL") : ($"'{time}'", $"'{time}'");
            }

            // Eighths are exact in both programs' reading.
            var cost = (random.Next(-10_000, 10_000) / 8.0).ToString("F3", CultureInfo.InvariantCulture);
            cells[8] = (cost, cost);
            sqlite.Append("INSERT INTO conversations VALUES (").AppendJoin(',', cells.Select(cell => cell.Sqlite)).Append(");");
            psql.Append("INSERT INTO conversations VALUES (").AppendJoin(',', cells.Select(cell => cell.Psql)).Append(");");
        }

        var path = folder.File("app.db");
        Sqlite3.Run(path, Sources.SqliteTable + sqlite + "COMMIT;");
        database.Psql(Sources.PostgresTable + psql + "COMMIT;");
        return (path, rows);
    }

    private static (string Sqlite, string Psql) Text(Random random, string? start)
    {
        var text = new StringBuilder(start);
        string[] parts = ["ä", "🧀", "'", "\\", "\n", "\r", "\t", " ", "\"", "\u0001", "\u0085", "\uFFFD", "x", "{}", "--", ";", "\uFEFF"];
        for (var i = random.Next(8); i > 0; i--) text.Append(parts[random.Next(parts.Length)]);
        if (start is not null) text.Append(random.Next(10));
        var hex = Convert.ToHexString(Encoding.UTF8.GetBytes(text.ToString()));
        return ($"CAST(x'{hex}' AS TEXT)", $"convert_from('\\x{hex}', 'UTF8')");
    }
}
