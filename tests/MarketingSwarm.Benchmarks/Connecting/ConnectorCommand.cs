using System.Globalization;
using MarketingSwarm.Benchmarks.Comparison;
using Npgsql;

namespace MarketingSwarm.Benchmarks.Connecting;

/// <summary>The same load to the same instance's front, through stunnel and through the module's connector by both of its paths, in turn.</summary>
internal static class ConnectorCommand
{
    private const string PasswordVariable = "SWARM_BENCHMARK_PASSWORD";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <returns>0; 1 when a load was not whole or nothing could be run; 64 when the command line cannot be used.</returns>
    internal static async Task<int> RunAsync(string[] arguments)
    {
        try
        {
            var options = ConnectorOptions.Parse(arguments);
            if (Stunnel.Program is null) throw new InvalidOperationException("stunnel was not found. Install it: apt-get install stunnel4, dnf install stunnel, or brew install stunnel.");
            await RunAsync(options);
            return 0;
        }
        catch (FormatException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.Message}{Environment.NewLine}{Environment.NewLine}{ConnectorOptions.Usage}");
            return 64;
        }
        catch (InvalidOperationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static async Task RunAsync(ConnectorOptions options)
    {
        using var workspace = new Workspace();
        using var source = await options.Set.PrepareAsync(workspace.Cache, options.Rows);
        await using var instance = await EmulatedInstance.StartAsync();
        await using var stunnel = await Stunnel.StartAsync(instance, workspace);
        var definition = ConversationTable.GetDefinition(withKey: true, await HasLz4Async(instance.Server) ? Compression.Lz4 : Compression.Pglz);
        Way[] ways =
        [
            new("stunnel", string.Create(CultureInfo.InvariantCulture, $"postgresql://{EmulatedInstance.User}@127.0.0.1:{stunnel.Port}/{EmulatedInstance.Database}?sslmode=disable")),
            new("direct", $"cloudsql://{EmulatedInstance.User}@{EmulatedInstance.ConnectionName}/{EmulatedInstance.Database}?connector=direct"),
            new("forwarder", $"cloudsql://{EmulatedInstance.User}@{EmulatedInstance.ConnectionName}/{EmulatedInstance.Database}?connector=forwarder"),
        ];

        for (var round = 0; round <= options.Iterations; round++)
        {
            for (var turn = 0; turn < ways.Length; turn++)
            {
                // Nobody is always the one that comes after another.
                var way = ways[(round + turn) % ways.Length];
                var (seconds, cpu) = await LoadAsync(way, source, instance, definition);
                if (round > 0) way.Add(seconds, cpu);
                await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{(round == 0 ? "warm-up" : $"{round}/{options.Iterations}"),-8} {way.Name,-10} {seconds,8:F2} s"));
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{source.Fingerprint.Rows:N0} rows, {source.Bytes / 1e6:F1} MB of cells, {options.Iterations} rounds"));
        Console.WriteLine($"{"way",-10} {"median s",9} {"least",7} {"most",7} {"MB/s",7} {"CPU s",6} {"of stunnel",11} {"round by round",15}");
        foreach (var way in ways)
        {
            var byRound = ContestantResult.GetMedian(ways[0].Seconds.Zip(way.Seconds, (first, own) => first / own));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{way.Name,-10} {way.Median,9:F2} {way.Seconds.Min(),7:F2} {way.Seconds.Max(),7:F2} {source.Bytes / 1e6 / way.Median,7:F1} {way.Cpu,6:F2} {ways[0].Median / way.Median,11:F2} {byRound,15:F2}"));
        }
    }

    /// <returns>The cmdlet's own duration, and the processor time of its process.</returns>
    /// <exception cref="InvalidOperationException">The load is not whole.</exception>
    private static async Task<(double Seconds, double? Cpu)> LoadAsync(Way way, SampleFile source, EmulatedInstance instance, string definition)
    {
        await ExecuteAsync(instance.Server, $"DROP TABLE IF EXISTS conversations; {definition}");
        await CheckpointAsync(instance.Server);
        var start = ModuleShell.GetStart($"""
            $login = [pscredential]::new('{EmulatedInstance.User}', [Net.NetworkCredential]::new('', $env:{PasswordVariable}).SecurePassword)
            $summary = Export-SwarmConversation {ModuleShell.Quote(source.Path)} | Import-SwarmConversation {ModuleShell.Quote(way.Url)} -Credential $login
            [string]::Format([Globalization.CultureInfo]::InvariantCulture, '{"{0}"}', $summary.Duration.TotalSeconds)
            """);
        start.Environment[PasswordVariable] = instance.Password;
        start.Environment["SWARM_GOOGLE_ENDPOINT"] = instance.Address;
        start.Environment["SWARM_ACCESS_TOKEN"] = instance.Token;
        start.Environment["GOOGLE_CLOUD_PROJECT"] = "benchmark";
        var measurement = await MeasuredProcess.RunAsync(start, Limit);
        if (measurement.ExitCode != 0) throw new InvalidOperationException($"{way.Name} failed: {measurement.Error.Trim()} {measurement.Output.Trim()}");
        if ((await Fingerprint.OfTargetAsync(instance.Server)).DescribeDifference(source.Fingerprint) is { } difference)
            throw new InvalidOperationException($"{way.Name} left {difference}.");
        return (double.Parse(measurement.Output, CultureInfo.InvariantCulture), measurement.CpuSeconds);
    }

    private static async Task<bool> HasLz4Async(NpgsqlDataSource server)
    {
        await using var command = server.CreateCommand("SELECT coalesce(bool_or('lz4' = ANY (enumvals)), false) FROM pg_settings WHERE name = 'default_toast_compression'");
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    private static async Task CheckpointAsync(NpgsqlDataSource server)
    {
        try
        {
            await ExecuteAsync(server, "CHECKPOINT");
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            // An instance's user may not everywhere.
        }
    }

    private static async Task ExecuteAsync(NpgsqlDataSource server, string sql)
    {
        await using var command = server.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    private sealed class Way(string name, string url)
    {
        private readonly List<double> _seconds = [];
        private readonly List<double> _cpu = [];

        internal string Name => name;

        internal string Url => url;

        internal IReadOnlyList<double> Seconds => _seconds;

        internal double Median => ContestantResult.GetMedian(_seconds);

        /// <summary>The median of the loading process's processor time; null where it is not measured.</summary>
        internal double? Cpu => _cpu.Count == 0 ? null : ContestantResult.GetMedian(_cpu);

        internal void Add(double seconds, double? cpu)
        {
            _seconds.Add(seconds);
            if (cpu is { } measured) _cpu.Add(measured);
        }
    }
}
