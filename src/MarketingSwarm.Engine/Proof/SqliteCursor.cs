using System.Buffers.Binary;
using MarketingSwarm.Engine.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   The proof's own reading of a SQLite table: storage classes and raw bytes straight from SQLite's interface, a row at a time and no
///   object a row. The statement's first column is the rowid or NULL, the ten columns follow.
/// </summary>
internal sealed class SqliteCursor : IDisposable
{
    private readonly sqlite3 _handle;
    private readonly sqlite3_stmt _statement;
    private readonly nint _cells;
    private readonly SwarmDatabase _database;
    private readonly bool _isUtf16;
    private readonly bool _isBigEndian;
    private readonly byte[]?[] _texts = new byte[ConversationTable.ColumnCount][];

    /// <param name="handle">The connection.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="database">The file, for errors.</param>
    /// <param name="encoding">How the file stores text.</param>
    internal SqliteCursor(sqlite3 handle, string sql, SwarmDatabase database, string encoding = "UTF-8")
    {
        _handle = handle;
        _database = database;
        _isUtf16 = encoding != "UTF-8";
        _isBigEndian = encoding == "UTF-16be";
        var result = raw.sqlite3_prepare_v2(handle, sql, out _statement);
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(handle, result, database);
        _cells = _statement.DangerousGetHandle();
    }

    internal long? RowId => SqliteCells.GetStorageClass(_cells, 0) == StorageClass.Null ? null : SqliteCells.GetInteger(_cells, 0);

    /// <summary>Gives the first parameter the value of a cell.</summary>
    internal void Bind(ConversationCell cell)
    {
        var result = cell.StorageClass switch
        {
            StorageClass.Integer => raw.sqlite3_bind_int64(_statement, 1, cell.Integer),
            StorageClass.Real => raw.sqlite3_bind_double(_statement, 1, cell.Real),
            StorageClass.Text => raw.sqlite3_bind_text(_statement, 1, cell.Bytes.Span),
            StorageClass.Blob => raw.sqlite3_bind_blob(_statement, 1, cell.Bytes.Span),
            _ => raw.sqlite3_bind_null(_statement, 1),
        };
        if (result != raw.SQLITE_OK) throw SqliteErrors.FromHandle(_handle, result, _database);
    }

    internal bool Step()
    {
        var result = raw.sqlite3_step(_statement);
        if (result == raw.SQLITE_ROW) return true;
        return result == raw.SQLITE_DONE ? false : throw SqliteErrors.FromHandle(_handle, result, _database);
    }

    internal StorageClass GetStorageClass(ConversationColumn column) => SqliteCells.GetStorageClass(_cells, (int)column + 1);

    internal long GetInteger(ConversationColumn column) => SqliteCells.GetInteger(_cells, (int)column + 1);

    internal double GetReal(ConversationColumn column) => SqliteCells.GetReal(_cells, (int)column + 1);

    /// <summary>A BLOB's bytes, valid until the next step.</summary>
    internal ReadOnlySpan<byte> GetBlob(ConversationColumn column) => SqliteCells.GetBytes(_cells, (int)column + 1);

    /// <summary>A text's bytes in UTF-8, valid until the next step; half of a surrogate pair becomes the three bytes that UTF-8 does not allow.</summary>
    internal ReadOnlySpan<byte> GetText(ConversationColumn column)
    {
        var stored = SqliteCells.GetBytes(_cells, (int)column + 1);
        return _isUtf16 ? Transcode(stored, ref _texts[(int)column]) : stored;
    }

    /// <summary>An integer after the rowid, by its place.</summary>
    internal long GetExtraInteger(int place) => SqliteCells.GetInteger(_cells, place + 1);

    /// <summary>Copies the row, or ten columns that follow it.</summary>
    internal void CopyTo(RowBuffer row, int firstColumn = 0)
    {
        row.Clear();
        row.RowId = RowId;
        for (var column = (ConversationColumn)firstColumn; column <= ConversationColumn.ErrorMessage + firstColumn; column++)
        {
            switch (GetStorageClass(column))
            {
                case StorageClass.Integer: row.AddNumber(StorageClass.Integer, GetInteger(column)); break;
                case StorageClass.Real: row.AddNumber(StorageClass.Real, BitConverter.DoubleToInt64Bits(GetReal(column))); break;
                case StorageClass.Text: row.Add(StorageClass.Text, GetText(column)); break;
                case StorageClass.Blob: row.Add(StorageClass.Blob, GetBlob(column)); break;
                default: row.AddNull(); break;
            }
        }
    }

    public void Dispose() => _statement.Dispose();

    private ReadOnlySpan<byte> Transcode(ReadOnlySpan<byte> stored, ref byte[]? buffer)
    {
        var longest = checked(stored.Length / 2 * 3 + 2);
        if (buffer is null || buffer.Length < longest) buffer = new byte[longest];
        var length = 0;
        var position = 0;
        while (position + 1 < stored.Length)
        {
            int point = ReadUnit(stored, position);
            position += 2;
            if (point is >= 0xD800 and < 0xDC00 && position + 1 < stored.Length && ReadUnit(stored, position) is >= 0xDC00 and < 0xE000 and var low)
            {
                point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
                position += 2;
            }

            length += Encode(point, buffer.AsSpan(length));
        }

        // A byte that is left over is marked by one that no text has.
        if (position < stored.Length)
        {
            buffer[length++] = 0xFF;
            buffer[length++] = stored[position];
        }

        return buffer.AsSpan(0, length);
    }

    private int ReadUnit(ReadOnlySpan<byte> stored, int position)
        => _isBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(stored[position..]) : BinaryPrimitives.ReadUInt16LittleEndian(stored[position..]);

    private static int Encode(int point, Span<byte> destination)
    {
        var count = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
        for (var i = count - 1; i > 0; i--)
        {
            destination[i] = (byte)(0x80 | (point & 0x3F));
            point >>= 6;
        }

        destination[0] = (byte)(point | (count switch { 1 => 0, 2 => 0xC0, 3 => 0xE0, _ => 0xF0 }));
        return count;
    }
}
