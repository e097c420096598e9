using System.Diagnostics;
using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Backups;

/// <summary>Restores a backup to a SQLite file, after its present content was backed up.</summary>
/// <remarks>
///   A file that is there is overwritten over SQLite, in one transaction and under one exclusive lock with the backup of what it had: it keeps
///   its owner and permissions, a crash in the middle is rolled back, and a program that has it open and idle sees the restored content. One
///   that were replaced by another file would go on writing into the old one, which nobody could find any more
///   (https://www.sqlite.org/howtocorrupt.html#_unlinking_or_renaming_a_database_file_while_in_use). Only where there is none, or it is
///   damaged, the backup is put in its place as a file.
/// </remarks>
internal sealed class SqliteRestoration
{
    private const string Log = "-wal";
    private const string Journal = "-journal";

    // What SQLite keeps beside a file. One left of an older file would be taken for the new one's and spoil it.
    private static readonly string[] CompanionSuffixes = [Journal, Log, "-shm"];

    private readonly DatabaseBackup _backup;
    private readonly SwarmDatabase _target;
    private readonly bool _force;
    private readonly string _path;
    private readonly List<string> _warnings = [];

    private SqliteRestoration(DatabaseBackup backup, SwarmDatabase target, bool force)
    {
        _backup = backup;
        _target = target;
        _force = force;
        _path = target.Path!;
    }

    /// <summary>Whether there is a file whose content is replaced.</summary>
    internal bool ReplacesContent => new FileInfo(_path) is { Exists: true, Length: > 0 };

    /// <summary>What somebody should know.</summary>
    internal IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Checks all that can be checked before anything is written.</summary>
    /// <param name="backup">The backup.</param>
    /// <param name="target">The file to restore it to.</param>
    /// <param name="force">Whether the content of another database, unfinished work of a killed program, and a damaged file are replaced.</param>
    /// <param name="cancellationToken">Stops the hashing.</param>
    /// <exception cref="SwarmException">The backup has changed, is of another database, or the file is in use.</exception>
    internal static SqliteRestoration Open(DatabaseBackup backup, SwarmDatabase target, bool force, CancellationToken cancellationToken)
    {
        if (target.Engine != backup.Engine) throw Errors.BackupOfAnotherEngine(backup, target);
        if (target.IsReadOnly) throw Errors.SqliteNamedReadOnly(target);
        BackupStore.Verify(backup, cancellationToken);
        var restoration = new SqliteRestoration(backup, target, force);
        restoration.CheckTarget(cancellationToken);
        return restoration;
    }

    /// <summary>Restores the backup.</summary>
    /// <param name="report">Told the bytes written so far and the bytes in all.</param>
    /// <param name="cancellationToken">Stops the work; the file then has what it had before.</param>
    /// <exception cref="SwarmException">The file cannot be locked or written; it has what it had before.</exception>
    internal BackupRestoration Restore(Action<long, long>? report, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        CheckTarget(cancellationToken);
        string? previous;
        if (!ReplacesContent)
        {
            previous = null;
            PutInPlace(replace: File.Exists(_path), cancellationToken);
        }
        else
        {
            try
            {
                previous = Overwrite(report, cancellationToken);
            }
            catch (SwarmDatabaseException damaged) when (damaged.Failure == SwarmDatabaseFailure.NotADatabase)
            {
                if (!_force) throw Errors.RestoreTargetDamaged(_path, damaged.Message);
                previous = KeepDamaged(cancellationToken);
                PutInPlace(replace: true, cancellationToken);
                _warnings.Add($"'{_path}' was damaged: {damaged.Message} It is kept as '{previous}'.");
            }
        }

        return new BackupRestoration
        {
            Backup = _backup,
            Database = _target,
            Rows = _backup.Rows,
            Previous = previous,
            Duration = Stopwatch.GetElapsedTime(started),
            ExitCode = _warnings.Count > 0 ? 2 : 0,
        };
    }

    private string Folder => Path.GetDirectoryName(_backup.Path)!;

