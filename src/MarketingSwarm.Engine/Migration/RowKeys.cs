using System.IO.Hashing;
using System.Security.Cryptography;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Which rows a chunk loaded, in little room: for each the XXH128 of its key as stored, and its rowid as a difference from the one
///   before, both in the order of reading.
/// </summary>
/// <remarks>Restoring a file finds a row's rowid by it, and an undo the rows that the run put there.</remarks>
internal static class RowKeys
{
    internal const int KeyLength = 16;

    /// <summary>What the ledger's hash covers of them.</summary>
    internal static byte[] Hash(ReadOnlySpan<byte> keys) => SHA256.HashData(keys);

    /// <summary>Writes the hash of a key.</summary>
    internal static void WriteKey(ReadOnlySpan<byte> key, Span<byte> destination)
    {
        XxHash128.Hash(key, destination);
    }

    /// <summary>Writes a rowid's difference from the one before as a zigzag varint of at most 10 bytes.</summary>
    /// <returns>The bytes written.</returns>
    internal static int WriteRowId(long rowId, long previous, Span<byte> destination)
    {
        var difference = unchecked(rowId - previous);
        var value = (ulong)((difference << 1) ^ (difference >> 63));
        var length = 0;
        for (; value >= 0x80; value >>= 7) destination[length++] = (byte)(value | 0x80);
        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads one of the differences and goes on to the next.</summary>
    internal static long ReadRowId(ref ReadOnlySpan<byte> source, long previous)
    {
        ulong value = 0;
        var shift = 0;
        byte next;
        do
        {
            next = source[0];
            source = source[1..];
            value |= (ulong)(next & 0x7F) << shift;
            shift += 7;
        }
        while (next >= 0x80);

        return unchecked(previous + ((long)(value >> 1) ^ -(long)(value & 1)));
    }
}
