namespace MarketingSwarm.Testing;

/// <summary>The folders of the repository that the tests were built in.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string ModuleFolder { get; } = Path.Combine(Root, "artifacts", "module", "MarketingSwarm");

    public static string ModuleManifest { get; } = Path.Combine(ModuleFolder, "MarketingSwarm.psd1");

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "MarketingSwarm.PS.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException($"No folder above '{AppContext.BaseDirectory}' has MarketingSwarm.PS.sln. Run the tests where they were built.");
    }
}
