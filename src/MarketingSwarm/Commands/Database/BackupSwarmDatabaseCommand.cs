using System.Globalization;
using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Backups;

namespace MarketingSwarm.Commands;

/// <summary>
///   Makes a backup of a SQLite file or a PostgreSQL database: consistent, test-opened, hashed, and readable by its owner only; and deletes
///   those of its own that are older than they are kept for.
/// </summary>
[Cmdlet(VerbsData.Backup, "SwarmDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(DatabaseBackup))]
public sealed class BackupSwarmDatabaseCommand : DatabaseCmdlet
{
    /// <summary>
    ///   The folder for the backup; it is made where its own folder exists. The default is <c>backups</c> beside the SQLite file, for
    ///   PostgreSQL <c>backups</c> in the current location.
    /// </summary>
    [Parameter]
    [Alias("Path", "LiteralPath", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string? Folder { get; set; }

    /// <summary>The days for which a backup is kept, 1 to 36500. Older ones of the same database in the same folder are deleted once the new one is made.</summary>
    [Parameter]
    [ValidateRange(1, 36500)]
    public int RetentionDays { get; set; } = 30;

    /// <summary>Backs up the application's table alone. For PostgreSQL.</summary>
    [Parameter]
    public SwitchParameter TableOnly { get; set; }

    /// <summary>The longest that a writer may have to wait, in seconds from 0.1 to 86400, where a SQLite file is in rollback-journal mode.</summary>
    [Parameter]
    [ValidateRange(0.1, 86400.0)]
    public double LockLimitSeconds { get; set; } = 0.9;

    private protected override void End()
    {
        var database = ResolveDatabase(forWriting: false);
        if (database.Engine == DatabaseEngine.Archive) throw Errors.BackupOfArchive(database);
        var isFile = database.Engine == DatabaseEngine.Sqlite;
        if (isFile && TableOnly) throw Errors.BackupParameterForServers(database);
        if (!isFile && MyInvocation.BoundParameters.ContainsKey(nameof(LockLimitSeconds))) throw Errors.BackupParameterForFiles(database);
        var folder = Folder is null ? BackupStore.GetDefaultFolder(database, ResolvePath(".")) : System.IO.Path.TrimEndingDirectorySeparator(ResolvePath(Folder));
        var backup = isFile ? BackUpFile(database, folder, out var isWhatIf) : BackUpServer(database, folder, out isWhatIf);
        // Where no new backup is wanted, the old ones stay.
        if (backup is null && !isWhatIf) return;
        var pruned = Prune(database, folder);
        if (backup is null) return;
        backup.Pruned = pruned;
        WriteObject(backup);
    }

    private DatabaseBackup? BackUpFile(SwarmDatabase database, string folder, out bool isWhatIf)
    {
        using var source = SqliteBackup.Open(database, StopToken);
        BackupFile.Check(folder, source.Length);
        if (!Confirm(database, folder, out isWhatIf)) return null;
        using var progress = new ProgressScope(this, $"Backing up {database}", total: null);
        return source.Complete(folder, BackupPurpose.Requested, TimeSpan.FromSeconds(LockLimitSeconds), progress.ReportBytes, StopToken);
    }

    private DatabaseBackup? BackUpServer(SwarmDatabase database, string folder, out bool isWhatIf)
    {
        using var source = Run(token => PostgresBackup.OpenAsync(database, TableOnly, needsTable: true, folders: null, token));
        BackupFile.Check(folder, source.Length);
        return Confirm(database, folder, out isWhatIf) ? Run(token => source.CompleteAsync(folder, BackupPurpose.Requested, token)) : null;
    }

    private bool Confirm(SwarmDatabase database, string folder, out bool isWhatIf) => ConfirmChange($"Back up {database} to the folder '{folder}'", out isWhatIf);

    private List<string> Prune(SwarmDatabase database, string folder)
    {
        List<string> pruned = [];
        foreach (var old in BackupStore.FindExpired(folder, database, RetentionDays, DateTime.UtcNow))
        {
            var description = string.Create(CultureInfo.InvariantCulture, $"Delete the backup '{old.Path}' of {old.TakenAt:yyyy-MM-dd HH:mm:ss} UTC, which is older than {RetentionDays} days");
            if (!ConfirmChange(description, out _)) continue;
            BackupStore.Delete(old);
            pruned.Add(old.Path);
        }

        return pruned;
    }
}
