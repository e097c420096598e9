namespace MarketingSwarm.Engine.Schemas;

/// <summary>A table ready to be written in one dialect, with what the dialect cannot say.</summary>
internal sealed record TableText
{
    internal required DatabaseSchema Source { get; init; }

    internal required SqlDialect Dialect { get; init; }

    internal required string Name { get; init; }

    internal IReadOnlyList<ColumnText> Columns { get; init; } = [];

    internal IReadOnlyList<IndexText> Indexes { get; init; } = [];

    /// <summary>Table constraints beside the key: CHECK and UNIQUE.</summary>
    internal IReadOnlyList<string> Constraints { get; init; } = [];

    /// <summary>The key's columns in order.</summary>
    internal IReadOnlyList<string> PrimaryKey { get; init; } = [];

    internal bool IsUnlogged { get; init; }

    internal IReadOnlyList<Remark> Remarks { get; init; } = [];

    internal bool IsTranslated => (Dialect == SqlDialect.Sqlite) != (Source.Database.Engine == DatabaseEngine.Sqlite);
}

/// <summary>A column in a dialect.</summary>
internal sealed record ColumnText
{
    internal required string Name { get; init; }

    internal required string Type { get; init; }

    /// <summary>The collation as SQL writes it, or <see langword="null"/>.</summary>
    internal string? Collation { get; init; }

    internal bool IsNullable { get; init; }

    internal string? Default { get; init; }

    /// <summary>What follows the type of a column that the database fills: GENERATED ….</summary>
    internal string? Generation { get; init; }
}

/// <summary>An index in a dialect.</summary>
internal sealed record IndexText
{
    internal required string Name { get; init; }

    /// <summary>The key's parts as SQL.</summary>
    internal required IReadOnlyList<string> Keys { get; init; }

    internal bool IsUnique { get; init; }

    internal string? Condition { get; init; }

    /// <summary>The source's own statement, where the dialect is the source's.</summary>
    internal string? Statement { get; init; }
}

/// <summary>Something that the text does not say, or not as the table has it.</summary>
/// <param name="Text">What and why, as a sentence.</param>
/// <param name="IsLoss">Whether the user must decide; otherwise it is a note in the text alone.</param>
internal sealed record Remark(string Text, bool IsLoss = true);
