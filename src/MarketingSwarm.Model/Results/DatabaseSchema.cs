namespace MarketingSwarm;

/// <summary>What a <c>conversations</c> table really is, read from the database's own catalog.</summary>
public sealed class DatabaseSchema
{
    internal DatabaseSchema()
    {
    }

    /// <summary>The database.</summary>
    public required SwarmDatabase Database { get; init; }

    /// <summary>The schema that holds the table: <c>main</c> in SQLite, usually <c>public</c> in PostgreSQL.</summary>
    public required string Schema { get; init; }

    /// <summary>The table's name.</summary>
    public required string Table { get; init; }

    /// <summary>The columns in the table's order.</summary>
    public required IReadOnlyList<SchemaColumn> Columns { get; init; }

    /// <summary>The indexes, the primary key's first, then by name.</summary>
    public required IReadOnlyList<SchemaIndex> Indexes { get; init; }

    /// <summary>The rows, counted; <see langword="null"/> where they were not.</summary>
    public required long? RowCount { get; init; }

    /// <summary>CHECK constraints, foreign keys and exclusion constraints, each as its SQL.</summary>
    public IReadOnlyList<string> Constraints { get; init; } = [];

    /// <summary>The names of the users' own triggers on the table, which may change a row on its way in.</summary>
    public IReadOnlyList<string> Triggers { get; init; } = [];

    /// <summary>SQLite: the CREATE TABLE statement as it was written. <see langword="null"/> in PostgreSQL, which keeps none.</summary>
    public string? Definition { get; init; }

    /// <summary>SQLite: the table has no rowid. PostgreSQL: always false.</summary>
    internal bool IsWithoutRowId { get; init; }

    /// <summary>PostgreSQL: the table is UNLOGGED, so that a crash of the server empties it.</summary>
    internal bool IsUnlogged { get; init; }

    /// <summary>PostgreSQL: the table is partitioned.</summary>
    internal bool IsPartitioned { get; init; }

    /// <summary>How names of columns compare: SQLite does not tell upper from lower case, PostgreSQL does.</summary>
    internal StringComparer NameComparer
        => Database.Engine == DatabaseEngine.Sqlite ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal;

    /// <summary>Finds a column by its name, as SQL of that database would.</summary>
    internal SchemaColumn? FindColumn(string name) => Columns.FirstOrDefault(column => NameComparer.Equals(column.Name, name));

    /// <summary>The table, its columns' and, where counted, its rows' number.</summary>
    public override string ToString()
        => FormattableString.Invariant($"{Schema}.{Table}: {Columns.Count} columns{(RowCount is { } rows ? FormattableString.Invariant($", {rows} rows") : "")}");
}

/// <summary>A column as the catalog describes it.</summary>
public sealed class SchemaColumn
{
    internal SchemaColumn()
    {
    }

    /// <summary>The column's name.</summary>
    public required string Name { get; init; }

    /// <summary>The type: as declared in SQLite, as <c>format_type</c> writes it in PostgreSQL (<c>timestamp without time zone</c>).</summary>
    public required string Type { get; init; }

    /// <summary>Whether NULL is allowed.</summary>
    public required bool IsNullable { get; init; }

    /// <summary>The default as an SQL expression, or <see langword="null"/>.</summary>
    public string? Default { get; init; }

    /// <summary>The position in the primary key, from 1; <see langword="null"/> outside it.</summary>
    public int? PrimaryKeyPosition { get; init; }

    /// <summary>The collation where it is not the database's default; <see langword="null"/> otherwise.</summary>
    public string? Collation { get; init; }

    /// <summary>Whether the value is computed from other columns and never written.</summary>
    public bool IsGenerated { get; init; }

    /// <summary>Whether the server numbers the rows here (<c>GENERATED … AS IDENTITY</c>). SQLite: always false.</summary>
    public bool IsIdentity { get; init; }

    /// <summary>The expression of a generated column; its <see cref="Default"/> is <see langword="null"/>.</summary>
    internal string? GenerationExpression { get; init; }

    /// <summary>PostgreSQL: whether the collation counts different texts as equal.</summary>
    internal bool HasNondeterministicCollation { get; init; }

    /// <summary>The name and the type.</summary>
    public override string ToString() => $"{Name} {Type}";
}

/// <summary>An index as the catalog describes it.</summary>
public sealed class SchemaIndex
{
    internal SchemaIndex()
    {
    }

    /// <summary>The index's name.</summary>
    public required string Name { get; init; }

    /// <summary>The key's columns or expressions in order, with collation and direction where they are not the default.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Whether two rows may not have the same key.</summary>
    public required bool IsUnique { get; init; }

    /// <summary>Whether it is the primary key.</summary>
    public required bool IsPrimaryKey { get; init; }

    /// <summary>The condition of a partial index, or <see langword="null"/>.</summary>
    public string? Condition { get; init; }

    /// <summary>The statement that makes it; <see langword="null"/> for one that SQLite made for a key by itself.</summary>
    public string? Definition { get; init; }

    /// <summary>Whether queries may rely on it. A CREATE INDEX CONCURRENTLY that failed leaves an invalid one. SQLite: always true.</summary>
    public bool IsValid { get; init; } = true;

    /// <summary>Whether uniqueness holds after every row, not only at the end of a statement or transaction (DEFERRABLE). SQLite: always true.</summary>
    internal bool IsImmediate { get; init; } = true;

    /// <summary>PostgreSQL: the access method, <c>btree</c> for most.</summary>
    internal string Method { get; init; } = "btree";

    /// <summary>PostgreSQL: NULLS NOT DISTINCT, that is, one NULL at most.</summary>
    internal bool NullsNotDistinct { get; init; }

    /// <summary>The key's parts in order.</summary>
    internal IReadOnlyList<SchemaIndexKey> Keys { get; init; } = [];

    /// <summary>PostgreSQL: the columns that INCLUDE stores beside the key.</summary>
    internal IReadOnlyList<string> IncludedColumns { get; init; } = [];

    /// <summary>The name and the columns.</summary>
    public override string ToString() => $"{Name} ({string.Join(", ", Columns)})";
}

/// <summary>One part of an index's key.</summary>
internal sealed record SchemaIndexKey
{
    /// <summary>The column; <see langword="null"/> where the part is an expression.</summary>
    internal string? Column { get; init; }

    /// <summary>The expression as SQL, or the column's name.</summary>
    internal required string Expression { get; init; }

    /// <summary>The collation that orders this part; <see langword="null"/> for the database's default and for types without any.</summary>
    internal string? Collation { get; init; }

    internal bool IsDescending { get; init; }

    internal bool NullsFirst { get; init; }

    /// <summary>PostgreSQL: the operator class where it is not the type's default.</summary>
    internal string? OperatorClass { get; init; }
}
