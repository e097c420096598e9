using System.Diagnostics.CodeAnalysis;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>A column as an expression sees it.</summary>
/// <param name="Name">The name as the target's SQL writes it.</param>
/// <param name="Family">What it holds in the target.</param>
/// <param name="IsComparedByBytes">Whether the source compares its texts byte by byte, so that =, and &lt; where it matters, mean the same in the target.</param>
/// <param name="IsOrderedByBytes">The same of its order.</param>
internal readonly record struct ExpressionColumn(string Name, TypeFamily Family, bool IsComparedByBytes, bool IsOrderedByBytes);

/// <summary>
///   Rewrites an expression of one engine for the other: constants, the clock, and conditions that compare columns with constants. What
///   it does not know, or what would mean something else there, it does not translate; the caller says so to the user.
/// </summary>
internal sealed class ExpressionTranslator(DatabaseEngine target, Func<string, ExpressionColumn?> findColumn)
{
    // The source's texts without spaces, casts to text and outer parentheses, in lower case.
    private static readonly HashSet<string> UtcNow =
    [
        "current_timestamp", "datetime('now')",
        "now()attimezone'utc'", "timezone('utc',now())", "current_timestampattimezone'utc'", "timezone('utc',current_timestamp)",
    ];

    private static readonly HashSet<string> SessionNow = ["now()", "current_timestamp", "localtimestamp", "transaction_timestamp()"];

    private List<SqlToken> _tokens = [];
    private int _position;

    /// <summary>Translates a column's default.</summary>
    /// <param name="sql">The source's expression.</param>
    /// <param name="sourceType">The source's type of the column, as PostgreSQL's format_type writes it; any text for SQLite.</param>
    /// <param name="family">What the target's column holds.</param>
    /// <param name="doubt">What differs; <see langword="null"/> where nothing does.</param>
    /// <returns>The target's expression; <see langword="null"/> where there is none.</returns>
    internal string? TranslateDefault(string sql, string sourceType, TypeFamily family, out string? doubt)
    {
        doubt = null;
        Begin(sql);
        if (TryParseLiteral(out var literal) && IsAtEnd) return literal.Write(family, target);

        var normal = Normalize();
        if (target == DatabaseEngine.PostgreSql)
        {
            if (UtcNow.Contains(normal)) return WriteUtcNow(family);
            return normal is "current_date" or "date('now')" ? WriteUtcDate(family) : null;
        }

        if (family is not (TypeFamily.Timestamp or TypeFamily.TimestampWithTimeZone)) return null;
        if (SessionNow.Contains(normal))
        {
            if (sourceType.EndsWith("without time zone", StringComparison.Ordinal)) doubt = "PostgreSQL's is the session's local time, SQLite's is UTC";
            return "CURRENT_TIMESTAMP";
        }

        return UtcNow.Contains(normal) ? "CURRENT_TIMESTAMP" : null;
    }

    /// <summary>Translates the condition of a CHECK constraint or of a partial index; <see langword="null"/> where it cannot.</summary>
    internal string? TranslateCondition(string sql)
    {
        Begin(sql);
        return ParseOr() is { } condition && IsAtEnd ? condition : null;
    }

    /// <summary>Translates an expression in an index's key: <c>lower</c> or <c>upper</c> of a column, the only ones that both engines have alike for ASCII.</summary>
    internal string? TranslateKey(string sql)
    {
        Begin(sql);
        while (_tokens is [var first, .., var last] && first.Is("(") && last.Is(")")) _tokens = _tokens[1..^1];
        if (_tokens is not [var function, var open, .., var close] || !function.IsAny("lower", "upper") || !open.Is("(") || !close.Is(")")) return null;
        _position = 2;
        return ParseOperand() is { Family: TypeFamily.Text } operand && _position == _tokens.Count - 1
            ? $"{function.Name.ToLowerInvariant()}({operand.Name})"
            : null;
    }

    private bool IsAtEnd => _position == _tokens.Count;

    private void Begin(string sql)
    {
        _tokens = SqlToken.Split(sql, hasBracketNames: target == DatabaseEngine.PostgreSql);
        _position = 0;
    }

    private static string? WriteUtcNow(TypeFamily family) => family switch
    {
        TypeFamily.Timestamp => "(now() AT TIME ZONE 'utc')",
        TypeFamily.TimestampWithTimeZone => "now()",
        TypeFamily.Text => "to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD HH24:MI:SS')",
        _ => null,
    };

    private static string? WriteUtcDate(TypeFamily family) => family switch
    {
        TypeFamily.Date => "((now() AT TIME ZONE 'utc')::date)",
        TypeFamily.Text => "to_char(now() AT TIME ZONE 'utc', 'YYYY-MM-DD')",
        _ => null,
    };

