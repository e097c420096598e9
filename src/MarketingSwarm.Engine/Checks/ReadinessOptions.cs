namespace MarketingSwarm.Engine.Checks;

/// <summary>What the checklist of a rollout is held against. What is not named is not looked at.</summary>
internal sealed record ReadinessOptions
{
    /// <summary>The database that is moved.</summary>
    internal required SwarmDatabase Source { get; init; }

    /// <summary>The database that it is moved to.</summary>
    internal required SwarmDatabase Destination { get; init; }

    /// <summary>The instance's project and name; null to take those of the destination's name.</summary>
    internal (string Project, string Name)? Instance { get; init; }

    internal string? Service { get; init; }

    internal string? Region { get; init; }

    /// <summary>The account that the service runs as; null to take the service's own.</summary>
    internal string? ServiceAccount { get; init; }

    /// <summary>The secret with the application's password; null to take that of the destination's name.</summary>
    internal string? Secret { get; init; }

    /// <summary>The application's folder.</summary>
    internal string? Folder { get; init; }

    /// <summary>Where the database configuration is in it.</summary>
    internal required string ModulePath { get; init; }

    internal Uri? Endpoint { get; init; }

    /// <summary>A report of the application's tests.</summary>
    internal string? TestReport { get; init; }

    /// <summary>The certificate of New-SwarmMigrationReport.</summary>
    internal string? Certificate { get; init; }

    /// <summary>The folder of the source's backups.</summary>
    internal required string BackupFolder { get; init; }

    /// <summary>For how many days a backup of the source is kept after the cutover.</summary>
    internal required int BackupDays { get; init; }

    /// <summary>How many connections an instance of the service opens where it does not say.</summary>
    internal required int ConnectionsPerInstance { get; init; }

    /// <summary>How the application's statements are measured.</summary>
    internal required DatabaseCheckOptions Database { get; init; }

    /// <summary>Which days are looked at.</summary>
    internal required IReadOnlyCollection<int> Days { get; init; }
}
