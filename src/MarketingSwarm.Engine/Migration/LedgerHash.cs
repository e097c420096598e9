using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   The hash of a ledger's row, which covers all that the row says and the hash of the row before it on the same lane, so that no row
///   can be changed, taken out or put in between unnoticed.
/// </summary>
internal static class LedgerHash
{
    internal const int Length = SHA256.HashSizeInBytes;

    /// <summary>What stands for the hash before a lane's first row.</summary>
    internal static byte[] CreateStart() => new byte[Length];

    /// <summary>
    ///   SHA-256 over the hash before; the run's id, 16 bytes big-endian; chunk, lane, and the chunk withdrawn or -1, four bytes big-endian
    ///   each; the two positions, each after its length in four bytes (-1 for none); the counts, eight bytes big-endian each; the hashes of
    ///   the source's rows, of the rows' keys and of their rowids.
    /// </summary>
    internal static byte[] Compute(ReadOnlySpan<byte> previousHash, Guid runId, LedgerRow row)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> number = stackalloc byte[16];
        hash.AppendData(previousHash);
        _ = runId.TryWriteBytes(number, bigEndian: true, out _);
        hash.AppendData(number);
        Append(hash, row.Chunk);
        Append(hash, row.Lane);
        Append(hash, row.Withdraws ?? -1);
        Append(hash, row.AfterPosition);
        Append(hash, row.LastPosition);
        foreach (var count in (ReadOnlySpan<long>)[row.RowsRead, row.RowsLoaded, row.RowsSkipped, row.RowsQuarantined, row.CellsConverted, row.CellsQuarantined, row.Bytes])
        {
            BinaryPrimitives.WriteInt64BigEndian(number, count);
            hash.AppendData(number[..8]);
        }

        hash.AppendData(row.SourceHash);
        hash.AppendData(row.RowKeysHash);
        hash.AppendData(row.RowIdsHash);
        return hash.GetHashAndReset();
    }

    /// <summary>What the run's row keeps once a load has ended: SHA-256 over the last hash of each lane, in the order of the lanes.</summary>
    internal static byte[] Join(IEnumerable<byte[]> lastHashes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var last in lastHashes) hash.AppendData(last);
        return hash.GetHashAndReset();
    }

    private static void Append(IncrementalHash hash, int value)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, value);
        hash.AppendData(number);
    }

    private static void Append(IncrementalHash hash, byte[]? position)
    {
        Append(hash, position?.Length ?? -1);
        hash.AppendData(position ?? []);
    }
}

/// <summary>What a row of the ledger says.</summary>
internal sealed record LedgerRow
{
    /// <summary>The chunk's number, from 0 or 1 on, in the order in which the run began them.</summary>
    internal required int Chunk { get; init; }

    /// <summary>The connection that loaded it, from 0 on.</summary>
    internal required int Lane { get; init; }

    /// <summary>The chunk whose rows this one takes out again, where it does.</summary>
    internal int? Withdraws { get; init; }

    /// <summary>Where the range of the source begins, exclusive.</summary>
    internal byte[]? AfterPosition { get; init; }

    /// <summary>Where it ends, inclusive.</summary>
    internal byte[]? LastPosition { get; init; }

    internal long RowsRead { get; init; }

    internal long RowsLoaded { get; init; }

    internal long RowsSkipped { get; init; }

    internal long RowsQuarantined { get; init; }

    internal long CellsConverted { get; init; }

    internal long CellsQuarantined { get; init; }

    /// <summary>The bytes of the cells read.</summary>
    internal long Bytes { get; init; }

    /// <summary>The hash of the source's rows (<see cref="RowChunk.ComputeHash"/>).</summary>
    internal required byte[] SourceHash { get; init; }

    /// <summary>SHA-256 of <c>row_keys</c>.</summary>
    internal required byte[] RowKeysHash { get; init; }

    /// <summary>SHA-256 of <c>row_ids</c>, or of nothing where the rows have no rowids.</summary>
    internal required byte[] RowIdsHash { get; init; }
}
