using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   A digest of a set of rows that does not depend on their order: the sum of their SHA-256 modulo 2^256, and their number. A sum and
///   not an exclusive or, in which a doubled row would vanish.
/// </summary>
internal sealed class SetDigest
{
    internal const int Length = SHA256.HashSizeInBytes;

    // The least significant first.
    private ulong _a;
    private ulong _b;
    private ulong _c;
    private ulong _d;

    internal long Count { get; private set; }

    /// <summary>Adds a row's SHA-256.</summary>
    internal void Add(ReadOnlySpan<byte> hash)
    {
        Count++;
        var carry = AddLane(ref _a, BinaryPrimitives.ReadUInt64BigEndian(hash[24..]), 0);
        carry = AddLane(ref _b, BinaryPrimitives.ReadUInt64BigEndian(hash[16..]), carry);
        carry = AddLane(ref _c, BinaryPrimitives.ReadUInt64BigEndian(hash[8..]), carry);
        _ = AddLane(ref _d, BinaryPrimitives.ReadUInt64BigEndian(hash), carry);
    }

    /// <summary>The sum, big-endian.</summary>
    internal byte[] ToArray()
    {
        var sum = new byte[Length];
        BinaryPrimitives.WriteUInt64BigEndian(sum, _d);
        BinaryPrimitives.WriteUInt64BigEndian(sum.AsSpan(8), _c);
        BinaryPrimitives.WriteUInt64BigEndian(sum.AsSpan(16), _b);
        BinaryPrimitives.WriteUInt64BigEndian(sum.AsSpan(24), _a);
        return sum;
    }

    /// <summary>The sum as a number.</summary>
    internal BigInteger ToInteger() => new(ToArray(), isUnsigned: true, isBigEndian: true);

    internal bool IsSame(SetDigest other) => Count == other.Count && (_a, _b, _c, _d) == (other._a, other._b, other._c, other._d);

    private static ulong AddLane(ref ulong lane, ulong value, ulong carry)
    {
        var sum = unchecked(lane + value);
        var overflow = sum < value ? 1UL : 0;
        lane = unchecked(sum + carry);
        return overflow + (lane < sum ? 1UL : 0);
    }
}
