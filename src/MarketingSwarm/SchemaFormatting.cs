namespace MarketingSwarm;

/// <summary>What the view of a table's schema shows.</summary>
public static class SchemaFormatting
{
    /// <summary>The columns, one a line: name, type, collation, NOT NULL, default.</summary>
    public static string FormatColumns(DatabaseSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        var width = schema.Columns.Max(column => column.Name.Length);
        return string.Join('\n', schema.Columns.Select(column => $"{column.Name.PadRight(width)}  {FormatType(column)}"));
    }

    /// <summary>The indexes, one a line.</summary>
    public static string FormatIndexes(DatabaseSchema schema)
    {
        ArgumentNullException.ThrowIfNull(schema);
        return string.Join('\n', schema.Indexes.Select(index =>
            (index.IsPrimaryKey ? "primary key " : index.IsUnique ? "unique " : "") + index
            + (index.Condition is { } condition ? $" WHERE {condition}" : "")
            + (index.IsValid ? "" : ", invalid")));
    }

    private static string FormatType(SchemaColumn column)
    {
        var parts = new List<string> { column.Type };
        if (column.Collation is { } collation) parts.Add($"COLLATE {collation}");
        if (column.IsIdentity) parts.Add("IDENTITY");
        if (column.IsGenerated) parts.Add("GENERATED");
        if (!column.IsNullable) parts.Add("NOT NULL");
        if (column.Default is { } value) parts.Add($"DEFAULT {value}");
        return string.Join(' ', parts.Where(part => part.Length > 0));
    }
}
