using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>
///   What the target has of each row: its key and its hash (<see cref="RowForm"/>), in memory; about 170 bytes a row with the application's keys.
/// </summary>
/// <remarks>While nothing is set or removed, several threads may look rows up and mark them.</remarks>
internal sealed class RowIndex
{
    // Nobody can choose keys that meet in one place.
    private readonly long _seed = Random.Shared.NextInt64();
    private readonly Dictionary<UInt128, Entry> _entries;
    private long _quarantined;
    private RowHash _sum;

    internal RowIndex(int capacity = 0) => _entries = new Dictionary<UInt128, Entry>(capacity);

    /// <summary>The rows.</summary>
    internal int Count => _entries.Count;

    /// <summary>Those that are in the table.</summary>
    internal long Loaded => Count - _quarantined;

    /// <summary>All rows, in no order.</summary>
    internal IEnumerable<Entry> Entries => _entries.Values;

    /// <summary>Finds a row and marks it.</summary>
    /// <param name="key">Its key.</param>
    /// <param name="mark">A number of this pass, other than 0.</param>
    /// <param name="known">What is known of it.</param>
    /// <returns>What the row is to the index.</returns>
    internal bool TryMark(ReadOnlySpan<byte> key, int mark, out Entry known)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, GetHash(key));
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref entry))
        {
            known = default;
            return false;
        }

        CheckKey(entry, key);
        known = entry;
        entry.Mark = mark;
        return true;
    }

    /// <summary>A row's bytes in few, by which this index alone knows them again: its seed is nobody else's.</summary>
    internal UInt128 HashImage(ReadOnlySpan<byte> image) => XxHash128.HashToUInt128(image, _seed);

    /// <summary>Finds a row that has no residue and is byte for byte what an earlier pass has found unchanged, and marks it.</summary>
    /// <returns>False also where it was marked by this pass already.</returns>
    internal bool TryMarkSeen(ReadOnlySpan<byte> key, UInt128 image, int mark)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, GetHash(key));
        if (System.Runtime.CompilerServices.Unsafe.IsNullRef(ref entry) || entry.Image != image || entry.HasResidue || entry.Mark == mark || !key.SequenceEqual(entry.Key)) return false;
        entry.Mark = mark;
        return true;
    }

    /// <summary>Notes a row's bytes, which lead to the hash that the index has.</summary>
    internal void NoteSeen(ReadOnlySpan<byte> key, UInt128 image)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrNullRef(_entries, GetHash(key));
        entry.Image = image;
    }

    /// <summary>The keys that a pass has not marked.</summary>
    internal IEnumerable<Entry> FindUnmarked(int mark) => _entries.Values.Where(entry => entry.Mark != mark);

    internal bool TryFind(ReadOnlySpan<byte> key, out Entry known)
    {
        if (!_entries.TryGetValue(GetHash(key), out known)) return false;
        CheckKey(known, key);
        return true;
    }

    internal void Set(byte[] key, RowHash hash, bool hasResidue, int mark)
    {
        ref var entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, GetHash(key), out var isThere);
        if (isThere)
        {
            CheckKey(entry, key);
            _sum = Subtract(_sum, entry.Hash);
        }
        else if (RowForm.IsQuarantined(key))
        {
            _quarantined++;
        }

        _sum = Add(_sum, hash);
        entry = new Entry { Key = isThere ? entry.Key : key, Hash = hash, HasResidue = hasResidue, Mark = mark };
    }

    internal void Remove(ReadOnlySpan<byte> key)
    {
        if (!_entries.Remove(GetHash(key), out var gone)) return;
        _sum = Subtract(_sum, gone.Hash);
        if (RowForm.IsQuarantined(key)) _quarantined--;
    }

    // A is the most significant part.
    private static RowHash Add(RowHash left, RowHash right)
    {
        var low = new UInt128(left.C, left.D) + new UInt128(right.C, right.D);
        var carry = low < new UInt128(left.C, left.D) ? UInt128.One : UInt128.Zero;
        var high = new UInt128(left.A, left.B) + new UInt128(right.A, right.B) + carry;
        return new RowHash((ulong)(high >> 64), (ulong)high, (ulong)(low >> 64), (ulong)low);
    }

    private static RowHash Subtract(RowHash left, RowHash right)
    {
        var borrow = new UInt128(left.C, left.D) < new UInt128(right.C, right.D) ? UInt128.One : UInt128.Zero;
        var low = new UInt128(left.C, left.D) - new UInt128(right.C, right.D);
        var high = new UInt128(left.A, left.B) - new UInt128(right.A, right.B) - borrow;
        return new RowHash((ulong)(high >> 64), (ulong)high, (ulong)(low >> 64), (ulong)low);
    }

    /// <summary>The sum of the hashes modulo 2^256, big-endian: the same for the same rows, whatever their order.</summary>
    /// <param name="batch">What is about to be set and removed.</param>
    internal byte[] ComputeDigest(DeltaBatch batch)
    {
        var sum = _sum;
        foreach (var gone in batch.Deleted) sum = Subtract(sum, gone.Hash);
        foreach (var row in batch.Rows)
        {
            if (row.IsKnown && TryFind(row.Key, out var known)) sum = Subtract(sum, known.Hash);
            sum = Add(sum, row.Hash);
        }

        var digest = new byte[RowHash.Length];
        sum.Write(digest);
        return digest;
    }

    private UInt128 GetHash(ReadOnlySpan<byte> key) => XxHash128.HashToUInt128(key, _seed);

    private static void CheckKey(in Entry entry, ReadOnlySpan<byte> key)
    {
        if (!key.SequenceEqual(entry.Key)) throw new InvalidOperationException("Two keys have one XXH128.");
    }

    /// <summary>A row.</summary>
    internal struct Entry
    {
        /// <summary>See <see cref="RowForm.Key"/>.</summary>
        internal byte[] Key { get; init; }

        internal RowHash Hash { get; init; }

        internal bool HasResidue { get; init; }

        /// <summary>See <see cref="HashImage"/>; 0 where no pass has found the row unchanged yet.</summary>
        internal UInt128 Image { get; set; }

        /// <summary>The pass that has met it last.</summary>
        internal int Mark { get; set; }
    }
}
