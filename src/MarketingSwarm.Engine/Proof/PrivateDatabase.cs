using MarketingSwarm.Engine.Archives;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Proof;

/// <summary>A temporary SQLite file of the proof's own, which nobody but its owner may read and which goes with the object.</summary>
internal sealed class PrivateDatabase : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SqliteConnection _connection;

    /// <param name="definition">The statements that make its tables.</param>
    internal PrivateDatabase(string definition)
    {
        Database = new SwarmDatabase(DatabaseEngine.Sqlite) { Path = _folder.GetPath("spool.db") };
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = Database.Path, Pooling = false }.ConnectionString);
        try
        {
            PrivateFile.Create(Database.Path!).Dispose();
            _connection.Open();
            // Nobody needs it after a crash.
            Execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; " + definition);
            Execute("BEGIN");
        }
        catch (Exception exception)
        {
            Dispose();
            throw SqliteErrors.Translate(exception, Database);
        }
    }

    internal SwarmDatabase Database { get; }

    internal sqlite3 Handle => _connection.Handle!;

    internal PrivateStatement Prepare(string sql) => new(Handle, sql, Database);

    internal void Execute(string sql)
    {
        var result = raw.sqlite3_exec(Handle, sql);
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(Handle, result, Database);
    }

    public void Dispose()
    {
        _connection.Dispose();
        _folder.Dispose();
    }
}

/// <summary>A prepared statement of a <see cref="PrivateDatabase"/>.</summary>
internal sealed class PrivateStatement : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly sqlite3_stmt _statement;
    private readonly SwarmDatabase _database;

    internal PrivateStatement(sqlite3 handle, string sql, SwarmDatabase database)
    {
        _handle = handle;
        _database = database;
        Check(raw.sqlite3_prepare_v2(handle, sql, out _statement));
    }

    internal bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW) return true;
        return result == raw.SQLITE_DONE ? false : throw SqliteErrors.FromHandle(_handle, result, _database);
    }

    /// <summary>Runs a statement that gives no rows, and makes ready for the next time.</summary>
    internal void Execute()
    {
        Step();
        Check(raw.sqlite3_reset(_statement));
    }

    internal bool IsNull(int index) => raw.sqlite3_column_type(_statement, index) == raw.SQLITE_NULL;

    internal long GetInteger(int index) => raw.sqlite3_column_int64(_statement, index);

    internal ReadOnlySpan<byte> GetBytes(int index) => raw.sqlite3_column_blob(_statement, index);

    internal void Bind(int parameter, ConversationCell cell) => Bind(
        parameter, cell.StorageClass, cell.Bytes.Span,
        cell.StorageClass == StorageClass.Integer ? cell.Integer : cell.StorageClass == StorageClass.Real ? BitConverter.DoubleToInt64Bits(cell.Real) : 0);

    /// <summary>Binds a cell of a row.</summary>
    internal void Bind(int parameter, RowBuffer row, ConversationColumn column)
    {
        var storageClass = row.GetStorageClass(column);
        Bind(parameter, storageClass, row.GetBytes(column), storageClass is StorageClass.Integer or StorageClass.Real ? row.GetNumber(column) : 0);
    }

    public void Dispose() => _statement.Dispose();

    private void Bind(int parameter, StorageClass storageClass, ReadOnlySpan<byte> bytes, long bits) => Check(storageClass switch
    {
        StorageClass.Integer => raw.sqlite3_bind_int64(_statement, parameter, bits),
        StorageClass.Real => raw.sqlite3_bind_double(_statement, parameter, BitConverter.Int64BitsToDouble(bits)),
        StorageClass.Text => raw.sqlite3_bind_text(_statement, parameter, bytes),
        StorageClass.Blob when bytes.IsEmpty => raw.sqlite3_bind_zeroblob(_statement, parameter, 0),
        StorageClass.Blob => raw.sqlite3_bind_blob(_statement, parameter, bytes),
        _ => raw.sqlite3_bind_null(_statement, parameter),
    });

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(_handle, result, _database);
    }
}
