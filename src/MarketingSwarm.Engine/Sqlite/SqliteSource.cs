using System.Diagnostics;
using MarketingSwarm.Engine.Schemas;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   A SQLite file open for reading its table, as far as possible as it was at one moment, without making the application wait for long.
/// </summary>
/// <remarks>
///   Where <see cref="IsStable"/>, everything read is of one moment, however long it takes. Elsewhere (rollback-journal mode) a reader makes
///   writers wait: it reads between <see cref="BeginRange"/> and <see cref="EndRange"/>, until <see cref="IsRangeSpent"/>, or asks
///   for a copy by <see cref="TryMakeStable"/>. Statements are disposed before <see cref="EndRange"/> and before <see cref="TryMakeStable"/>.
/// </remarks>
internal sealed class SqliteSource : IDisposable
{
    private readonly SqliteReadLimits _limits;
    private readonly long _schemaVersion;
    private SqliteConnection _connection;
    private SqliteSnapshot? _snapshot;
    private long? _dataVersion;
    private long _rangeStarted;
    private long _lockedSince;

    private SqliteSource(SwarmDatabase database, SqliteConnection connection, bool isCopy, SqliteReadLimits limits)
    {
        Database = database;
        _connection = connection;
        _limits = limits;
        Encoding = SqliteTable.ReadEncoding(connection);
        Schema = SqliteSchemaReader.Read(connection, database, countRows: false);
        JournalMode = SqliteTable.GetJournalMode(connection);
        IsStable = isCopy || JournalMode == "wal";
        RangeKey = FindRangeKey(Schema);
        _schemaVersion = ReadNumber("schema_version");
    }

    /// <summary>The file that was named; what is read may be a copy of it.</summary>
    internal SwarmDatabase Database { get; }

    /// <summary>The table, found to give its rows away whole.</summary>
    internal DatabaseSchema Schema { get; }

    /// <summary>How the file stores text: <c>UTF-8</c>, <c>UTF-16le</c> or <c>UTF-16be</c>.</summary>
    internal string Encoding { get; }

    /// <summary>The file's journal mode: <c>wal</c>, <c>delete</c> and others.</summary>
    internal string JournalMode { get; }

    /// <summary>Whether the table has a rowid to order its rows by.</summary>
    internal bool HasRowId => !Schema.IsWithoutRowId;

    /// <summary>
    ///   The column that orders the rows and after whose value the next range begins: the rowid, or <c>id</c> where that alone is the
    ///   primary key of a table without one. <see langword="null"/> where the table is read at once or not at all.
    /// </summary>
    internal string? RangeKey { get; }

    /// <summary>Whether there is a <see cref="RangeKey"/> and its order is that of rowids or of the keys' bytes.</summary>
    internal bool HasBinaryRangeKey => RangeKey is not null && (HasRowId || Schema.FindColumn(RangeKey)?.Collation is null);

    /// <summary>The open connection; another one after <see cref="TryMakeStable"/>.</summary>
    internal sqlite3 Handle => _connection.Handle!;

    /// <summary>Whether all is of one moment and can be read as long and as often as one likes: a read transaction in WAL mode, or a private copy.</summary>
    internal bool IsStable { get; private set; }

    /// <summary>Whether all that was read is of one moment: nobody has written between two ranges.</summary>
    internal bool IsConsistent { get; private set; } = true;

    /// <summary>The longest that writers were locked out at a stretch; zero where a reader locks nobody out.</summary>
    internal TimeSpan LongestLock { get; private set; }

    /// <summary>Opens the file and checks that it is what it should be. Unless <see cref="IsStable"/>, nothing is locked then.</summary>
    /// <exception cref="SwarmDatabaseException">The file is missing, not a database, cut off, damaged or locked, or it has no such table.</exception>
    /// <exception cref="SwarmSchemaException">The table cannot be read whole.</exception>
    internal static SqliteSource Open(SwarmDatabase database, CancellationToken cancellationToken, SqliteReadLimits? limits = null)
    {
        var connection = SqliteConnector.OpenRead(database, cancellationToken, out var isCopy);
        try
        {
            var source = new SqliteSource(database, connection, isCopy, limits ?? new SqliteReadLimits());
            SchemaCompatibility.CheckSource(source.Schema);
            // Whoever opened the source may first ask the user something.
            source.EndRange();
            return source;
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw SqliteErrors.Translate(exception, database);
        }
    }

    /// <summary>Prepares a statement that reads text in the file's encoding.</summary>
    internal SqliteStatement Prepare(string sql) => new(Handle, sql, Database, Encoding);

