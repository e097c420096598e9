namespace MarketingSwarm;

/// <summary>A backup that was made and test-opened: a file and the manifest beside it. Restore-SwarmDatabase -Backup takes it.</summary>
public sealed class DatabaseBackup
{
    internal DatabaseBackup(SwarmDatabase place) => Place = place;

    /// <summary>The backup's full path: a SQLite file, or an archive of pg_dump's custom format.</summary>
    public required string Path { get; init; }

    /// <summary>The JSON file beside it that says what it is; without it the backup is not restored.</summary>
    public required string ManifestPath { get; init; }

    /// <summary>What it is a backup of: <see cref="DatabaseEngine.Sqlite"/> or <see cref="DatabaseEngine.PostgreSql"/>.</summary>
    public DatabaseEngine Engine { get; init; }

    /// <summary>The URL of the database that it was made of, without a password.</summary>
    public string Source => Place.Url;

    /// <summary>Why it was made.</summary>
    public BackupPurpose Purpose { get; init; }

    /// <summary>Whether it has the table of a PostgreSQL database alone.</summary>
    public bool IsTableOnly { get; init; }

    /// <summary>The moment whose content it has, in UTC.</summary>
    public DateTime TakenAt { get; init; }

    /// <summary>Rows of the table; <see langword="null"/> where there was no table.</summary>
    public long? Rows { get; init; }

    /// <summary>The file's size in bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>The SHA-256 of the file, in lower-case hexadecimal.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The SHA-256 of the schema: the same for two backups between which no table, index, view or trigger (PostgreSQL: no column of the table) was changed.</summary>
    public required string SchemaSha256 { get; init; }

    /// <summary>The version of SQLite, or of the PostgreSQL server.</summary>
    public required string EngineVersion { get; init; }

    /// <summary>How long a writer of the source may have had to wait; zero in WAL mode and on PostgreSQL.</summary>
    public TimeSpan LockTime { get; init; }

    /// <summary>From the first byte to the finished backup.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The paths of the older backups that were deleted.</summary>
    public IReadOnlyList<string> Pruned { get; internal set; } = [];

    /// <summary>The database that it was made of, without what a connection needs besides its place.</summary>
    internal SwarmDatabase Place { get; }

    /// <summary>The path, so that the object stands for its file.</summary>
    public override string ToString() => Path;
}

/// <summary>Why a backup was made.</summary>
public enum BackupPurpose
{
    /// <summary>Somebody asked for it.</summary>
    Requested,

    /// <summary>It has what a restore replaced.</summary>
    BeforeRestore,

    /// <summary>It has the state at a cutover's fence, to which the certificate refers. It is never pruned.</summary>
    Fence,
}
