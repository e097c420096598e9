using MarketingSwarm.Benchmarks.Comparison.Contestants;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>One run: what it cost and what it left in the table.</summary>
/// <param name="Measurement">Time, processor and memory.</param>
/// <param name="Rows">The rows in the table afterwards.</param>
/// <param name="Problem">Why the load is not whole; null when it is.</param>
/// <param name="Compression">How the rows are stored; nothing when no value is compressed.</param>
/// <param name="Indexes">How many indexes the table has.</param>
/// <param name="Parts">The durations that the contestant printed.</param>
internal sealed record RunResult(
    Measurement Measurement, long Rows, string? Problem, string Compression, long Indexes, IReadOnlyList<(string Name, double Seconds)> Parts);

/// <summary>A contestant's runs over one set.</summary>
internal sealed class ContestantResult(Contestant contestant)
{
    private readonly List<RunResult> _runs = [];

    internal Contestant Contestant { get; } = contestant;

    internal IReadOnlyList<RunResult> Runs => _runs;

    /// <summary>Why a load was not whole; null when all were. Such a contestant gets no rates and is nobody's baseline.</summary>
    internal string? Problem => _runs.Find(run => run.Problem is not null)?.Problem;

    internal bool IsComplete => _runs.Count > 0 && Problem is null;

    /// <summary>The fewest rows that a run left.</summary>
    internal long Rows => _runs.Min(run => run.Rows);

    internal double Seconds => GetMedian(run => run.Measurement.Seconds);

    internal double MinSeconds => _runs.Min(run => run.Measurement.Seconds);

    internal double MaxSeconds => _runs.Max(run => run.Measurement.Seconds);

    internal double? CpuSeconds => _runs[0].Measurement.CpuSeconds is null ? null : GetMedian(run => run.Measurement.CpuSeconds!.Value);

    internal long? PeakBytes => _runs.Max(run => run.Measurement.PeakBytes);

    /// <summary>How the values are stored, or what was asked for where none is large enough to be compressed.</summary>
    internal string Compression => _runs[^1].Compression is { Length: > 0 } actual ? actual : Contestant.Compression.GetName();

    internal string Label => $"{Contestant.Name}:{Contestant.Compression.GetName()}";

    /// <summary>The parts that it printed, each with its seconds over the runs.</summary>
    internal IEnumerable<(string Name, double[] Seconds)> Parts
        => _runs[^1].Parts.Select(part => (part.Name, _runs.SelectMany(run => run.Parts).Where(other => other.Name == part.Name).Select(other => other.Seconds).ToArray()));

    internal void Add(RunResult run) => _runs.Add(run);

    internal static double GetMedian(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    private double GetMedian(Func<RunResult, double> select) => GetMedian(_runs.Select(select));
}
