namespace MarketingSwarm;

/// <summary>A secret of Secret Manager, without its value (https://cloud.google.com/secret-manager/docs/reference/rest/v1/projects.secrets).</summary>
public sealed class SwarmSecret
{
    internal SwarmSecret()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The secret's name.</summary>
    public required string Name { get; init; }

    /// <summary>The number of the latest version; <see langword="null"/> where it has none.</summary>
    public string? LatestVersion { get; internal init; }

    /// <summary>The latest version's state: ENABLED, DISABLED or DESTROYED; <see langword="null"/> where it has none.</summary>
    public string? State { get; internal init; }

    /// <summary>How many versions it has that are not destroyed; each is paid for.</summary>
    public int VersionCount { get; internal init; }

    /// <summary><c>automatic</c>, or the regions that it is kept in.</summary>
    public string? Replication { get; internal init; }

    /// <summary>When it was made, in UTC.</summary>
    public DateTime? CreateTime { get; internal init; }

    /// <summary>When the latest version was made, in UTC; <see langword="null"/> where it has none.</summary>
    public DateTime? LatestVersionTime { get; internal init; }

    /// <summary>The labels that users gave it.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; internal init; } = new Dictionary<string, string>();

    /// <summary>What Set-SwarmSecret did: Created for a new secret, Updated for a new version, Present where the value was there; <see langword="null"/> from Get-SwarmSecret.</summary>
    public CloudAction? Action { get; internal init; }

    /// <summary>All that Google said of it, as JSON.</summary>
    public required string Json { get; init; }

    /// <summary>The name as Secret Manager has it.</summary>
    public override string ToString() => $"projects/{Project}/secrets/{Name}";
}
