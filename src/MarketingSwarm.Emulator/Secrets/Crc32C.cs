using System.Numerics;

namespace MarketingSwarm.Emulator.Secrets;

/// <summary>CRC-32C (Castagnoli), the checksum of a secret's payload.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> data)
    {
        var crc = uint.MaxValue;
        foreach (var value in data) crc = BitOperations.Crc32C(crc, value);
        return ~crc;
    }
}
