namespace MarketingSwarm.Engine.Rehearsal;

/// <summary>Finds the program that runs the emulator. PowerShell itself may have come with a runtime of its own, which has no ASP.NET Core.</summary>
internal static class DotnetHost
{
    internal const string Framework = "Microsoft.AspNetCore.App";

    /// <summary>The major version that the emulator is built for.</summary>
    internal const int MajorVersion = 10;

    private static readonly string FileName = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";

    /// <summary>The full path of a <c>dotnet</c> beside which ASP.NET Core is installed.</summary>
    /// <param name="environment">Reads an environment variable.</param>
    /// <exception cref="SwarmConfigurationException">There is none.</exception>
    internal static string Find(Func<string, string?> environment) => Choose(GetCandidates(environment));

    /// <summary>The first of these programs beside which ASP.NET Core is installed.</summary>
    /// <exception cref="SwarmConfigurationException">There is none.</exception>
    internal static string Choose(IEnumerable<string> candidates)
    {
        List<string> searched = [];
        foreach (var candidate in candidates)
        {
            // /usr/bin/dotnet is a link; what is installed is beside its target.
            if (!File.Exists(candidate)) continue;
            var program = File.ResolveLinkTarget(candidate, returnFinalTarget: true)?.FullName ?? candidate;
            if (searched.Contains(program)) continue;
            if (HasFramework(Path.GetDirectoryName(program)!)) return program;
            searched.Add(program);
        }

        throw Errors.EmulatorRuntimeMissing(Framework, MajorVersion, searched);
    }

    private static bool HasFramework(string root)
    {
        var versions = Path.Combine(root, "shared", Framework);
        return Directory.Exists(versions) && Directory.EnumerateDirectories(versions, $"{MajorVersion}.*").Any();
    }

    private static IEnumerable<string> GetCandidates(Func<string, string?> environment)
    {
        if (Environment.ProcessPath is { } own && Path.GetFileName(own) == FileName) yield return own;
        if (environment("DOTNET_HOST_PATH") is { Length: > 0 } named) yield return named;

        List<string?> folders = [environment("DOTNET_ROOT"), environment("DOTNET_ROOT_X64"), environment("DOTNET_ROOT_ARM64")];
        folders.AddRange((environment("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        folders.Add(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".dotnet"));
        folders.AddRange(OperatingSystem.IsWindows()
            ? [Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "dotnet")]
            : ["/usr/share/dotnet", "/usr/lib/dotnet", "/usr/lib64/dotnet", "/usr/local/share/dotnet", "/opt/dotnet", "/opt/homebrew/opt/dotnet/libexec", "/snap/dotnet-sdk/current"]);
        foreach (var folder in folders)
            if (!string.IsNullOrEmpty(folder) && Path.IsPathFullyQualified(folder)) yield return Path.Combine(folder, FileName);
    }
}
