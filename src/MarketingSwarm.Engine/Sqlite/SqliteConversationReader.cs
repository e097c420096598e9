using System.Text;
using System.Text.Json;
using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Schemas;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   Reads rows of a SQLite file in the order of their rowids, as they are stored, all of one moment, without making the application
///   wait: in WAL mode a reader blocks nobody; in rollback-journal mode the lock is held for a quarter of a second at a time.
/// </summary>
/// <remarks>
///   In rollback-journal mode what fits into the first burst is read at once. More is read from a snapshot; where none can be made in
///   time, in bursts between which nobody may have written, or the read fails.
/// </remarks>
internal sealed class SqliteConversationReader : IConversationReader
{
    private readonly ConversationFilter _filter;
    private readonly bool _hasRowId;
    private readonly bool _isWal;
    private readonly SqliteReadLimits _limits;
    private SwarmDatabase _database;
    private SqliteConnection _connection;
    private SqliteSnapshot? _snapshot;

    private SqliteConversationReader(
        SwarmDatabase database, SqliteConnection connection, DatabaseSchema schema, ConversationFilter filter, SqliteReadLimits limits)
    {
        _limits = limits;
        _database = database;
        _connection = connection;
        _filter = filter;
        _hasRowId = !schema.IsWithoutRowId;
        _isWal = SqliteTable.GetJournalMode(connection) == "wal";
        if (filter != ConversationFilter.All || !_hasRowId) return;
        // Enough to show progress by; counting would hold the lock for as long as it takes.
        using var greatest = connection.CreateCommand();
        greatest.CommandText = $"SELECT max(rowid) FROM {ConversationTable.Name}";
        ExpectedRows = greatest.ExecuteScalar() as long?;
    }

