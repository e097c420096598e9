using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>Files that other tools refuse or read wrongly: what SQLite itself would read in them arrives.</summary>
public sealed class UnusualSourceTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("UTF-16le")]
    [InlineData("UTF-16be")]
    public async Task TextStoredAsUtf16Arrives(string encoding)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        var source = CreateSqlite(_folder.File("app.db"), rows: 3, table: $"PRAGMA encoding = '{encoding}'; {SqliteTable}");
        Sqlite3.Run(source, "UPDATE conversations SET user_query = 'grüße ' || char(128512) || char(65279) WHERE rowid = 2");

        var result = PowerShellSession.Run("Export-SwarmConversation $source | Import-SwarmConversation $url", ("source", source), ("url", database.Url));

        result.EnsureSuccess();
        Assert.Equal(
            Sqlite3.Run(source, "SELECT id, status, created_at FROM conversations ORDER BY rowid"),
            database.Psql("SELECT id, status, created_at FROM conversations ORDER BY id").Split('\n'));
        Assert.Equal("6772c3bcc39f6520f09f9880efbbbf", database.Psql("SELECT encode(convert_to(user_query, 'UTF8'), 'hex') FROM conversations WHERE id = 'c-2'"));
    }

    [Fact]
    public void ALoneSurrogateIsNamedAndNotReplaced()
    {
        var source = CreateSqlite(_folder.File("app.db"), rows: 2, table: $"PRAGMA encoding = 'UTF-16le'; {SqliteTable}");
        Sqlite3.Run(source, "UPDATE conversations SET error_message = CAST(x'610000d8' AS TEXT) WHERE rowid = 2");
        var target = CreateSqlite(_folder.File("target.db"), rows: 0);

        PowerShellSession.Run("Export-SwarmConversation $source | Import-SwarmConversation $target", ("source", source), ("target", target)).EnsureSuccess();

        Assert.Equal(["text|61EDA080"], Sqlite3.Run(target, "SELECT typeof(error_message), hex(CAST(error_message AS BLOB)) FROM conversations WHERE id = 'c-2'"));
    }

    [Theory]
    [InlineData("delete", "-journal", "active")]
    [InlineData("wal", "-wal", "committed")]
    public void WhatACrashedProgramLeftIsReadAsSqliteWouldRecoverIt(string journalMode, string companion, string status)
    {
        var source = CreateSqlite(_folder.File("app.db"), rows: 200, size: 1000);
        // The cache is too small for the last change, which therefore reaches the files before its commit.
        using (var application = RunningPython.Start(
            """
            import os
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("PRAGMA journal_mode = " + sys.argv[2])
            connection.execute("PRAGMA wal_autocheckpoint = 0")
            if sys.argv[2] == "wal": connection.execute("UPDATE conversations SET status = 'committed'")
            connection.execute("PRAGMA cache_size = 1")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE conversations SET status = 'unfinished', user_query = user_query || 'changed'")
            print("ready")
            sys.stdin.read()
            os._exit(0)
            """,
            source, journalMode))
        {
            application.Finish();
        }

        Assert.True(new FileInfo(source + companion).Length > 0);
        var target = CreateSqlite(_folder.File("target.db"), rows: 0);
        var before = Photograph(_folder.Path).Where(file => file.Contains("app.db", StringComparison.Ordinal)).ToList();

        PowerShellSession.Run("Export-SwarmConversation $source | Import-SwarmConversation $target", ("source", source), ("target", target)).EnsureSuccess();

        Assert.Equal(before, Photograph(_folder.Path).Where(file => file.Contains("app.db", StringComparison.Ordinal)));
        const string Query = "SELECT id, status, user_query FROM conversations ORDER BY id";
        Assert.Equal(Sqlite3.Run(source, Query), Sqlite3.Run(target, Query));
        Assert.Equal([$"{status}|200"], Sqlite3.Run(target, "SELECT status, count(*) FROM conversations GROUP BY status"));
    }
}
