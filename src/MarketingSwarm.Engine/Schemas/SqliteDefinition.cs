using System.Text;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>
///   What only the text of a CREATE statement tells, because no pragma does: CHECK constraints, foreign keys as written, the expressions
///   of generated columns and of indexes, the condition of a partial index. SQLite has accepted the statement, so its grammar is given
///   (https://www.sqlite.org/lang_createtable.html, https://www.sqlite.org/lang_createindex.html).
/// </summary>
internal static class SqliteDefinition
{
    internal static SqliteTableBody OfTable(string sql)
    {
        var tokens = SqlToken.Split(sql);
        var open = tokens.FindIndex(token => token.Is("("));
        // CREATE TABLE … AS SELECT is stored as an ordinary statement, so that there always is a list.
        var constraints = new List<string>();
        var expressions = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var part in SplitList(tokens, open, out _))
        {
            var isConstraint = part[0].IsAny("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN");
            var name = isConstraint ? null : part[0].Name;
            for (var i = isConstraint ? 0 : 1; i < part.Count; i++)
            {
                var token = part[i];
                if (token.Is("("))
                {
                    i = FindClose(part, i);
                }
                else if (token.Is("CHECK"))
                {
                    var end = FindClose(part, i + 1);
                    constraints.Add(GetText(sql, part[StartOf(part, i)], part[end]));
                    i = end;
                }
                else if (token.Is("FOREIGN"))
                {
                    constraints.Add(GetText(sql, part[StartOf(part, i)], part[^1]));
                    break;
                }
                else if (token.Is("REFERENCES"))
                {
                    var end = FindEndOfReference(part, i);
                    constraints.Add($"FOREIGN KEY ({SqlNames.QuoteIfNeeded(name!)}) {GetText(sql, token, part[end])}");
                    i = end;
                }
                else if (token.Is("AS") && name is not null)
                {
                    var end = FindClose(part, i + 1);
                    expressions[name] = sql[part[i + 1].End..part[end].Start].Trim();
                    i = end;
                }
            }
        }

        return new SqliteTableBody(constraints, expressions);
    }

    internal static SqliteIndexStatement OfIndex(string sql)
    {
        var tokens = SqlToken.Split(sql);
        // The name of the index or of its table may be any word, but it is no parenthesis.
        var open = tokens.FindIndex(token => token.Is("("));
        var parts = SplitList(tokens, open, out var close);
        var condition = close + 1 < tokens.Count && tokens[close + 1].Is("WHERE") ? sql[tokens[close + 1].End..tokens[^1].End].Trim() : null;
        return new SqliteIndexStatement([.. parts.Select(part => GetText(sql, part[0], part[EndOfExpression(part)]))], condition);
    }

    /// <summary>
    ///   A CREATE TABLE statement in which the application's columns have no type, so that SQLite stores every cell as it is given. A
    ///   key of type INTEGER keeps it, since it is the rowid; and so does a STRICT table, which takes no other cells.
    /// </summary>
    internal static string WithoutTypes(string sql)
    {
        var tokens = SqlToken.Split(sql);
        var parts = SplitList(tokens, tokens.FindIndex(token => token.Is("(")), out var close);
        if (tokens.Skip(close).Any(token => token.Is("STRICT"))) return sql;
        var text = new StringBuilder();
        var copied = 0;
        foreach (var part in parts)
        {
            if (part[0].IsAny("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN") || !ConversationTable.TryFind(part[0].Name, out var column)) continue;
            var end = 1;
            while (end < part.Count && !StartsConstraint(part[end])) end = part[end].Is("(") ? FindClose(part, end) + 1 : end + 1;
            if (end == 1 || (column == ConversationColumn.Id && end == 2 && part[1].Is("INTEGER"))) continue;
            text.Append(sql, copied, part[0].End - copied);
            copied = part[end - 1].End;
        }

        return text.Append(sql, copied, sql.Length - copied).ToString();
    }

    private static bool StartsConstraint(SqlToken token)
        => token.IsAny("CONSTRAINT", "PRIMARY", "NOT", "NULL", "UNIQUE", "CHECK", "DEFAULT", "COLLATE", "REFERENCES", "GENERATED", "AS");

    // The direction is read from the pragma.
    private static int EndOfExpression(List<SqlToken> part) => part[^1].IsAny("ASC", "DESC") ? part.Count - 2 : part.Count - 1;

    // A constraint's text begins with its name, where it has one.
    private static int StartOf(List<SqlToken> part, int keyword) => keyword >= 2 && part[keyword - 2].Is("CONSTRAINT") ? keyword - 2 : keyword;

    // REFERENCES table [(columns)] then ON …, MATCH …, [NOT] DEFERRABLE …
    private static int FindEndOfReference(List<SqlToken> part, int start)
    {
        var end = start + 1;
        for (var i = start + 2; i < part.Count; i++)
        {
            if (part[i].Is("("))
            {
                i = FindClose(part, i);
            }
            else if (part[i].Is("NOT"))
            {
                if (i + 1 >= part.Count || !part[i + 1].Is("DEFERRABLE")) break;
            }
            else if (!part[i].IsAny(
                "ON", "DELETE", "UPDATE", "SET", "NULL", "DEFAULT", "CASCADE", "RESTRICT", "NO", "ACTION", "MATCH", "SIMPLE", "PARTIAL", "FULL",
                "DEFERRABLE", "INITIALLY", "DEFERRED", "IMMEDIATE")
                || (part[i].IsAny("NULL", "DEFAULT") && !part[i - 1].Is("SET")))
            {
                break;
            }

            end = i;
        }

        return end;
    }

    private static List<List<SqlToken>> SplitList(List<SqlToken> tokens, int open, out int close)
    {
        close = FindClose(tokens, open);
        var parts = new List<List<SqlToken>> { new() };
        var depth = 0;
        for (var i = open + 1; i < close; i++)
        {
            depth += tokens[i].Is("(") ? 1 : tokens[i].Is(")") ? -1 : 0;
            if (depth == 0 && tokens[i].Is(",")) parts.Add([]);
            else parts[^1].Add(tokens[i]);
        }

        return parts;
    }

    private static int FindClose(List<SqlToken> tokens, int open)
    {
        var depth = 0;
        for (var i = open; i < tokens.Count; i++)
        {
            depth += tokens[i].Is("(") ? 1 : tokens[i].Is(")") ? -1 : 0;
            if (depth == 0) return i;
        }

        throw new FormatException("A statement of sqlite_master has an open parenthesis.");
    }

    private static string GetText(string sql, SqlToken first, SqlToken last) => sql[first.Start..last.End];
}

/// <summary>What a CREATE TABLE statement says beside its columns.</summary>
internal sealed class SqliteTableBody(IReadOnlyList<string> constraints, IReadOnlyDictionary<string, string> generationExpressions)
{
    /// <summary>CHECK constraints and foreign keys, as table constraints.</summary>
    internal IReadOnlyList<string> Constraints => constraints;

    internal string? FindGenerationExpression(string column) => generationExpressions.GetValueOrDefault(column);
}

/// <summary>What a CREATE INDEX statement says of its key.</summary>
/// <param name="Keys">The key's parts as written, without their direction.</param>
/// <param name="Condition">The condition of a partial index.</param>
internal sealed record SqliteIndexStatement(IReadOnlyList<string> Keys, string? Condition);
