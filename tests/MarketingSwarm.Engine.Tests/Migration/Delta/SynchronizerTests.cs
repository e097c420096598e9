using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Tests.Checks;

namespace MarketingSwarm.Engine.Tests.Migration.Delta;

public sealed class SynchronizerTests(PostgresServer server)
{
    private const string ThreeRows = """
        INSERT INTO conversations (id, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message) VALUES
            ('a', 'u1', 'What now?', 'active', '2025-06-18 18:50:05.000001', NULL, '[]', '{}', 0.0, NULL),
            ('b', 'u2', 'Same again', 'active', '2025-06-18 18:50:06.000000', NULL, '[]', '{}', 0.0, NULL),
            ('c', 'u3', 'Third', 'completed', '2025-06-18 18:50:07.000000', '2025-06-18 18:51:00', '[1]', '{}', 0.5, '');
        """;

    private const string Changes = """
        INSERT INTO conversations (id, user_query, status, created_at) VALUES ('d', 'new', 'active', '2025-06-18 18:52:00.000000');
        UPDATE conversations SET agent_responses = '[{"agent": "sarah"}]' WHERE id = 'a';
        DELETE FROM conversations WHERE id = 'b';
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public async Task InsertedChangedAndDeletedRowsArrive(string journal)
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows, journal);
        pair.Change(Changes);

        var result = await pair.SyncAsync();

        Assert.Equal((3, 1, 1, 1), (result.Scanned, result.Inserted, result.Updated, result.Deleted));
        Assert.Equal((0, 1, true), (result.ExitCode, result.Generation, result.IsConsistent));
        Assert.Equal("a [{\"agent\": \"sarah\"}]\nc [1]\nd ", pair.Target.Psql("SELECT string_agg(id || ' ' || coalesce(agent_responses, ''), E'\\n' ORDER BY id) FROM conversations"));
        Assert.Empty(await pair.CompareAsync());
    }

    [Fact]
    public async Task ASecondCommandGoesOnFromTheStateOfTheFirst()
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows);
        await pair.SyncAsync();
        var length = new FileInfo(pair.StatePath).Length;
        pair.Change(Changes);

        var result = await pair.SyncAsync();

        Assert.True(length > 0);
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(pair.StatePath));
        Assert.Equal((1, 1, 1), (result.Inserted, result.Updated, result.Deleted));
        Assert.Empty(await pair.CompareAsync());
    }

    [Fact]
    public async Task WhatWasInterruptedBetweenTheCommitAndTheStateIsReadFromTheTarget()
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows);
        await pair.SyncAsync();
        var old = await File.ReadAllBytesAsync(pair.StatePath, Token);
        pair.Change(Changes);
        await pair.SyncAsync();
        await File.WriteAllBytesAsync(pair.StatePath, old, Token);

        var result = await pair.SyncAsync();

        Assert.Equal((3, 0), (result.Scanned, result.Changes));
        Assert.Equal(1, result.Generation);
        Assert.Empty(await pair.CompareAsync());
    }

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public async Task AnUnchangedSourceIsNotReadAgain(string journal)
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows, journal);
        // A writer keeps the file open, so that its log stays.
        using var python = RunningPython.Start(
            "c = sqlite3.connect(sys.argv[1])\nc.execute('SELECT 1 FROM conversations')\nprint('ready', flush=True)\nfor line in sys.stdin:\n    c.execute(line)\n    c.commit()\n    print('done', flush=True)", pair.Path);
        await using var synchronizer = await pair.OpenAsync();
        await synchronizer.RunCycleAsync(GenerationKind.Delta, Token);

        var unchanged = await synchronizer.RunCycleAsync(GenerationKind.Delta, Token);
        python.Send("UPDATE conversations SET status = 'failed' WHERE id = 'a'");
        Assert.Equal("done", python.ReadLine());
        var changed = await synchronizer.RunCycleAsync(GenerationKind.Delta, Token);

        Assert.Equal((true, 0), (unchanged.IsUnchanged, unchanged.Scanned));
        Assert.Equal((false, 3, 1), (changed.IsUnchanged, changed.Scanned, changed.Updated));
    }

    [Fact]
    public async Task RowsThatPostgresCannotHoldChangeWithTheirResidue()
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows + """
            INSERT INTO conversations (id, user_query, status, created_at, total_cost) VALUES
                ('n', CAST(x'610062' AS TEXT), 'active', '2025-06-18 18:50:05.000001', 0.5), (NULL, 'no key', 'active', '2025-06-18 18:50:05.000001', 0.5),
                (x'6465', 'bytes', 'active', '2025-06-18 18:50:05', 7);
            """);
        pair.Change("""
            UPDATE conversations SET user_query = 'clean now' WHERE id = 'n';
            UPDATE conversations SET error_message = x'00FF' WHERE id = 'a';
            UPDATE conversations SET user_query = 'still none' WHERE id IS NULL;
            UPDATE conversations SET total_cost = CAST(x'FE' AS TEXT) WHERE id = x'6465';
            INSERT INTO conversations (id, user_query) VALUES ('de', 'its text');
            """);

        var result = await pair.SyncAsync();

        Assert.Equal(2, result.ExitCode);
        Assert.Empty(await pair.CompareAsync());
        Assert.Equal("its text", pair.Target.Psql("SELECT user_query FROM conversations WHERE id = 'de'"));
        Assert.Equal("0", pair.Target.Psql("SELECT count(*) FROM swarm_migration.residue WHERE id = 'n'"));
        Assert.Equal("still none", pair.Target.Psql("SELECT convert_from(original, 'UTF8') FROM swarm_migration.residue WHERE id IS NULL AND column_name = 'user_query' AND rule = 'KeyNull'"));
        // Once more, from what the target itself says: nothing is left to do.
        File.Delete(pair.StatePath);
        Assert.Equal(0, (await pair.SyncAsync()).Changes);
    }

    [Fact]
    public async Task TheMigrationIsProvenAndUndoneAfterDeltasToo()
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows);
        pair.Change(Changes);
        await pair.SyncAsync();

        var summary = await pair.MigrateAsync();
        var run = await ReadRunAsync(pair);
        await using var undo = new MigrationUndo(pair.Target.ToSwarm());
        var undone = await undo.RunAsync(await undo.FindAsync(Token), Token);

        Assert.Equal((true, 3, 0), (summary.IsProven, summary.Loaded, summary.ExitCode));
        Assert.Equal((3, 3, 1, true, 0), (run.RowsRead, run.RowsLoaded, run.Generation, run.IsLedgerIntact, run.ExitCode));
        Assert.Equal(3, undone);
    }

    [Theory]
    [InlineData("UPDATE swarm_migration.generation SET updated = 7")]
    [InlineData("DELETE FROM swarm_migration.generation WHERE generation = 2")]
    [InlineData("DELETE FROM swarm_migration.generation WHERE generation = 1")]
    [InlineData("DELETE FROM swarm_migration.generation")]
    [InlineData("DELETE FROM swarm_migration.chunk WHERE lane = 0")]
    public async Task AChangedLedgerIsFound(string tampering)
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows);
        pair.Change(Changes);
        await pair.SyncAsync();
        pair.Change("UPDATE conversations SET status = 'failed' WHERE id = 'a'");
        await pair.SyncAsync();

        pair.Target.Psql(tampering);

        Assert.False((await ReadRunAsync(pair)).IsLedgerIntact);
        Assert.Equal("LedgerChanged", (await Assert.ThrowsAsync<SwarmDatabaseException>(() => pair.SyncAsync())).ErrorId);
    }

    [Theory]
    [InlineData("UPDATE conversations SET status = 'mine' WHERE id = 'a'", "TargetChangedDuringSync", "'a'")]
    [InlineData("INSERT INTO conversations (id, user_query) VALUES ('x', 'mine')", "TargetChangedDuringSync", "'x'")]
    [InlineData("DELETE FROM conversations WHERE id = 'c'", "TargetChangedDuringSync", "2 are as it left them")]
    public async Task WhatSomebodyElseChangedInTheTargetIsNamedAndKeptUnlessForced(string sql, string id, string named)
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows);
        await pair.SyncAsync();
        pair.Target.Psql(sql);
        var before = pair.Target.Psql("SELECT string_agg(c::text, E'\\n' ORDER BY id) FROM conversations c");
        pair.Change(Changes);

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => pair.SyncAsync());
        var after = pair.Target.Psql("SELECT string_agg(c::text, E'\\n' ORDER BY id) FROM conversations c");
        await pair.SyncAsync(force: true);

        Assert.Equal((id, true), (error.ErrorId, error.Message.Contains(named, StringComparison.Ordinal)));
        Assert.Equal(before, after);
        Assert.Empty(await pair.CompareAsync());
    }

    [Fact]
    public async Task AnotherFileInTheSourcesPlaceIsNotTakenForManyDeletions()
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows + """
            WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 20) INSERT INTO conversations (id, user_query) SELECT 'r' || value, 'q' FROM n;
            """);
        pair.Change("DELETE FROM conversations; INSERT INTO conversations (id, user_query) VALUES ('other', 'another application''s')");

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => pair.SyncAsync());

        Assert.Equal("SourceRowsGone", error.ErrorId);
        Assert.Contains("23 of the 23 rows", error.Message, StringComparison.Ordinal);
        Assert.Equal("23", pair.Target.Psql("SELECT count(*) FROM conversations"));
        Assert.Equal(23, (await pair.SyncAsync(force: true)).Deleted);
        Assert.Empty(await pair.CompareAsync());
    }

    [Fact]
    public async Task ACopyIsReadWhereItIsSaidToBeOne()
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows);
        pair.Change(Changes);
        var copy = pair.Folder.File("copy.db");
        pair.Change($"VACUUM INTO '{copy}'");

        var refused = await Assert.ThrowsAsync<SwarmDatabaseException>(() => pair.SyncAsync(path: copy));
        var result = await pair.SyncAsync(path: copy, isCopy: true);

        Assert.Equal("SyncOfOtherSource", refused.ErrorId);
        Assert.Equal(3, result.Changes);
        Assert.Empty(await pair.CompareAsync());
    }

    [Fact]
    public async Task TheStateOfAnotherMigrationIsRefusedAndADamagedOneNotUsed()
    {
        await using var pair = await SyncedPair.CreateAsync(server, ThreeRows);
        await using var other = await SyncedPair.CreateAsync(server, ThreeRows);
        await pair.SyncAsync();
        await other.SyncAsync();
        var own = await File.ReadAllBytesAsync(pair.StatePath, Token);

        File.Copy(other.StatePath, pair.StatePath, overwrite: true);
        var refused = await Assert.ThrowsAsync<SwarmConfigurationException>(() => pair.SyncAsync());
        own[^40] ^= 1;
        await File.WriteAllBytesAsync(pair.StatePath, own, Token);
        pair.Change(Changes);
        var result = await pair.SyncAsync();

        Assert.Equal("SyncStateOfOtherRun", refused.ErrorId);
        Assert.Equal(3, result.Changes);
        Assert.Empty(await pair.CompareAsync());
    }

    [Fact]
    public async Task WithoutAMigrationThereIsNothingToKeepInStep()
    {
        await using var target = await server.CreateDatabaseAsync();
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("app.db"), Proof.LoadedRun.SourceTable);
        var options = new SyncOptions { Source = Sqlite.SqliteFiles.At(folder.File("app.db")), Destination = target.ToSwarm() };

        Assert.Equal("NothingToSync", (await Assert.ThrowsAsync<SwarmDatabaseException>(() => Synchronizer.OpenAsync(options, new MigrationProgress(), Token))).ErrorId);
    }

    private static async Task<MigrationRun> ReadRunAsync(SyncedPair pair)
    {
        using var reader = await LedgerReader.OpenAsync(pair.Target.ToSwarm(), Token);
        return reader!.ReadRuns(null, Token).Single();
    }
}
