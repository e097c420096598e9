namespace MarketingSwarm;

/// <summary>A Cloud SQL instance as the Cloud SQL Admin API describes it (https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances).</summary>
public sealed class CloudSqlInstance
{
    internal CloudSqlInstance()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The instance's name, without project and region.</summary>
    public required string Name { get; init; }

    /// <summary>The region, such as <c>us-central1</c>; <see langword="null"/> while it is not known.</summary>
    public string? Region { get; internal init; }

    /// <summary>RUNNABLE, STOPPED (RUNNABLE with activation policy NEVER), PENDING_CREATE, MAINTENANCE, SUSPENDED, PENDING_DELETE, FAILED or what else Google has.</summary>
    public required string State { get; init; }

    /// <summary>Such as <c>POSTGRES_15</c>.</summary>
    public string? DatabaseVersion { get; internal init; }

    /// <summary>ENTERPRISE, ENTERPRISE_PLUS or what else Google has.</summary>
    public string? Edition { get; internal init; }

    /// <summary>The machine, such as <c>db-f1-micro</c> or <c>db-custom-2-7680</c>.</summary>
    public string? Tier { get; internal init; }

    /// <summary>ZONAL or REGIONAL.</summary>
    public string? AvailabilityType { get; internal init; }

    /// <summary>The size of the data disk in GB.</summary>
    public long? DiskSizeGb { get; internal init; }

    /// <summary><c>project:region:name</c>, by which connectors and Cloud Run name it.</summary>
    public string? ConnectionName { get; internal init; }

    /// <summary>The public address, where it has one.</summary>
    public string? PublicAddress { get; internal init; }

    /// <summary>The address in the private network, where it has one.</summary>
    public string? PrivateAddress { get; internal init; }

    /// <summary>The private network, <c>projects/PROJECT/global/networks/NETWORK</c>, where it is in one.</summary>
    public string? PrivateNetwork { get; internal init; }

    /// <summary>Who may connect to the public address, in CIDR notation.</summary>
    public IReadOnlyList<string> AuthorizedNetworks { get; internal init; } = [];

    /// <summary>The database flags that were set, by name.</summary>
    public IReadOnlyDictionary<string, string> DatabaseFlags { get; internal init; } = new Dictionary<string, string>();

    /// <summary>Whether automated backups are on.</summary>
    public bool BackupEnabled { get; internal init; }

    /// <summary>Whether point-in-time recovery is on.</summary>
    public bool PointInTimeRecoveryEnabled { get; internal init; }

    /// <summary>Whether Google refuses to delete it.</summary>
    public bool DeletionProtectionEnabled { get; internal init; }

    /// <summary>ALWAYS, or NEVER for an instance that is stopped.</summary>
    public string? ActivationPolicy { get; internal init; }

    /// <summary>The account by which the instance reads and writes buckets.</summary>
    public string? ServiceAccount { get; internal init; }

    /// <summary>When it was made, in UTC.</summary>
    public DateTime? CreateTime { get; internal init; }

    /// <summary>The version of its settings, which rises with every change: the lock under which they are written.</summary>
    public long? SettingsVersion { get; internal init; }

    /// <summary>The labels that users gave it.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; internal init; } = new Dictionary<string, string>();

    /// <summary>All that Google said, as JSON: also the fields that have no property here.</summary>
    public required string Json { get; init; }

    /// <summary>The connection name, or <c>project:name</c> while it has none.</summary>
    public override string ToString() => ConnectionName ?? $"{Project}:{Name}";
}
