using System.Globalization;
using MarketingSwarm.Benchmarks.Comparison.Contestants;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>Runs contestants in turn over one set, each into a new database, and checks what each left there.</summary>
internal sealed class ComparisonRunner(BenchmarkServer server, Workspace workspace, TimeSpan limit, Action<string> report, CancellationToken cancellation)
{
    /// <summary>The Shell's start and end with nothing to do, in each iteration.</summary>
    internal List<Measurement> IdleShell { get; } = [];

    internal async Task<IReadOnlyList<ContestantResult>> RunAsync(SampleFile source, IReadOnlyList<Contestant> contestants, int iterations)
    {
        var results = new List<ContestantResult>();
        foreach (var contestant in contestants)
        {
            var result = new ContestantResult(contestant);
            if (await contestant.PrepareAsync(source, server, workspace) is { } reason) report($"Skipped {result.Label}: {reason}");
            else results.Add(result);
        }

        for (var iteration = 1; iteration <= iterations; iteration++)
        {
            if (contestants.Any(contestant => contestant.IsOurs)) IdleShell.Add(await MeasuredProcess.RunAsync(ModuleShell.GetStart("$null"), limit));

            // One that failed would fail again, and some take long for it.
            foreach (var result in results.Where(result => result.Problem is null))
            {
                cancellation.ThrowIfCancellationRequested();
                var run = await RunAsync(source, result.Contestant);
                result.Add(run);
                report(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{source.Name} {iteration}/{iterations} {result.Label,-28} {run.Measurement.Seconds,8:F2} s {run.Problem}"));
            }
        }

        return results;
    }

    private async Task<RunResult> RunAsync(SampleFile source, Contestant contestant)
    {
        await using var target = await server.CreateDatabaseAsync(contestant.Compression);
        if (contestant.Table != TableBefore.None)
        {
            await target.ExecuteAsync(ConversationTable.GetDefinition(
                contestant.Table == TableBefore.WithKey, server.HasColumnCompression ? contestant.Compression : null));
        }

        await target.CheckpointAsync();
        var measurement = await MeasuredProcess.RunAsync(contestant.GetStart(source, target, workspace), limit);

        if (!await target.HasTableAsync())
            return new RunResult(measurement, Rows: 0, Describe(measurement, "it left no table"), Compression: "", Indexes: 0, Parts: []);

        var found = await Fingerprint.OfTargetAsync(target.Source);
        var difference = found.DescribeDifference(source.Fingerprint);
        var problem = measurement.ExitCode != 0 || difference is not null ? Describe(measurement, difference ?? "every row is there") : null;
        var parts = problem is null ? contestant.ReadParts(measurement.Output) : [];
        return new RunResult(measurement, found.Rows, problem, await target.GetCompressionAsync(), await target.CountIndexesAsync(), parts);
    }

    /// <summary>How a run ended that did not load everything, with the first thing that it complained of.</summary>
    private string Describe(Measurement measurement, string finding)
    {
        var end = measurement.ExitCode is { } code ? $"exit code {code}" : string.Create(CultureInfo.InvariantCulture, $"killed after {limit.TotalMinutes:F0} minutes");
        var complaint = $"{measurement.Error}\n{measurement.Output}".Split('\n').Select(line => line.Trim())
            .FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase) || line.Contains("exhausted", StringComparison.OrdinalIgnoreCase) || line.Contains("refused", StringComparison.OrdinalIgnoreCase));
        return complaint is null ? $"{end}, {finding}" : $"{end}, {finding} ({complaint})";
    }
}
