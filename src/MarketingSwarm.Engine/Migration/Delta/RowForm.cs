using System.Buffers.Binary;
using System.Security.Cryptography;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Proof;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>
///   By what a row of the source is known in the target, and the hash of all that the target must have for it: the same whether it is
///   computed from the source's row or from the table and the residue. One is used again and again; a plain row allocates nothing.
/// </summary>
/// <remarks>
///   A row without residue: SHA-256 of its <see cref="CanonicalRow"/> as the table has it. A row with residue: SHA-256 over that one and the
///   one of its entries. A row that is in the residue alone: SHA-256 of its entries. An entry is its column, its rowid, its original with
///   the storage class and what is stored instead.
/// </remarks>
internal sealed class RowForm(ConversionSettings settings) : IDisposable
{
    private const byte RowIdTag = (byte)'R';
    private const byte KeyTag = (byte)'K';
    private const byte EntryKind = (byte)'E';

    private readonly RowConverter _converter = new(settings);
    private readonly CanonicalRow _row = new();
    private readonly CanonicalRow _entries = new();
    private readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private byte[] _key = new byte[256];
    private int _keyLength;

    /// <summary>The key as stored in the table; or, of a row that is in the residue alone, a zero byte, which no stored key has, and the row's place in the source.</summary>
    internal ReadOnlySpan<byte> Key => _key.AsSpan(0, _keyLength);

    internal RowHash Hash { get; private set; }

    /// <summary>The hash of what the table has of the row, whatever the residue has; none of a row that is in the residue alone.</summary>
    internal RowHash TableHash { get; private set; }

    /// <summary>What becomes of the row.</summary>
    internal ChunkCounts Counts { get; private set; }

    /// <summary>Whether the row has residue.</summary>
    internal bool HasResidue { get; private set; }

    /// <summary>Whether a key is that of a row which is in the residue alone.</summary>
    internal static bool IsQuarantined(ReadOnlySpan<byte> key) => key.Length > 0 && key[0] == 0;

    /// <summary>The rowid in the key of such a row, where it has one.</summary>
    internal static long? GetRowId(ReadOnlySpan<byte> key) => key[1] == RowIdTag ? BinaryPrimitives.ReadInt64BigEndian(key[2..]) : null;

    /// <summary>The bytes of the source's key in the key of such a row without a rowid.</summary>
    internal static byte[] GetSourceKey(ReadOnlySpan<byte> key) => key[3..].ToArray();

    /// <summary>Takes a row of the source.</summary>
    internal void Take(ConversationImage row, long? rowId)
    {
        Span<long> times = stackalloc long[2];
        var verdict = _converter.IsPlain(row, rowId, times) ? null : _converter.Judge(row, rowId, times);
        HasResidue = verdict is not null && (verdict.RowRule is not null || verdict.Cells.Count > 0);
        if (verdict?.RowRule is not null)
        {
            TakeQuarantined(row, rowId);
            return;
        }

        SetKey(verdict?.Find(ConversationColumn.Id) is { } key ? key.Stored : row.GetBytes(ConversationColumn.Id));
        _row.Clear();
        _entries.Clear();
        var quarantined = 0;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (verdict?.Find(column) is { } cell)
            {
                AddStored(column, cell.Stored, isNull: cell.Stored is null);
                AddEntry(column, rowId, row.GetStorageClass(column), row, cell.Stored);
                if (cell.Outcome == CellOutcome.Quarantined) quarantined++;
            }
            else
            {
                AddCell(row, column, times);
            }
        }

