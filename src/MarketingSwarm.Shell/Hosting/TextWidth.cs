using System.Management.Automation;
using System.Management.Automation.Internal;
using System.Text;

namespace MarketingSwarm.Shell.Hosting;

/// <summary>How many columns of a terminal a text takes: two for East Asian wide characters and emoji, none for escape sequences.</summary>
internal static class TextWidth
{
    internal static int Measure(string text)
    {
        var width = 0;
        foreach (var rune in new StringDecorated(text).ToString(OutputRendering.PlainText).EnumerateRunes()) width += Measure(rune);
        return width;
    }

    internal static int Measure(Rune rune)
    {
        var value = rune.Value;
        if (value < 0x300) return 1;
        return Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.NonSpacingMark
                or System.Globalization.UnicodeCategory.EnclosingMark or System.Globalization.UnicodeCategory.Format
            ? 0
            : IsWide(value) ? 2 : 1;
    }

    /// <summary>The beginning of the text that fits.</summary>
    internal static string Truncate(string text, int columns)
    {
        if (Measure(text) <= columns) return text;
        var width = 0;
        var result = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            width += Measure(rune);
            if (width >= columns) break;
            result.Append(rune.ToString());
        }

        return result.Append('…').ToString();
    }

    // The blocks that Unicode's EastAsianWidth.txt gives as W or F, neighbours taken together.
    private static bool IsWide(int value) => value switch
    {
        >= 0x1100 and <= 0x115F => true,
        >= 0x2E80 and <= 0x303E => true,
        >= 0x3041 and <= 0xA4CF => true,
        >= 0xAC00 and <= 0xD7A3 => true,
        >= 0xF900 and <= 0xFAFF => true,
        >= 0xFE30 and <= 0xFE6F => true,
        >= 0xFF01 and <= 0xFF60 => true,
        >= 0xFFE0 and <= 0xFFE6 => true,
        >= 0x1F300 and <= 0x1FAFF => true,
        >= 0x20000 and <= 0x3FFFD => true,
        _ => false,
    };
}