    private string Normalize()
    {
        var words = _tokens.Select(token => token.ToString().ToLowerInvariant()).ToList();
        for (var i = words.Count - 3; i >= 0; i--)
        {
            if (words[i] == ":" && words[i + 1] == ":" && words[i + 2] == "text") words.RemoveRange(i, 3);
        }

        while (words is ["(", .., ")"] && ClosesAtEnd(words)) words = words[1..^1];
        return string.Concat(words);
    }

    private static bool ClosesAtEnd(List<string> words)
    {
        var depth = 0;
        for (var i = 0; i < words.Count - 1; i++)
        {
            depth += words[i] == "(" ? 1 : words[i] == ")" ? -1 : 0;
            if (depth == 0) return false;
        }

        return true;
    }

    private string? ParseOr() => ParseList(ParseAnd, "OR");

    private string? ParseAnd() => ParseList(ParseNot, "AND");

    private string? ParseList(Func<string?> parse, string separator)
    {
        var text = parse();
        while (text is not null && Take(separator)) text = parse() is { } next ? $"{text} {separator} {next}" : null;
        return text;
    }

    private string? ParseNot()
    {
        if (Take("NOT")) return ParseNot() is { } condition ? $"NOT ({condition})" : null;
        var start = _position;
        // A parenthesis opens a condition, or an operand such as PostgreSQL's (status)::text.
        if (Take("(") && ParseOr() is { } inner && Take(")") && !IsOperatorNext()) return $"({inner})";
        _position = start;
        return ParsePredicate();
    }

    private string? ParsePredicate()
    {
        if (ParseOperand() is not { } operand) return null;
        if (Take("IS"))
        {
            var isNot = Take("NOT");
            return Take("NULL") ? $"{operand.Name} IS {(isNot ? "NOT " : "")}NULL" : null;
        }

        if (Take("NOTNULL")) return $"{operand.Name} IS NOT NULL";
        if (Take("ISNULL")) return $"{operand.Name} IS NULL";
        var not = Take("NOT") ? "NOT " : "";
        if (Take("IN")) return operand.IsComparedByBytes && Take("(") && ParseLiterals(operand, ")") is { } list ? $"{operand.Name} {not}IN ({list})" : null;
        if (Take("BETWEEN"))
            return ParseLiteral(operand) is { } low && Take("AND") && ParseLiteral(operand) is { } high ? Order(operand, $"{not}BETWEEN {low} AND {high}") : null;
        if (not.Length > 0) return null;
        if (ParseOperator() is { } sign) return ParseComparison(operand, sign);
        return operand.Family == TypeFamily.Boolean ? operand.Name : null;
    }

    private string? ParseComparison(ExpressionColumn operand, string sign)
    {
        // PostgreSQL keeps IN as = ANY, and NOT IN as <> ALL.
        if ((sign == "=" && Take("ANY")) || (sign == "<>" && Take("ALL")))
        {
            if (!operand.IsComparedByBytes || !Take("(")) return null;
            var isWrapped = Take("(");
            if (!Take("ARRAY") || !Take("[") || ParseLiterals(operand, "]") is not { } list) return null;
            if (isWrapped && !Take(")")) return null;
            if (Peek(":") && !TakeTextCast(allowArray: true)) return null;
            return Take(")") ? $"{operand.Name} {(sign == "=" ? "" : "NOT ")}IN ({list})" : null;
        }

        if (ParseLiteral(operand) is not { } value) return null;
        if (sign is "=" or "<>") return operand.IsComparedByBytes ? $"{operand.Name} {sign} {value}" : null;
        return Order(operand, $"{sign} {value}");
    }

    // SQLite orders text by its bytes; PostgreSQL does so when it is told.
    private string? Order(ExpressionColumn operand, string rest)
    {
        if (operand.Family != TypeFamily.Text) return $"{operand.Name} {rest}";
        if (!operand.IsOrderedByBytes) return null;
        return target == DatabaseEngine.PostgreSql ? $"{operand.Name} COLLATE \"C\" {rest}" : $"{operand.Name} {rest}";
    }

    private ExpressionColumn? ParseOperand()
    {
        if (Take("("))
        {
            if (ParseOperand() is not { } inner || !Take(")")) return null;
            return TakeCasts(inner.Family) ? inner : null;
        }

        if (IsAtEnd) return null;
        var token = _tokens[_position++];
        if (token.IsAny("length", "char_length") && Take("("))
        {
            return ParseOperand() is { Family: TypeFamily.Text } text && Take(")")
                ? new ExpressionColumn($"length({text.Name})", TypeFamily.Integer, IsComparedByBytes: true, IsOrderedByBytes: true)
                : null;
        }

        return token.IsName && findColumn(token.Name) is { } column && TakeCasts(column.Family) ? column : null;
    }

