using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>What one transaction of a delta did, and what the target had of the source after it.</summary>
internal sealed record Generation
{
    /// <summary>From 1 on in its run.</summary>
    internal required int Number { get; init; }

    internal required GenerationKind Kind { get; init; }

    /// <summary>The chunk of the ledger that has the rows that were written.</summary>
    internal required int Chunk { get; init; }

    /// <summary>The rows that the source had; of a part of a delta, those that the target accounts for.</summary>
    internal required long Rows { get; init; }

    internal long RowsLoaded { get; init; }

    internal long RowsQuarantined { get; init; }

    internal long CellsConverted { get; init; }

    internal long CellsQuarantined { get; init; }

    internal long Inserted { get; init; }

    internal long Updated { get; init; }

    internal long Deleted { get; init; }

    /// <summary>Whether the target then had the source as it was at one moment.</summary>
    internal bool IsConsistent { get; init; }

    /// <summary>SHA-256 over the keys of the rows taken out, each after its length in four bytes.</summary>
    internal required byte[] DeletedKeysHash { get; init; }

    /// <summary>The sum of the rows' hashes (<see cref="RowIndex.ComputeDigest"/>).</summary>
    internal required byte[] Digest { get; init; }

    /// <summary>The joined heads of the ledger's lanes, this generation's chunk included.</summary>
    internal required byte[] LedgerHead { get; init; }

    /// <summary>The hash of the generation before it; of the first one, the ledger's head as the load left it.</summary>
    internal required byte[] PreviousHash { get; init; }

    /// <summary>SHA-256 over all of it, in the order of the properties, numbers as eight bytes big-endian, and the run's id.</summary>
    internal byte[] ComputeHash(Guid runId)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> buffer = stackalloc byte[16];
        hash.AppendData(PreviousHash);
        _ = runId.TryWriteBytes(buffer, bigEndian: true, out _);
        hash.AppendData(buffer);
        foreach (var number in (ReadOnlySpan<long>)
            [Number, (int)Kind, Chunk, Rows, RowsLoaded, RowsQuarantined, CellsConverted, CellsQuarantined, Inserted, Updated, Deleted, IsConsistent ? 1 : 0])
        {
            BinaryPrimitives.WriteInt64BigEndian(buffer, number);
            hash.AppendData(buffer[..8]);
        }

        hash.AppendData(DeletedKeysHash);
        hash.AppendData(Digest);
        hash.AppendData(LedgerHead);
        return hash.GetHashAndReset();
    }
}

/// <summary>A generation as the ledger has it.</summary>
/// <param name="Row">What it says.</param>
/// <param name="Hash">Its hash as recorded.</param>
/// <param name="CommittedAt">When, in UTC.</param>
internal sealed record GenerationEntry(Generation Row, byte[] Hash, DateTime CommittedAt);
