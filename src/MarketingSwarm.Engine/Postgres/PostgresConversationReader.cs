using System.Data;
using System.Text;
using MarketingSwarm.Engine.Conversations;
using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>Reads rows of a PostgreSQL table in the order of their ids' bytes; one statement, so all are of one moment.</summary>
internal sealed class PostgresConversationReader : IConversationReader
{
    private readonly SwarmDatabase _database;
    private readonly NpgsqlConnection _connection;
    private readonly string _table;
    private readonly ConversationFilter _filter;

    private PostgresConversationReader(SwarmDatabase database, NpgsqlConnection connection, DatabaseSchema schema, ConversationFilter filter)
    {
        _database = database;
        _connection = connection;
        _table = PostgresTable.GetQualifiedName(schema);
        _filter = filter;
    }

    /// <inheritdoc/>
    public long? ExpectedRows { get; private set; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Warnings => [];

    /// <summary>Connects and checks that the table's rows can be read unchanged.</summary>
    internal static async Task<PostgresConversationReader> OpenAsync(
        SwarmDatabase database, ConversationFilter filter, CancellationToken cancellationToken)
    {
        var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        try
        {
            var schema = await PostgresTable.ReadSourceAsync(connection, database, cancellationToken);
            var reader = new PostgresConversationReader(database, connection, schema, filter);
            await using var estimate = new NpgsqlCommand("SELECT reltuples::bigint FROM pg_class WHERE oid = $1::regclass", connection)
            {
                Parameters = { new() { Value = reader._table } },
            };
            // Good enough to show progress by; -1 until the table was analyzed.
            if (filter == ConversationFilter.All && await estimate.ExecuteScalarAsync(cancellationToken) is long and > 0 and var rows) reader.ExpectedRows = rows;
            return reader;
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<ReadResult> Read(CancellationToken cancellationToken)
    {
        using var command = CreateCommand();
        using var stop = cancellationToken.Register(command.Cancel);
        using var reader = Guard(() => command.ExecuteReader(CommandBehavior.SequentialAccess), cancellationToken);
        var builder = new ConversationBuilder();
        var isAtEnd = false;
        try
        {
            while (Guard(reader.Read, cancellationToken)) yield return Guard(() => ReadRow(reader, builder), cancellationToken);
            isAtEnd = true;
        }
        finally
        {
            // Disposing the reader would fetch the rows that nobody wants any more.
            if (!isAtEnd) command.Cancel();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private NpgsqlCommand CreateCommand()
    {
        var command = new NpgsqlCommand { Connection = _connection };
        var sql = new StringBuilder($"SELECT {ConversationTable.ColumnList} FROM {_table}");
        var conditions = new List<string>();
        AddTexts("id", _filter.Ids);
        AddTexts("status", _filter.Statuses);
        AddTexts("user_id", _filter.UserIds);
        AddTime(">=", _filter.Since);
        AddTime("<", _filter.Until);
        if (conditions.Count > 0) sql.Append(" WHERE ").AppendJoin(" AND ", conditions);
        // The table may be the application's own, whose key is ordered by the database's locale.
        sql.Append(" ORDER BY id COLLATE \"C\"");
        if (_filter.First is { } first) sql.Append(" LIMIT ").Append(AddParameter(first, NpgsqlDbType.Bigint));
        command.CommandText = sql.ToString();
        return command;

        string AddParameter(object value, NpgsqlDbType type)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = type });
            return FormattableString.Invariant($"${command.Parameters.Count}");
        }

        void AddTexts(string column, IReadOnlyList<string> values)
        {
            if (values.Count > 0) conditions.Add($"{column} = ANY ({AddParameter(values.ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)})");
        }

        void AddTime(string comparison, long? microseconds)
        {
            if (microseconds is { } value) conditions.Add($"created_at {comparison} {AddParameter(value, NpgsqlDbType.Timestamp)}");
        }
    }

    private static ReadResult ReadRow(NpgsqlDataReader reader, ConversationBuilder builder)
    {
        SwarmDataException? error = null;
        string? id = null;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var ordinal = (int)column;
            if (reader.IsDBNull(ordinal))
            {
                builder.AddNull();
            }
            else if (column == ConversationColumn.TotalCost)
            {
                builder.AddReal(reader.GetDouble(ordinal));
            }
            else if (ConversationTable.IsTimestamp(column))
            {
                // The bare 64-bit number: DateTime could not tell infinity from the end of the year 9999.
                var microseconds = reader.GetFieldValue<long>(ordinal);
                if (microseconds >= SwarmTimestamp.MinMicroseconds && microseconds <= SwarmTimestamp.MaxMicroseconds)
                {
                    builder.AddTimestamp(microseconds);
                }
                else
                {
                    builder.AddNull();
                    error ??= Errors.TimeNotRepresentable(id ?? "(no id)", column, DescribeTime(microseconds));
                }
            }
            else
            {
                var text = reader.GetFieldValue<byte[]>(ordinal);
                if (column == ConversationColumn.Id) id = Encoding.UTF8.GetString(text);
                builder.AddText(text);
            }
        }

        var row = builder.Build(rowId: null);
        return error is null ? new ReadResult(row, null) : new ReadResult(null, error);
    }

    private static string DescribeTime(long microseconds) => microseconds switch
    {
        long.MaxValue => "infinity",
        long.MinValue => "-infinity",
        _ => FormattableString.Invariant($"{microseconds} microseconds from 2000-01-01"),
    };

    private T Guard<T>(Func<T> step, CancellationToken cancellationToken)
    {
        try
        {
            return step();
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, _database);
        }
    }
}
