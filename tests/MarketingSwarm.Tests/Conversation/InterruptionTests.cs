using System.Management.Automation;
using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>An import that does not come to its end leaves the table as it was, and no session behind.</summary>
public sealed class InterruptionTests(PostgresServer postgres) : IDisposable
{
    // Enough for more than one COPY statement (32 MB) to have ended before the row that the pipe stops at.
    private const int Rows = 60;
    private const int Size = 1 << 20;

    private const string Sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'MarketingSwarm' AND datname = current_database()";

    // The pipe stands still at the 50th row until the test says how to go on.
    private const string PausedPipe = """
        $n = 0
        Export-SwarmConversation $source | ForEach-Object { if (++$n -eq 50) { $reached.Set(); while (-not $resume.IsSet) { } } $_ } | Import-SwarmConversation $target
        """;

    private readonly TempFolder _folder = new();
    private readonly ManualResetEventSlim _reached = new();
    private readonly ManualResetEventSlim _resume = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _reached.Dispose();
        _resume.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("Fail")]
    [InlineData("Skip")]
    [InlineData("Update")]
    public async Task CtrlCInTheMiddleLeavesThePostgresTableAsItWas(string onConflict)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + TwoRows);
        var before = Photograph(database);
        using var session = Start($"{PausedPipe} -OnConflict {onConflict}", database.Url);
        Assert.Equal("1", database.Psql(Sessions));
        Assert.Equal("2", database.Psql("SELECT count(*) FROM conversations"));

        session.Stop();

        Assert.IsType<PipelineStoppedException>(session.Result.Terminating);
        Assert.Empty(session.Result.Errors);
        Assert.Empty(session.Result.Output);
        Assert.Equal(before, Photograph(database));
        AssertNoSession(database);
    }

    [Fact]
    public void CtrlCInTheMiddleLeavesTheSqliteFileAsItWas()
    {
        var target = CreateSqlite(_folder.File("target.db"), rows: 2);
        var before = Dump.OfSqlite(target);
        using var session = Start($"{PausedPipe} -OnConflict Update", target);

        session.Stop();

        Assert.IsType<PipelineStoppedException>(session.Result.Terminating);
        Assert.Equal(before, Dump.OfSqlite(target));
        Assert.Equal(["ok"], Sqlite3.Run(target, "PRAGMA integrity_check"));
        Sqlite3.Run(target, "PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; ROLLBACK");
        Assert.Equal([_folder.File("app.db"), target], Directory.GetFiles(_folder.Path).Order());
    }

    [Theory]
    [InlineData("Fail")]
    [InlineData("Skip")]
    public async Task CtrlCEndsTheWaitForAnotherSessionsLock(string onConflict)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + TwoRows);
        var before = Photograph(database);
        await using var other = new Npgsql.NpgsqlConnection($"Host={database.Host};Port={database.Port};Database={database.Name};Username={database.User};Password={database.Password};Pooling=false");
        await other.OpenAsync(Token);
        await using var transaction = await other.BeginTransactionAsync(Token);
        await using (var command = new Npgsql.NpgsqlCommand("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE", other)) await command.ExecuteNonQueryAsync(Token);
        var source = CreateSqlite(_folder.File("app.db"), rows: 3);
        using var session = PowerShellSession.Start(
            $"Export-SwarmConversation $source | Import-SwarmConversation $url -OnConflict {onConflict}", ("source", source), ("url", database.Url));
        await WaitUntilAsync(() => database.Psql(Sessions + " AND wait_event_type = 'Lock'") == "1");

        session.Stop();

        Assert.IsType<PipelineStoppedException>(session.Result.Terminating);
        Assert.Empty(session.Result.Errors);
        AssertNoSession(database);
        await transaction.RollbackAsync(Token);
        Assert.Equal(before, Photograph(database));
    }

    [Fact]
    public async Task AnErrorFurtherDownThePipeRollsBack()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + TwoRows);
        var target = CreateSqlite(_folder.File("target.db"), rows: 0);
        var source = CreateSqlite(_folder.File("app.db"), rows: 50);
        var before = Photograph(database);

        foreach (var url in (string[])[database.Url, target])
        {
            var result = PowerShellSession.Run(
                "$n = 0; Export-SwarmConversation $source | Import-SwarmConversation $url -PassThru | ForEach-Object { if (++$n -eq 20) { throw 'downstream' } }",
                ("source", source), ("url", url));
            Assert.Equal("downstream", result.SingleError.Exception.Message);
        }

        Assert.Equal(before, Photograph(database));
        Assert.Empty(Dump.OfSqlite(target));
        AssertNoSession(database);
    }

    [Theory]
    [InlineData("Fail")]
    [InlineData("Update")]
    public async Task ASessionThatIsEndedByTheServerIsAnError(string onConflict)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + TwoRows);
        var before = Photograph(database);
        using var session = Start($"{PausedPipe} -OnConflict {onConflict}", database.Url);

        database.Psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'MarketingSwarm' AND datname = current_database()");
        AssertNoSession(database);
        _resume.Set();

        var error = session.Result.SingleError;
        Assert.Equal($"ConnectionLost,{Command("Import-SwarmConversation")}", error.FullyQualifiedErrorId);
        Assert.Contains($"{database.Host}:{database.Port}", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(before, Photograph(database));
    }

    [Fact]
    public async Task AReaderThatIsLeftEarlyGivesItsSessionBack()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + "INSERT INTO conversations (id, user_query) SELECT 'c-' || i, repeat('x', 10000) FROM generate_series(1, 5000) i");

        // What Select-Object -First does, which the engine by itself does not have.
        var result = PowerShellSession.Run(
            "foreach ($once in 1) { Export-SwarmConversation $url | ForEach-Object { $_.Id; break } }; 'after'", ("url", database.Url));

        Assert.Empty(result.AllErrors);
        Assert.Equal("c-1", result.Output[0].BaseObject);
        AssertNoSession(database);
    }

    private PowerShellSession Start(string script, string target)
    {
        var source = CreateSqlite(_folder.File("app.db"), Rows, Size);
        var session = PowerShellSession.Start(script, ("source", source), ("target", target), ("reached", _reached), ("resume", _resume));
        _reached.Wait(TimeSpan.FromMinutes(2), Token);
        return session;
    }

    private static void AssertNoSession(TestDatabase database) => WaitUntilAsync(() => database.Psql(Sessions) == "0").GetAwaiter().GetResult();

    // A server's process ends a moment after its connection.
    private static async Task WaitUntilAsync(Func<bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromMinutes(1));
        while (!condition()) await Task.Delay(20, limit.Token);
    }
}
