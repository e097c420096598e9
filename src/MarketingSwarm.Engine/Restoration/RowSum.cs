using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MarketingSwarm.Engine.Restoration;

/// <summary>A sum of the rows' SHA-256, so that two sets of rows can be compared whatever the order in which they come.</summary>
internal struct RowSum : IEquatable<RowSum>
{
    private ulong _first;
    private ulong _second;
    private ulong _third;
    private ulong _fourth;

    internal void Add(Conversation row, long? rowId)
    {
        Span<byte> buffer = stackalloc byte[SHA256.HashSizeInBytes + sizeof(long)];
        SHA256.HashData(row.Image.Bytes, buffer);
        BinaryPrimitives.WriteInt64BigEndian(buffer[SHA256.HashSizeInBytes..], rowId ?? 0);
        SHA256.HashData(buffer, buffer);
        unchecked
        {
            _first += BinaryPrimitives.ReadUInt64BigEndian(buffer);
            _second += BinaryPrimitives.ReadUInt64BigEndian(buffer[8..]);
            _third += BinaryPrimitives.ReadUInt64BigEndian(buffer[16..]);
            _fourth += BinaryPrimitives.ReadUInt64BigEndian(buffer[24..]);
        }
    }

    public readonly bool Equals(RowSum other) => _first == other._first && _second == other._second && _third == other._third && _fourth == other._fourth;

    public override readonly bool Equals(object? obj) => obj is RowSum other && Equals(other);

    public override readonly int GetHashCode() => HashCode.Combine(_first, _second, _third, _fourth);
}
