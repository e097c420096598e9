namespace MarketingSwarm.Engine.Conversion;

/// <summary>Windows-1252 as the WHATWG's Encoding Standard has it (https://encoding.spec.whatwg.org/index-windows-1252.txt): every byte is a character.</summary>
internal static class Windows1252
{
    // 0x80 to 0x9F; the five that the code page leaves open are the C1 controls of the same number.
    private const string Upper = "\u20AC\u0081\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\u008D\u017D\u008F"
        + "\u0090\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\u009D\u017E\u0178";

    internal static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new char[bytes.Length];
        for (var i = 0; i < bytes.Length; i++) text[i] = bytes[i] is >= 0x80 and <= 0x9F ? Upper[bytes[i] - 0x80] : (char)bytes[i];
        return new string(text);
    }
}
