using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   Turns the text of a UTF-16 database into UTF-8 and back, whatever its 16-bit units are. A lone surrogate becomes its three bytes
///   of WTF-8 (https://simonsapin.github.io/wtf-8/), which are not valid UTF-8: who takes valid UTF-8 only refuses it and keeps the bytes.
/// </summary>
/// <remarks>
///   A byte left over after the last whole unit, which only a damaged file has, becomes <c>FF</c> and itself; no other text gives that
///   byte.
/// </remarks>
internal static class Utf16Text
{
    private const byte OddByteMark = 0xFF;

    /// <summary>The most bytes that text of so many bytes of UTF-16 becomes.</summary>
    internal static int GetMaxWtf8Length(int utf16Length) => checked((utf16Length / 2 * 3) + (utf16Length % 2 * 2));

    /// <summary>The most bytes of UTF-16 that text of so many bytes becomes.</summary>
    internal static int GetMaxUtf16Length(int wtf8Length) => checked(wtf8Length * 2);

    /// <summary>Turns UTF-16 into WTF-8.</summary>
    /// <param name="utf16">The stored bytes.</param>
    /// <param name="bigEndian">Whether the higher byte of a unit comes first.</param>
    /// <param name="wtf8">Room for <see cref="GetMaxWtf8Length"/> bytes.</param>
    /// <returns>The number of bytes written.</returns>
    internal static int ToWtf8(ReadOnlySpan<byte> utf16, bool bigEndian, Span<byte> wtf8)
    {
        var (read, written) = bigEndian == BitConverter.IsLittleEndian ? (0, 0) : TranscodeValid(utf16, wtf8);
        while (read + 1 < utf16.Length)
        {
            var unit = ReadUnit(utf16[read..], bigEndian);
            read += 2;
            if (unit < 0x80)
            {
                wtf8[written++] = (byte)unit;
            }
            else if (unit < 0x800)
            {
                wtf8[written++] = (byte)(0xC0 | (unit >> 6));
                wtf8[written++] = (byte)(0x80 | (unit & 0x3F));
            }
            else if (char.IsHighSurrogate(unit) && read + 1 < utf16.Length && ReadUnit(utf16[read..], bigEndian) is var low && char.IsLowSurrogate(low))
            {
                read += 2;
                written += new Rune(unit, low).EncodeToUtf8(wtf8[written..]);
            }
            else
            {
                wtf8[written++] = (byte)(0xE0 | (unit >> 12));
                wtf8[written++] = (byte)(0x80 | ((unit >> 6) & 0x3F));
                wtf8[written++] = (byte)(0x80 | (unit & 0x3F));
            }
        }

        if (read == utf16.Length) return written;
        wtf8[written++] = OddByteMark;
        wtf8[written++] = utf16[read];
        return written;
    }

    /// <summary>Turns WTF-8 that <see cref="ToWtf8"/> made into the same UTF-16 again.</summary>
    /// <param name="wtf8">The bytes.</param>
    /// <param name="bigEndian">Whether the higher byte of a unit is to come first.</param>
    /// <param name="utf16">Room for <see cref="GetMaxUtf16Length"/> bytes.</param>
    /// <param name="length">The number of bytes written.</param>
    /// <returns>Whether it is such text: <see langword="false"/> for other bytes that are not UTF-8.</returns>
    internal static bool TryFromWtf8(ReadOnlySpan<byte> wtf8, bool bigEndian, Span<byte> utf16, out int length)
    {
        length = 0;
        Span<char> units = stackalloc char[2];
        while (wtf8.Length > 0)
        {
            if (Rune.DecodeFromUtf8(wtf8, out var rune, out var consumed) == System.Buffers.OperationStatus.Done)
            {
                foreach (var unit in units[..rune.EncodeToUtf16(units)]) WriteUnit(utf16, ref length, unit, bigEndian);
                wtf8 = wtf8[consumed..];
            }
            else if (wtf8 is [0xED, >= 0xA0 and <= 0xBF, >= 0x80 and <= 0xBF, ..])
            {
                WriteUnit(utf16, ref length, (char)(0xD000 | ((wtf8[1] & 0x3F) << 6) | (wtf8[2] & 0x3F)), bigEndian);
                wtf8 = wtf8[3..];
            }
            else if (wtf8 is [OddByteMark, var odd])
            {
                utf16[length++] = odd;
                return true;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    // What is in the machine's own byte order is transcoded by the runtime, many units at a time, up to the first lone surrogate.
    private static (int Read, int Written) TranscodeValid(ReadOnlySpan<byte> utf16, Span<byte> wtf8)
    {
        _ = Utf8.FromUtf16(MemoryMarshal.Cast<byte, char>(utf16), wtf8, out var units, out var written, replaceInvalidSequences: false, isFinalBlock: true);
        return (units * 2, written);
    }

    private static char ReadUnit(ReadOnlySpan<byte> utf16, bool bigEndian)
        => (char)(bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(utf16) : BinaryPrimitives.ReadUInt16LittleEndian(utf16));

    private static void WriteUnit(Span<byte> utf16, ref int length, char unit, bool bigEndian)
    {
        if (bigEndian) BinaryPrimitives.WriteUInt16BigEndian(utf16[length..], unit);
        else BinaryPrimitives.WriteUInt16LittleEndian(utf16[length..], unit);
        length += 2;
    }
}
