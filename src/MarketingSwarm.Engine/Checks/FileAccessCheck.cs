using System.Runtime.InteropServices;

namespace MarketingSwarm.Engine.Checks;

/// <summary>Asks the operating system whether a file may be written, without opening it.</summary>
/// <remarks>
///   Opening the file a second time would harm: on Unix a process loses its locks on a file when it closes any descriptor of it
///   (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_), and SQLite may hold
///   some in this process. access(2) opens nothing.
/// </remarks>
internal static class FileAccessCheck
{
    private const int Execute = 1;
    private const int Write = 2;
    private const int Read = 4;

    internal static bool CanWriteFile(string path)
        => OperatingSystem.IsWindows() ? CanOpenOnWindows(path) : NativeMethods.Access(path, Read | Write) == 0;

    /// <summary>Whether files can be made in a folder. Windows says so only when one is made, so that there the answer is yes.</summary>
    internal static bool CanWriteFolder(string path)
        => OperatingSystem.IsWindows() || NativeMethods.Access(path, Write | Execute) == 0;

    // Windows keeps a file's locks with each handle.
    private static bool CanOpenOnWindows(string path)
    {
        try
        {
            using var handle = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static class NativeMethods
    {
        [DllImport("libc", EntryPoint = "access", ExactSpelling = true, BestFitMapping = false, ThrowOnUnmappableChar = true)]
        [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
        internal static extern int Access([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int mode);
    }
}
