namespace MarketingSwarm.Testing;

/// <summary>A folder of the test's own, deleted with what is in it.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("swarm-test-").FullName;

    /// <summary>The full path of a file in the folder; the file is not made.</summary>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The test deleted it itself.
        }
    }
}
