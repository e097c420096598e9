using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Tests.Migration;

/// <summary>A server and a source of the class's own: other tests' sessions would not survive what happens to this server.</summary>
public sealed class KillFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();

    internal PostgresCluster Cluster { get; private set; } = null!;

    internal string Source => _folder.File("app.db");

    /// <summary>Why there is no server.</summary>
    internal string? SkipReason { get; private set; }

    public async ValueTask InitializeAsync()
    {
        var (cluster, failure) = await PostgresCluster.TryStartAsync("fsync=off", "max_connections=30");
        if (cluster is null)
        {
            SkipReason = failure;
            return;
        }

        Cluster = cluster;
        // 80 MB: five chunks of 16 MB.
        Loads.CreateSource(Source, rows: 4000, size: 20_000);
    }

    public async ValueTask DisposeAsync()
    {
        if (Cluster is not null) await Cluster.DisposeAsync();
        _folder.Dispose();
    }
}

/// <summary>
///   Whatever is killed at whatever moment of a load, the same command ends it, and the table, the ledger and the residue are as if
///   nothing had happened.
/// </summary>
public sealed class KillTests(KillFixture fixture, ITestOutputHelper output) : IClassFixture<KillFixture>
{
    private const string Copying = "application_name LIKE 'MarketingSwarm run%' AND query LIKE 'COPY%' AND state = 'active'";

    private static readonly string[] Moments =
    [
        "SELECT to_regclass('swarm_migration.run') IS NOT NULL",
        "SELECT count(*) >= 1 FROM swarm_migration.chunk",
        "SELECT count(*) >= 2 FROM swarm_migration.chunk",
        "SELECT count(*) >= 3 FROM swarm_migration.chunk",
        "SELECT count(*) >= 4 FROM swarm_migration.chunk",
        "SELECT count(*) >= 1 FROM swarm_migration.run WHERE state <> 'Loading'",
        "SELECT to_regclass('public.conversations') IS NOT NULL",
    ];

    /// <summary>What is done to a load.</summary>
    public enum Kind
    {
        KillProcess,
        KillBackend,
        TerminateBackend,
        RestartServer,
        CrashServer,
        ResetSocket,
        SilenceClient,
        SilenceServer,
    }

    [Fact]
    public async Task TheSameCommandEndsWhatWasKilled()
    {
        Assert.SkipWhen(fixture.SkipReason is not null, fixture.SkipReason ?? "");
        var seed = int.Parse(Environment.GetEnvironmentVariable("SWARM_TEST_SEED") ?? "20250618", CultureInfo.InvariantCulture);
        var random = new Random(seed);
        var kinds = Scale.IsFull
            ? [.. Enumerable.Range(0, 50).Select(i => i % 5 < 2 ? Kind.KillProcess : random.GetItems(Enum.GetValues<Kind>(), 1)[0])]
            : new[] { Kind.KillProcess, Kind.KillBackend, random.GetItems([Kind.TerminateBackend, Kind.RestartServer, Kind.CrashServer, Kind.ResetSocket], 1)[0] };
        for (var i = 0; i < kinds.Length; i++)
        {
            try
            {
                await KillOnceAsync(i, kinds[i], random);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                throw new InvalidOperationException($"Kill {i} ({kinds[i]}) of the seed {seed}: {exception.Message}", exception);
            }
        }
    }

    private async Task KillOnceAsync(int number, Kind kind, Random random)
    {
        var name = $"kill_{number}";
        var clock = Stopwatch.StartNew();
        await fixture.Cluster.PsqlAsync("postgres", $"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'");
        using var proxy = new TcpProxy(fixture.Cluster.Port);
        using var folder = new TempFolder();
        var command = Loads.GetCommand(fixture.Source, fixture.Cluster.GetUrl(name, proxy.Port));
        var moment = random.GetItems(Moments, 1)[0];
        var spins = random.Next(0, 300);
        var (runs, didHappen) = (1, false);
        ProgramResult result;
        using (var load = new LoadProcess(command))
        {
            if (await WaitForAsync(name, moment, load))
            {
                var started = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(started).TotalMilliseconds < spins) Thread.SpinWait(1000);
                didHappen = await DoAsync(kind, name, proxy, load);
            }

            result = await load.WaitAsync();
        }

