using System.Buffers.Binary;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Migration;

/// <summary>A place in the order in which a source is read: a rowid, or a key in a table without rowids.</summary>
internal readonly struct SourcePosition : IComparable<SourcePosition>
{
    private const byte RowIdTag = (byte)'R';

    private readonly long _rowId;
    private readonly ConversationCell _key;
    private readonly bool _isRowId;

    private SourcePosition(long rowId, ConversationCell key, bool isRowId)
    {
        _rowId = rowId;
        _key = key;
        _isRowId = isRowId;
    }

    /// <summary>Whether it is a rowid.</summary>
    internal bool IsRowId => _isRowId;

    internal static SourcePosition OfRowId(long rowId) => new(rowId, default, isRowId: true);

    /// <summary>A key; its bytes are copied.</summary>
    internal static SourcePosition OfKey(ConversationImage row) => new(0, row.ToConversation(rowId: null).GetCell(ConversationColumn.Id), isRowId: false);

    /// <summary>Where a row is.</summary>
    internal static SourcePosition Of(ConversationImage row, long? rowId) => rowId is { } number ? OfRowId(number) : OfKey(row);

    /// <summary>Reads what <see cref="ToBytes"/> wrote.</summary>
    internal static SourcePosition FromBytes(byte[] bytes)
    {
        var value = bytes.AsMemory(1);
        return bytes[0] switch
        {
            RowIdTag => OfRowId(BinaryPrimitives.ReadInt64BigEndian(value.Span)),
            (byte)StorageClass.Integer => new(0, ConversationCell.OfInteger(BinaryPrimitives.ReadInt64BigEndian(value.Span)), false),
            (byte)StorageClass.Real => new(0, ConversationCell.OfReal(BinaryPrimitives.ReadDoubleBigEndian(value.Span)), false),
            (byte)StorageClass.Text => new(0, ConversationCell.OfText(value), false),
            (byte)StorageClass.Blob => new(0, ConversationCell.OfBlob(value), false),
            _ => new(0, ConversationCell.OfNull(), false),
        };
    }

    /// <summary><c>R</c> and a rowid, or a storage class's number and the value: numbers big-endian, texts and BLOBs as they are.</summary>
    internal byte[] ToBytes()
    {
        Span<byte> number = stackalloc byte[8];
        if (_isRowId)
        {
            BinaryPrimitives.WriteInt64BigEndian(number, _rowId);
            return [RowIdTag, .. number];
        }

        if (_key.StorageClass == StorageClass.Integer) BinaryPrimitives.WriteInt64BigEndian(number, _key.Integer);
        else if (_key.StorageClass == StorageClass.Real) BinaryPrimitives.WriteDoubleBigEndian(number, _key.Real);
        else return [(byte)_key.StorageClass, .. _key.Bytes.Span];
        return [(byte)_key.StorageClass, .. number];
    }

    internal void Bind(SqliteStatement statement, int parameter)
    {
        if (_isRowId) statement.Bind(parameter, _rowId);
        else statement.Bind(parameter, _key);
    }

    /// <summary>SQLite's own order: NULL, numbers, texts, BLOBs (https://www.sqlite.org/datatype3.html#sort_order).</summary>
    public int CompareTo(SourcePosition other)
    {
        if (_isRowId) return _rowId.CompareTo(other._rowId);
        var order = Rank(_key).CompareTo(Rank(other._key));
        if (order != 0) return order;
        return _key.StorageClass switch
        {
            StorageClass.Null => 0,
            StorageClass.Integer or StorageClass.Real => CompareNumbers(_key, other._key),
            _ => _key.Bytes.Span.SequenceCompareTo(other._key.Bytes.Span),
        };
    }

    private static int Rank(ConversationCell key) => key.StorageClass switch
    {
        StorageClass.Null => 0,
        StorageClass.Integer or StorageClass.Real => 1,
        StorageClass.Text => 2,
        _ => 3,
    };

    private static int CompareNumbers(ConversationCell left, ConversationCell right) => (left.StorageClass, right.StorageClass) switch
    {
        (StorageClass.Integer, StorageClass.Integer) => left.Integer.CompareTo(right.Integer),
        (StorageClass.Real, StorageClass.Real) => left.Real.CompareTo(right.Real),
        (StorageClass.Integer, _) => CompareExactly(left.Integer, right.Real),
        _ => -CompareExactly(right.Integer, left.Real),
    };

    // A double of this size and more is beyond every long; below it, its whole part is a long.
    private static int CompareExactly(long integer, double real)
    {
        if (real >= 9_223_372_036_854_775_808.0) return -1;
        if (real < -9_223_372_036_854_775_808.0) return 1;
        var whole = Math.Floor(real);
        var order = integer.CompareTo((long)whole);
        return order != 0 ? order : whole < real ? -1 : 0;
    }
}
