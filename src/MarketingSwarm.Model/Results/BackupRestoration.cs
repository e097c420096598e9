namespace MarketingSwarm;

/// <summary>What a restored backup has replaced, and with what.</summary>
public sealed class BackupRestoration
{
    internal BackupRestoration()
    {
    }

    /// <summary>The backup that was restored.</summary>
    public required DatabaseBackup Backup { get; init; }

    /// <summary>The database that has its content now.</summary>
    public required SwarmDatabase Database { get; init; }

    /// <summary>Rows of the table now; <see langword="null"/> where there is no table.</summary>
    public long? Rows { get; init; }

    /// <summary>The path of the copy of what was there before, which undoes the restore; <see langword="null"/> where nothing was there.</summary>
    public string? Previous { get; init; }

    /// <summary>From the first check to the end.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>0: the database has what the backup has. 2: it needs attention, and a warning has said why. A restore that fails gives an error instead.</summary>
    public int ExitCode { get; init; }

    /// <summary>The backup and the database.</summary>
    public override string ToString() => $"{Backup.Path} -> {Database}";
}
