namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   A folder for copies of somebody's rows, which its owner alone may read. It is deleted with the object; one that a killed process left
///   is deleted by the next process that makes one.
/// </summary>
internal sealed class TemporaryFolder : IDisposable
{
    private const string Prefix = "swarm-";
    private const string LockName = "lock";
    private const string NewLockName = "lock.new";

    private readonly DirectoryInfo _folder;
    private readonly FileStream _lock;

    /// <exception cref="SwarmDatabaseException">The system's temporary folder is missing, full or may not be written.</exception>
    internal TemporaryFolder()
    {
        try
        {
            _folder = Directory.CreateTempSubdirectory(Prefix);
            Sweep();
            // Held for as long as this process lives, however it ends.
            _lock = Lock(GetPath(OperatingSystem.IsWindows() ? LockName : NewLockName), FileMode.CreateNew);
            // On Unix a file is made first and locked then; under its name it appears locked.
            if (!OperatingSystem.IsWindows()) File.Move(GetPath(NewLockName), GetPath(LockName));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.TemporaryFolderUnusable(Path.GetTempPath(), exception.Message, exception);
        }
    }

    /// <summary>The bytes that the system's temporary folder has room for.</summary>
    /// <exception cref="SwarmDatabaseException">There is no such folder.</exception>
    internal static long GetRoom()
    {
        try
        {
            return new DriveInfo(Path.GetTempPath()).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.TemporaryFolderUnusable(Path.GetTempPath(), exception.Message, exception);
        }
    }

    /// <summary>The path of a file in it.</summary>
    internal string GetPath(string name) => Path.Combine(_folder.FullName, name);

    public void Dispose()
    {
        _lock.Dispose();
        try
        {
            _folder.Delete(recursive: true);
        }
        catch (IOException)
        {
            // Another process that makes a folder is just sweeping it away.
        }
    }

    private static void Sweep()
    {
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), Prefix + "*"))
        {
            try
            {
                // One without it is somebody else's, or has not got it yet.
                var path = Path.Combine(folder, LockName);
                if (!File.Exists(path)) continue;
                Lock(path, FileMode.Open).Dispose();
                Directory.Delete(folder, recursive: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Its process lives, or it is another user's.
            }
        }
    }

    private static FileStream Lock(string path, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0 };
        if (mode == FileMode.CreateNew && !OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return new FileStream(path, options);
    }
}
