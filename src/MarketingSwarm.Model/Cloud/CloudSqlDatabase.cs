namespace MarketingSwarm;

/// <summary>A database of a Cloud SQL instance (https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/databases).</summary>
public sealed class CloudSqlDatabase
{
    internal CloudSqlDatabase()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The instance's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The database's name.</summary>
    public required string Name { get; init; }

    /// <summary>The encoding, such as <c>UTF8</c>; <see langword="null"/> while it is not known.</summary>
    public string? Charset { get; internal init; }

    /// <summary>The collation, such as <c>en_US.UTF8</c>; <see langword="null"/> while it is not known.</summary>
    public string? Collation { get; internal init; }

    /// <summary>What New-SwarmCloudSqlDatabase did; <see langword="null"/> from Get-SwarmCloudSqlDatabase.</summary>
    public CloudAction? Action { get; internal init; }

    /// <summary>All that Google said, as JSON; of <c>-WhatIf</c>, what would be sent.</summary>
    public required string Json { get; init; }

    /// <summary><c>instance/name</c>.</summary>
    public override string ToString() => $"{Instance}/{Name}";
}
