using System.Buffers.Binary;
using System.Numerics;

namespace MarketingSwarm.Engine.GoogleCloud.Secrets;

/// <summary>The Castagnoli CRC (RFC 3720, appendix B.4), by which Secret Manager and its clients check each other's payloads.</summary>
internal static class Crc32C
{
    internal static uint Compute(ReadOnlySpan<byte> data)
    {
        var sum = uint.MaxValue;
        for (; data.Length >= sizeof(ulong); data = data[sizeof(ulong)..]) sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (var octet in data) sum = BitOperations.Crc32C(sum, octet);
        return ~sum;
    }
}
