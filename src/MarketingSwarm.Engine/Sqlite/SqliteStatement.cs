using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   A prepared statement on SQLite's own interface: a cell's storage class and raw bytes, which the ADO.NET provider does not give
///   (its GetString turns invalid UTF-8 into U+FFFD without an error).
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly sqlite3_stmt _statement;
    private readonly SwarmDatabase _database;

    internal SqliteStatement(sqlite3 handle, string sql, SwarmDatabase database)
    {
        _handle = handle;
        _database = database;
        var result = raw.sqlite3_prepare_v2(handle, sql, out _statement);
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(handle, result, database);
    }

    /// <summary>Goes to the next row; false at the end.</summary>
    internal bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        return result switch
        {
            raw.SQLITE_ROW => true,
            raw.SQLITE_DONE => false,
            _ => throw SqliteErrors.FromHandle(_handle, result, _database),
        };
    }

    /// <summary>Runs a statement that gives no rows; false where a uniqueness constraint refused it.</summary>
    internal bool TryExecute() => TryExecute(out _);

    /// <inheritdoc cref="TryExecute()"/>
    /// <param name="refusal">The constraint's error, where it refused.</param>
    internal bool TryExecute(out Exception? refusal)
    {
        var result = raw.sqlite3_step(_statement);
        var extended = raw.sqlite3_extended_errcode(_handle);
        if (result is raw.SQLITE_DONE or raw.SQLITE_ROW)
        {
            Reset();
            refusal = null;
            return true;
        }

        refusal = SqliteErrors.FromHandle(_handle, result, _database);
        Reset();
        return extended is raw.SQLITE_CONSTRAINT_PRIMARYKEY or raw.SQLITE_CONSTRAINT_UNIQUE ? false : throw refusal;
    }

    internal void Reset() => _ = raw.sqlite3_reset(_statement);

    internal long GetInteger(int index) => raw.sqlite3_column_int64(_statement, index);

    /// <summary>A text that is known to be valid: a name, a statement.</summary>
    internal string GetString(int index)
    {
        // Nothing is asked of this cell but its text, and SQLite turns that into UTF-8 whatever the file's encoding.
#pragma warning disable RS0030
        return raw.sqlite3_column_text(_statement, index).utf8_to_string();
#pragma warning restore RS0030
    }

    internal void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(_statement, parameter, value));

    internal void Bind(int parameter, string value) => Check(raw.sqlite3_bind_text(_statement, parameter, value));

    /// <summary>Binds a cell with its own storage class.</summary>
    internal void Bind(int parameter, ConversationCell cell) => Check(cell.StorageClass switch
    {
        StorageClass.Integer => raw.sqlite3_bind_int64(_statement, parameter, cell.Integer),
        StorageClass.Real => raw.sqlite3_bind_double(_statement, parameter, cell.Real),
        StorageClass.Text => raw.sqlite3_bind_text(_statement, parameter, cell.Bytes.Span),
        StorageClass.Blob when cell.Bytes.IsEmpty => raw.sqlite3_bind_zeroblob(_statement, parameter, 0),
        StorageClass.Blob => raw.sqlite3_bind_blob(_statement, parameter, cell.Bytes.Span),
        _ => raw.sqlite3_bind_null(_statement, parameter),
    });

    /// <summary>Reads the ten columns that begin at an index into a conversation.</summary>
    internal Conversation ReadConversation(ConversationBuilder builder, int firstIndex, long? rowId)
    {
        for (var i = firstIndex; i < firstIndex + ConversationTable.ColumnCount; i++)
        {
            // The type is asked first: asking for a value may convert the cell and change the answer.
            switch (raw.sqlite3_column_type(_statement, i))
            {
                case raw.SQLITE_INTEGER: builder.AddInteger(raw.sqlite3_column_int64(_statement, i)); break;
                case raw.SQLITE_FLOAT: builder.AddReal(raw.sqlite3_column_double(_statement, i)); break;
                case raw.SQLITE_TEXT: builder.AddText(raw.sqlite3_column_blob(_statement, i)); break;
                case raw.SQLITE_BLOB: builder.AddBlob(raw.sqlite3_column_blob(_statement, i)); break;
                default: builder.AddNull(); break;
            }
        }

        return builder.Build(rowId);
    }

    public void Dispose() => _statement.Dispose();

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(_handle, result, _database);
    }
}
