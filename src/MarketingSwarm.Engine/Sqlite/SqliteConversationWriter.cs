using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Schemas;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   Loads rows into a SQLite table, all in one transaction. Each cell is bound with its own storage class and read back: a column
///   whose affinity would change it is an error.
/// </summary>
internal sealed class SqliteConversationWriter : IConversationWriter
{
    private static readonly string[] Parameters = [.. Enumerable.Range(1, ConversationTable.ColumnCount).Select(i => FormattableString.Invariant($"?{i}"))];

    private readonly SwarmDatabase _database;
    private readonly DatabaseSchema _schema;
    private readonly ConflictAction _onConflict;
    private readonly SqliteConnection _connection;
    private readonly SqliteStatement _insert;
    private readonly SqliteStatement _update;
    private readonly SqliteStatement _select;
    private readonly SqliteStatement _selectInserted;
    private readonly SqliteStatement _remember;
    private readonly ConversationBuilder _builder = new();
    private readonly long _rowsBefore;
    private WriteCounts _counts;

    private SqliteConversationWriter(SwarmDatabase database, SqliteConnection connection, DatabaseSchema schema, ConflictAction onConflict)
    {
        _database = database;
        _connection = connection;
        _schema = schema;
        _onConflict = onConflict;
        var handle = connection.Handle!;
        var columns = ConversationTable.ColumnNames;
        // OR ABORT: a conflict clause in the table's own DDL (ON CONFLICT REPLACE, say) would overwrite rows or leave them out.
        _insert = new(handle, $"INSERT OR ABORT INTO {ConversationTable.Name} ({ConversationTable.ColumnList}) VALUES ({string.Join(", ", Parameters)})", database);
        _update = new(handle, $"UPDATE OR ABORT {ConversationTable.Name} SET {string.Join(", ", columns.Skip(1).Select((name, i) => $"{name} = {Parameters[i + 1]}"))} WHERE id IS ?1", database);
        _select = new(handle, $"SELECT {ConversationTable.ColumnList} FROM {ConversationTable.Name} WHERE id IS ?1", database);
        // A key that is NULL does not tell its row from another.
        _selectInserted = new(
            handle, $"SELECT {ConversationTable.ColumnList} FROM {ConversationTable.Name} WHERE {(schema.IsWithoutRowId ? "id IS ?1" : "rowid = ?1")}", database);
        _remember = new(handle, "INSERT INTO temp.swarm_import (id) VALUES (?1)", database);
        _rowsBefore = CountRows();
    }

    /// <summary>Opens the file, checks the table and begins the transaction.</summary>
    internal static SqliteConversationWriter Open(SwarmDatabase database, ConflictAction onConflict, CancellationToken cancellationToken)
    {
        var connection = SqliteConnector.OpenWrite(database, create: false, cancellationToken);
        try
        {
            SqliteTable.CheckEncoding(connection, database);
            var schema = SqliteSchemaReader.Read(connection, database, countRows: false);
            SchemaCompatibility.CheckTarget(schema);
            if (schema.Triggers.Count > 0) throw Errors.TargetHasTriggers(schema);
            // The ids of this import: a second row of one id leaves no way to tell which is meant. A primary key of SQLite allows NULL.
            Execute(connection, "CREATE TEMPORARY TABLE swarm_import (id PRIMARY KEY)");
            SqliteConnector.BeginWrite(connection, database, cancellationToken);
            return new SqliteConversationWriter(database, connection, schema, onConflict);
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw SqliteErrors.Translate(exception, database);
        }
    }

    /// <summary>Opens a temporary database with the same table, empty, in which a load can be tried.</summary>
    internal static SqliteConversationWriter OpenRehearsal(SwarmDatabase database, CancellationToken cancellationToken)
    {
        DatabaseSchema schema;
        using (var source = SqliteConnector.OpenRead(database, cancellationToken))
        {
            SqliteTable.CheckEncoding(source, database);
            schema = SqliteSchemaReader.Read(source, database, countRows: false);
            SchemaCompatibility.CheckTarget(schema);
            if (schema.Triggers.Count > 0) throw Errors.TargetHasTriggers(schema);
        }

        // A database without a name is a temporary file that SQLite deletes.
        var connection = new SqliteConnection("Data Source=;Pooling=False");
        try
        {
            connection.Open();
            Execute(connection, schema.Definition!);
            Execute(connection, "CREATE TEMPORARY TABLE swarm_import (id PRIMARY KEY)");
            Execute(connection, "BEGIN");
            return new SqliteConversationWriter(database, connection, schema, ConflictAction.Fail);
        }
        catch (Exception exception)
        {
            connection.Dispose();
            throw SqliteErrors.Translate(exception, database);
        }
    }

