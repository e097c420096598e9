using System.Text;

namespace MarketingSwarm.Engine.Conversations;

internal static class Utf8Text
{
    /// <summary>Where the first sequence begins that is not UTF-8, or -1.</summary>
    internal static int FindInvalid(ReadOnlySpan<byte> bytes)
    {
        var offset = 0;
        while (offset < bytes.Length)
        {
            if (Rune.DecodeFromUtf8(bytes[offset..], out _, out var consumed) != System.Buffers.OperationStatus.Done) return offset;
            offset += consumed;
        }

        return -1;
    }
}
