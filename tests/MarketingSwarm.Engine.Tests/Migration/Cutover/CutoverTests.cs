using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Cutover;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Tests.Checks;
using MarketingSwarm.Engine.Tests.Migration.Delta;
using MarketingSwarm.Engine.Tests.Sqlite;

namespace MarketingSwarm.Engine.Tests.Migration.Cutover;

public sealed class CutoverTests(PostgresServer server)
{
    private const string Rows = """
        INSERT INTO conversations (id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message) VALUES
            ('a', 'u1', 'What now?', 'completed', '2025-06-18 18:50:05.000001', '2025-06-18 18:51:05', '[]', '{}', 0.0, NULL),
            ('b', 'u2', 'Same again', 'completed', '2025-06-18 18:50:06.000000', NULL, '[]', '{}', 0.0, NULL),
            ('n', 'u2', 'A NUL', 'failed', '2025-06-18 18:50:06.000000', NULL, CAST(x'610062' AS TEXT), '{}', 7, NULL),
            ('c', 'u3', 'Third', 'completed', '2025-06-18T18:50:07Z', '2025-06-18 18:51:00.000001', '[1]', '{}', 0.5, '');
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public async Task NothingThatTheApplicationWroteIsLost(string journal)
    {
        await using var pair = await SyncedPair.CreateAsync(server, Rows, journal);
        using var writer = ApplicationWriter.Start(pair.Path, pair.Folder.File("writer.log"));
        writer.WaitForWrites(40);
        await using var cutover = await OpenAsync(pair);

        await cutover.RunToProvenAsync(Token);
        await cutover.PrepareSwitchAsync(Token);
        // The instances of before the switch drain.
        writer.WaitForWrites(40);
        await cutover.MarkSwitchedAsync(Token);
        var watching = cutover.WatchAsync(Token);
        writer.WaitForWrites(20);
        var totals = writer.Stop();
        await watching;
        var result = await cutover.DescribeAsync(Token);

        Assert.Empty(totals.Reasons);
        Assert.Equal((CutoverState.Closed, true, 0), (result.State, result.IsProven, result.ExitCode));
        Assert.Empty(result.Conflicts);
        Assert.Empty(writer.FindLost(pair.Target.Psql(ApplicationWriter.Query)));
        Assert.True(result.LateRows > 0);
        Assert.True(totals.WorstStall < TimeSpan.FromSeconds(2.5), $"a write took {totals.WorstStall}");
        Assert.True(result.Fence < TimeSpan.FromSeconds(2), $"the fence took {result.Fence}");
        Assert.Empty(await pair.CompareAsync());
    }

    [Fact]
    public async Task ABudgetThatIsTooSmallEndsInARetreatThatTheApplicationDoesNotNotice()
    {
        await using var pair = await SyncedPair.CreateAsync(server, Rows);
        using var writer = ApplicationWriter.Start(pair.Path, pair.Folder.File("writer.log"));
        await using var cutover = await OpenAsync(pair, options => options with { Budget = TimeSpan.FromMilliseconds(1), Attempts = 3 });

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => cutover.RunToProvenAsync(Token));
        writer.WaitForWrites(10);
        var totals = writer.Stop();
        var result = await cutover.DescribeAsync(Token);

        Assert.Equal("FenceBudgetSpent", error.ErrorId);
        Assert.Equal((CutoverState.CatchingUp, 3), (result.State, result.Attempts));
        Assert.Empty(totals.Reasons);
        Assert.True(totals.WorstStall < TimeSpan.FromSeconds(1), $"a write took {totals.WorstStall}");
    }

    [Fact]
    public async Task OnceTheSwitchWasBegunNothingGoesBackToTheOldFilesRows()
    {
        await using var pair = await SyncedPair.CreateAsync(server, Rows);
        await using (var killed = await OpenAsync(pair))
        {
            await killed.RunToProvenAsync(Token);
            await killed.PrepareSwitchAsync(Token);
        }

        // The application may be on the new side, and has written nothing there yet; an instance that drains has, to the old file.
        pair.Change("UPDATE conversations SET status = 'late' WHERE id = 'a'");
        var refused = await Assert.ThrowsAsync<SwarmDatabaseException>(() => pair.SyncAsync(force: true));
        CutoverResult result;
        await using (var again = await OpenAsync(pair))
        {
            await again.RunToProvenAsync(Token);
            await again.PrepareSwitchAsync(Token);
            Assert.Equal("late", pair.Target.Psql("SELECT status FROM conversations WHERE id = 'a'"));
            await again.MarkSwitchedAsync(Token);
            await again.WatchAsync(Token);
            result = await again.DescribeAsync(Token);
        }

        Assert.Equal("SyncAfterCutover", refused.ErrorId);
        Assert.Equal((1, true, 1), (result.Attempts, result.IsProven, result.LateRows));
        Assert.Equal("SyncAfterCutover", (await Assert.ThrowsAsync<SwarmDatabaseException>(() => pair.SyncAsync(force: true))).ErrorId);
    }

    [Fact]
    public async Task AConversationInFlightIsWaitedFor()
    {
        await using var pair = await SyncedPair.CreateAsync(server, Rows);
        var now = DateTime.UtcNow.ToString("yyyy-MM-dd HH:mm:ss.ffffff", System.Globalization.CultureInfo.InvariantCulture);
        pair.Change($"INSERT INTO conversations (id, user_query, status, created_at) VALUES ('flying', 'q', 'active', '{now}')");
        await using var cutover = await OpenAsync(pair, options => options with { AllowsInFlight = false, Patience = TimeSpan.Zero });

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => cutover.RunToProvenAsync(Token));
        pair.Change("UPDATE conversations SET status = 'completed' WHERE id = 'flying'");
        await cutover.RunToProvenAsync(Token);

        Assert.Equal("NoQuietMoment", error.ErrorId);
        Assert.Equal(CutoverState.Proven, cutover.State);
    }

    [Fact]
    public async Task WhatBothSidesChangedIsMergedOrNamed()
    {
        await using var pair = await SyncedPair.CreateAsync(server, Rows);
        await using var cutover = await OpenAsync(pair);
        await cutover.RunToProvenAsync(Token);
        await cutover.PrepareSwitchAsync(Token);
        await cutover.MarkSwitchedAsync(Token);
        pair.Target.Psql("""
            UPDATE conversations SET agent_responses = '[{"agent": "elena", "response": "new", "timestamp": "2025-06-18T18:53:00"}]' WHERE id = 'a';
            UPDATE conversations SET error_message = 'new side' WHERE id = 'b';
            DELETE FROM conversations WHERE id = 'c';
            INSERT INTO conversations (id, user_query) VALUES ('both', 'new');
            """);
        pair.Change("""
            UPDATE conversations SET agent_responses = '[{"agent": "sarah", "response": "old", "timestamp": "2025-06-18T18:52:00"}]', status = 'failed' WHERE id = 'a';
            UPDATE conversations SET error_message = 'old side' WHERE id = 'b';
            UPDATE conversations SET status = 'failed' WHERE id = 'c';
            INSERT INTO conversations (id, user_query) VALUES ('both', 'old');
            INSERT INTO conversations (id, user_query, created_at) VALUES ('late', CAST(x'6C00' AS TEXT), '2025-06-18T18:50:07Z');
            """);

        await cutover.WatchAsync(Token);
        var result = await cutover.DescribeAsync(Token);

        Assert.Equal(
            "a failed [{\"agent\": \"sarah\", \"response\": \"old\", \"timestamp\": \"2025-06-18T18:52:00\"}, {\"agent\": \"elena\", \"response\": \"new\", \"timestamp\": \"2025-06-18T18:53:00\"}]",
            pair.Target.Psql("SELECT id || ' ' || status || ' ' || agent_responses FROM conversations WHERE id = 'a'"));
        Assert.Equal(
            ["b, error_message", "both, ", "c, "], result.Conflicts.Select(conflict => $"{conflict.Id}, {conflict.Column}").Order(StringComparer.Ordinal));
        Assert.Equal("old side", result.Conflicts.Single(conflict => conflict.Id == "b").OldRow!.ErrorMessage);
        Assert.Equal("new side|new", pair.Target.Psql("SELECT (SELECT error_message FROM conversations WHERE id = 'b'), (SELECT user_query FROM conversations WHERE id = 'both')"));
        Assert.Equal("6c00", pair.Target.Psql("SELECT encode(original, 'hex') FROM swarm_migration.residue WHERE source_rowid = 6 AND column_name = 'user_query'"));
        Assert.Equal(2, result.ExitCode);
    }

    [Fact]
    public async Task TakenBackTheFileHasTheNewSidesRowsInTheApplicationsForms()
    {
        await using var pair = await SyncedPair.CreateAsync(server, Rows);
        var before = Sqlite3.Run(pair.Path, "SELECT quote(CAST(agent_responses AS BLOB)), quote(total_cost), quote(created_at) FROM conversations WHERE id IN ('n', 'c') ORDER BY id");
        await using var cutover = await OpenAsync(pair);
        await cutover.RunToProvenAsync(Token);
        await cutover.PrepareSwitchAsync(Token);
        await cutover.MarkSwitchedAsync(Token);
        pair.Target.Psql("""
            INSERT INTO conversations SELECT 'new-' || i, 'u', 'käse ' || i, 'completed', timestamp '2025-06-18 18:50:05.000001' + i * interval '1 second', '2025-06-18 19:00:00', '[]', '{}', 0.25, NULL
            FROM generate_series(1, 1000) i;
            UPDATE conversations SET status = 'failed', completed_at = '2025-06-18 18:59:59.5' WHERE id = 'n';
            DELETE FROM conversations WHERE id = 'b';
            """);
        pair.Change("UPDATE conversations SET error_message = 'late' WHERE id = 'a'");

        var carried = await cutover.CarryBackAsync(Token);
        await cutover.MarkRolledBackAsync(Token);

        Assert.Equal(1002, carried);
        Assert.Equal(CutoverState.RolledBack, cutover.State);
        Assert.Equal(["1003"], Sqlite3.Run(pair.Path, "SELECT count(*) FROM conversations"));
        Assert.Equal(
            ["'käse 7'|'2025-06-18 18:50:12.000001'|'2025-06-18 19:00:00'|0.25|NULL"],
            Sqlite3.Run(pair.Path, "SELECT quote(user_query), quote(created_at), quote(completed_at), quote(total_cost), quote(error_message) FROM conversations WHERE id = 'new-7'"));
        Assert.Equal(before, Sqlite3.Run(pair.Path, "SELECT quote(CAST(agent_responses AS BLOB)), quote(total_cost), quote(created_at) FROM conversations WHERE id IN ('n', 'c') ORDER BY id"));
        Assert.Equal(["failed|2025-06-18 18:59:59.500000|late"], Sqlite3.Run(pair.Path, "SELECT n.status, n.completed_at, a.error_message FROM conversations n, conversations a WHERE n.id = 'n' AND a.id = 'a'"));
        Assert.Equal("late", pair.Target.Psql("SELECT error_message FROM conversations WHERE id = 'a'"));
        Assert.Empty(await pair.CompareAsync());
    }

    [Fact]
    public async Task RowsThatOnlyTheResidueHasStayInTheFileWhenItIsTakenBack()
    {
        await using var pair = await SyncedPair.CreateAsync(server, Rows + """
            INSERT INTO conversations (id, user_query) VALUES ('01', 'a text'), (x'3031', 'its bytes'), (NULL, 'no key'), (x'6465', 'bytes alone');
            """);
        var before = Sqlite3.Run(pair.Path, "SELECT quote(id), user_query FROM conversations ORDER BY rowid");
        await using (var cutover = await OpenAsync(pair))
        {
            await cutover.RunToProvenAsync(Token);
            await cutover.PrepareSwitchAsync(Token);
            await cutover.MarkSwitchedAsync(Token);
        }

        pair.Target.Psql("UPDATE conversations SET status = 'gone on' WHERE id = '01'");
        await using var another = await OpenAsync(pair);
        var carried = await another.CarryBackAsync(Token);

        Assert.Equal(1, carried);
        Assert.Equal(before, Sqlite3.Run(pair.Path, "SELECT quote(id), user_query FROM conversations ORDER BY rowid"));
        Assert.Equal(["'01'"], Sqlite3.Run(pair.Path, "SELECT quote(id) FROM conversations WHERE status = 'gone on'"));
    }

    [Fact]
    public async Task AProcessThatIsGoneIsGoneOnWithFromEachOfItsStates()
    {
        await using var pair = await SyncedPair.CreateAsync(server, Rows);
        await using (var first = await OpenAsync(pair)) await first.RunToProvenAsync(Token);
        pair.Change("UPDATE conversations SET status = 'failed' WHERE id = 'a'");
        // The switch has not run: the fence is raised anew.
        await using (var second = await OpenAsync(pair))
        {
            await second.RunToProvenAsync(Token);
            Assert.Equal(CutoverState.Proven, second.State);
            Assert.Equal("failed", pair.Target.Psql("SELECT status FROM conversations WHERE id = 'a'"));
        }

        // The switch has run, and nobody could say so any more.
        pair.Target.Psql("INSERT INTO conversations (id, user_query) VALUES ('new', 'by the application')");
        pair.Change("UPDATE conversations SET status = 'late' WHERE id = 'b'");
        await using (var third = await OpenAsync(pair))
        {
            await third.RunToProvenAsync(Token);
            Assert.Equal(CutoverState.Proven, third.State);
            await third.PrepareSwitchAsync(Token);
            await third.MarkSwitchedAsync(Token);
            await third.CarryLateAsync(Token);
        }

        pair.Target.Psql("UPDATE conversations SET status = 'gone on' WHERE id = 'b'");
        CutoverResult result;
        await using (var fourth = await OpenAsync(pair))
        {
            await fourth.RunToProvenAsync(Token);
            await fourth.WatchAsync(Token);
            result = await fourth.DescribeAsync(Token);
        }

        Assert.Equal((CutoverState.Closed, 1), (result.State, result.LateRows));
        Assert.Empty(result.Conflicts);
        Assert.Equal("failed|gone on|by the application", pair.Target.Psql("""
            SELECT (SELECT status FROM conversations WHERE id = 'a'), (SELECT status FROM conversations WHERE id = 'b'), (SELECT user_query FROM conversations WHERE id = 'new')
            """));
        Assert.Equal("CutoverClosed", (await Assert.ThrowsAsync<SwarmDatabaseException>(() => OpenAsync(pair))).ErrorId);
    }

    private static Task<MarketingSwarm.Engine.Migration.Cutover.Cutover> OpenAsync(SyncedPair pair, Func<CutoverOptions, CutoverOptions>? change = null)
    {
        var options = new CutoverOptions
        {
            Sync = new SyncOptions { Source = SqliteFiles.At(pair.Path), Destination = pair.Target.ToSwarm(), StatePath = pair.StatePath },
            BackupFolder = pair.Folder.File("backups"),
            AllowsInFlight = true,
            Watch = TimeSpan.FromSeconds(1),
            Interval = TimeSpan.FromMilliseconds(50),
        };
        return MarketingSwarm.Engine.Migration.Cutover.Cutover.OpenAsync(change?.Invoke(options) ?? options, new MigrationProgress(), begins: true, Token);
    }
}
