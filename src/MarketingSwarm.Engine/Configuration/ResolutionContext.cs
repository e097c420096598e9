namespace MarketingSwarm.Engine.Configuration;

/// <summary>What resolving a database's name depends on beside the name itself; tests give their own.</summary>
internal sealed record ResolutionContext
{
    /// <summary>Turns a path as the user wrote it into a full one, from PowerShell's current location.</summary>
    internal required Func<string, string> ResolvePath { get; init; }

    /// <summary>Reads an environment variable; <see langword="null"/> where it is not set.</summary>
    internal Func<string, string?> GetVariable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>The user of -Credential; it goes before any other.</summary>
    internal string? User { get; init; }

    /// <summary>The password of -Credential; it goes before any other.</summary>
    internal string? Password { get; init; }

    /// <summary>A file of settings to read as though they were environment variables, in place of <c>.env</c>; its path as the user wrote it.</summary>
    internal string? EnvironmentFile { get; init; }
}
