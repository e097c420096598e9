using System.Globalization;
using System.Text;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>The table of one set, and what does not fit into it.</summary>
internal sealed class ComparisonReport(SampleFile source, IReadOnlyList<ContestantResult> results, IReadOnlyList<Measurement> idleShell)
{
    internal const string Legend = """
        seconds        of the whole process, its start included: median (fastest-slowest)
        CPU s, peak    of the process and those it started, the server not among them; the peak is resident memory. "cmdlet" is the result object's own Duration.
        ratios         how many times as fast as: pgl, the fastest pgloader with the server's default pglz; and with the same compression =pgl, the fastest
                       pgloader; =csv, sqlite3 | psql; =copy, COPY from a file by one backend with the key; =copy+, the same with the key added after
        Who did not load every row has no rates. Each load was checked against the source: rows, ids, lengths, times.
        """;

    private static readonly string[] Header = ["contestant", "stored", "rows", "seconds", "rows/s", "MB/s", "CPU s", "peak MB", "pgl", "=pgl", "=csv", "=copy", "=copy+"];

    private readonly StringBuilder _text = new();

    internal string Write()
    {
        Line($"{source.Name}: {source.Fingerprint.Rows:N0} rows, {source.Bytes / 1e6:N1} MB, {source.Bytes / (double)source.Fingerprint.Rows:N0} bytes a row");
        _text.AppendLine();
        List<string[]> rows = [Header];
        foreach (var result in results)
        {
            rows.Add(GetRow(result));
            foreach (var (name, seconds) in result.Parts.Where(part => part.Name == "cmdlet")) rows.Add(GetPartRow(result, name, seconds));
        }

        WriteAligned(rows);
        _text.AppendLine();
        foreach (var result in results) WriteNotes(result);
        WriteIdleShell();
        return _text.ToString();
    }

    private string[] GetRow(ContestantResult result)
    {
        var measured = new[]
        {
            result.Contestant.Name, result.Compression, Format($"{result.Rows:N0}"),
            Format($"{result.Seconds:F2} ({result.MinSeconds:F2}-{result.MaxSeconds:F2})"),
        };
        var cost = new[] { result.CpuSeconds is { } cpu ? Format($"{cpu:F2}") : "not measured", result.PeakBytes is { } peak ? Format($"{peak / 1e6:F0}") : "not measured" };
        if (result.IsComplete) return [.. measured, .. GetRates(result.Seconds), .. cost, .. GetRatios(result, result.Seconds)];
        measured[2] = Format($"{result.Rows:N0} of {source.Fingerprint.Rows:N0}");
        return [.. measured, "-", "-", .. cost, "-", "-", "-", "-", "-"];
    }

    private string[] GetPartRow(ContestantResult result, string name, double[] seconds)
    {
        var median = ContestantResult.GetMedian(seconds);
        return ["  " + name, "", "", Format($"{median:F2} ({seconds.Min():F2}-{seconds.Max():F2})"), .. GetRates(median), "", "", .. GetRatios(result, median)];
    }

    private string[] GetRates(double seconds) => [Format($"{source.Fingerprint.Rows / seconds:N0}"), Format($"{source.Bytes / 1e6 / seconds:F1}")];

    private string[] GetRatios(ContestantResult result, double seconds)
    {
        return
        [
            GetRatio(other => IsPgloader(other) && other.Contestant.Compression == Compression.Pglz),
            GetRatio(other => IsPgloader(other) && other.Compression == result.Compression),
            GetRatio(other => other.Contestant.Name == "sqlite3-psql" && other.Compression == result.Compression),
            GetRatio(other => other.Contestant.Name == "server-copy" && other.Compression == result.Compression),
            GetRatio(other => other.Contestant.Name == "server-copy-key-after" && other.Compression == result.Compression),
        ];

        static bool IsPgloader(ContestantResult other) => other.Contestant.Name.StartsWith("pgloader", StringComparison.Ordinal);

        string GetRatio(Func<ContestantResult, bool> isBaseline)
        {
            var baselines = results.Where(other => other.IsComplete && isBaseline(other)).ToArray();
            return baselines.Length == 0 ? "-" : Format($"{baselines.Min(other => other.Seconds) / seconds:F2}");
        }
    }

    private void WriteNotes(ContestantResult result)
    {
        if (result.Problem is { } problem) Line($"{result.Label}: {problem}");
        if (result.Rows > 0 && result.Runs[^1].Indexes != 1) Line($"{result.Label}: the table has {result.Runs[^1].Indexes} indexes, not the primary key's alone");
        var parts = result.Parts.Where(part => part.Name != "cmdlet").Select(part => Format($"{part.Name} {ContestantResult.GetMedian(part.Seconds):F2} s")).ToArray();
        if (parts.Length > 0) Line($"{result.Label}: {string.Join(", ", parts)}");
    }

    private void WriteIdleShell()
    {
        if (idleShell.Count == 0) return;
        var seconds = ContestantResult.GetMedian(idleShell.Select(run => run.Seconds));
        if (idleShell[0].CpuSeconds is null)
        {
            Line($"Shell, idle: {seconds:F2} s");
            return;
        }

        var peak = idleShell.Max(run => run.PeakBytes!.Value) / 1e6;
        Line($"Shell, idle: {seconds:F2} s, {ContestantResult.GetMedian(idleShell.Select(run => run.CpuSeconds!.Value)):F2} CPU s, peak {peak:F0} MB");
        foreach (var result in results.Where(result => result.Contestant.IsOurs && result.IsComplete)) Line($"{result.Label}: peak {result.PeakBytes!.Value / 1e6 - peak:F0} MB over idle");
    }

    /// <summary>The first two columns begin at their left, the others end at their right.</summary>
    private void WriteAligned(List<string[]> rows)
    {
        var widths = Enumerable.Range(0, Header.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in rows)
        {
            _text.AppendLine(string.Join("  ", row.Select((cell, column) => column < 2 ? cell.PadRight(widths[column]) : cell.PadLeft(widths[column]))).TrimEnd());
        }
    }

    private void Line(FormattableString text) => _text.AppendLine(Format(text));

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
