using System.Globalization;
using Npgsql;
using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Migration;

/// <summary>Others beside a migration: another one, the application that makes its table, writers of the target, and servers that are busy.</summary>
public sealed class ConcurrencyTests(PostgresServer postgres, LoadSource source) : IClassFixture<LoadSource>, IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task ASecondMigrationIsRefusedByNameAndTheFirstEndsWell()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var (load, holder) = await Interruption.HoldAsync(database, Loads.GetCommand(source.Path, database.Url));
        using (load)
        {
            await using (holder)
            {
                var refused = Invoke(database, source.Path).SingleError;

                Assert.Equal("MigrationRunning", refused.FullyQualifiedErrorId.Split(',')[0]);
                var pid = database.Psql("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())");
                Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"PID {pid} "), refused.ToString());
            }

            var first = await load.WaitAsync();
            Assert.True(first.ExitCode == 0, first.Error);
        }

        await Loads.JudgeAsync(source.Path, database.PsqlAsync, _folder.Path);
    }

    [Fact]
    public async Task AnUnfinishedRunGoesOnAsItWasBegunOnly()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await Interruption.KillAsync(database, Loads.GetCommand(source.Path, database.Url));
        var other = CreateSqlite(_folder.File("other.db"), rows: 5);
        var ledger = database.Psql("SELECT chunk, hash FROM swarm_migration.chunk");

        var errors = new[]
        {
            Invoke(database, other).SingleError,
            Invoke(database, source.Path, "-OnNul Replace").SingleError,
            Invoke(database, source.Path, "-TimestampForm @{ created_at = 'IsoUtcMilliseconds' }").SingleError,
            Invoke(database, source.Path, "-ApprovedUnit @{ created_at = 'EpochSeconds' }").SingleError,
        };

        Assert.Equal(["MigrationOfOtherSource", "MigrationSettingsChanged", "MigrationSettingsChanged", "MigrationSettingsChanged"], errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal(ledger, database.Psql("SELECT chunk, hash FROM swarm_migration.chunk"));
        Assert.All(errors, error => Assert.False(string.IsNullOrEmpty(error.ErrorDetails?.RecommendedAction)));
        Invoke(database, source.Path).EnsureSuccess();
    }

    [Fact]
    public async Task ATableThatTheApplicationMakesMeanwhileIsNotTouched()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var (load, holder) = await Interruption.HoldAsync(database, Loads.GetCommand(source.Path, database.Url));
        using (load)
        {
            await using (holder) await database.PsqlAsync(PostgresTable + TwoRows);
            var ended = await load.WaitAsync();
            Assert.Equal(1, ended.ExitCode);
            Assert.Contains("has a table public.conversations now", ended.Error.Replace("\n", " ", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal));
        }

        Assert.Equal("2", database.Psql("SELECT count(*) FROM conversations"));
        Assert.Equal("TableAppearedMeanwhile", Invoke(database, source.Path).SingleError.FullyQualifiedErrorId.Split(',')[0]);
        database.Psql("DROP TABLE conversations");
        dynamic summary = Assert.Single(Invoke(database, source.Path).EnsureSuccess().Output);
        Assert.Equal(LoadSource.Rows, summary.RowsResumed);
        await Loads.JudgeAsync(source.Path, database.PsqlAsync, _folder.Path);
    }

    [Fact]
    public async Task ARowOfAnotherWriterThatClashesStopsTheLoadByName()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        var last = Sqlite3.Run(source.Path, "SELECT id FROM conversations ORDER BY rowid DESC LIMIT 1")[0];
        var (load, holder) = await Interruption.HoldAsync(database, Loads.GetCommand(source.Path, database.Url));
        using (load)
        {
            await using (holder) await database.PsqlAsync($"INSERT INTO conversations (id, user_query) VALUES ('{last}', 'mine')");
            var ended = await load.WaitAsync();
            Assert.Equal(1, ended.ExitCode);
            Assert.Contains(last, ended.Error);
            Assert.Contains("this run did not put it there", ended.Error.Replace("\n", " ", StringComparison.Ordinal));
        }

        Assert.Equal("mine", database.Psql($"SELECT user_query FROM conversations WHERE id = '{last}'"));
        database.Psql($"DELETE FROM conversations WHERE id = '{last}'");
        Invoke(database, source.Path).EnsureSuccess();
        await Loads.JudgeAsync(source.Path, database.PsqlAsync, _folder.Path, isNewTable: false);
    }

    [Fact]
    public async Task ARowThatAnotherWriterChangesDuringTheLoadIsNamedByTheProof()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        string changed;
        var (load, holder) = await Interruption.HoldAsync(database, Loads.GetCommand(source.Path, database.Url));
        using (load)
        {
            await using (holder)
            {
                changed = database.Psql("SELECT id FROM conversations ORDER BY id LIMIT 1");
                database.Psql($"UPDATE conversations SET status = 'failed' WHERE id = '{changed}'");
            }

            var ended = await load.WaitAsync();
            Assert.Equal(1, ended.ExitCode);
            Assert.Contains("The proof failed", ended.Error);
            Assert.Contains(changed, ended.Error.Replace("\n", "", StringComparison.Ordinal));
        }

        Assert.Equal("Loaded", database.Psql("SELECT state FROM swarm_migration.run"));
        Assert.Equal("failed", database.Psql($"SELECT status FROM conversations WHERE id = '{changed}'"));
    }

    [Fact]
    public async Task ADeadlockIsWaitedOut()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        // Keys of the first chunk, which is sent in their order: a gate holds it up in the middle until the other session waits for it.
        var ids = Sqlite3.Run(source.Path, "SELECT id FROM (SELECT id FROM conversations ORDER BY rowid LIMIT 500) ORDER BY id");
        await using var gate = await Interruption.OpenAsync(database);
        await using var other = await Interruption.OpenAsync(database);
        await ExecuteAsync(gate, $"BEGIN; INSERT INTO conversations (id, user_query) VALUES ('{ids[250]}', 'gate')");
        await ExecuteAsync(other, $"SET deadlock_timeout = '1h'; BEGIN; INSERT INTO conversations (id, user_query) VALUES ('{ids[^1]}', 'other')");
        await database.PsqlAsync($"ALTER DATABASE {database.Name} SET deadlock_timeout = '10ms'");
        using var load = new LoadProcess(Loads.GetCommand(source.Path, database.Url, "-Connections 1"));
        while (database.Psql($"SELECT count(*) {Loads.Sessions} AND wait_event_type = 'Lock'") == "0") Assert.False(load.HasEnded);
        var crossing = ExecuteAsync(other, $"INSERT INTO conversations (id, user_query) VALUES ('{ids[0]}', 'other')");
        while (database.Psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") != "2") Assert.False(load.HasEnded);
        await ExecuteAsync(gate, "ROLLBACK");
        await crossing;
        await ExecuteAsync(other, "ROLLBACK");

        var ended = await load.WaitAsync();

        Assert.True(ended.ExitCode == 0, ended.Error);
        Assert.DoesNotContain("retries 0 ", ended.Output);
        await Loads.JudgeAsync(source.Path, database.PsqlAsync, _folder.Path, isNewTable: false);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
    }

    private static PowerShellResult Invoke(TestDatabase database, string path, string more = "")
        => PowerShellSession.Run($"Invoke-SwarmMigration $s $d {more}", ("s", path), ("d", database.Url));
}