    private string? ParseLiterals(ExpressionColumn column, string close)
    {
        var values = new List<string>();
        do
        {
            if (ParseLiteral(column) is not { } value) return null;
            values.Add(value);
        }
        while (Take(","));
        return Take(close) ? string.Join(", ", values) : null;
    }

    private string? ParseLiteral(ExpressionColumn column)
        => TryParseLiteral(out var literal) && literal.Kind != LiteralKind.Null ? literal.Write(column.Family, target) : null;

    private bool TryParseLiteral(out SqlLiteral literal)
    {
        literal = default;
        if (Take("("))
        {
            return TryParseLiteral(out literal) && Take(")") && TakeAnyCast();
        }

        var sign = Take("-") ? "-" : Take("+") ? "" : null;
        if (IsAtEnd) return false;
        var token = _tokens[_position++];
        if (token.IsNumber) literal = new SqlLiteral(LiteralKind.Number, sign + token);
        else if (sign is not null) return false;
        else if (token.Is("NULL")) literal = new SqlLiteral(LiteralKind.Null, "");
        else if (token.IsAny("TRUE", "FALSE")) literal = new SqlLiteral(LiteralKind.Boolean, token.Name);
        else if (token.IsText) literal = new SqlLiteral(LiteralKind.Text, token.Name);
        else if (TryTakeAdjacentText(token, "x", out var digits)) literal = new SqlLiteral(LiteralKind.Bytes, digits);
        // The only escape that PostgreSQL's deparser writes is the backslash's own.
        else if (TryTakeAdjacentText(token, "E", out var escaped)) literal = new SqlLiteral(LiteralKind.Text, escaped.Replace(@"\\", @"\", StringComparison.Ordinal));
        // A default in double quotes is a text to SQLite where no column has the name.
        else if (target == DatabaseEngine.PostgreSql && token.ToString()[0] == '"' && findColumn(token.Name) is null) literal = new SqlLiteral(LiteralKind.Text, token.Name);
        else return false;
        return TakeAnyCast();
    }

    private bool TryTakeAdjacentText(SqlToken prefix, string word, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (!prefix.Is(word) || IsAtEnd || _tokens[_position].Start != prefix.End || !_tokens[_position].IsText) return false;
        text = _tokens[_position++].Name;
        return true;
    }

    // Of a column, only a cast that changes nothing may go.
    private bool TakeCasts(TypeFamily family)
    {
        while (Peek(":"))
        {
            if (family != TypeFamily.Text || !TakeTextCast(allowArray: false)) return false;
        }

        return true;
    }

    private bool TakeTextCast(bool allowArray)
    {
        if (!Take(":") || !Take(":")) return false;
        if (!Take("text") && !(Take("character") && Take("varying")) && !Take("varchar")) return false;
        return !allowArray || (Take("[") && Take("]"));
    }

    // The type of the column decides how a constant is written, and whether it can be.
    private bool TakeAnyCast()
    {
        while (Take(":"))
        {
            if (!Take(":") || IsAtEnd || !_tokens[_position].IsName) return false;
            while (!IsAtEnd && _tokens[_position].IsAny(
                "text", "character", "varying", "varchar", "integer", "bigint", "smallint", "numeric", "double", "precision", "real", "boolean",
                "timestamp", "without", "with", "time", "zone", "date", "bytea", "bpchar", "json", "jsonb", "uuid"))
            {
                _position++;
            }

            if (_tokens[_position - 1].Is(":")) return false;
        }

        return true;
    }

    private string? ParseOperator()
    {
        if (Take("="))
        {
            Take("=");
            return "=";
        }

        if (Take("!")) return Take("=") ? "<>" : null;
        if (Take("<")) return Take(">") ? "<>" : Take("=") ? "<=" : "<";
        return Take(">") ? Take("=") ? ">=" : ">" : null;
    }

    private bool IsOperatorNext()
        => !IsAtEnd && _tokens[_position].IsAny("=", "!", "<", ">", ":", "IS", "IN", "BETWEEN", "NOT", "NOTNULL", "ISNULL");

    private bool Peek(string word) => !IsAtEnd && _tokens[_position].Is(word);

    private bool Take(string word)
    {
        if (!Peek(word)) return false;
        _position++;
        return true;
    }
}