    /// <summary>Takes the lock under which some rows are read; another's is waited for. Nothing where <see cref="IsStable"/>.</summary>
    /// <exception cref="SwarmDatabaseException">The file is locked for too long, or somebody has written since the last range and that was not allowed.</exception>
    internal void BeginRange(CancellationToken cancellationToken)
    {
        if (IsStable) return;
        SqliteConnector.BeginRead(_connection, Database, cancellationToken);
        _lockedSince = Stopwatch.GetTimestamp();
        try
        {
            // Changes when another connection has committed (https://www.sqlite.org/pragma.html#pragma_data_version).
            var version = ReadNumber("data_version");
            var isChanged = _dataVersion is { } known && known != version;
            if (isChanged && !_limits.AllowsInconsistent) throw Errors.SqliteChangedWhileRead(Database.Path!);
            // Changes with the schema, and when the file is vacuumed, which may number the rows anew.
            if (ReadNumber("schema_version") != _schemaVersion) throw Errors.SqliteTableChangedWhileRead(Database.Path!);
            if (isChanged) IsConsistent = false;
            _dataVersion = version;
            _rangeStarted = Stopwatch.GetTimestamp();
        }
        catch
        {
            EndRange();
            throw;
        }
    }

    /// <summary>Whether a range that has read so many bytes should give its lock back.</summary>
    internal bool IsRangeSpent(long bytes)
        => !IsStable && (bytes >= _limits.BurstLength || Stopwatch.GetElapsedTime(_rangeStarted) >= _limits.BurstTime);

    /// <summary>Gives the lock back. Nothing where <see cref="IsStable"/>.</summary>
    internal void EndRange()
    {
        if (IsStable) return;
        _ = raw.sqlite3_exec(Handle, "COMMIT");
        NoteLock();
    }

    /// <summary>
    ///   Moves to a private copy of one moment, unless that would take too long or there is no room for it. What was read before may be
    ///   of another moment, and is read again.
    /// </summary>
    internal bool TryMakeStable(CancellationToken cancellationToken)
    {
        if (IsStable) return true;
        if (_limits.SnapshotTime == TimeSpan.Zero) return false;
        var (length, readRate) = Measure(cancellationToken);
        _lockedSince = Stopwatch.GetTimestamp();
        _snapshot = SqliteSnapshot.TryCreate(Handle, Database, length, readRate, _limits.SnapshotTime, cancellationToken);
        NoteLock();
        if (_snapshot is null) return false;
        var copy = SqliteConnector.OpenRead(_snapshot.Database, cancellationToken, out _);
        _connection.Dispose();
        _connection = copy;
        IsStable = true;
        IsConsistent = true;
        return true;
    }

    /// <summary>The greatest rowid, which bounds the number of rows without counting them; <see langword="null"/> where there is none.</summary>
    internal long? ReadGreatestRowId(CancellationToken cancellationToken)
    {
        if (!HasRowId) return null;
        if (!IsStable) SqliteConnector.BeginRead(_connection, Database, cancellationToken);
        try
        {
            using var greatest = Prepare($"SELECT rowid FROM {ConversationTable.Name} ORDER BY rowid DESC LIMIT 1");
            return greatest.Step() ? greatest.GetInteger(0) : null;
        }
        finally
        {
            EndRange();
        }
    }

    public void Dispose()
    {
        _connection.Dispose();
        _snapshot?.Dispose();
    }

    private void NoteLock()
    {
        if (_lockedSince == 0) return;
        var locked = Stopwatch.GetElapsedTime(_lockedSince);
        _lockedSince = 0;
        if (locked > LongestLock) LongestLock = locked;
    }

    private static string? FindRangeKey(DatabaseSchema schema)
    {
        if (!schema.IsWithoutRowId) return "rowid";
        var id = ConversationTable.NameOf(ConversationColumn.Id);
        // ORDER BY and > follow the column's collation; the rows are stored in the key's.
        return schema.Indexes.FirstOrDefault(index => index.IsPrimaryKey)?.Keys is [{ Column: { } column } key]
            && schema.NameComparer.Equals(column, id)
            && string.Equals(key.Collation, schema.FindColumn(id)?.Collation, StringComparison.OrdinalIgnoreCase)
            && key.Collation?.ToUpperInvariant() is null or "NOCASE" or "RTRIM"
                ? id
                : null;
    }

    // The bytes in use and how many are read a second: one range is read and forgotten, or the whole table where it is smaller.
    private (long Length, double ReadRate) Measure(CancellationToken cancellationToken)
    {
        SqliteConnector.BeginRead(_connection, Database, cancellationToken);
        try
        {
            _rangeStarted = Stopwatch.GetTimestamp();
            var length = (ReadNumber("page_count") - ReadNumber("freelist_count")) * ReadNumber("page_size");
            using var statement = Prepare($"SELECT {ConversationTable.ColumnList} FROM {ConversationTable.Name}");
            var bytes = 1L;
            while (!IsRangeSpent(bytes) && statement.Step())
            {
                for (var i = 0; i < ConversationTable.ColumnCount; i++) bytes += statement.GetBlob(i).Length;
            }

            return (length, bytes / Stopwatch.GetElapsedTime(_rangeStarted).TotalSeconds);
        }
        finally
        {
            EndRange();
        }
    }

    private long ReadNumber(string pragma)
    {
        using var statement = Prepare($"PRAGMA {pragma}");
        statement.Step();
        return statement.GetInteger(0);
    }
}
