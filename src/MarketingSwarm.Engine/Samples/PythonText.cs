using System.Globalization;
using System.Text;

namespace MarketingSwarm.Engine.Samples;

/// <summary>Text as the application's Python writes it.</summary>
internal static class PythonText
{
    /// <summary>The length of <see cref="FormatIso"/>'s longer form.</summary>
    internal const int IsoLength = SwarmTimestamp.LongLength;

    /// <summary><c>html.escape(text)</c> (https://docs.python.org/3/library/html.html#html.escape).</summary>
    internal static string EscapeHtml(string text) => text
        .Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal)
        .Replace(">", "&gt;", StringComparison.Ordinal)
        .Replace("\"", "&quot;", StringComparison.Ordinal)
        .Replace("'", "&#x27;", StringComparison.Ordinal);

    /// <summary>What <c>json.dumps(text)</c> puts between the quotation marks: ASCII alone, everything else as <c>\uXXXX</c> of its UTF-16 units.</summary>
    internal static byte[] EscapeJson(string text)
    {
        var json = new StringBuilder(text.Length + 16);
        foreach (var unit in text)
        {
            _ = unit switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                '\f' => json.Append("\\f"),
                '\b' => json.Append("\\b"),
                >= ' ' and <= '~' => json.Append(unit),
                _ => json.Append("\\u").Append(((int)unit).ToString("x4", CultureInfo.InvariantCulture)),
            };
        }

        return Encoding.ASCII.GetBytes(json.ToString());
    }

    /// <summary><c>datetime.isoformat()</c>: with a <c>T</c>, and without a fraction where it is zero.</summary>
    /// <returns>The number of bytes written.</returns>
    internal static int FormatIso(long microseconds, Span<byte> destination)
    {
        var length = SwarmTimestamp.Format(microseconds, dropZeroFraction: true, destination);
        destination[10] = (byte)'T';
        return length;
    }
}
