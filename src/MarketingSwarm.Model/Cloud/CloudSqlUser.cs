namespace MarketingSwarm;

/// <summary>How a user of a Cloud SQL instance proves who he is.</summary>
public enum CloudSqlUserType
{
    /// <summary>By a password that PostgreSQL keeps.</summary>
    BuiltIn,

    /// <summary>A Google account, by a token of its own.</summary>
    IamUser,

    /// <summary>A service account, by a token of its own.</summary>
    IamServiceAccount,
}

/// <summary>A user of a Cloud SQL instance (https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/users). Google never tells a password.</summary>
public sealed class CloudSqlUser
{
    internal CloudSqlUser()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The instance's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The user's name in PostgreSQL; a service account's has no <c>.gserviceaccount.com</c>.</summary>
    public required string Name { get; init; }

    /// <summary>BUILT_IN, CLOUD_IAM_USER, CLOUD_IAM_SERVICE_ACCOUNT, CLOUD_IAM_GROUP or what else Google has.</summary>
    public required string Type { get; init; }

    /// <summary>The roles that were given to the user when it was made, as far as Google says.</summary>
    public IReadOnlyList<string> DatabaseRoles { get; internal init; } = [];

    /// <summary>The secret that the password was taken from; <see langword="null"/> where it was given otherwise, and from Get-SwarmCloudSqlUser.</summary>
    public string? PasswordSecret { get; internal init; }

    /// <summary>What New-SwarmCloudSqlUser did; Updated where it set the password. <see langword="null"/> from Get-SwarmCloudSqlUser.</summary>
    public CloudAction? Action { get; internal init; }

    /// <summary>All that Google said, as JSON; of <c>-WhatIf</c>, what would be sent, without the password.</summary>
    public required string Json { get; init; }

    /// <summary><c>instance/name</c>.</summary>
    public override string ToString() => $"{Instance}/{Name}";
}
