using System.Diagnostics;
using System.Security.Cryptography;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Backups;

/// <summary>A SQLite file about to be backed up: opened read-only, looked at, and, unless it is the state at a fence, not locked yet.</summary>
/// <remarks>
///   In WAL mode, and where the file is read from a private copy (see <see cref="SqliteConnector.OpenRead(SwarmDatabase, CancellationToken)"/>),
///   nobody waits. In rollback-journal mode the copy holds the shared lock for a limited time, or is not made.
/// </remarks>
internal sealed class SqliteBackup : IDisposable
{
    private const string Extension = ".db";

    // A row that violates what its table asks for, and a cell that its column's type would have changed, are in the source as well.
    private static readonly string[] HarmlessFindings = ["NUMERIC value in ", "TEXT value in ", "NULL value in ", "CHECK constraint failed in "];

    private readonly SwarmDatabase _database;
    private readonly SqliteConnection _connection;
    private readonly bool _ownsConnection;
    private readonly bool _isHeld;
    private BackupFile? _file;
    private long _started;
    private TimeSpan _lockTime;

    private SqliteBackup(SwarmDatabase database, SqliteConnection connection, bool ownsConnection, bool isCopy, bool isHeld)
    {
        _database = database;
        _connection = connection;
        _ownsConnection = ownsConnection;
        _isHeld = isHeld;
        IsStable = isCopy || SqliteTable.GetJournalMode(connection) == "wal";
        Length = ReadNumber("page_count") * ReadNumber("page_size");
        TakenAt = DateTime.UtcNow;
    }

    /// <summary>The bytes to copy.</summary>
    internal long Length { get; }

    /// <summary>Whether the copying makes no writer wait, however long it takes.</summary>
    internal bool IsStable { get; }

    /// <summary>The moment whose content is copied, in UTC.</summary>
    internal DateTime TakenAt { get; private set; }

    /// <summary>Opens a file to back it up later, as it will be then.</summary>
    /// <exception cref="SwarmDatabaseException">The file is missing, not a database, cut off, damaged or locked, or it has no such table.</exception>
    internal static SqliteBackup Open(SwarmDatabase database, CancellationToken cancellationToken)
    {
        var backup = OpenHeld(database, isHeld: false, cancellationToken);
        backup.Execute("COMMIT");
        return backup;
    }

    /// <summary>Opens a file to back it up as it is now: its read transaction stays open until it is disposed.</summary>
    /// <inheritdoc cref="Open" path="/exception"/>
    internal static SqliteBackup OpenNow(SwarmDatabase database, CancellationToken cancellationToken) => OpenHeld(database, isHeld: true, cancellationToken);

    /// <summary>Backs up what a connection sees that keeps all others away; the connection is not disposed.</summary>
    internal static SqliteBackup Of(SwarmDatabase database, SqliteConnection connection) => new(database, connection, ownsConnection: false, isCopy: true, isHeld: true);

    /// <summary>Makes the backup.</summary>
    /// <param name="folder">Its folder; made where its own folder exists.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="longest">The longest that a writer may wait; <see langword="null"/> where somebody else sees to that.</param>
    /// <param name="report">Told the bytes copied so far and the bytes in all.</param>
    /// <param name="cancellationToken">Stops the work; then nothing is left.</param>
    /// <exception cref="SwarmDatabaseException">It takes too long, there is no room, or the copy is not sound. Nothing is left then.</exception>
    internal DatabaseBackup Complete(string folder, BackupPurpose purpose, TimeSpan? longest, Action<long, long>? report, CancellationToken cancellationToken)
    {
        try
        {
            Copy(folder, longest, report, cancellationToken);
            return Finish(purpose, cancellationToken);
        }
        finally
        {
            _file?.Dispose();
        }
    }

