using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Migration;

/// <summary>A load goes on where it stopped, into a table of others too, and -Undo takes out exactly what it put there.</summary>
public sealed class UndoTests(PostgresServer postgres, LoadSource source) : IClassFixture<LoadSource>, IDisposable
{
    private const string Others = "SELECT xmin, c::text FROM conversations c WHERE id LIKE 'kept-%' ORDER BY id";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task OthersRowsStayUntouchedWhereALoadIsKilledResumedAndUndone()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + TwoRows);
        var others = database.Psql(Others);
        await Interruption.KillAsync(database, Loads.GetCommand(source.Path, database.Url));

        var resumed = Migrate(database, source.Path);

        Assert.True((long)resumed.RowsResumed > 0 && (long)resumed.RowsResumed < LoadSource.Rows);
        await Loads.JudgeAsync(source.Path, database.PsqlAsync, _folder.Path, "id NOT LIKE 'kept-%'", isNewTable: false);
        Assert.Equal(others, database.Psql(Others));

        var again = Migrate(database, source.Path);
        Assert.Equal(LoadSource.Rows, again.RowsResumed);
        Assert.Equal(0, again.ExitCode);

        dynamic undone = Assert.Single(PowerShellSession.Run("Invoke-SwarmMigration -Undo -Destination $d -Confirm:$false", ("d", database.Url)).EnsureSuccess().Output);
        Assert.Equal("Undone", undone.State.ToString());
        Assert.Equal(others, database.Psql(Others));
        Assert.Equal("2,0", database.Psql("SELECT concat_ws(',', (SELECT count(*) FROM conversations), (SELECT count(*) FROM swarm_migration.residue))"));

        var anew = Migrate(database, source.Path);
        Assert.Equal(0, anew.RowsResumed);
        await Loads.JudgeAsync(source.Path, database.PsqlAsync, _folder.Path, "id NOT LIKE 'kept-%'", isNewTable: false);
        Assert.Equal(others, database.Psql(Others));
    }

    [Fact]
    public async Task AnUnfinishedRunIsUndone()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await Interruption.KillAsync(database, Loads.GetCommand(source.Path, database.Url));

        PowerShellSession.Run("Invoke-SwarmMigration -Undo -Destination $d -Confirm:$false", ("d", database.Url)).EnsureSuccess();

        Assert.Equal("chunk,conflict,cutover,cutover_step,generation,late,residue,run", database.Psql("SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'swarm_migration'::regnamespace AND relkind = 'r'"));
        Assert.Equal("", database.Psql("SELECT to_regclass('public.conversations')"));
        Assert.Equal("NothingToUndo", Undo(database).SingleError.FullyQualifiedErrorId.Split(',')[0]);
        Migrate(database, source.Path);
        await Loads.JudgeAsync(source.Path, database.PsqlAsync, _folder.Path);
    }

    [Theory]
    [InlineData(true, "INSERT INTO conversations (id, user_query) VALUES ('new', 'q')", "PublishedTableInUse")]
    [InlineData(true, "UPDATE conversations SET status = 'failed' WHERE id = 'c-1'", "RunRowsChanged")]
    [InlineData(false, "UPDATE conversations SET status = 'failed' WHERE id = 'c-1'", "RunRowsChanged")]
    [InlineData(false, "DELETE FROM conversations WHERE id = 'c-2'", "RunRowsChanged")]
    public async Task WhatTheApplicationHasWrittenSinceIsNotTakenOut(bool isNewTable, string written, string error)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        if (!isNewTable) await database.PsqlAsync(PostgresTable + TwoRows);
        Migrate(database, CreateSqlite(_folder.File("small.db"), rows: 5));
        database.Psql(written);
        var (table, ledger) = (Photograph(database), PhotographLedger(database));

        var refused = Undo(database).SingleError;

        Assert.Equal(error, refused.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("Nothing was taken out", refused.ToString());
        Assert.Equal((table, ledger), (Photograph(database), PhotographLedger(database)));
    }

    [Fact]
    public async Task ACompletedRunWhoseSourceWasWrittenSinceIsRefused()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var path = CreateSqlite(_folder.File("small.db"), rows: 5);
        Migrate(database, path);
        Sqlite3.Run(path, "INSERT INTO conversations (id, user_query) VALUES ('later', 'q')");
        var before = Photograph(database);

        var refused = Invoke(database, path).SingleError;

        Assert.Equal("SourceChangedSinceMigration", refused.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Equal(before, Photograph(database));
    }

    private static string PhotographLedger(TestDatabase database) => database.Psql("SELECT run_id, state, ended_at FROM swarm_migration.run; SELECT run_id, chunk, hash FROM swarm_migration.chunk");

    private static PowerShellResult Undo(TestDatabase database) => PowerShellSession.Run("Invoke-SwarmMigration -Undo -Destination $d -Confirm:$false", ("d", database.Url));

    private static PowerShellResult Invoke(TestDatabase database, string path) => PowerShellSession.Run("Invoke-SwarmMigration $s $d", ("s", path), ("d", database.Url));

    private static dynamic Migrate(TestDatabase database, string path) => Assert.Single(Invoke(database, path).EnsureSuccess().Output);
}