    /// <inheritdoc/>
    public long? ExpectedRows { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => [];

    /// <summary>Opens the file and checks that it is what it should be.</summary>
    internal static SqliteConversationReader Open(
        SwarmDatabase database, ConversationFilter filter, CancellationToken cancellationToken, SqliteReadLimits? limits = null)
    {
        var connection = SqliteConnector.OpenRead(database, cancellationToken);
        try
        {
            SqliteTable.CheckEncoding(connection, database);
            var schema = SqliteSchemaReader.Read(connection, database, countRows: false);
            SchemaCompatibility.CheckSource(schema);
            var reader = new SqliteConversationReader(database, connection, schema, filter, limits ?? new SqliteReadLimits());
            // Whoever opened the reader may first ask the user something.
            if (!reader._isWal) reader.EndTransaction();
            return reader;
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw SqliteErrors.Translate(exception, database);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ReadResult> Read(CancellationToken cancellationToken)
    {
        var rows = _isWal ? Stream(cancellationToken) : ReadInBursts(cancellationToken);
        var left = _filter.First ?? long.MaxValue;
        foreach (var row in rows)
        {
            if (left == 0) yield break;
            if (Judge(row) is not { } result) continue;
            if (result.Row is not null) left--;
            yield return result;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _connection.Dispose();
        _snapshot?.Dispose();
    }

    private ReadResult? Judge(Conversation row)
    {
        try
        {
            return _filter.MatchesTime(row) ? new ReadResult(row, null) : null;
        }
        catch (SwarmDataException undecodable)
        {
            return new ReadResult(null, undecodable);
        }
    }

    private IEnumerable<Conversation> Stream(CancellationToken cancellationToken)
    {
        var handle = _connection.Handle!;
        using var stop = cancellationToken.Register(() => raw.sqlite3_interrupt(handle));
        using var statement = Prepare(afterRowId: null);
        var builder = new ConversationBuilder();
        while (Step(statement, cancellationToken)) yield return ReadRow(statement, builder);
    }

    private IEnumerable<Conversation> ReadInBursts(CancellationToken cancellationToken)
    {
        var rows = new List<Conversation>();
        SqliteConnector.BeginRead(_connection, _database, cancellationToken);
        var version = GetDataVersion();
        var isWhole = ReadBurst(rows, afterRowId: null, cancellationToken);
        if (!isWhole && TryMoveToSnapshot(cancellationToken))
        {
            rows = [];
            foreach (var row in Stream(cancellationToken)) yield return row;
            yield break;
        }

        while (true)
        {
            foreach (var row in rows) yield return row;
            if (isWhole) yield break;
            var last = rows[^1].RowId;
            rows.Clear();
            SqliteConnector.BeginRead(_connection, _database, cancellationToken);
            if (GetDataVersion() != version) throw Errors.SqliteChangedWhileRead(_database.Path!);
            isWhole = ReadBurst(rows, last, cancellationToken);
        }
    }

    // Reads on until the rows, the time or the memory of one burst are used up, and gives the lock back; true at the end of the rows.
    private bool ReadBurst(List<Conversation> rows, long? afterRowId, CancellationToken cancellationToken)
    {
        var handle = _connection.Handle!;
        using (cancellationToken.Register(() => raw.sqlite3_interrupt(handle)))
        using (var statement = Prepare(afterRowId))
        {
            var builder = new ConversationBuilder();
            var started = Environment.TickCount64;
            var bytes = 0L;
            while (Step(statement, cancellationToken))
            {
                var row = ReadRow(statement, builder);
                rows.Add(row);
                bytes += row.Size;
                if (bytes < _limits.BurstLength && Environment.TickCount64 - started < _limits.BurstTime.TotalMilliseconds) continue;
                EndTransaction();
                return false;
            }
        }

        EndTransaction();
        return true;
    }

    private bool TryMoveToSnapshot(CancellationToken cancellationToken)
    {
        _snapshot = SqliteSnapshot.TryCreate(_connection.Handle!, _database, _limits.SnapshotLength, cancellationToken);
        if (_snapshot is null) return _hasRowId ? false : throw Errors.SqliteSnapshotImpossible(_database.Path!);
        _connection.Dispose();
        _database = _snapshot.Database;
        _connection = SqliteConnector.OpenRead(_database, cancellationToken);
        return true;
    }

    private void EndTransaction() => _ = raw.sqlite3_exec(_connection.Handle!, "COMMIT");

    // Changes when another connection has committed (https://www.sqlite.org/pragma.html#pragma_data_version).
    private long GetDataVersion()
    {
        using var statement = new SqliteStatement(_connection.Handle!, "PRAGMA data_version", _database);
        statement.Step();
        return statement.GetInteger(0);
    }

    private static bool Step(SqliteStatement statement, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return statement.Step();
    }

    private Conversation ReadRow(SqliteStatement statement, ConversationBuilder builder)
        => statement.ReadConversation(builder, firstIndex: 1, _hasRowId ? statement.GetInteger(0) : null);

    private SqliteStatement Prepare(long? afterRowId)
    {
        var rowId = _hasRowId ? "rowid" : "NULL";
        var sql = new StringBuilder($"SELECT {rowId}, {ConversationTable.ColumnList} FROM {ConversationTable.Name}");
        var conditions = new List<string>();
        var bindings = new List<Action<SqliteStatement>>();
        AddTexts("id", _filter.Ids);
        AddTexts("status", _filter.Statuses);
        AddTexts("user_id", _filter.UserIds);
        if (afterRowId is { } after) conditions.Add($"rowid > {AddParameter((statement, index) => statement.Bind(index, after))}");
        if (conditions.Count > 0) sql.Append(" WHERE ").AppendJoin(" AND ", conditions);
        if (_hasRowId) sql.Append(" ORDER BY rowid");
        // A time is decoded after reading, so that rows left out for it cannot be counted by SQL.
        if (_filter is { First: { } first, HasTime: false }) sql.Append(" LIMIT ").Append(AddParameter((statement, index) => statement.Bind(index, first)));

        var prepared = new SqliteStatement(_connection.Handle!, sql.ToString(), _database);
        foreach (var bind in bindings) bind(prepared);
        return prepared;

        string AddParameter(Action<SqliteStatement, int> bind)
        {
            var index = bindings.Count + 1;
            bindings.Add(statement => bind(statement, index));
            return FormattableString.Invariant($"?{index}");
        }

        void AddTexts(string column, IReadOnlyList<string> values)
        {
            // One parameter however many values: SQLite allows 32,766 parameters.
            if (values.Count > 0) conditions.Add($"{column} IN (SELECT value FROM json_each({AddParameter((statement, index) => statement.Bind(index, JsonSerializer.Serialize(values)))}))");
        }
    }
}

/// <summary>How long a reader may make the application wait, and what it may copy, where the file is in rollback-journal mode.</summary>
internal sealed record SqliteReadLimits
{
    /// <summary>The longest that one burst holds its lock.</summary>
    internal TimeSpan BurstTime { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The bytes of rows that one burst keeps in memory.</summary>
    internal long BurstLength { get; init; } = 8L << 20;

    /// <summary>The largest file that is copied: VACUUM INTO copied 423 MB in about 1.1 s with a writer beside it.</summary>
    internal long SnapshotLength { get; init; } = 768L << 20;
}
