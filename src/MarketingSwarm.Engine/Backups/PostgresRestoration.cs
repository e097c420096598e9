using System.Diagnostics;

namespace MarketingSwarm.Engine.Backups;

/// <summary>Restores a backup to a PostgreSQL database by pg_restore, in one transaction, after its present content was backed up.</summary>
internal sealed class PostgresRestoration : IDisposable
{
    private const string Consequence = "The database has what it had before.";

    // A restore that waits for a session of the application makes all others wait behind it.
    private const string LockTimeout = "-c lock_timeout=30s";

    private readonly DatabaseBackup _backup;
    private readonly SwarmDatabase _target;
    private readonly PostgresBackup _present;
    private readonly List<string> _warnings = [];

    private PostgresRestoration(DatabaseBackup backup, SwarmDatabase target, PostgresBackup present)
    {
        _backup = backup;
        _target = target;
        _present = present;
    }

    /// <summary>Whether there is a table whose content is replaced.</summary>
    internal bool ReplacesContent => _present.Table is not null;

    /// <summary>What somebody should know.</summary>
    internal IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Checks all that can be checked before anything is written.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="target">The database to restore it to.</param>
    /// <param name="force">Whether the content of another database than the backup's is replaced.</param>
    /// <param name="folders">Where to look for the programs; <see langword="null"/> for the usual places.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    /// <exception cref="SwarmException">The backup has changed or is of another database, the server cannot be reached, or there are no programs.</exception>
    internal static async Task<PostgresRestoration> OpenAsync(
        DatabaseBackup backup, SwarmDatabase target, bool force, IEnumerable<string>? folders, CancellationToken cancellationToken)
    {
        if (target.Engine != backup.Engine) throw Errors.BackupOfAnotherEngine(backup, target);
        BackupStore.Verify(backup, cancellationToken);
        var present = await PostgresBackup.OpenAsync(target, backup.IsTableOnly, needsTable: false, folders, cancellationToken);
        try
        {
            var restoration = new PostgresRestoration(backup, target, present);
            if (!force && restoration.ReplacesContent && !BackupSource.Of(target).IsPlaceOf(BackupSource.Of(backup.Place))) throw Errors.BackupOfAnotherDatabase(backup, target);
            await PostgresBackup.ListAsync(present.Programs, target, backup.Path, Consequence, cancellationToken);
            return restoration;
        }
        catch
        {
            present.Dispose();
            throw;
        }
    }

    /// <summary>Restores the backup.</summary>
    /// <exception cref="SwarmDatabaseException">pg_restore fails; the database has what it had before.</exception>
    internal async Task<BackupRestoration> RestoreAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var previous = ReplacesContent ? await _present.CompleteAsync(Path.GetDirectoryName(_backup.Path)!, BackupPurpose.BeforeRestore, cancellationToken) : null;
        await _present.Programs.RunAsync(
            DumpPrograms.Restore, _target, LockTimeout,
            ["--single-transaction", "--exit-on-error", "--clean", "--if-exists", "--no-password", "--dbname", $"dbname={Quote(_target.Database!)}", _backup.Path], Consequence, cancellationToken);
        var rows = await PostgresBackup.CountRowsAsync(_target, cancellationToken);
        if (rows != _backup.Rows)
            _warnings.Add(FormattableString.Invariant($"'{_target}' has {rows ?? 0} rows by now, and the backup has {_backup.Rows ?? 0}: somebody has written since it was restored."));
        return new BackupRestoration
        {
            Backup = _backup,
            Database = _target,
            Rows = rows,
            Previous = previous?.Path,
            Duration = Stopwatch.GetElapsedTime(started),
            ExitCode = _warnings.Count > 0 ? 2 : 0,
        };
    }

    public void Dispose() => _present.Dispose();

    // A name with an equals sign would be taken for a whole connection string (https://www.postgresql.org/docs/15/libpq-connect.html#LIBPQ-CONNSTRING).
    private static string Quote(string value)
        => $"'{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
