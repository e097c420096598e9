using Npgsql;

namespace MarketingSwarm.Tests.Migration;

/// <summary>One source of five chunks for the tests that only read it or change a copy.</summary>
public sealed class LoadSource : IDisposable
{
    internal const int Rows = 3600;

    private readonly TempFolder _folder = new();
    private readonly Lazy<string> _path;

    public LoadSource() => _path = new(() => Loads.CreateSource(_folder.File("app.db"), Rows, size: 20_000));

    internal string Path => _path.Value;

    public void Dispose() => _folder.Dispose();
}

/// <summary>Stops a load in its middle: the ledger has a part of the chunks, and the process is gone.</summary>
internal static class Interruption
{
    internal static async Task<NpgsqlConnection> OpenAsync(TestDatabase database)
    {
        var connection = new NpgsqlConnection(
            $"Host={database.Host};Port={database.Port};Database={database.Name};Username={database.User};Password={database.Password};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    /// <summary>Starts the command, holds it up once it has committed a chunk, and returns while it is held up.</summary>
    internal static async Task<(LoadProcess Load, NpgsqlConnection Holder)> HoldAsync(TestDatabase database, string command)
    {
        var token = TestContext.Current.CancellationToken;
        var holder = await OpenAsync(database);
        var load = new LoadProcess(command);
        while (!await IsAsync("SELECT to_regclass('swarm_migration.residue') IS NOT NULL")) await AssertRunsAsync();
        while (true)
        {
            await ExecuteAsync("BEGIN");
            await ExecuteAsync("LOCK TABLE swarm_migration.chunk IN EXCLUSIVE MODE");
            if (await IsAsync("SELECT count(*) >= 1 FROM swarm_migration.chunk WHERE run_id = (SELECT run_id FROM swarm_migration.run ORDER BY started_at DESC LIMIT 1)")) break;
            await ExecuteAsync("COMMIT");
            await AssertRunsAsync();
        }

        Assert.False(load.HasEnded);
        return (load, holder);

        async Task<bool> IsAsync(string question)
        {
            await using var command = new NpgsqlCommand(question, holder);
            return await command.ExecuteScalarAsync(token) is true;
        }

        async Task ExecuteAsync(string statement)
        {
            await using var command = new NpgsqlCommand(statement, holder);
            await command.ExecuteNonQueryAsync(token);
        }

        async Task AssertRunsAsync()
        {
            if (!load.HasEnded) return;
            var result = await load.WaitAsync();
            Assert.Fail($"The load has ended.\n{result.Output}\n{result.Error}");
        }
    }

    /// <summary>Starts the command and kills its process once it has committed a chunk, and before it has committed all.</summary>
    internal static async Task KillAsync(TestDatabase database, string command)
    {
        var (load, holder) = await HoldAsync(database, command);
        using (load)
        await using (holder)
        {
            load.Kill();
            await load.WaitAsync();
        }

        Assert.Equal("Loading", database.Psql("SELECT state FROM swarm_migration.run ORDER BY started_at DESC LIMIT 1"));
    }
}
