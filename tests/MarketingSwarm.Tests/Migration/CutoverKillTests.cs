using Npgsql;

namespace MarketingSwarm.Tests.Migration;

/// <summary>
///   A cutover whose process is killed at random moments while the application writes, and which the same command then ends: nothing that the
///   application was told is written is lost, and nothing is there twice.
/// </summary>
public sealed class CutoverKillTests(PostgresServer server, ITestOutputHelper output)
{
    [Fact]
    public async Task TheSameCommandEndsWhatWasKilled()
    {
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        for (var kill = 0; kill < Scale.Rows(3, 30); kill++) await KillOnceAsync(kill, random, kill % 2 == 0 ? "wal" : "delete");
    }

    private async Task KillOnceAsync(int number, Random random, string journal)
    {
        using var folder = new TempFolder();
        await using var database = await server.CreateDatabaseAsync();
        var path = Loads.CreateSource(folder.File("app.db"), rows: 400, size: 2_000, journal);
        var migration = await RunAsync(Loads.GetCommand(path, database.Url));
        Assert.True(migration.ExitCode == 0, migration.Error);
        using var writer = ApplicationWriter.Start(path, folder.File("writer.log"), conversations: 3, pauseMilliseconds: 30, seed: number + 1);
        writer.WaitForWrites(20);
        var command = $"$ErrorActionPreference = 'Stop'; $c = Start-SwarmCutover '{path}' '{database.Url}' {{ }} -Confirm:$false -AllowInFlight -WatchMinutes 0.03 "
            + $"-BackupFolder '{folder.File("backups")}' -StatePath '{folder.File("sync.state")}'; \"$($c.State) $($c.IsProven) $($c.Conflicts.Count)\"; exit $c.ExitCode";

        // The moment is a state of the cutover, and a random time after it.
        var state = random.GetItems(["Planned", "Loaded", "CatchingUp", "Ready", "Fenced", "FinalDelta", "Proven", "Switched", "Watching"], 1)[0];
        var spins = random.Next(0, 40);
        using (var first = new LoadProcess(command))
        {
            await WaitForAsync(database, state, first);
            if (!first.HasEnded) await Task.Delay(spins, TestContext.Current.CancellationToken);
            first.Kill();
            await first.WaitAsync();
        }

        // The writers go on while nobody is there, and while the command goes on.
        writer.WaitForWrites(20);
        var ended = await RunAsync(command);
        var runs = 1;
        // A process that was killed at its very end has left nothing to do.
        if (ended.ExitCode != 0 && ended.Error.Contains("is closed", StringComparison.Ordinal)) runs = 0;
        else Assert.True(ended.ExitCode == 0, $"kill {number} at {state} + {spins} ms\n{ended.Output}\n{ended.Error}");
        if (runs == 1) Assert.Contains("Closed", ended.Output, StringComparison.Ordinal);

        // What came after the watch is nobody's any more: the log is compared with what the target and the file then both have.
        var totals = writer.Stop();
        Assert.Empty(totals.Reasons);
        Assert.Equal("0", database.Psql("SELECT count(*) FROM swarm_migration.conflict"));
        var lost = writer.FindLost(database.Psql(ApplicationWriter.Query), UntilWatchEnded(database));
        Assert.True(lost.Count == 0, $"kill {number} at {state} + {spins} ms\n{string.Join('\n', lost.Take(5))}\n{database.Psql("SELECT state, at, detail FROM swarm_migration.cutover_step ORDER BY at")}");
        Assert.Equal("400", database.Psql("SELECT count(*) FROM conversations WHERE id !~ '-'"));
    }

    // What is acknowledged a moment before the last look is carried over; what is after it is not.
    private static DateTime UntilWatchEnded(TestDatabase database) => DateTime.Parse(
        database.Psql("SELECT to_char(max(at) AT TIME ZONE 'UTC' - interval '1 second', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') FROM swarm_migration.cutover_step WHERE state = 'Closed'"),
        System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<ProgramResult> RunAsync(string command)
    {
        using var process = new LoadProcess(command);
        return await process.WaitAsync();
    }

    private static async Task WaitForAsync(TestDatabase database, string state, LoadProcess process)
    {
        await using var connection = await Interruption.OpenAsync(database);
        while (!process.HasEnded)
        {
            await using var command = new NpgsqlCommand(
                "SELECT to_regclass('swarm_migration.cutover_step') IS NOT NULL AND (xpath('/row/c/text()', query_to_xml('SELECT count(*) AS c FROM swarm_migration.cutover_step WHERE state = ''' || $1 || '''', false, true, '')))[1]::text <> '0'",
                connection) { Parameters = { new() { Value = state } } };
            if ((bool)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!) return;
        }
    }
}
