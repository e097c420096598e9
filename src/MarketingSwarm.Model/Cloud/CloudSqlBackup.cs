namespace MarketingSwarm;

/// <summary>A backup of a Cloud SQL instance (https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/backupRuns).</summary>
public sealed class CloudSqlBackup
{
    internal CloudSqlBackup()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The instance's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The backup's id, unique within its instance.</summary>
    public required string Id { get; init; }

    /// <summary>ENQUEUED, RUNNING, SUCCESSFUL, FAILED, SKIPPED or what else Google has.</summary>
    public required string Status { get; init; }

    /// <summary>ON_DEMAND or AUTOMATED.</summary>
    public string? Type { get; internal init; }

    /// <summary>What was said of it when it was asked for.</summary>
    public string? Description { get; internal init; }

    /// <summary>Where it is kept, such as <c>us</c>.</summary>
    public string? Location { get; internal init; }

    /// <summary>When it began, or was asked for while it has not begun, in UTC.</summary>
    public DateTime? StartTime { get; internal init; }

    /// <summary>When it ended, in UTC; <see langword="null"/> while it runs.</summary>
    public DateTime? EndTime { get; internal init; }

    /// <summary>Why it failed, as <c>[CODE] message</c>; <see langword="null"/> for one that did not.</summary>
    public string? Error { get; internal init; }

    /// <summary>All that Google said, as JSON.</summary>
    public required string Json { get; init; }

    /// <summary>Instance, id and status.</summary>
    public override string ToString() => $"{Instance} {Id}: {Status}";
}
