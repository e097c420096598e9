namespace MarketingSwarm.Engine.Schemas;

/// <summary>Names and texts as SQL writes them, the same in SQLite and PostgreSQL.</summary>
internal static class SqlNames
{
    // The words that PostgreSQL (https://www.postgresql.org/docs/15/sql-keywords-appendix.html) or SQLite (https://www.sqlite.org/lang_keywords.html)
    // does not take as a column's name, or takes for something else.
    private static readonly HashSet<string> Reserved = new(
        """
        abort action add after all alter always analyse analyze and any array as asc asymmetric attach authorization autoincrement before begin
        between binary both by cascade case cast check collate collation column commit concurrently conflict constraint create cross current
        current_catalog current_date current_role current_schema current_time current_timestamp current_user database default deferrable
        deferred delete desc detach distinct do drop each else end escape except exclude exclusive exists explain fail false fetch filter first
        following for foreign freeze from full generated glob grant group groups having if ignore ilike immediate in index indexed initially
        inner insert instead intersect into is isnull join key last lateral leading left like limit localtime localtimestamp match materialized
        natural no not nothing notnull null nulls of offset on only or order others outer over overlaps partition placing plan pragma preceding
        primary query raise range recursive references regexp reindex release rename replace restrict returning right rollback row rows
        savepoint select session_user set similar some symmetric system_user table tablesample temp temporary then ties to trailing transaction
        trigger true unbounded union unique update user using vacuum values variadic verbose view virtual when where window with without
        """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries),
        StringComparer.Ordinal);

    /// <summary>A name in double quotes, whatever it is.</summary>
    internal static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>A name as it is where both engines read it so, else in double quotes.</summary>
    internal static string QuoteIfNeeded(string name)
        => name.Length > 0 && name.All(sign => char.IsAsciiLetterLower(sign) || char.IsAsciiDigit(sign) || sign == '_')
            && !char.IsAsciiDigit(name[0]) && !Reserved.Contains(name)
                ? name
                : Quote(name);

    /// <summary>A text in single quotes.</summary>
    internal static string QuoteText(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