    private void CheckTarget(CancellationToken cancellationToken)
    {
        if (Directory.Exists(_path)) throw Errors.SqliteFileIsFolder(_path);
        var folder = Path.GetDirectoryName(_path)!;
        if (!Directory.Exists(folder)) throw Errors.RestoreFolderNotFound(_path, folder);
        if (!ReplacesContent)
        {
            if (CompanionSuffixes.Select(suffix => _path + suffix).FirstOrDefault(File.Exists) is { } left) throw Errors.RestoreFileExists(left);
            return;
        }

        if (!_force && !BackupSource.Of(_target).IsPlaceOf(BackupSource.Of(_backup.Place))) throw Errors.BackupOfAnotherDatabase(_backup, _target);
        using var hold = SqliteOpenFiles.TryHold(_path, cancellationToken);
        if (hold is null || SqliteSnapshot.IsLogInUse(_path)) throw Errors.RestoreTargetInUse(_path);
        if (SqliteJournal.IsHot(_path + Journal) && SqliteJournal.ReadSuperJournal(_path + Journal) is { } superJournal) throw Errors.SqliteSuperJournal(_path, superJournal);
        if (!_force && SqliteJournal.IsHot(_path + Journal)) throw Errors.RestoreTargetUnfinished(_path, _path + Journal);
        if (!_force && new FileInfo(_path + Log) is { Exists: true, Length: > 0 }) throw Errors.RestoreTargetUnfinished(_path, _path + Log);
    }

    private string Overwrite(Action<long, long>? report, CancellationToken cancellationToken)
    {
        using var target = SqliteConnector.OpenWrite(_target, create: false, cancellationToken);
        try
        {
            // In this mode the lock is kept from the first transaction until the connection is closed, so that nobody writes between the
            // backup of what is there and the restore (https://www.sqlite.org/pragma.html#pragma_locking_mode).
            Execute(target, "PRAGMA locking_mode = EXCLUSIVE");
            SqliteConnector.BeginExclusive(target, _target, cancellationToken);
            SqliteConnector.Commit(target, _target, cancellationToken);
            string previous;
            using (var present = SqliteBackup.Of(_target, target))
                previous = present.Complete(Folder, BackupPurpose.BeforeRestore, longest: null, report: null, cancellationToken).Path;

            using var source = SqliteConnector.OpenUnchanging(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = _backup.Path }, cancellationToken);
            // With a log, SQLite overwrites only what has the same page size. The mode that the file is in then comes with the backup's first page.
            Execute(target, "PRAGMA journal_mode = DELETE");
            var result = SqlitePages.Copy(source.Handle!, target.Handle!, longest: null, report, cancellationToken);
            return result switch
            {
                raw.SQLITE_OK => previous,
                raw.SQLITE_FULL => throw Errors.RestoreNotFinished(_path, "the disk is full"),
                _ => throw Errors.RestoreNotFinished(_path, $"SQLite says '{raw.sqlite3_errmsg(target.Handle!).utf8_to_string()}'"),
            };
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, _target);
        }
    }

    // The bytes as they are; what SQLite cannot read, another program may.
    private string KeepDamaged(CancellationToken cancellationToken)
    {
        var kept = Path.Combine(Folder, FormattableString.Invariant($"{BackupStore.GetName(_target)}-{DateTime.UtcNow:yyyyMMdd'T'HHmmssfff'Z'}.damaged"));
        List<string> written = [];
        try
        {
            foreach (var suffix in CompanionSuffixes.Prepend("").Where(suffix => File.Exists(_path + suffix)))
            {
                written.Add(kept + suffix);
                CopyFile(_path + suffix, kept + suffix, cancellationToken);
            }

            DurableFolder.Flush(Folder);
            return kept;
        }
        catch (Exception exception)
        {
            foreach (var file in written) File.Delete(file);
            if (exception is IOException or UnauthorizedAccessException) throw Errors.RestoreNotFinished(_path, exception.Message, exception);
            throw;
        }
    }

    private void PutInPlace(bool replace, CancellationToken cancellationToken)
    {
        var folder = Path.GetDirectoryName(_path)!;
        var part = Path.Combine(folder, PrivateFile.TemporaryName());
        try
        {
            CopyFile(_backup.Path, part, cancellationToken);
            if (replace && !OperatingSystem.IsWindows()) File.SetUnixFileMode(part, File.GetUnixFileMode(_path));
            if (replace) foreach (var suffix in CompanionSuffixes) File.Delete(_path + suffix);
            File.Move(part, _path, replace);
            DurableFolder.Flush(folder);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.RestoreNotFinished(_path, exception.Message, exception);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static void CopyFile(string from, string to, CancellationToken cancellationToken)
    {
        using var input = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        using var output = PrivateFile.Create(to);
        var buffer = new byte[1 << 20];
        for (int read; (read = input.Read(buffer)) > 0; output.Write(buffer, 0, read)) cancellationToken.ThrowIfCancellationRequested();
        output.Flush(flushToDisk: true);
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
