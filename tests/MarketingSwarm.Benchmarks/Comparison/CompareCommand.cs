using System.Text.RegularExpressions;
using MarketingSwarm.Benchmarks.Comparison.Contestants;
using MarketingSwarm.Testing;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>Compares the module with what a user would pick instead, each as its own process, in one run on one machine.</summary>
internal static partial class CompareCommand
{
    [GeneratedRegex(@"\d+\.[\w.~]+")]
    private static partial Regex VersionNumber { get; }

    /// <returns>0; 1 when a load of the module's own was not whole or nothing could be run; 64 when the command line cannot be used; 130 after Ctrl+C.</returns>
    internal static async Task<int> RunAsync(string[] arguments)
    {
        CompareOptions options;
        try
        {
            options = CompareOptions.Parse(arguments);
        }
        catch (FormatException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.Message}{Environment.NewLine}{Environment.NewLine}{CompareOptions.Usage}");
            return 64;
        }

        // What was started ends and what was made is deleted after the run under way, whose process gets the signal too.
        using var cancellation = new CancellationTokenSource();
        Console.CancelKeyPress += (_, signal) =>
        {
            signal.Cancel = true;
            cancellation.Cancel();
        };
        try
        {
            return await RunAsync(options, cancellation.Token);
        }
        catch (OperationCanceledException)
        {
            return 130;
        }
    }

    private static async Task<int> RunAsync(CompareOptions options, CancellationToken cancellation)
    {
        using var workspace = new Workspace();
        await using var server = await BenchmarkServer.StartAsync();
        Console.WriteLine(server.Description);
        var contestants = await SelectAsync(options, server);
        if (contestants.Count == 0) return 1;

        var whole = true;
        foreach (var set in SampleSet.All.Where(set => options.Set == "all" || options.Set == set.Name))
        {
            using var source = await set.PrepareAsync(workspace.Cache, options.Rows);
            var runner = new ComparisonRunner(server, workspace, options.Limit, Console.Error.WriteLine, cancellation);
            var results = await runner.RunAsync(source, contestants, options.Iterations);
            Console.WriteLine();
            Console.WriteLine(new ComparisonReport(source, results, runner.IdleShell).Write());
            whole &= results.All(result => result.IsComplete || !result.Contestant.IsOurs);
        }

        Console.WriteLine(ComparisonReport.Legend);
        return whole ? 0 : 1;
    }

    /// <summary>The contestants that were asked for and can run here; the others are named with the reason.</summary>
    private static async Task<IReadOnlyList<Contestant>> SelectAsync(CompareOptions options, BenchmarkServer server)
    {
        Compression[] compressions = server.HasLz4 ? [Compression.Pglz, Compression.Lz4] : [Compression.Pglz];
        var all = compressions.SelectMany(Create).ToArray();
        var selected = all.Where(contestant => options.Only.Count == 0
            || options.Only.Any(name => name == contestant.Name || name == $"{contestant.Name}:{contestant.Compression.GetName()}"));
        var contestants = new List<Contestant>();
        foreach (var group in selected.GroupBy(contestant => contestant.Name))
        {
            if (await group.First().GetSkipReasonAsync() is { } reason) Console.WriteLine($"Skipped  {group.Key}: {reason}");
            else contestants.AddRange(group);
        }

        Console.WriteLine($"Tools    {string.Join(", ", await GetVersionsAsync())}");
        if (contestants.Count == 0) await Console.Error.WriteLineAsync($"There is nothing to run. Contestants: {string.Join(", ", all.Select(contestant => contestant.Name).Distinct())}.");
        return contestants;
    }

    private static IEnumerable<Contestant> Create(Compression compression) =>
    [
        new PgloaderContestant(compression, tuned: false),
        new PgloaderContestant(compression, tuned: true),
        new SqliteCsvContestant(compression),
        new PythonContestant(compression, "sqlalchemy", "sqlalchemy, asyncpg, greenlet"),
        new PythonContestant(compression, "asyncpg", "asyncpg"),
        new PythonContestant(compression, "psycopg", "psycopg"),
        new ServerCopyContestant(compression, keyAfter: false),
        new ServerCopyContestant(compression, keyAfter: true),
        new PipeContestant(compression),
        new InvokeContestant(compression, connections: 1),
        new InvokeContestant(compression, connections: 2),
    ];

    private static async Task<IReadOnlyList<string>> GetVersionsAsync()
    {
        var versions = new List<string>();
        string?[] programs = [Programs.Find("pgloader"), Programs.Find("sqlite3"), Programs.Find("psql"), .. Python.Candidates.Take(1)];
        foreach (var program in programs.OfType<string>())
        {
            var version = VersionNumber.Match((await Programs.RunAsync(program, ["--version"])).Output).Value;
            versions.Add($"{Path.GetFileName(program)} {version}");
        }

        return versions;
    }
}