        while (result.ExitCode != 0)
        {
            // Only a process that was killed needs the command again.
            Assert.True(kind == Kind.KillProcess && runs == 1, $"exit code {result.ExitCode} in run {runs}\nat [{moment}] + {spins} ms\n{result.Output}\n{result.Error}");
            runs++;
            using var load = new LoadProcess(command);
            result = await load.WaitAsync();
        }

        var retries = int.Parse(Regex.Match(result.Output, @"retries (\d+)").Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Matches(@"proven True consistent True of 4000\b", result.Output);
        Assert.Equal(retries, Regex.Count(result.Error + result.Output, "It is tried again in"));
        // The server cannot know of an end that was swallowed on the way.
        if (kind is Kind.SilenceClient or Kind.SilenceServer) proxy.Reset();
        var (chunks, withdrawn) = await Loads.JudgeAsync(fixture.Source, sql => fixture.Cluster.PsqlAsync(name, sql), folder.Path);
        Assert.Equal(0, withdrawn);
        output.WriteLine($"{number}: {kind} {(didHappen ? "at" : "came too late for")} [{moment}] + {spins} ms: runs {runs}, retries {retries}, chunks {chunks}, {result.Output.Trim()}; {clock.Elapsed.TotalSeconds:0} s");
        await fixture.Cluster.PsqlAsync("postgres", $"DROP DATABASE {name} WITH (FORCE)");
    }

    // True once the moment has come; false where the load has ended before.
    private async Task<bool> WaitForAsync(string database, string moment, LoadProcess load)
    {
        await using var connection = new Npgsql.NpgsqlConnection(
            $"Host=127.0.0.1;Port={fixture.Cluster.Port};Database={database};Username=postgres;Password={fixture.Cluster.Password};Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        // Its tables are made in one transaction.
        return await WaitForAsync(connection, "SELECT to_regclass('swarm_migration.residue') IS NOT NULL", load) && await WaitForAsync(connection, moment, load);
    }

    private static async Task<bool> WaitForAsync(Npgsql.NpgsqlConnection connection, string moment, LoadProcess load)
    {
        await using var command = new Npgsql.NpgsqlCommand(moment, connection);
        while (!load.HasEnded)
        {
            if (await command.ExecuteScalarAsync(TestContext.Current.CancellationToken) is true) return true;
        }

        return false;
    }

    private async Task<bool> DoAsync(Kind kind, string database, TcpProxy proxy, LoadProcess load)
    {
        switch (kind)
        {
            case Kind.KillProcess:
                load.Kill();
                break;
            case Kind.KillBackend:
                var copying = await fixture.Cluster.PsqlAsync(database, $"SELECT pid {Loads.Sessions} ORDER BY ({Copying}) DESC LIMIT 1");
                if (copying.Length == 0) return false;
                try
                {
                    using var backend = Process.GetProcessById(int.Parse(copying, CultureInfo.InvariantCulture));
                    backend.Kill();
                }
                catch (ArgumentException)
                {
                    // It has ended by itself.
                    return false;
                }

                break;
            case Kind.TerminateBackend:
                return await fixture.Cluster.PsqlAsync(database, $"SELECT count(pg_terminate_backend(pid)) {Loads.Sessions}") != "0";
            case Kind.RestartServer:
                await fixture.Cluster.RestartAsync("fast");
                break;
            case Kind.CrashServer:
                await fixture.Cluster.RestartAsync("immediate");
                break;
            case Kind.ResetSocket:
                proxy.Reset();
                break;
            case Kind.SilenceClient:
                proxy.SilenceClients();
                break;
            default:
                proxy.SilenceServer();
                break;
        }

        return true;
    }
}
