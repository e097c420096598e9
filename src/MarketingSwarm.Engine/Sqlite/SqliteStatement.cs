using System.Runtime.InteropServices;
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
    private readonly nint _cells;
    private readonly SwarmDatabase _database;
    private readonly bool _isUtf16;
    private readonly bool _isBigEndian;
    private byte[] _text = [];

    /// <param name="handle">The connection.</param>
    /// <param name="sql">One statement.</param>
    /// <param name="database">The file, for errors.</param>
    /// <param name="encoding">How the file stores text, as <see cref="SqliteTable.ReadEncoding"/> says it.</param>
    internal SqliteStatement(sqlite3 handle, string sql, SwarmDatabase database, string encoding = SqliteTable.Utf8)
    {
        _handle = handle;
        _database = database;
        _isUtf16 = encoding != SqliteTable.Utf8;
        _isBigEndian = encoding == SqliteTable.Utf16BigEndian;
        var result = raw.sqlite3_prepare_v2(handle, sql, out _statement);
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(handle, result, database);
        _cells = _statement.DangerousGetHandle();
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
        return extended is raw.SQLITE_CONSTRAINT_PRIMARYKEY or raw.SQLITE_CONSTRAINT_UNIQUE or raw.SQLITE_CONSTRAINT_ROWID ? false : throw refusal;
    }

    internal void Reset() => _ = raw.sqlite3_reset(_statement);

    internal long GetInteger(int index) => SqliteCells.GetInteger(_cells, index);

    /// <summary>The storage class of a cell; asked before its value, since asking for that may convert the cell and change the answer.</summary>
    internal StorageClass GetStorageClass(int index) => SqliteCells.GetStorageClass(_cells, index);

    internal double GetReal(int index) => SqliteCells.GetReal(_cells, index);

    /// <summary>The bytes of a blob, valid until the next step.</summary>
    internal ReadOnlySpan<byte> GetBlob(int index) => SqliteCells.GetBytes(_cells, index);

    /// <summary>
    ///   The bytes of a text, valid until the next step or the next text: as they are stored in a UTF-8 file, and as <see cref="Utf16Text"/>
    ///   makes them of a UTF-16 file's.
    /// </summary>
    internal ReadOnlySpan<byte> GetText(int index)
    {
        // Not converted by SQLite, which would put U+FFFD for a lone surrogate.
        var stored = SqliteCells.GetBytes(_cells, index);
        if (!_isUtf16) return stored;
        var longest = Utf16Text.GetMaxWtf8Length(stored.Length);
        if (_text.Length < longest) _text = GC.AllocateUninitializedArray<byte>(longest);
        return _text.AsSpan(0, Utf16Text.ToWtf8(stored, _isBigEndian, _text));
    }

    internal void Bind(int parameter, long value) => Check(raw.sqlite3_bind_int64(_statement, parameter, value));

    internal void Bind(int parameter, string value) => Check(raw.sqlite3_bind_text(_statement, parameter, value));

    /// <summary>Binds a cell with its own storage class.</summary>
    internal void Bind(int parameter, ConversationCell cell) => Check(cell.StorageClass switch
    {
        StorageClass.Integer => raw.sqlite3_bind_int64(_statement, parameter, cell.Integer),
        StorageClass.Real => raw.sqlite3_bind_double(_statement, parameter, cell.Real),
        StorageClass.Text when _isUtf16 => BindUtf16(parameter, cell.Bytes.Span),
        StorageClass.Text => raw.sqlite3_bind_text(_statement, parameter, cell.Bytes.Span),
        StorageClass.Blob when cell.Bytes.IsEmpty => raw.sqlite3_bind_zeroblob(_statement, parameter, 0),
        StorageClass.Blob => raw.sqlite3_bind_blob(_statement, parameter, cell.Bytes.Span),
        _ => raw.sqlite3_bind_null(_statement, parameter),
    });

    /// <summary>Reads the ten columns that begin at an index into a conversation.</summary>
    internal Conversation ReadConversation(ConversationBuilder builder, int firstIndex, long? rowId)
    {
        ReadCells(builder, firstIndex);
        return builder.Build(rowId);
    }

    /// <summary>Reads the ten columns that begin at an index into a builder, whose row is then complete.</summary>
    internal void ReadCells(ConversationBuilder builder, int firstIndex)
    {
        for (var i = firstIndex; i < firstIndex + ConversationTable.ColumnCount; i++)
        {
            switch (GetStorageClass(i))
            {
                case StorageClass.Integer: builder.AddInteger(GetInteger(i)); break;
                case StorageClass.Real: builder.AddReal(GetReal(i)); break;
                case StorageClass.Text: builder.AddText(GetText(i)); break;
                case StorageClass.Blob: builder.AddBlob(GetBlob(i)); break;
                default: builder.AddNull(); break;
            }
        }
    }

    public void Dispose() => _statement.Dispose();

    // SQLite takes UTF-16 in the machine's byte order and a byte order mark off its beginning, the text's own where it has no other.
    private int BindUtf16(int parameter, ReadOnlySpan<byte> wtf8)
    {
        var units = new char[1 + wtf8.Length];
        units[0] = '\uFEFF';
        if (!Utf16Text.TryFromWtf8(wtf8, !BitConverter.IsLittleEndian, MemoryMarshal.AsBytes(units.AsSpan(1)), out var length) || length % 2 != 0)
            throw Errors.SqliteFileDamaged(_database.Path!, "a text that is no UTF-16");
        return raw.sqlite3_bind_text16(_statement, parameter, units.AsSpan(0, 1 + (length / 2)));
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(_handle, result, _database);
    }
}
