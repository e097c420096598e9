using MarketingSwarm.Engine.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Samples;

/// <summary>
///   The sample's table, to insert into. Cells are bound as they are, on SQLite's own interface: a text need not be UTF-8, may hold NUL, and is
///   left to the column's affinity.
/// </summary>
internal sealed class SampleTable : IDisposable
{
    private static readonly string Sql =
        $"INSERT INTO {ConversationTable.Name} (rowid, {ConversationTable.ColumnList}) VALUES (?{string.Concat(Enumerable.Repeat(", ?", ConversationTable.ColumnCount))})";

    private readonly sqlite3 _handle;
    private readonly SwarmDatabase _database;
    private readonly sqlite3_stmt _insert;

    /// <param name="handle">An open connection; it is the caller's.</param>
    /// <param name="database">The database that errors name.</param>
    internal SampleTable(sqlite3 handle, SwarmDatabase database)
    {
        _handle = handle;
        _database = database;
        Check(raw.sqlite3_prepare_v2(handle, Sql, out _insert));
    }

    /// <summary>Inserts a row with the rowid given, or with the next one.</summary>
    /// <returns>The rowid.</returns>
    internal long Insert(Conversation row, long? rowId)
    {
        Check(rowId is { } given ? raw.sqlite3_bind_int64(_insert, 1, given) : raw.sqlite3_bind_null(_insert, 1));
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++) Check(Bind(row, column));

        var result = raw.sqlite3_step(_insert);
        if (result != raw.SQLITE_DONE) throw SqliteErrors.FromHandle(_handle, result, _database);
        Check(raw.sqlite3_reset(_insert));
        return raw.sqlite3_last_insert_rowid(_handle);
    }

    /// <inheritdoc/>
    public void Dispose() => _insert.Dispose();

    private int Bind(Conversation row, ConversationColumn column)
    {
        // The statement's first parameter is the rowid, and SQLite counts from 1.
        var parameter = (int)column + 2;
        switch (row.GetStorageClass(column))
        {
            case StorageClass.Integer: return raw.sqlite3_bind_int64(_insert, parameter, row.GetCell(column).Integer);
            case StorageClass.Real: return raw.sqlite3_bind_double(_insert, parameter, row.GetCell(column).Real);
            // A span of no bytes has no address, which SQLite takes for NULL.
            case StorageClass.Text when row.GetBytes(column).IsEmpty: return raw.sqlite3_bind_text(_insert, parameter, "");
            case StorageClass.Text: return raw.sqlite3_bind_text(_insert, parameter, row.GetBytes(column));
            case StorageClass.Blob when row.GetBytes(column).IsEmpty: return raw.sqlite3_bind_zeroblob(_insert, parameter, 0);
            case StorageClass.Blob: return raw.sqlite3_bind_blob(_insert, parameter, row.GetBytes(column));
            default: return raw.sqlite3_bind_null(_insert, parameter);
        }
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(_handle, result, _database);
    }
}
