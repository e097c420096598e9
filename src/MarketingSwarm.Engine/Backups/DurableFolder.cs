using System.Runtime.InteropServices;

namespace MarketingSwarm.Engine.Backups;

/// <summary>Writes a folder's entries to the disk, so that a file that was renamed keeps its name through a power cut.</summary>
internal static partial class DurableFolder
{
    private const int ReadOnly = 0;

    /// <summary>
    ///   Flushes a folder (https://man7.org/linux/man-pages/man2/fsync.2.html). Windows does so by itself, and a file system that cannot,
    ///   says so: the files' own bytes are on the disk anyway.
    /// </summary>
    internal static void Flush(string path)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = Open(path, ReadOnly);
        if (descriptor < 0) return;
        _ = Synchronize(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Synchronize(int descriptor);

    [LibraryImport("libc", EntryPoint = "close"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int descriptor);
}
