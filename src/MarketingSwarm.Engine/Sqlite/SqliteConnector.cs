using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>Opens SQLite files, after looking whether they are what they should be.</summary>
internal static class SqliteConnector
{
    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>
    ///   Opens a file for reading and begins a read transaction, so that everything read is of one moment. SQLite is told to open it
    ///   read-only: nothing here can change the file.
    /// </summary>
    /// <exception cref="SwarmDatabaseException">The file is missing, not a database, cut off, damaged or locked.</exception>
    internal static SqliteConnection OpenRead(SwarmDatabase database, CancellationToken cancellationToken)
    {
        CheckFile(database.Path!);
        var connection = Open(database, SqliteOpenMode.ReadOnly);
        try
        {
            BeginRead(connection, database, cancellationToken);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file for writing; no transaction is begun. With <paramref name="create"/> a missing or empty file becomes a new database.</summary>
    /// <exception cref="SwarmDatabaseException">As <see cref="OpenRead"/>, or the file cannot be written.</exception>
    internal static SqliteConnection OpenWrite(SwarmDatabase database, bool create)
    {
        if (database.IsReadOnly) throw Errors.SqliteNamedReadOnly(database);
        if (!create || File.Exists(database.Path)) CheckFile(database.Path!);
        else if (Directory.Exists(database.Path)) throw Errors.SqliteFileIsFolder(database.Path!);
        else if (File.Exists(database.Path + "-wal")) throw Errors.SqliteWalWithoutFile(database.Path!);
        return Open(database, create ? SqliteOpenMode.ReadWriteCreate : SqliteOpenMode.ReadWrite);
    }

    private static SqliteConnection Open(SwarmDatabase database, SqliteOpenMode mode)
    {
        var settings = new SqliteConnectionStringBuilder
        {
            DataSource = database.Path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = (int)SqliteErrors.LockWait.TotalSeconds,
        };
        var connection = new SqliteConnection(settings.ConnectionString);
        try
        {
            connection.Open();
            return connection;
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw SqliteErrors.Translate(exception, database);
        }
    }

    private static void CheckFile(string path)
    {
        if (Directory.Exists(path)) throw Errors.SqliteFileIsFolder(path);
        if (!File.Exists(path)) throw File.Exists(path + "-wal") ? Errors.SqliteWalWithoutFile(path) : Errors.SqliteFileNotFound(path);

        Span<byte> header = stackalloc byte[16];
        int read;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            read = file.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.SqliteNotOpened(path, exception.Message, exception);
        }

        // An empty file is an empty database to SQLite.
        if (read != 0 && !header[..read].SequenceEqual(Magic)) throw Errors.NotASqliteFile(path);
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

    // The wait is ours and not SQLite's busy handler, which would not hear Ctrl+C.
    private static void Execute(SqliteConnection connection, string sql, SwarmDatabase database, CancellationToken cancellationToken)
    {
        var handle = connection.Handle!;
        _ = raw.sqlite3_busy_timeout(handle, 0);
        var started = Environment.TickCount64;
        int result;
        while ((result = raw.sqlite3_exec(handle, sql)) == raw.SQLITE_BUSY
            && Environment.TickCount64 - started < SqliteErrors.LockWait.TotalMilliseconds)
        {
            cancellationToken.WaitHandle.WaitOne(20);
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(handle, result, database);
    }
}
