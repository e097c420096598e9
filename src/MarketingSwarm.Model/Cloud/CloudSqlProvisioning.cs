namespace MarketingSwarm;

/// <summary>What New-SwarmCloudSqlInstance with <c>-Database</c> found and made: an instance with a database, its user and the secret that has the user's password.</summary>
public sealed class CloudSqlProvisioning
{
    internal CloudSqlProvisioning()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The instance's name.</summary>
    public required string Instance { get; init; }

    /// <summary><c>project:region:name</c>; <see langword="null"/> where there is no instance yet.</summary>
    public string? ConnectionName { get; internal init; }

    /// <summary>The public address, where it has one.</summary>
    public string? PublicAddress { get; internal init; }

    /// <summary>The address in the private network, where it has one.</summary>
    public string? PrivateAddress { get; internal init; }

    /// <summary>The database's name.</summary>
    public required string Database { get; init; }

    /// <summary>The user's name.</summary>
    public required string UserName { get; init; }

    /// <summary>The name of the secret that has the password; <see langword="null"/> where none was asked for.</summary>
    public string? SecretName { get; internal init; }

    /// <summary>The version of the secret that has it; <see langword="null"/> with <c>-WhatIf</c>, or where there is no secret.</summary>
    public string? SecretVersion { get; internal init; }

    /// <summary>The steps in their order; after an error those that were done before it.</summary>
    public IReadOnlyList<CloudSqlProvisioningStep> Steps { get; internal init; } = [];

    /// <summary>The instance and the database.</summary>
    public override string ToString() => $"{ConnectionName ?? Instance}/{Database}";
}

/// <summary>One step of <see cref="CloudSqlProvisioning"/>.</summary>
public sealed class CloudSqlProvisioningStep
{
    internal CloudSqlProvisioningStep()
    {
    }

    /// <summary>What it is about: <c>instance marketing-swarm-db</c>, <c>secret db-pass</c>.</summary>
    public required string Step { get; init; }

    /// <summary>What was done.</summary>
    public required CloudAction Action { get; init; }

    /// <summary>More about it; where it was not checked, the command that does.</summary>
    public string? Detail { get; internal init; }

    /// <summary>The step and what was done.</summary>
    public override string ToString() => $"{Step}: {Action}";
}