        Counts = new ChunkCounts(1, 0, HasResidue ? verdict!.Cells.Count - quarantined : 0, quarantined);
        TableHash = Compute(_row);
        Hash = HasResidue ? Join(TableHash, Compute(_entries)) : TableHash;
    }

    /// <summary>Begins a row as the table has it; its ten fields follow by <see cref="AddStored"/>.</summary>
    internal void BeginStored(ReadOnlySpan<byte> key)
    {
        SetKey(key);
        _row.Clear();
    }

    /// <summary>Adds a field as PostgreSQL's binary format has it.</summary>
    internal void AddStored(ConversationColumn column, ReadOnlySpan<byte> value, bool isNull)
    {
        if (isNull) _row.AddNull();
        else _row.Add(ConversationTable.IsTimestamp(column) ? CanonicalRow.TimeKind : column == ConversationColumn.TotalCost ? CanonicalRow.RealKind : CanonicalRow.TextKind, value);
    }

    /// <summary>Ends it.</summary>
    /// <param name="residue">The hash of the row's entries; <see langword="null"/> where it has none.</param>
    internal void EndStored(RowHash? residue)
    {
        TableHash = Compute(_row);
        Hash = residue is { } entries ? Join(TableHash, entries) : TableHash;
    }

    /// <summary>The row's ten fields as PostgreSQL's binary format has them; <see langword="null"/> for NULL.</summary>
    internal byte[]?[] GetFields()
    {
        var fields = new byte[]?[ConversationTable.ColumnCount];
        var rest = _row.Bytes;
        for (var i = 0; i < fields.Length; i++)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(rest[1..]);
            fields[i] = rest[0] == CanonicalRow.NullKind ? null : rest.Slice(5, length).ToArray();
            rest = rest[(5 + length)..];
        }

        return fields;
    }

    /// <summary>Begins the entries of a row as the residue has them.</summary>
    internal void BeginEntries() => _entries.Clear();

    /// <summary>Adds an entry.</summary>
    /// <param name="column">Its column.</param>
    /// <param name="rowId">The row's rowid in the source.</param>
    /// <param name="storageClass">The original's.</param>
    /// <param name="original">The original's bytes, a number's big-endian.</param>
    /// <param name="stored">What is stored instead.</param>
    /// <param name="hasStored">Whether something is.</param>
    internal void AddEntry(ConversationColumn column, long? rowId, StorageClass storageClass, ReadOnlySpan<byte> original, ReadOnlySpan<byte> stored, bool hasStored)
    {
        _entries.Add(EntryKind, [(byte)column, (byte)storageClass]);
        if (rowId is { } number) _entries.Add(CanonicalRow.IntegerKind, number);
        else _entries.AddNull();
        _entries.Add(CanonicalRow.BlobKind, original);
        if (hasStored) _entries.Add(CanonicalRow.BlobKind, stored);
        else _entries.AddNull();
    }

    /// <summary>The hash of the entries.</summary>
    internal RowHash HashEntries() => Compute(_entries);

    /// <summary>The key of a row that is in the residue alone.</summary>
    internal byte[] GetQuarantinedKey(long? rowId, StorageClass storageClass, ReadOnlySpan<byte> sourceKey)
    {
        SetQuarantinedKey(rowId, storageClass, sourceKey);
        return Key.ToArray();
    }

    public void Dispose() => _sha256.Dispose();

    private void TakeQuarantined(ConversationImage row, long? rowId)
    {
        _entries.Clear();
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++) AddEntry(column, rowId, row.GetStorageClass(column), row, stored: null);
        Span<byte> number = stackalloc byte[8];
        SetQuarantinedKey(rowId, row.GetStorageClass(ConversationColumn.Id), GetOriginal(row, ConversationColumn.Id, number));
        Counts = new ChunkCounts(0, 1, 0, 0);
        TableHash = default;
        Hash = Compute(_entries);
    }

    private void AddCell(ConversationImage row, ConversationColumn column, ReadOnlySpan<long> times)
    {
        if (row.GetStorageClass(column) == StorageClass.Null) _row.AddNull();
        else if (ConversationTable.IsTimestamp(column)) _row.Add(CanonicalRow.TimeKind, times[column - ConversationColumn.CreatedAt]);
        else if (column == ConversationColumn.TotalCost) _row.Add(CanonicalRow.RealKind, row.GetInteger(column));
        else _row.Add(CanonicalRow.TextKind, row.GetBytes(column));
    }

    private void AddEntry(ConversationColumn column, long? rowId, StorageClass storageClass, ConversationImage row, byte[]? stored)
    {
        Span<byte> number = stackalloc byte[8];
        AddEntry(column, rowId, storageClass, GetOriginal(row, column, number), stored, stored is not null);
    }

    // As the residue has it: a number's bytes the other way round.
    private static ReadOnlySpan<byte> GetOriginal(ConversationImage row, ConversationColumn column, Span<byte> number)
    {
        if (row.GetStorageClass(column) is not (StorageClass.Integer or StorageClass.Real)) return row.GetBytes(column);
        row.GetBytes(column).CopyTo(number);
        number.Reverse();
        return number;
    }

    private void SetQuarantinedKey(long? rowId, StorageClass storageClass, ReadOnlySpan<byte> sourceKey)
    {
        MakeRoom(10 + sourceKey.Length);
        _key[0] = 0;
        if (rowId is { } number)
        {
            _key[1] = RowIdTag;
            BinaryPrimitives.WriteInt64BigEndian(_key.AsSpan(2), number);
            _keyLength = 10;
            return;
        }

        _key[1] = KeyTag;
        _key[2] = (byte)storageClass;
        sourceKey.CopyTo(_key.AsSpan(3));
        _keyLength = 3 + sourceKey.Length;
    }

    private void SetKey(ReadOnlySpan<byte> key)
    {
        MakeRoom(key.Length);
        key.CopyTo(_key);
        _keyLength = key.Length;
    }

    private void MakeRoom(int length)
    {
        if (_key.Length < length) _key = new byte[length];
    }

    private RowHash Compute(CanonicalRow form)
    {
        Span<byte> hash = stackalloc byte[RowHash.Length];
        form.Hash(_sha256, hash);
        return RowHash.Read(hash);
    }

    private RowHash Join(RowHash row, RowHash entries)
    {
        Span<byte> both = stackalloc byte[RowHash.Length * 2];
        row.Write(both);
        entries.Write(both[RowHash.Length..]);
        _sha256.AppendData(both);
        Span<byte> hash = stackalloc byte[RowHash.Length];
        _ = _sha256.GetHashAndReset(hash);
        return RowHash.Read(hash);
    }
}
