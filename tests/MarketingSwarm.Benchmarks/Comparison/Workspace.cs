namespace MarketingSwarm.Benchmarks.Comparison;

/// <summary>The folders of a comparison: the sets, kept for the next one, and what is deleted at its end.</summary>
internal sealed class Workspace : IDisposable
{
    private readonly string _private = Directory.CreateTempSubdirectory("swarm-benchmark-").FullName;

    internal Workspace()
    {
        Cache = Path.Combine(Path.GetTempPath(), $"swarm-benchmark-sets-{Environment.UserName}");
        Directory.CreateDirectory(Cache);
        ServerFolder = Directory.CreateTempSubdirectory("swarm-benchmark-server-").FullName;
        // The server runs as another user and must write there.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(ServerFolder, (UnixFileMode)0b111_111_111);
    }

    /// <summary>The sets' files, which take longer to make than to load.</summary>
    internal string Cache { get; }

    /// <summary>For files that the server reads and writes itself, when it is on this machine.</summary>
    internal string ServerFolder { get; }

    /// <summary>A path in a folder that only this user can enter.</summary>
    internal string GetPrivatePath(string name) => Path.Combine(_private, name);

    /// <summary>Writes a file of mode 0600.</summary>
    internal string WritePrivateFile(string name, string text)
    {
        var path = GetPrivatePath(name);
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(path, options);
        writer.Write(text);
        return path;
    }

    public void Dispose()
    {
        Directory.Delete(_private, recursive: true);
        Directory.Delete(ServerFolder, recursive: true);
    }
}
