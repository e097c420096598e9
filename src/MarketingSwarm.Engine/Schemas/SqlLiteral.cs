using System.Buffers;
using System.Globalization;

namespace MarketingSwarm.Engine.Schemas;

internal enum LiteralKind
{
    Null,
    Text,
    Number,
    Boolean,
    Bytes,
}

/// <summary>A constant of SQL: its kind and its value without quotes; hexadecimal digits of bytes.</summary>
internal readonly record struct SqlLiteral(LiteralKind Kind, string Value)
{
    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly string[] TrueWords = ["1", "t", "true", "y", "yes", "on"];
    private static readonly string[] FalseWords = ["0", "f", "false", "n", "no", "off"];

    /// <summary>Writes the constant for a column of another engine; <see langword="null"/> where that column cannot have it.</summary>
    internal string? Write(TypeFamily family, DatabaseEngine engine) => Kind == LiteralKind.Null ? "NULL" : family switch
    {
        TypeFamily.Text => Kind == LiteralKind.Text ? SqlNames.QuoteText(Value)
            // SQLite's affinity would make text of it, and of a whole number these very digits.
            : Kind == LiteralKind.Number && IsWhole() ? SqlNames.QuoteText(Value)
            : null,
        TypeFamily.Integer => Kind is LiteralKind.Number or LiteralKind.Text && IsWhole() ? Value : null,
        TypeFamily.Real or TypeFamily.Numeric => Kind is LiteralKind.Number or LiteralKind.Text && IsNumber() ? Value : null,
        TypeFamily.Boolean => WriteBoolean(engine),
        TypeFamily.Timestamp => Kind == LiteralKind.Text && IsTimestamp() ? SqlNames.QuoteText(Value) : null,
        TypeFamily.Date => Kind == LiteralKind.Text && DateOnly.TryParseExact(Value, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? SqlNames.QuoteText(Value)
            : null,
        TypeFamily.Time => Kind == LiteralKind.Text && TimeOnly.TryParseExact(Value, "HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? SqlNames.QuoteText(Value)
            : null,
        TypeFamily.Bytes => WriteBytes(engine),
        _ => null,
    };

    private string? WriteBytes(DatabaseEngine engine)
    {
        if (engine == DatabaseEngine.PostgreSql) return Kind == LiteralKind.Bytes ? $"'\\x{Value}'::bytea" : null;
        // PostgreSQL writes bytes as a text that begins with \x.
        return Kind == LiteralKind.Text && Value.StartsWith(@"\x", StringComparison.Ordinal) && Value.AsSpan(2).IndexOfAnyExcept(HexDigits) < 0
            ? $"x'{Value[2..]}'"
            : null;
    }

    private string? WriteBoolean(DatabaseEngine engine)
    {
        if (Kind == LiteralKind.Bytes) return null;
        var isTrue = TrueWords.Contains(Value, StringComparer.OrdinalIgnoreCase);
        if (!isTrue && !FalseWords.Contains(Value, StringComparer.OrdinalIgnoreCase)) return null;
        return engine == DatabaseEngine.Sqlite ? isTrue ? "1" : "0" : isTrue ? "true" : "false";
    }

    private bool IsWhole() => long.TryParse(Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);

    private bool IsNumber()
        => double.TryParse(Value, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number)
            && double.IsFinite(number);

    private bool IsTimestamp() => SwarmTimestamp.TryParse(System.Text.Encoding.UTF8.GetBytes(Value), out _, out _);
}
