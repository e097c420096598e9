namespace MarketingSwarm;

/// <summary>An emulator that runs on this machine. Start-SwarmEmulator and Get-SwarmEmulator give it; it pipes into Stop-SwarmEmulator.</summary>
public sealed class SwarmEmulator
{
    internal SwarmEmulator()
    {
    }

    /// <summary>The base address of its APIs, such as <c>http://127.0.0.1:9020/</c>.</summary>
    public string Endpoint { get; internal init; } = "";

    /// <summary>The project that the session was pointed at when it was started. The emulator itself has every project.</summary>
    public string Project { get; internal init; } = "";

    /// <summary>The full path of the folder with all that it keeps.</summary>
    public string StatePath { get; internal init; } = "";

    /// <summary>The full path of its log, which has no password, token or secret in it.</summary>
    public string LogPath { get; internal init; } = "";

    /// <summary>The full path of the file with the token that requests must bear.</summary>
    public string TokenPath { get; internal init; } = "";

    /// <summary>The number of its process.</summary>
    public int ProcessId { get; internal init; }

    /// <summary>When it was started, in UTC.</summary>
    public DateTime Started { get; internal init; }

    /// <summary>Its instances, in all projects, by name.</summary>
    public IReadOnlyList<SwarmEmulatorInstance> Instances { get; internal init; } = [];

    /// <summary>The address and the state folder.</summary>
    public override string ToString() => $"{Endpoint} ({StatePath})";
}

/// <summary>An instance of an emulator, and the PostgreSQL server behind it.</summary>
public sealed class SwarmEmulatorInstance
{
    internal SwarmEmulatorInstance()
    {
    }

    /// <summary>The project's id.</summary>
    public string Project { get; internal init; } = "";

    /// <summary>The instance's name.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>The instance's state as the API tells it, such as <c>RUNNABLE</c>.</summary>
    public string? State { get; internal init; }

    /// <summary>The loopback address that its server listens on; <see langword="null"/> while there is no server.</summary>
    public string? IPAddress { get; internal init; }

    /// <summary>The port that its server listens on, 1 to 65535; <see langword="null"/> while there is no server.</summary>
    public int? Port { get; internal init; }

    /// <summary>PostgreSQL's version, such as <c>15.18</c>; <see langword="null"/> while there is no server.</summary>
    public string? ServerVersion { get; internal init; }

    /// <summary>Whether the server runs.</summary>
    public bool IsRunning { get; internal init; }

    /// <summary>How the server differs from what was asked for, and why; empty where it does not.</summary>
    public IReadOnlyList<string> Remarks { get; internal init; } = [];

    /// <summary>The name, and where the server listens.</summary>
    public override string ToString() => IPAddress is null ? Name : $"{Name} ({IPAddress}:{Port})";
}
