namespace MarketingSwarm;

/// <summary>A long-running operation of Cloud SQL (https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/operations).</summary>
public sealed class CloudSqlOperation
{
    internal CloudSqlOperation()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The operation's name, a UUID.</summary>
    public required string Name { get; init; }

    /// <summary>What it does: CREATE, UPDATE, DELETE, CREATE_DATABASE, CREATE_USER, BACKUP_VOLUME and others.</summary>
    public required string OperationType { get; init; }

    /// <summary>PENDING, RUNNING or DONE. DONE with <see cref="Errors"/> has failed.</summary>
    public required string Status { get; init; }

    /// <summary>The instance it works on.</summary>
    public string? Instance { get; internal init; }

    /// <summary>Who asked for it.</summary>
    public string? User { get; internal init; }

    /// <summary>When it was asked for, in UTC.</summary>
    public DateTime? InsertTime { get; internal init; }

    /// <summary>When it began, in UTC.</summary>
    public DateTime? StartTime { get; internal init; }

    /// <summary>When it ended, in UTC.</summary>
    public DateTime? EndTime { get; internal init; }

    /// <summary>The backup's id, of an operation that makes one.</summary>
    public string? BackupId { get; internal init; }

    /// <summary>Why it failed, each as <c>[CODE] message</c>; empty for one that runs or succeeded.</summary>
    public IReadOnlyList<string> Errors { get; internal init; } = [];

    /// <summary>Whether it has ended, in success or failure.</summary>
    public bool IsDone => Status == "DONE";

    /// <summary>From its start, or from when it was asked for, to its end; <see langword="null"/> while it runs.</summary>
    public TimeSpan? Duration => EndTime - (StartTime ?? InsertTime);

    /// <summary>All that Google said, as JSON.</summary>
    public required string Json { get; init; }

    /// <summary>What it does to which instance, and how far it is.</summary>
    public override string ToString() => $"{OperationType} {Instance}: {(Errors.Count > 0 ? "FAILED" : Status)}";
}
