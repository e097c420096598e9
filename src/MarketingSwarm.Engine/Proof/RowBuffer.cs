using System.Buffers.Binary;

namespace MarketingSwarm.Engine.Proof;

/// <summary>A row's cells as a database has them, in arrays that are used again and again. A number is kept as eight bytes, big-endian.</summary>
internal sealed class RowBuffer
{
    private const int GreatestKeptLength = 1 << 20;

    private readonly StorageClass[] _classes = new StorageClass[ConversationTable.ColumnCount];
    private readonly int[] _ends = new int[ConversationTable.ColumnCount];
    private byte[] _bytes = new byte[4096];
    private int _column;

    /// <summary>SQLite's rowid, where the row has one.</summary>
    internal long? RowId { get; set; }

    /// <summary>The bytes of the cells.</summary>
    internal int Size => _column == 0 ? 0 : _ends[_column - 1];

    internal void Clear()
    {
        RowId = null;
        _column = 0;
        if (_bytes.Length > GreatestKeptLength) _bytes = new byte[4096];
    }

    internal void AddNull() => Add(StorageClass.Null, []);

    internal void Add(StorageClass storageClass, ReadOnlySpan<byte> value)
    {
        var start = Size;
        var end = checked(start + value.Length);
        if (end > _bytes.Length) Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(end, _bytes.Length * 2L)));
        value.CopyTo(_bytes.AsSpan(start));
        _classes[_column] = storageClass;
        _ends[_column++] = end;
    }

    internal void AddNumber(StorageClass storageClass, long bits)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, bits);
        Add(storageClass, value);
    }

    internal void CopyFrom(RowBuffer other)
    {
        Clear();
        RowId = other.RowId;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++) Add(other.GetStorageClass(column), other.GetBytes(column));
    }

    internal StorageClass GetStorageClass(ConversationColumn column) => _classes[(int)column];

    internal ReadOnlySpan<byte> GetBytes(ConversationColumn column) => _bytes.AsSpan(GetStart(column).._ends[(int)column]);

    internal long GetNumber(ConversationColumn column) => BinaryPrimitives.ReadInt64BigEndian(GetBytes(column));

    /// <summary>The cell as an object that lives on its own.</summary>
    internal ConversationCell ToCell(ConversationColumn column) => ToCell(GetStorageClass(column), GetBytes(column));

    /// <summary>A cell from a storage class and its bytes.</summary>
    internal static ConversationCell ToCell(StorageClass storageClass, ReadOnlySpan<byte> bytes) => storageClass switch
    {
        StorageClass.Integer => ConversationCell.OfInteger(BinaryPrimitives.ReadInt64BigEndian(bytes)),
        StorageClass.Real => ConversationCell.OfReal(BinaryPrimitives.ReadDoubleBigEndian(bytes)),
        StorageClass.Text => ConversationCell.OfText(bytes.ToArray()),
        StorageClass.Blob => ConversationCell.OfBlob(bytes.ToArray()),
        _ => ConversationCell.OfNull(),
    };

    /// <summary>
    ///   Compares two rows' keys in SQLite's order: NULL, numbers by value, texts by bytes, BLOBs by bytes
    ///   (https://www.sqlite.org/datatype3.html#sort_order).
    /// </summary>
    internal static int CompareKeys(RowBuffer left, RowBuffer right)
    {
        const ConversationColumn Key = ConversationColumn.Id;
        var rank = GetRank(left.GetStorageClass(Key)).CompareTo(GetRank(right.GetStorageClass(Key)));
        if (rank != 0) return rank;
        return GetRank(left.GetStorageClass(Key)) == 1
            ? CompareNumbers(left.ToCell(Key), right.ToCell(Key))
            : left.GetBytes(Key).SequenceCompareTo(right.GetBytes(Key));
    }

    private static int GetRank(StorageClass storageClass) => storageClass switch
    {
        StorageClass.Null => 0,
        StorageClass.Integer or StorageClass.Real => 1,
        StorageClass.Text => 2,
        _ => 3,
    };

    private static int CompareNumbers(ConversationCell left, ConversationCell right) => (left.StorageClass, right.StorageClass) switch
    {
        (StorageClass.Integer, StorageClass.Integer) => left.Integer.CompareTo(right.Integer),
        (StorageClass.Integer, _) => -CompareMixed(right.Real, left.Integer),
        (_, StorageClass.Integer) => CompareMixed(left.Real, right.Integer),
        _ => left.Real.CompareTo(right.Real),
    };

    // Exact, as SQLite's is: a double of 2^63 or more is greater than any integer.
    private static int CompareMixed(double real, long integer)
    {
        if (real >= 9_223_372_036_854_775_808.0) return 1;
        if (real < -9_223_372_036_854_775_808.0) return -1;
        var whole = (long)real;
        return whole != integer ? whole.CompareTo(integer) : (real - whole).CompareTo(0.0);
    }

    private int GetStart(ConversationColumn column) => column == ConversationColumn.Id ? 0 : _ends[(int)column - 1];
}
