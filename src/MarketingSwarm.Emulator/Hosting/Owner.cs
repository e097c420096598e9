using System.Runtime.InteropServices;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The process that started this one and is to take it along when it ends, however it ends: with it ends what it writes to our standard input.</summary>
internal static class Owner
{
    /// <summary>Leaves the owner's terminal: Ctrl+C there is meant for what runs there, and would reach PostgreSQL's programs as well.</summary>
    public static void LeaveTerminal()
    {
        // Windows has no sessions of this kind: there the owner starts a process that needs it without its console.
        if (!OperatingSystem.IsWindows()) _ = CreateSession();
    }

    /// <summary>Ends the application when the input does.</summary>
    public static async Task WatchAsync(Stream input, IHostApplicationLifetime lifetime)
    {
        try
        {
            var ignored = new byte[64];
            while (await input.ReadAsync(ignored, lifetime.ApplicationStopping) > 0)
            {
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // An owner whose end is an error has ended too.
        }

        lifetime.StopApplication();
    }

    [DllImport("libc", EntryPoint = "setsid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int CreateSession();
}
