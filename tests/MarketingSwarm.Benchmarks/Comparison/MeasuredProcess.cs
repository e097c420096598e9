using System.Diagnostics;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>What a process, with all that it started, cost.</summary>
/// <param name="Seconds">From its start to its end.</param>
/// <param name="CpuSeconds">In user and system mode; null where it is not measured.</param>
/// <param name="PeakBytes">The sum of each process's peak of resident memory; null where it is not measured.</param>
/// <param name="ExitCode">Null when it was killed at the limit.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error.</param>
internal sealed record Measurement(double Seconds, double? CpuSeconds, long? PeakBytes, int? ExitCode, string Output, string Error);

/// <summary>Runs a process and measures it. One at a time: the processor time is that of all children which ended meanwhile.</summary>
internal static class MeasuredProcess
{
    private static readonly TimeSpan SampleInterval = TimeSpan.FromMilliseconds(20);

    internal static async Task<Measurement> RunAsync(ProcessStartInfo start, TimeSpan limit)
    {
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        var memory = new TreeMemory();
        var cpu = GetChildrenCpu();
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var timeout = new CancellationTokenSource(limit);
        var ended = EndAsync(process, clock, timeout.Token);
        while (!ended.IsCompleted)
        {
            memory.Sample(process.Id);
            await Task.WhenAny(ended, Task.Delay(SampleInterval, CancellationToken.None));
        }

        var seconds = await ended;
        var killed = seconds is null;
        if (killed) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
        return new Measurement(
            seconds ?? clock.Elapsed.TotalSeconds, GetChildrenCpu() - cpu, memory.PeakBytes, killed ? null : process.ExitCode, await output, await error);
    }

    /// <returns>The seconds until it ended; null when the limit came first.</returns>
    private static async Task<double?> EndAsync(Process process, Stopwatch clock, CancellationToken limit)
    {
        try
        {
            await process.WaitForExitAsync(limit);
            return clock.Elapsed.TotalSeconds;
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>What the children that ended, and theirs, took of the processors so far: cutime and cstime of proc_pid_stat(5), in hundredths of a second.</summary>
    private static double? GetChildrenCpu()
    {
        if (!OperatingSystem.IsLinux()) return null;
        var fields = ProcessFiles.ReadStatus("/proc/self/stat");
        return (ProcessFiles.ParseNumber(fields[13]) + ProcessFiles.ParseNumber(fields[14])) / 100.0;
    }
}
