namespace MarketingSwarm.Testing;

/// <summary>The Python interpreters of this machine.</summary>
public static class Python
{
    /// <summary>The system's own first, since that is where a distribution's packages are.</summary>
    public static IReadOnlyList<string> Candidates { get; } =
        new[] { File.Exists("/usr/bin/python3") ? "/usr/bin/python3" : null, Programs.Find("python3"), Programs.Find("python") }
            .OfType<string>().Distinct().ToArray();

    public static bool CanImport(string python, string modules) => Programs.Run(python, ["-c", $"import {modules}"]).ExitCode == 0;
}
