namespace MarketingSwarm.Packer;

/// <summary>Which of the files that a build laid out are shipped.</summary>
internal static class ModuleFiles
{
    /// <summary>All files of the package together, in bytes.</summary>
    internal const long MaxSize = 25_000_000;

    private const string Runtimes = "deps/runtimes/";

    /// <summary>The systems that the module has SQLite for.</summary>
    private static readonly string[] Systems = ["win-x64", "win-arm64", "linux-x64", "linux-arm64", "linux-musl-x64", "osx-x64", "osx-arm64"];

    /// <summary>Their paths below the folder, with slashes, in order.</summary>
    /// <exception cref="PackingException">The folder is missing, lacks a system's SQLite, or has a file of a kind that is never shipped.</exception>
    public static IReadOnlyList<string> List(string folder)
    {
        if (!Directory.Exists(folder)) throw new PackingException($"'{folder}' is missing: no build laid the module out there. Nothing was packed. Run './build.ps1'.");

        var files = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(folder, file).Replace('\\', '/'))
            .Where(IsOfAShippedSystem)
            .Append(Notices.FileName)
            .Distinct()
            .Order(StringComparer.Ordinal)
            .ToArray();
        foreach (var system in Systems)
        {
            if (!files.Any(file => file.StartsWith($"{Runtimes}{system}/native/", StringComparison.Ordinal)))
                throw new PackingException($"'{folder}' has no SQLite for {system}: a file in {Runtimes}{system}/native is expected. Nothing was packed. Delete the folder and build anew.");
        }

        return files.FirstOrDefault(file => !IsShipped(file)) is { } stranger
            ? throw new PackingException($"'{stranger}' in '{folder}' is of no kind that is shipped. Nothing was packed. Delete the folder and build anew.")
            : files;
    }

    /// <exception cref="PackingException">They are larger than a package may be.</exception>
    public static void CheckSize(IReadOnlyList<PackedFile> files)
    {
        var size = files.Sum(file => (long)file.Content.Length);
        if (size <= MaxSize) return;

        var largest = files.OrderByDescending(file => file.Content.Length).Take(3).Select(file => $"{file.Path} ({file.Content.Length / 1e6:0.0} MB)");
        throw new PackingException(FormattableString.Invariant(
            $"The package would have {size / 1e6:0.0} MB, and {MaxSize / 1e6:0} MB are its limit. Nothing was packed. The largest files: {string.Join(", ", largest)}."));
    }

    // What is managed and for Windows alone lies beside the native files.
    private static bool IsOfAShippedSystem(string file)
        => !file.StartsWith(Runtimes, StringComparison.Ordinal)
           || file.StartsWith(Runtimes + "win/lib/", StringComparison.Ordinal)
           || Systems.Any(system => file.StartsWith($"{Runtimes}{system}/", StringComparison.Ordinal));

    private static bool IsShipped(string file)
        => file == "LICENSE" || Path.GetExtension(file) is ".psd1" or ".ps1xml" or ".dll" or ".so" or ".dylib" or ".json" or ".xml" or ".txt";
}
