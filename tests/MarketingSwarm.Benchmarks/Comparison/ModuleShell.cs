using System.Diagnostics;
using MarketingSwarm.Testing;

namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>The Shell that was built with this program: the module as a user runs it, in a process of its own.</summary>
internal static class ModuleShell
{
    private static readonly string Program = Path.Combine(
        Repository.Root, "src", "MarketingSwarm.Shell", "bin", Configuration, Path.GetFileName(TargetFolder), OperatingSystem.IsWindows() ? "MarketingSwarm.Shell.exe" : "MarketingSwarm.Shell");

    private static string TargetFolder => Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory);

    private static string Configuration => Path.GetFileName(Path.GetDirectoryName(TargetFolder))!;

    /// <summary>The process that runs a PowerShell text, and ends with 1 at its first error.</summary>
    internal static ProcessStartInfo GetStart(string script)
        => new(Program, ["-NonInteractive", "-Command", $"$ErrorActionPreference = 'Stop'; {script}"]) { Environment = { ["NO_COLOR"] = "1" } };

    internal static Task<ProgramResult> RunAsync(string script)
    {
        var start = GetStart(script);
        return Programs.RunAsync(start.FileName, start.ArgumentList, environment: [new("NO_COLOR", "1")], limit: TimeSpan.FromMinutes(30));
    }

    internal static string Quote(string value) => $"'{value.Replace("'", "''", StringComparison.Ordinal)}'";
}
