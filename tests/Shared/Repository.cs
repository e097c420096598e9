namespace MarketingSwarm.Testing;

/// <summary>The folders of the repository that the tests were built in.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The module as the build laid it out.</summary>
    public static string LaidOutModule { get; } = Path.Combine(Root, "artifacts", "module", "MarketingSwarm");

    /// <summary>The manifest of the module that is tested: the one that SWARM_TEST_MODULE names, a packed one, say; else the laid out one's.</summary>
    public static string ModuleManifest { get; } =
        Environment.GetEnvironmentVariable("SWARM_TEST_MODULE") is { Length: > 0 } named ? Path.GetFullPath(named) : Path.Combine(LaidOutModule, "MarketingSwarm.psd1");

    public static string ModuleFolder { get; } = Path.GetDirectoryName(ModuleManifest)!;

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MarketingSwarm.PS.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' has MarketingSwarm.PS.sln. Run the tests where they were built.");
    }
}
