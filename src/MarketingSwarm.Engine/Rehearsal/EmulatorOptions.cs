namespace MarketingSwarm.Engine.Rehearsal;

/// <summary>How an emulator is to be started.</summary>
internal sealed record EmulatorOptions
{
    /// <summary>The full path of the folder with the emulator's files.</summary>
    internal required string ProgramFolder { get; init; }

    /// <summary>The full path of the state folder; it is made where it is missing.</summary>
    internal required string StateFolder { get; init; }

    internal required string Project { get; init; }

    /// <summary>0 for a free one.</summary>
    internal required int Port { get; init; }

    internal required IReadOnlyList<string> Faults { get; init; }

    /// <summary>Where an emulator keeps its state when nobody says.</summary>
    internal static string DefaultStateFolder
        // PostgreSQL refuses to run as root, and the account that it then runs as cannot enter root's own folders.
        => !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess
            ? "/var/lib/marketing-swarm/emulator"
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "MarketingSwarm", "emulator");
}
