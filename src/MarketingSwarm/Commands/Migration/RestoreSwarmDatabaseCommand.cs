using System.Globalization;
using System.Management.Automation;
using MarketingSwarm.Engine.Backups;
using MarketingSwarm.Engine.Configuration;
using MarketingSwarm.Engine.Restoration;

namespace MarketingSwarm.Commands;

/// <summary>
///   Restores a backup of a database. Or makes a SQLite file of a migrated PostgreSQL database: every cell of every row has the storage class
///   and the bytes that it had in the source, and what the application has written since comes in the application's own forms.
/// </summary>
[Cmdlet(VerbsData.Restore, "SwarmDatabase", DefaultParameterSetName = SourceSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RestoreSummary), ParameterSetName = [SourceSet])]
[OutputType(typeof(BackupRestoration), ParameterSetName = [BackupSet])]
public sealed class RestoreSwarmDatabaseCommand : SwarmCmdlet
{
    private const string SourceSet = "Source";
    private const string BackupSet = "Backup";

    /// <summary>The PostgreSQL database that has the table and the residue.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = SourceSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Source { get; set; }

    /// <summary>The SQLite file to make. Its folder must exist; the file must not, unless <c>-Force</c> is given.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = SourceSet)]
    [Alias("LiteralPath", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>
    ///   One run, whose source is restored: rows of other runs count as new. The default is all runs, of which the newest one's source is the
    ///   model for the table.
    /// </summary>
    [Parameter(ParameterSetName = SourceSet)]
    [ArgumentCompleter(typeof(MigrationCompleter))]
    public Guid? RunId { get; set; }

    /// <summary>The backup to restore: its path, or an object of Backup-SwarmDatabase. Its manifest lies beside it.</summary>
    [Parameter(Mandatory = true, ParameterSetName = BackupSet)]
    [ValidateNotNullOrEmpty]
    public string Backup { get; set; } = "";

    /// <summary>The database to restore the backup to. The default is the one that it was made of.</summary>
    [Parameter(ParameterSetName = BackupSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Database { get; set; }

    /// <summary>
    ///   Replaces a file that is there, with its <c>-journal</c>, <c>-wal</c> and <c>-shm</c> files; stop the programs that have it open first. With
    ///   a backup: replaces the content of another database than the backup's, unfinished work of a program that was killed, and a damaged file.
    /// </summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>The user and the password; they go before those in the URL and in the environment.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected override void End()
    {
        if (ParameterSetName == SourceSet) RestoreSource();
        else RestoreBackup();
    }

    private void RestoreSource()
    {
        var database = DatabaseResolver.Resolve(Source, CreateResolutionContext(Credential));
        foreach (var warning in database.Warnings) WriteWarning(warning);
        var path = ResolvePath(Path);
        var options = new RestoreOptions { Source = database, Path = path, Overwrite = Force, RunId = RunId };
        using var restorer = Run(token => DatabaseRestorer.OpenAsync(options, token));
        if (!ShouldProcess($"Make '{path}' of {database} and its residue", $"Make '{path}' of {database} and its residue?", "Confirm")) return;
        using var progress = new ProgressScope(this, $"Restoring {database} to {path}", restorer.ExpectedRows);
        var summary = restorer.Restore(progress.Report, StopToken);
        foreach (var warning in restorer.Warnings) WriteWarning(warning);
        WriteObject(summary);
    }

    private void RestoreBackup()
    {
        var backup = BackupStore.Find(ResolvePath(Backup));
        var database = Resolve(Database ?? new DatabaseReference(backup.Engine == DatabaseEngine.Sqlite ? backup.Place.Path! : backup.Source), Credential);
        if (backup.Engine == DatabaseEngine.Sqlite) RestoreFile(backup, database);
        else RestoreServer(backup, database);
    }

    private void RestoreFile(DatabaseBackup backup, SwarmDatabase database)
    {
        var restoration = SqliteRestoration.Open(backup, database, Force, StopToken);
        if (!Confirm(backup, database, restoration.ReplacesContent)) return;
        using var progress = new ProgressScope(this, $"Restoring {database}", total: null);
        Write(restoration.Restore(progress.ReportBytes, StopToken), restoration.Warnings);
    }

    private void RestoreServer(DatabaseBackup backup, SwarmDatabase database)
    {
        using var restoration = Run(token => PostgresRestoration.OpenAsync(backup, database, Force, folders: null, token));
        if (!Confirm(backup, database, restoration.ReplacesContent)) return;
        Write(Run(restoration.RestoreAsync), restoration.Warnings);
    }

    private bool Confirm(DatabaseBackup backup, SwarmDatabase database, bool replacesContent)
        => ConfirmChange(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Restore '{backup.Path}' of {backup.TakenAt:yyyy-MM-dd HH:mm:ss} UTC to {database}{(replacesContent ? $", whose present content is backed up to '{System.IO.Path.GetDirectoryName(backup.Path)}' and replaced" : "")}"),
            out _);

    private void Write(BackupRestoration restoration, IReadOnlyList<string> warnings)
    {
        foreach (var warning in warnings) WriteWarning(warning);
        WriteObject(restoration);
    }
}
