using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Rows in the order in which they were read, their images one after another in one array: what one transaction loads, sorted by key
///   when it is sent. Used again and again, so that a load of any length allocates no more than its chunks in flight.
/// </summary>
/// <param name="fullLength">How many bytes of images it holds before it is full; one row more than that may be in it.</param>
internal sealed class RowChunk(int fullLength = RowChunk.FullLength)
{
    /// <summary>How many bytes of images a chunk holds before it is full; one row more than that may be in it.</summary>
    internal const int FullLength = 16 << 20;

    private const int FirstLength = 1 << 20;

    // A row larger than that leaves an array that is given back after use.
    private readonly int _greatestKeptLength = fullLength + FirstLength;

    private byte[] _images = new byte[FirstLength];
    private int[] _ends = new int[1024];
    private long[] _rowIds = new long[1024];
    private ulong[] _sortKeys = [];
    private int[] _order = [];
    private Comparison<int>? _compareKeys;

    /// <summary>The chunk's number in its run.</summary>
    internal int Number { get; set; }

    /// <summary>The rows in it.</summary>
    internal int Rows { get; private set; }

    /// <summary>Whether its rows have rowids.</summary>
    internal bool HasRowIds { get; private set; } = true;

    /// <summary>The bytes of the rows' cells.</summary>
    internal long CellBytes => Length - (long)Rows * ConversationImage.HeaderLength;

    /// <summary>Whether it is time to send it.</summary>
    internal bool IsFull => Length >= fullLength;

    private int Length => Rows == 0 ? 0 : _ends[Rows - 1];

    internal ConversationImage this[int index] => new(_images.AsSpan(GetStart(index).._ends[index]));

    /// <summary>A cell's bytes where they lie; valid until the chunk is cleared.</summary>
    internal ReadOnlyMemory<byte> GetBytes(int index, ConversationColumn column)
    {
        var (start, end) = this[index].GetRange(column);
        return _images.AsMemory(GetStart(index) + start, end - start);
    }

    internal long? GetRowId(int index) => HasRowIds ? _rowIds[index] : null;

    /// <summary>Takes a row; its image is copied.</summary>
    internal void Add(ReadOnlySpan<byte> image, long? rowId)
    {
        var start = Length;
        var end = checked(start + image.Length);
        // A chunk that is full by its last row keeps its array for the next.
        if (end > _images.Length) Array.Resize(ref _images, Math.Max(end, _greatestKeptLength));
        if (Rows == _ends.Length)
        {
            Array.Resize(ref _ends, Rows * 2);
            Array.Resize(ref _rowIds, Rows * 2);
        }

        image.CopyTo(_images.AsSpan(start));
        HasRowIds &= rowId is not null;
        _rowIds[Rows] = rowId ?? 0;
        _ends[Rows++] = end;
    }

    /// <summary>Makes it empty.</summary>
    internal void Clear()
    {
        Rows = 0;
        HasRowIds = true;
        if (_images.Length > _greatestKeptLength) _images = new byte[FirstLength];
    }

    /// <summary>SHA-256 over the images and the rowids (eight little-endian bytes each), in the order of reading.</summary>
    internal byte[] ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_images.AsSpan(0, Length));
        if (HasRowIds) hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(_rowIds.AsSpan(0, Rows)));
        return hash.GetHashAndReset();
    }

    /// <summary>The rows' indexes in the order of their keys' bytes: a B-tree takes them several times faster than in a random order.</summary>
    internal ReadOnlySpan<int> SortByKey()
    {
        if (_order.Length < Rows)
        {
            _order = new int[_ends.Length];
            _sortKeys = new ulong[_ends.Length];
        }

        Span<byte> prefix = stackalloc byte[8];
        for (var i = 0; i < Rows; i++)
        {
            var key = this[i].GetBytes(ConversationColumn.Id);
            prefix.Clear();
            key[..Math.Min(8, key.Length)].CopyTo(prefix);
            _sortKeys[i] = BinaryPrimitives.ReadUInt64BigEndian(prefix);
            _order[i] = i;
        }

        Array.Sort(_sortKeys, _order, 0, Rows);
        SortEqualPrefixes();
        return _order.AsSpan(0, Rows);
    }

    private void SortEqualPrefixes()
    {
        for (var start = 0; start < Rows;)
        {
            var end = start + 1;
            while (end < Rows && _sortKeys[end] == _sortKeys[start]) end++;
            if (end - start > 1) _order.AsSpan(start, end - start).Sort(_compareKeys ??= CompareKeys);
            start = end;
        }
    }

    private int CompareKeys(int left, int right)
        => this[left].GetBytes(ConversationColumn.Id).SequenceCompareTo(this[right].GetBytes(ConversationColumn.Id));

    private int GetStart(int index) => index == 0 ? 0 : _ends[index - 1];
}