    /// <summary>The part of <see cref="Complete"/> that reads the source.</summary>
    internal void Copy(string folder, TimeSpan? longest, Action<long, long>? report, CancellationToken cancellationToken)
    {
        _started = Stopwatch.GetTimestamp();
        _file = BackupFile.Create(folder, Length);
        using var target = SqliteConnector.OpenWrite(Part, create: true, cancellationToken);
        // Nobody's file until it is complete: no journal, and one wait for the disk in the end.
        _ = raw.sqlite3_exec(target.Handle!, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE");
        if (!_isHeld) SqliteConnector.BeginRead(_connection, _database, cancellationToken);
        var locked = Stopwatch.GetTimestamp();
        try
        {
            if (!_isHeld) TakenAt = DateTime.UtcNow;
            var result = SqlitePages.Copy(_connection.Handle!, target.Handle!, IsStable ? null : longest, report, cancellationToken);
            switch (result)
            {
                case raw.SQLITE_OK: break;
                case raw.SQLITE_INTERRUPT: throw Errors.BackupTakesTooLong(_database.Path!, Length, longest!.Value);
                case raw.SQLITE_FULL: throw Errors.BackupDiskFull(folder);
                case raw.SQLITE_CANTOPEN: throw Errors.BackupNotWritten(folder, raw.sqlite3_errmsg(target.Handle!).utf8_to_string(), new IOException());
                default: throw SqliteErrors.FromHandle(target.Handle!, result, _database);
            }

            if (!IsStable) _lockTime = Stopwatch.GetElapsedTime(locked);
        }
        finally
        {
            if (!_isHeld) Execute("COMMIT");
        }
    }

    /// <summary>The part of <see cref="Complete"/> that reads the copy alone.</summary>
    internal DatabaseBackup Finish(BackupPurpose purpose, CancellationToken cancellationToken)
    {
        var manifest = TestOpen(BackupStore.Begin(_database, purpose, TakenAt), cancellationToken);
        var (path, complete) = _file!.Complete(manifest, BackupStore.GetName(_database), Extension, cancellationToken);
        return BackupStore.Describe(path, complete, _lockTime, Stopwatch.GetElapsedTime(_started));
    }

    /// <summary>Ends a held read transaction, so that the source is free.</summary>
    internal void Release() => Execute("COMMIT");

    public void Dispose()
    {
        if (_ownsConnection) _connection.Dispose();
        _file?.Dispose();
    }

    private SwarmDatabase Part => new(DatabaseEngine.Sqlite) { Path = _file!.PartPath };

    private static SqliteBackup OpenHeld(SwarmDatabase database, bool isHeld, CancellationToken cancellationToken)
    {
        var connection = SqliteConnector.OpenRead(database, cancellationToken, out var isCopy);
        try
        {
            if (CountRows(connection, database, limit: 0) is null) throw Errors.SqliteTableNotFound(database);
            return new SqliteBackup(database, connection, ownsConnection: true, isCopy, isHeld);
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw SqliteErrors.Translate(exception, database);
        }
    }

    // Opens the copy as a restore would, and reads every page of it.
    private BackupManifest TestOpen(BackupManifest manifest, CancellationToken cancellationToken)
    {
        using var connection = SqliteConnector.OpenUnchanging(Part, cancellationToken);
        using (cancellationToken.Register(() => raw.sqlite3_interrupt(connection.Handle!)))
        {
            using (var check = new SqliteStatement(connection.Handle!, "PRAGMA integrity_check", _database, SqliteTable.ReadEncoding(connection)))
            {
                while (check.Step())
                {
                    var finding = System.Text.Encoding.UTF8.GetString(check.GetText(0));
                    if (finding != "ok" && !HarmlessFindings.Any(start => finding.StartsWith(start, StringComparison.Ordinal))) throw Errors.BackupNotSound(_database.Path!, finding);
                }
            }

            return manifest with
            {
                Rows = CountRows(connection, _database),
                SchemaSha256 = HashSchema(connection),
                EngineVersion = raw.sqlite3_libversion().utf8_to_string(),
            };
        }
    }

    /// <summary>The rows of the table; <see langword="null"/> where there is none.</summary>
    internal static long? CountRows(SqliteConnection connection, SwarmDatabase database, int limit = -1)
    {
        using (var table = new SqliteStatement(connection.Handle!, $"SELECT 1 FROM sqlite_master WHERE type IN ('table', 'view') AND lower(name) = '{ConversationTable.Name}'", database))
        {
            if (!table.Step()) return null;
        }

        using var count = new SqliteStatement(connection.Handle!, FormattableString.Invariant($"SELECT count(*) FROM (SELECT 1 FROM {ConversationTable.Name} LIMIT {limit})"), database);
        count.Step();
        return count.GetInteger(0);
    }

    // Every statement of the schema in an order of its own, each part ended by a NUL, which none has.
    private string HashSchema(SqliteConnection connection)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var schema = new SqliteStatement(connection.Handle!, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY type, name", _database, SqliteTable.ReadEncoding(connection));
        while (schema.Step())
        {
            for (var i = 0; i < 4; i++)
            {
                hash.AppendData(schema.GetText(i));
                hash.AppendData([0]);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private long ReadNumber(string pragma)
    {
        using var statement = new SqliteStatement(_connection.Handle!, $"PRAGMA {pragma}", _database);
        statement.Step();
        return statement.GetInteger(0);
    }

    private void Execute(string sql) => _ = raw.sqlite3_exec(_connection.Handle!, sql);
}
