namespace MarketingSwarm;

/// <summary>When a Cloud SQL instance is backed up, and how long what is kept.</summary>
public sealed class CloudSqlBackupPolicy
{
    internal CloudSqlBackupPolicy()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The instance's name.</summary>
    public required string Instance { get; init; }

    /// <summary>Whether automated backups are made.</summary>
    public required bool Enabled { get; init; }

    /// <summary>When the daily backup may begin, HH:MM in UTC.</summary>
    public string? StartTime { get; internal init; }

    /// <summary>Whether the write-ahead log is kept, so that any moment can be restored.</summary>
    public bool PointInTimeRecovery { get; internal init; }

    /// <summary>How many automated backups are kept, 1 to 365.</summary>
    public int? RetainedBackups { get; internal init; }

    /// <summary>How many days of the write-ahead log are kept, 1 to 7, on Enterprise Plus 1 to 35.</summary>
    public int? RetainedLogDays { get; internal init; }

    /// <summary>Where backups are kept; <see langword="null"/> for the multi-region nearest to the instance.</summary>
    public string? Location { get; internal init; }

    /// <summary>STANDARD, ADVANCED or ENHANCED; a backup plan manages the backups of the last, and its settings cannot be set here.</summary>
    public string? Tier { get; internal init; }

    /// <summary>The instance's backup settings as Google said them, as JSON.</summary>
    public required string Json { get; init; }

    /// <summary>The instance, and whether it is backed up.</summary>
    public override string ToString() => $"{Instance}: {(Enabled ? $"daily at {StartTime} UTC" : "no backups")}";
}
