using System.Globalization;
using System.Text;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>Writes a table's description as SQL that runs, or as a page of Markdown.</summary>
internal static class SchemaText
{
    internal static string WriteSql(TableText table)
    {
        var text = new StringBuilder();
        var origin = $"{table.Source.Schema}.{table.Source.Table} of {table.Source.Database}{(table.IsTranslated ? $", translated for {GetEngineName(table.Dialect)}" : "")}";
        AppendComment(text, origin);
        foreach (var remark in table.Remarks) AppendComment(text, remark.Text);

        // SQLite keeps the statement as it was written.
        var create = table.Dialect == SqlDialect.Sqlite && !table.IsTranslated ? table.Source.Definition! : WriteCreateTable(table);
        text.Append(create).Append(";\n");
        foreach (var index in table.Indexes)
        {
            if (WriteCreateIndex(table, index) is { } statement) text.Append(statement).Append(";\n");
        }

        return text.ToString().TrimEnd('\n');
    }

    internal static string WriteMarkdown(TableText table)
    {
        var text = new StringBuilder();
        var rows = table.Source.RowCount is { } count ? FormattableString.Invariant($" It has {count} {(count == 1 ? "row" : "rows")}.") : "";
        var translation = table.IsTranslated ? $" Types and defaults are translated for {GetEngineName(table.Dialect)}." : "";
        text.Append(CultureInfo.InvariantCulture, $"# {Escape(table.Name)}\n\nThe table {Code($"{table.Source.Schema}.{table.Source.Table}")} of {Code(table.Source.Database.ToString())}.{rows}{translation}\n\n");

        text.Append("| Column | Type | NULL | Default | Key |\n|---|---|---|---|---|\n");
        foreach (var column in table.Columns)
        {
            var type = column.Type + (column.Collation is { } collation ? $" COLLATE {collation}" : "");
            var key = table.Source.FindColumn(column.Name)?.PrimaryKeyPosition;
            text.Append(CultureInfo.InvariantCulture, $"| {Code(column.Name)} | {Code(type)} | {(column.IsNullable ? "yes" : "no")} | {Code(column.Default ?? column.Generation)} | {key} |\n");
        }

        text.Append("\n| Index | Columns | Unique | Condition |\n|---|---|---|---|\n");
        if (table.PrimaryKey.Count > 0) text.Append(CultureInfo.InvariantCulture, $"| primary key | {Code(string.Join(", ", table.PrimaryKey))} | yes |  |\n");
        foreach (var index in table.Indexes)
            text.Append(CultureInfo.InvariantCulture, $"| {Code(index.Name)} | {Code(string.Join(", ", index.Keys))} | {(index.IsUnique ? "yes" : "no")} | {Code(index.Condition)} |\n");

        AppendList(text, "Constraints", table.Constraints.Select(Code));
        if (!table.IsTranslated) AppendList(text, "Triggers", table.Source.Triggers.Select(Code));
        AppendList(text, "Remarks", table.Remarks.Select(remark => Escape(remark.Text)));
        return text.ToString().TrimEnd('\n');
    }

    private static string WriteCreateTable(TableText table)
    {
        var lines = table.Columns.Select(column => WriteColumn(table, column)).ToList();
        if (table.PrimaryKey.Count > 0) lines.Add($"PRIMARY KEY ({string.Join(", ", table.PrimaryKey.Select(SqlNames.QuoteIfNeeded))})");
        lines.AddRange(table.Constraints);
        return $"CREATE {(table.IsUnlogged ? "UNLOGGED " : "")}TABLE {SqlNames.QuoteIfNeeded(table.Name)} (\n    {string.Join(",\n    ", lines)}\n)";
    }

    private static string WriteColumn(TableText table, ColumnText column)
    {
        var line = new StringBuilder(SqlNames.QuoteIfNeeded(column.Name)).Append(CultureInfo.InvariantCulture, $" {column.Type}");
        if (column.Collation is { } collation) line.Append(CultureInfo.InvariantCulture, $" COLLATE {collation}");
        if (column.Generation is { } generation) line.Append(CultureInfo.InvariantCulture, $" {generation}");
        if (column.Default is { } value) line.Append(CultureInfo.InvariantCulture, $" DEFAULT {(IsPlain(table, value) ? value : $"({value})")}");
        if (!column.IsNullable) line.Append(" NOT NULL");
        return line.ToString();
    }

    // PostgreSQL takes any expression; SQLite wants one other than a constant or the clock in parentheses.
    private static bool IsPlain(TableText table, string value)
        => table.Dialect == SqlDialect.PostgreSql || value == "CURRENT_TIMESTAMP" || SqlToken.Split(value) is [_] or [{ IsNumber: false, IsText: false, IsName: false }, { IsNumber: true }];

    private static string? WriteCreateIndex(TableText table, IndexText index)
    {
        if (!table.IsTranslated) return index.Statement;
        var condition = index.Condition is { } where ? $" WHERE {where}" : "";
        return $"CREATE {(index.IsUnique ? "UNIQUE " : "")}INDEX {SqlNames.QuoteIfNeeded(index.Name)} ON {SqlNames.QuoteIfNeeded(table.Name)} ({string.Join(", ", index.Keys)}){condition}";
    }

    private static string GetEngineName(SqlDialect dialect) => dialect == SqlDialect.Sqlite ? "SQLite" : "PostgreSQL";

    private static void AppendComment(StringBuilder text, string comment)
        => text.Append("-- ").Append(comment.ReplaceLineEndings("\n-- ")).Append('\n');

    private static void AppendList(StringBuilder text, string title, IEnumerable<string> items)
    {
        var lines = items.ToList();
        if (lines.Count == 0) return;
        text.Append(CultureInfo.InvariantCulture, $"\n{title}:\n\n");
        foreach (var line in lines) text.Append(CultureInfo.InvariantCulture, $"- {line}\n");
    }

    // In a table a bar ends the cell even inside code, unless it is escaped; a fence must be longer than any run of backticks inside.
    private static string Code(string? value)
    {
        if (string.IsNullOrEmpty(value)) return "";
        var line = value.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);
        var fence = "`";
        while (line.Contains(fence, StringComparison.Ordinal)) fence += '`';
        var pad = line[0] == '`' || line[^1] == '`' ? " " : "";
        return $"{fence}{pad}{line}{pad}{fence}";
    }

    private static string Escape(string value)
    {
        var text = new StringBuilder();
        foreach (var sign in value.ReplaceLineEndings(" "))
        {
            if (sign is '\\' or '`' or '*' or '_' or '<' or '[' or ']' or '|' or '#') text.Append('\\');
            text.Append(sign);
        }

        return text.ToString();
    }
}
