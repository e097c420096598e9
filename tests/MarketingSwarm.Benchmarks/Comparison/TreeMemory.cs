using System.Globalization;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>The peak of resident memory of a process and of those it started: each one's VmHWM, added up. Pages that two share count twice.</summary>
internal sealed class TreeMemory
{
    private readonly Dictionary<int, long> _peaks = [];

    /// <summary>Null where it is not measured: outside Linux.</summary>
    internal long? PeakBytes => _peaks.Count == 0 ? null : _peaks.Values.Sum();

    /// <summary>Reads the peaks as they are now. What grows after the last sample is missed.</summary>
    internal void Sample(int root)
    {
        if (!OperatingSystem.IsLinux()) return;
        var pending = new Stack<int>([root]);
        while (pending.TryPop(out var process))
        {
            if (ProcessFiles.ReadPeak(process) is { } peak) _peaks[process] = Math.Max(peak, _peaks.GetValueOrDefault(process));
            foreach (var child in ProcessFiles.ReadChildren(process)) pending.Push(child);
        }
    }
}

/// <summary>Linux's proc(5) files of processes; one that ended meanwhile has none.</summary>
internal static class ProcessFiles
{
    /// <summary>The fields of a stat file that follow the program's name, which may have spaces in it; the first is the state.</summary>
    internal static string[] ReadStatus(string path)
    {
        var text = File.ReadAllText(path);
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    internal static long ParseNumber(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    /// <returns>Bytes; null when the process has ended.</returns>
    internal static long? ReadPeak(int process)
    {
        const string name = "VmHWM:";
        var line = ReadLines($"/proc/{process}/status").FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? null : ParseNumber(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim()) * 1024;
    }

    internal static IEnumerable<int> ReadChildren(int process)
    {
        string[] tasks;
        try
        {
            tasks = Directory.GetDirectories($"/proc/{process}/task");
        }
        catch (IOException)
        {
            return [];
        }

        return tasks.SelectMany(task => ReadLines(Path.Combine(task, "children")))
            .SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(child => (int)ParseNumber(child));
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (IOException)
        {
            return [];
        }
    }
}
