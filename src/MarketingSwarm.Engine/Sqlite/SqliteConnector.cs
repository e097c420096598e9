using System.Data;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>Opens SQLite files, after looking whether they are what they should be.</summary>
internal static class SqliteConnector
{
    /// <summary>
    ///   Opens a file for reading and begins a read transaction, so that everything read is of one moment. Nothing here changes the file
    ///   or another beside it: one in WAL mode that nobody has open, and one whose unfinished transaction a crash has left, is read from
    ///   a copy, which lives as long as the connection.
    /// </summary>
    /// <exception cref="SwarmDatabaseException">The file is missing, not a database, cut off, damaged or locked.</exception>
    internal static SqliteConnection OpenRead(SwarmDatabase database, CancellationToken cancellationToken)
        => OpenRead(database, cancellationToken, out _);

    /// <inheritdoc cref="OpenRead(SwarmDatabase, CancellationToken)"/>
    /// <param name="database">The file.</param>
    /// <param name="cancellationToken">Ends the wait for a lock.</param>
    /// <param name="isCopy">Whether a private copy was opened, in which nobody writes.</param>
    internal static SqliteConnection OpenRead(SwarmDatabase database, CancellationToken cancellationToken, out bool isCopy)
    {
        CheckExists(database.Path!);
        var copy = CheckHeader(database.Path!, copyUnusedLog: true, cancellationToken);
        if (TryOpenRead(database, copy, SqliteOpenMode.ReadOnly, cancellationToken) is { } connection)
        {
            isCopy = copy is not null;
            return connection;
        }

        copy = TryCopyWithJournal(database.Path!, cancellationToken);
        isCopy = copy is not null;
        // Where there is no copy, somebody has been quicker and has rolled the transaction back, or a connection of ours is about to.
        var mode = isCopy ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadOnly;
        return TryOpenRead(database, copy, mode, cancellationToken) ?? throw Errors.SqliteHotJournal(database.Path!);
    }

    /// <summary>Opens a file for writing; no transaction is begun. With <paramref name="create"/> a missing or empty file becomes a new database.</summary>
    /// <exception cref="SwarmDatabaseException">As <see cref="OpenRead(SwarmDatabase, CancellationToken)"/>, or the file cannot be written.</exception>
    internal static SqliteConnection OpenWrite(SwarmDatabase database, bool create, CancellationToken cancellationToken)
    {
        if (database.IsReadOnly) throw Errors.SqliteNamedReadOnly(database);
        if (!create || File.Exists(database.Path))
        {
            CheckExists(database.Path!);
            CheckHeader(database.Path!, copyUnusedLog: false, cancellationToken);
        }
        else if (Directory.Exists(database.Path))
        {
            throw Errors.SqliteFileIsFolder(database.Path!);
        }
        else if (File.Exists(database.Path + "-wal"))
        {
            throw Errors.SqliteWalWithoutFile(database.Path!);
        }

        return Open(database, create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite, copy: null, cancellationToken);
    }

    /// <summary>Opens a file that nobody changes, for reading: nothing is locked, and nothing is made beside it, a log's -shm neither.</summary>
    internal static SqliteConnection OpenUnchanging(SwarmDatabase database, CancellationToken cancellationToken)
    {
        CheckExists(database.Path!);
        var path = OperatingSystem.IsWindows() ? "/" + database.Path!.Replace('\\', '/') : database.Path!;
        // https://www.sqlite.org/uri.html#uriimmutable
        return Open(database, SqliteOpenMode.ReadOnly, copy: null, cancellationToken, $"file:{string.Join('/', path.Split('/').Select(Uri.EscapeDataString))}?immutable=1");
    }

