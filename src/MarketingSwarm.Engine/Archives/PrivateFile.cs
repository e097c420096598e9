namespace MarketingSwarm.Engine.Archives;

/// <summary>Makes files that nobody but their owner may read, from their first moment on.</summary>
internal static class PrivateFile
{
    private const int BufferLength = 64 * 1024;

    /// <summary>A name that no other file has. It is short, so that it fits wherever the final name does.</summary>
    internal static string TemporaryName() => $".swarm-{Guid.NewGuid():N}.tmp";

    internal static FileStream Create(string path, FileOptions options = FileOptions.None)
    {
        var settings = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            BufferSize = BufferLength,
            Options = options,
        };
        if (!OperatingSystem.IsWindows()) settings.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, settings);
    }
}
