namespace MarketingSwarm.Emulator.Tests;

/// <summary>One emulator for the tests of a class; each test has a project of its own.</summary>
public sealed class EmulatorFixture : IAsyncLifetime
{
    private readonly TempFolder _folder = new();
    private int _projects;

    public RunningEmulator Emulator { get; private set; } = null!;

    public string StateFolder => _folder.File("state");

    /// <summary>A project that no other test has.</summary>
    public string NewProject() => $"project-{Interlocked.Increment(ref _projects)}";

    public async ValueTask InitializeAsync()
    {
        // Where this is root, PostgreSQL runs as another account, which passes through to what belongs to it.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        Emulator = await RunningEmulator.StartAsync(StateFolder);
    }

    /// <summary>The test is skipped where instances cannot run.</summary>
    public static void NeedPostgres()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The emulator's instances run on Linux and macOS only.");
        Assert.SkipWhen(PostgresCluster.ProgramFolder is null, "PostgreSQL's programs were not found.");
    }

    public async ValueTask DisposeAsync()
    {
        await Emulator.DisposeAsync();
        _folder.Dispose();
    }
}