    private static SqliteConnection Open(
        SwarmDatabase database, SqliteOpenMode mode, SqliteSnapshot? copy, CancellationToken cancellationToken, string? uri = null)
    {
        var path = copy?.Database.Path ?? database.Path!;
        var settings = new SqliteConnectionStringBuilder
        {
            DataSource = uri ?? path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = (int)SqliteErrors.LockWait.TotalSeconds,
        };
        var connection = new SqliteConnection(settings.ConnectionString);
        IDisposable? entry = null;
        try
        {
            entry = SqliteOpenFiles.Add(path, cancellationToken);
            connection.Open();
            connection.StateChange += (_, change) =>
            {
                if (change.CurrentState == ConnectionState.Closed) Release();
            };
            return connection;
        }
        catch (Exception exception)
        {
            connection.Dispose();
            Release();
            throw SqliteErrors.Translate(exception, database);
        }

        void Release()
        {
            entry?.Dispose();
            copy?.Dispose();
        }
    }

    private static void CheckExists(string path)
    {
        if (Directory.Exists(path)) throw Errors.SqliteFileIsFolder(path);
        if (!File.Exists(path)) throw File.Exists(path + "-wal") ? Errors.SqliteWalWithoutFile(path) : Errors.SqliteFileNotFound(path);
    }

    // Null where a crash has left a transaction that only a writer may roll back.
    private static SqliteConnection? TryOpenRead(SwarmDatabase database, SqliteSnapshot? copy, SqliteOpenMode mode, CancellationToken cancellationToken)
    {
        var connection = Open(database, mode, copy, cancellationToken);
        try
        {
            BeginRead(connection, database, cancellationToken);
            return connection;
        }
        catch (SwarmDatabaseException) when (raw.sqlite3_extended_errcode(connection.Handle!) == raw.SQLITE_READONLY_ROLLBACK)
        {
            connection.Dispose();
            return null;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    // SQLite itself says what is wrong with a file that is in use.
    private static SqliteSnapshot? CheckHeader(string path, bool copyUnusedLog, CancellationToken cancellationToken)
    {
        using var hold = SqliteOpenFiles.TryHold(path, cancellationToken);
        if (hold is null || SqliteSnapshot.IsLogInUse(path)) return null;
        var hasLog = SqliteHeader.Check(path);
        return hasLog && copyUnusedLog ? SqliteSnapshot.TryCopyWithLog(path, cancellationToken) : null;
    }

    private static SqliteSnapshot? TryCopyWithJournal(string path, CancellationToken cancellationToken)
    {
        using var hold = SqliteOpenFiles.TryHold(path, cancellationToken);
        return hold is null ? null : SqliteSnapshot.TryCopyWithJournal(path, cancellationToken);
    }

    /// <summary>Begins a read transaction; a lock is waited for.</summary>
    internal static void BeginRead(SqliteConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        Execute(connection, "BEGIN", database, cancellationToken);
        // The first read takes the lock, or in WAL mode the snapshot.
        Execute(connection, "SELECT 1 FROM sqlite_master LIMIT 1", database, cancellationToken);
    }

    /// <summary>Begins a transaction that may write; another writer is waited for.</summary>
    internal static void BeginWrite(SqliteConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
        => Execute(connection, "BEGIN IMMEDIATE", database, cancellationToken);

    /// <summary>Begins a transaction beside which nobody reads or writes; others' locks are waited for.</summary>
    internal static void BeginExclusive(SqliteConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
        => Execute(connection, "BEGIN EXCLUSIVE", database, cancellationToken);

    /// <summary>Commits; readers that are in the way are waited for.</summary>
    internal static void Commit(SqliteConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
        => Execute(connection, "COMMIT", database, cancellationToken);

    // The wait is ours and not SQLite's busy handler, which would not hear Ctrl+C. It is short: a writer that commits without a pause
    // leaves a reader a few milliseconds between two commits.
    private static void Execute(SqliteConnection connection, string sql, SwarmDatabase database, CancellationToken cancellationToken)
    {
        var handle = connection.Handle!;
        _ = raw.sqlite3_busy_timeout(handle, 0);
        var started = Environment.TickCount64;
        int result;
        while ((result = raw.sqlite3_exec(handle, sql)) == raw.SQLITE_BUSY
            && Environment.TickCount64 - started < SqliteErrors.LockWait.TotalMilliseconds)
        {
            cancellationToken.WaitHandle.WaitOne(1);
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(handle, result, database);
    }
}
