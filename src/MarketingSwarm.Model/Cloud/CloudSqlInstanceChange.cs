namespace MarketingSwarm;

/// <summary>What became of one setting that Set-SwarmCloudSqlInstance or Set-SwarmBackupPolicy was asked to change.</summary>
public sealed class CloudSqlInstanceChange
{
    internal CloudSqlInstanceChange()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The instance's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The setting as the API names it, such as <c>tier</c> or <c>databaseFlags.max_connections</c>; of backups, as <see cref="CloudSqlBackupPolicy"/> names it.</summary>
    public required string Setting { get; init; }

    /// <summary>Its value before; <see langword="null"/> where it was not set.</summary>
    public string? Before { get; internal init; }

    /// <summary>Its value as read back afterwards, or with <c>-WhatIf</c> as it would be; <see langword="null"/> where it is not set.</summary>
    public string? After { get; internal init; }

    /// <summary>Whether it was changed.</summary>
    public required CloudAction Action { get; init; }

    /// <summary>The setting with both values.</summary>
    public override string ToString() => $"{Setting}: {Before} -> {After}";
}
