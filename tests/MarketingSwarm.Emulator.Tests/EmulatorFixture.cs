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
        PostgresPrograms.LetThrough(_folder);
        Emulator = await RunningEmulator.StartAsync(StateFolder);
    }

    public async ValueTask DisposeAsync()
    {
        await Emulator.DisposeAsync();
        _folder.Dispose();
    }
}
