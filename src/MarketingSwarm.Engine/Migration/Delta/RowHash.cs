using System.Buffers.Binary;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>A SHA-256, 32 bytes, as a value that allocates nothing.</summary>
internal readonly record struct RowHash(ulong A, ulong B, ulong C, ulong D)
{
    internal const int Length = 32;

    internal static RowHash Read(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64BigEndian(hash), BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[16..]), BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, A);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], D);
    }
}
