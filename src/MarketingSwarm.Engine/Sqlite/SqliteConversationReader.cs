using System.Text;
using System.Text.Json;
using MarketingSwarm.Engine.Conversations;
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
    private readonly SqliteSource _source;

    private SqliteConversationReader(SqliteSource source, ConversationFilter filter, long? expectedRows)
    {
        _source = source;
        _filter = filter;
        ExpectedRows = expectedRows;
    }

    /// <inheritdoc/>
    public long? ExpectedRows { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => [];

    /// <summary>Whether all rows given are of one moment; false at most where the limits allow that.</summary>
    internal bool IsConsistent => _source.IsConsistent;

    /// <summary>Opens the file and checks that it is what it should be.</summary>
    internal static SqliteConversationReader Open(
        SwarmDatabase database, ConversationFilter filter, CancellationToken cancellationToken, SqliteReadLimits? limits = null)
    {
        var source = SqliteSource.Open(database, cancellationToken, limits);
        try
        {
            // Enough to show progress by; counting would hold the lock for as long as it takes.
            return new SqliteConversationReader(source, filter, filter == ConversationFilter.All ? source.ReadGreatestRowId(cancellationToken) : null);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ReadResult> Read(CancellationToken cancellationToken)
    {
        var rows = _source.IsStable ? Stream(cancellationToken) : ReadInRanges(cancellationToken);
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
    public void Dispose() => _source.Dispose();

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
        var handle = _source.Handle;
        using var stop = cancellationToken.Register(() => raw.sqlite3_interrupt(handle));
        using var statement = Prepare(after: null);
        var builder = new ConversationBuilder();
        while (Step(statement, cancellationToken)) yield return ReadRow(statement, builder);
    }

    private IEnumerable<Conversation> ReadInRanges(CancellationToken cancellationToken)
    {
        var rows = new List<Conversation>();
        var isWhole = ReadRange(rows, after: null, cancellationToken);
        if (!isWhole && _source.TryMakeStable(cancellationToken))
        {
            rows = [];
            foreach (var row in Stream(cancellationToken)) yield return row;
            yield break;
        }

        if (!isWhole && _source.RangeKey is null) throw Errors.SqliteSnapshotImpossible(_source.Database.Path!);
        while (true)
        {
            foreach (var row in rows) yield return row;
            if (isWhole) yield break;
            var last = rows[^1];
            rows.Clear();
            isWhole = ReadRange(rows, last, cancellationToken);
        }
    }

    // Reads on until the rows or the range are used up; true at the end of the rows.
    private bool ReadRange(List<Conversation> rows, Conversation? after, CancellationToken cancellationToken)
    {
        _source.BeginRange(cancellationToken);
        try
        {
            var handle = _source.Handle;
            using var stop = cancellationToken.Register(() => raw.sqlite3_interrupt(handle));
            using var statement = Prepare(after);
            var builder = new ConversationBuilder();
            var bytes = 0L;
            while (Step(statement, cancellationToken))
            {
                var row = ReadRow(statement, builder);
                rows.Add(row);
                bytes += row.Size;
                if (_source.IsRangeSpent(bytes)) return false;
            }

            return true;
        }
        finally
        {
            _source.EndRange();
        }
    }

    private static bool Step(SqliteStatement statement, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return statement.Step();
    }

    private Conversation ReadRow(SqliteStatement statement, ConversationBuilder builder)
        => statement.ReadConversation(builder, firstIndex: 1, _source.HasRowId ? statement.GetInteger(0) : null);

    private static void BindKey(SqliteStatement statement, int index, Conversation row)
    {
        if (row.RowId is { } rowId) statement.Bind(index, rowId);
        else statement.Bind(index, row.GetCell(ConversationColumn.Id));
    }

    private SqliteStatement Prepare(Conversation? after)
    {
        var rowId = _source.HasRowId ? "rowid" : "NULL";
        var sql = new StringBuilder($"SELECT {rowId}, {ConversationTable.ColumnList} FROM {ConversationTable.Name}");
        var conditions = new List<string>();
        var bindings = new List<Action<SqliteStatement>>();
        AddTexts("id", _filter.Ids);
        AddTexts("status", _filter.Statuses);
        AddTexts("user_id", _filter.UserIds);
        if (after is not null) conditions.Add($"{_source.RangeKey} > {AddParameter((statement, index) => BindKey(statement, index, after))}");
        if (conditions.Count > 0) sql.Append(" WHERE ").AppendJoin(" AND ", conditions);
        if (_source.RangeKey is { } key) sql.Append(" ORDER BY ").Append(key);
        // A time is decoded after reading, so that rows left out for it cannot be counted by SQL.
        if (_filter is { First: { } first, HasTime: false }) sql.Append(" LIMIT ").Append(AddParameter((statement, index) => statement.Bind(index, first)));

        var prepared = _source.Prepare(sql.ToString());
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
