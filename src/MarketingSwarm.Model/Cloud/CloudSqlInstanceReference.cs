namespace MarketingSwarm;

/// <summary>
///   How a user names a Cloud SQL instance: its name, its connection name <c>project:region:name</c>, or an object that belongs to one. PowerShell
///   converts any of them to this type.
/// </summary>
public sealed class CloudSqlInstanceReference
{
    private const string UrlScheme = "cloudsql://";

    /// <summary>Names an instance by its name or its connection name.</summary>
    /// <param name="name"><c>marketing-swarm-db</c> or <c>my-project:us-central1:marketing-swarm-db</c>; a project may have a domain's prefix, <c>example.com:my-project</c>.</param>
    /// <remarks>A database's URL, <c>cloudsql://…</c>, names its instance; what else the URL says counts for nothing.</remarks>
    /// <exception cref="ArgumentException">It is empty, or has the colons of neither form.</exception>
    public CloudSqlInstanceReference(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var isUrl = name.StartsWith(UrlScheme, StringComparison.OrdinalIgnoreCase);
        var parts = (isUrl ? FindInstance(name) : name).Split(':');
        // A fourth part is a domain's, before the project; what has no dot is none.
        if (parts.Length == 2 || (isUrl && parts.Length == 1) || parts.Length > 4 || (parts.Length == 4 && !parts[0].Contains('.', StringComparison.Ordinal))
            || parts.Any(string.IsNullOrWhiteSpace))
            throw new ArgumentException($"'{DatabaseReference.MaskPassword(name)}' is not an instance: its name, or PROJECT:REGION:NAME is expected.", nameof(name));
        Name = parts[^1];
        if (parts.Length == 1) return;
        Region = parts[^2];
        Project = string.Join(':', parts[..^2]);
    }

    /// <summary>Names an instance by itself.</summary>
    public CloudSqlInstanceReference(CloudSqlInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        Name = instance.Name;
        Region = instance.Region;
        Project = instance.Project;
    }

    /// <summary>Names the instance of a database.</summary>
    public CloudSqlInstanceReference(CloudSqlDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        Name = database.Instance;
        Project = database.Project;
    }

    /// <summary>Names the instance that a database's own name, <c>cloudsql://…</c>, has.</summary>
    /// <exception cref="ArgumentException">The database is not named by an instance.</exception>
    public CloudSqlInstanceReference(SwarmDatabase database)
        : this((database ?? throw new ArgumentNullException(nameof(database))).InstanceConnectionName
            ?? throw new ArgumentException($"'{database}' names no Cloud SQL instance: cloudsql://PROJECT:REGION:NAME/DATABASE does.", nameof(database)))
    {
    }

    /// <summary>Names the instance of a user.</summary>
    public CloudSqlInstanceReference(CloudSqlUser user)
    {
        ArgumentNullException.ThrowIfNull(user);
        Name = user.Instance;
        Project = user.Project;
    }

    /// <summary>Names the instance of a backup.</summary>
    public CloudSqlInstanceReference(CloudSqlBackup backup)
    {
        ArgumentNullException.ThrowIfNull(backup);
        Name = backup.Instance;
        Project = backup.Project;
    }

    /// <summary>Names the instance of a backup policy.</summary>
    public CloudSqlInstanceReference(CloudSqlBackupPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        Name = policy.Instance;
        Project = policy.Project;
    }

    internal CloudSqlInstanceReference(string project, string name)
    {
        Project = project;
        Name = name;
    }

    /// <summary>The project, where the reference says it.</summary>
    public string? Project { get; }

    /// <summary>The region, where the reference says it.</summary>
    public string? Region { get; }

    /// <summary>The instance's name. It may hold wildcards where a cmdlet takes them.</summary>
    public string Name { get; }

    /// <summary>As much as is known of <c>project:region:name</c>.</summary>
    public override string ToString() => Project is null ? Name : Region is null ? $"{Project}:{Name}" : $"{Project}:{Region}:{Name}";

    private static string FindInstance(string url)
    {
        var authority = url[UrlScheme.Length..].Split('/', '?')[0];
        return authority[(authority.LastIndexOf('@') + 1)..];
    }
}
