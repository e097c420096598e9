namespace MarketingSwarm.Engine.Schemas;

/// <summary>A word, a quoted name, a text or a sign in a statement; comments and spaces are none. The signs are SQLite's, whose names have four kinds of quotes.</summary>
internal readonly record struct SqlToken(string Source, int Start, int End)
{
    /// <summary>The name or the text that the token writes, without its quotes.</summary>
    internal string Name
    {
        get
        {
            var text = Source[Start..End];
            return text[0] switch
            {
                '[' => text[1..^1],
                '"' or '`' or '\'' => text[1..^1].Replace(new string(text[0], 2), text[..1], StringComparison.Ordinal),
                _ => text,
            };
        }
    }

    internal bool IsText => Source[Start] == '\'';

    internal bool IsNumber => char.IsAsciiDigit(Source[Start]) || (Source[Start] == '.' && End - Start > 1);

    internal bool IsName => Source[Start] is '"' or '`' or '[' || (IsWord(Source[Start]) && !IsNumber);

    internal bool Is(string word) => Source.AsSpan(Start, End - Start).Equals(word, StringComparison.OrdinalIgnoreCase);

    internal bool IsAny(params ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            if (Is(word)) return true;
        }

        return false;
    }

    /// <param name="sql">The statement or the expression.</param>
    /// <param name="hasBracketNames">Whether brackets quote a name, as in SQLite; in PostgreSQL they hold an array.</param>
    internal static List<SqlToken> Split(string sql, bool hasBracketNames = true)
    {
        var tokens = new List<SqlToken>();
        for (var i = 0; i < sql.Length;)
        {
            var start = i;
            switch (sql[i])
            {
                case '-' when Peek(sql, i) == '-':
                    i = IndexAfter(sql, "\n", i);
                    continue;
                case '/' when Peek(sql, i) == '*':
                    i = IndexAfter(sql, "*/", i + 2);
                    continue;
                case '\'' or '"' or '`':
                    i = SkipQuoted(sql, i);
                    break;
                case '[' when hasBracketNames:
                    i = IndexAfter(sql, "]", i);
                    break;
                case var sign when IsWord(sign):
                    // 1e-5 is one number.
                    while (i < sql.Length && (IsWord(sql[i]) || (sql[i] is '+' or '-' && char.IsAsciiDigit(sign) && sql[i - 1] is 'e' or 'E'))) i++;
                    break;
                default:
                    i++;
                    if (char.IsWhiteSpace(sql[start])) continue;
                    break;
            }

            tokens.Add(new SqlToken(sql, start, i));
        }

        return tokens;
    }

    /// <summary>The token as it is written.</summary>
    public override string ToString() => Source[Start..End];

    private static bool IsWord(char sign) => char.IsAsciiLetterOrDigit(sign) || sign is '_' or '$' or '.' || sign >= 0x80;

    private static char Peek(string sql, int at) => at + 1 < sql.Length ? sql[at + 1] : '\0';

    private static int IndexAfter(string sql, string end, int from)
    {
        var at = sql.IndexOf(end, from, StringComparison.Ordinal);
        return at < 0 ? sql.Length : at + end.Length;
    }

    // A quote inside is doubled.
    private static int SkipQuoted(string sql, int at)
    {
        var quote = sql[at++];
        while (at < sql.Length)
        {
            if (sql[at++] != quote) continue;
            if (at >= sql.Length || sql[at] != quote) break;
            at++;
        }

        return at;
    }
}
