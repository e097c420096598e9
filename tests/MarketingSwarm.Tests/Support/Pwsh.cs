namespace MarketingSwarm.Tests;

/// <summary>A whole pwsh: the one that SWARM_TEST_PWSH names, else the one in PATH.</summary>
internal static class Pwsh
{
    private static readonly Lazy<string?> Program = new(() => Environment.GetEnvironmentVariable("SWARM_TEST_PWSH") is { Length: > 0 } path ? path : Programs.Find("pwsh"));

    /// <summary>Skips the test where there is no pwsh.</summary>
    internal static void Require() => Assert.SkipWhen(Program.Value is null, "pwsh was found neither in PATH nor by SWARM_TEST_PWSH.");

    /// <summary>Skips the test where there is no pwsh, or it lacks a module.</summary>
    internal static void RequireModule(string name, string version)
    {
        Require();
        var found = Run($"exit [int]!(Get-Module {name} -ListAvailable | Where-Object Version -GE {version})").ExitCode == 0;
        Assert.SkipUnless(found, $"pwsh has no {name} {version} or later.");
    }

    internal static ProgramResult Run(string script, params IEnumerable<KeyValuePair<string, string?>> environment)
        => Programs.Run(
            Program.Value!, ["-NoProfile", "-NonInteractive", "-Command", script],
            environment: [new("NO_COLOR", "1"), .. environment], workingFolder: Repository.Root);

    internal static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