    /// <inheritdoc/>
    public void Write(Conversation row, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            WriteRow(row);
        }
        catch (SwarmDatabaseException refused) when (refused.Failure == SwarmDatabaseFailure.ConstraintViolated)
        {
            throw Errors.ConstraintViolated(row.ToString(), refused.Message, _database, null, refused);
        }
    }

    /// <inheritdoc/>
    public Task<WriteCounts> CommitAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            if (CountRows() is var rows && rows != _rowsBefore + _counts.Inserted) throw Errors.RowsMissingAfterLoad(_database, _rowsBefore + _counts.Inserted, rows);
            SqliteConnector.Commit(_connection, _database, cancellationToken);
        }
        catch (SqliteException exception)
        {
            throw SqliteErrors.Translate(exception, _database);
        }

        return Task.FromResult(_counts);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var statement in (SqliteStatement[])[_insert, _update, _select, _selectInserted, _remember]) statement.Dispose();
        // Closing rolls an open transaction back.
        _connection.Dispose();
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private long CountRows()
    {
        using var count = new SqliteStatement(_connection.Handle!, $"SELECT count(*) FROM {ConversationTable.Name}", _database);
        count.Step();
        return count.GetInteger(0);
    }

    private void WriteRow(Conversation row)
    {
        var id = row.GetCell(ConversationColumn.Id);
        _remember.Bind(1, id);
        if (!_remember.TryExecute()) throw Errors.DuplicateId(row.ToString(), isInTable: false, _database);

        Bind(_insert, row);
        if (_insert.TryExecute(out var refusal))
        {
            _counts = _counts with { Inserted = _counts.Inserted + 1 };
            CheckStored(row, FindInserted(id));
        }
        else if (Find(id) is not { } present)
        {
            // It clashes with another row in something else than its id.
            throw refusal!;
        }
        else if (_onConflict == ConflictAction.Fail)
        {
            throw Errors.DuplicateId(row.ToString(), isInTable: true, _database);
        }
        else if (_onConflict == ConflictAction.Skip || row.Equals(present))
        {
            _counts = _counts with { Skipped = _counts.Skipped + 1 };
        }
        else
        {
            Bind(_update, row);
            if (!_update.TryExecute(out refusal)) throw refusal!;
            _counts = _counts with { Updated = _counts.Updated + 1 };
            CheckStored(row, Find(id));
        }
    }

    private static void Bind(SqliteStatement statement, Conversation row)
    {
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
            statement.Bind((int)column + 1, row.GetCell(column));
    }

    private Conversation? Find(ConversationCell id)
    {
        _select.Bind(1, id);
        return ReadOne(_select);
    }

    private Conversation? FindInserted(ConversationCell id)
    {
        if (_schema.IsWithoutRowId) _selectInserted.Bind(1, id);
        else _selectInserted.Bind(1, raw.sqlite3_last_insert_rowid(_connection.Handle!));
        return ReadOne(_selectInserted);
    }

    private Conversation? ReadOne(SqliteStatement select)
    {
        var row = select.Step() ? select.ReadConversation(_builder, firstIndex: 0, rowId: null) : null;
        select.Reset();
        return row;
    }

    private void CheckStored(Conversation row, Conversation? stored)
    {
        if (stored is null) throw Errors.RowsMissingAfterLoad(_database, 1, 0);
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var (given, kept) = (row.GetCell(column), stored.GetCell(column));
            // -0.0 comes back as 0.0: SQLite keeps a whole number in a REAL column as an integer, and the two are equal.
            if (given == kept || (given.StorageClass == StorageClass.Real && kept.StorageClass == StorageClass.Real && given.Real == kept.Real)) continue;
            throw Errors.CellWouldChange(row, column, _schema.FindColumn(ConversationTable.NameOf(column))!.Type, kept);
        }
    }
}
