namespace MarketingSwarm.Engine.Schemas;

/// <summary>
///   Prepares a table's description for one dialect. In the database's own it is what the catalog says; in the other one every part is
///   translated, and what cannot be is left out and remarked on, so that the text always runs.
/// </summary>
internal sealed class SchemaTranslator
{
    private readonly DatabaseSchema _schema;
    private readonly SqlDialect _dialect;
    private readonly bool _isScript;
    private readonly List<Remark> _remarks = [];
    private readonly Dictionary<string, ExpressionColumn> _columns;
    private readonly ExpressionTranslator _expressions;

    private SchemaTranslator(DatabaseSchema schema, SqlDialect dialect, bool isScript)
    {
        _schema = schema;
        _dialect = dialect;
        _isScript = isScript;
        _columns = new Dictionary<string, ExpressionColumn>(schema.NameComparer);
        _expressions = new ExpressionTranslator(
            dialect == SqlDialect.Sqlite ? DatabaseEngine.Sqlite : DatabaseEngine.PostgreSql,
            name => _columns.TryGetValue(name, out var column) ? column : null);
    }

    /// <summary>The dialect of a database's own engine.</summary>
    internal static SqlDialect GetOwnDialect(DatabaseSchema schema)
        => schema.Database.Engine == DatabaseEngine.Sqlite ? SqlDialect.Sqlite : SqlDialect.PostgreSql;

    /// <summary>Prepares the description.</summary>
    /// <param name="schema">The table.</param>
    /// <param name="dialect">The dialect to describe it in.</param>
    /// <param name="isScript">Whether the description is to make such a table elsewhere; otherwise it is to be read.</param>
    internal static TableText Prepare(DatabaseSchema schema, SqlDialect dialect, bool isScript)
    {
        var translator = new SchemaTranslator(schema, dialect, isScript);
        return dialect == GetOwnDialect(schema) ? translator.Describe() : translator.Translate();
    }

    private bool IsToPostgres => _dialect == SqlDialect.PostgreSql;

    private string OtherEngine => IsToPostgres ? "PostgreSQL" : "SQLite";

    private TableText Describe()
    {
        var isSqlite = _dialect == SqlDialect.Sqlite;
        // SQLite's own statement makes foreign keys too, since SQLite does not look for the other table.
        var isScriptPart = isSqlite || !_isScript ? (Func<string, bool>)(_ => true) : constraint => !IsForeignKey(constraint);
        if (_isScript)
        {
            foreach (var constraint in _schema.Constraints.Where(constraint => !isScriptPart(constraint))) RemarkOnForeignKey(constraint);
            if (_schema.IsPartitioned) Lose("The table is partitioned; the text makes one that is not.");
            RemarkOnTriggers();
        }

        foreach (var index in _schema.Indexes.Where(index => !index.IsValid)) Note($"The index {index.Name} is invalid and left out.");
        return new TableText
        {
            Source = _schema,
            Dialect = _dialect,
            Name = _schema.Table,
            IsUnlogged = _schema.IsUnlogged,
            Columns = [.. _schema.Columns.Select(column => isSqlite ? DescribeSqliteColumn(column) : DescribePostgresColumn(column))],
            // A deferrable key is among the constraints.
            PrimaryKey = _isScript && _schema.Indexes.Any(index => index is { IsPrimaryKey: true, IsImmediate: false }) ? [] : GetPrimaryKey(),
            Constraints = [.. _schema.Constraints.Where(isScriptPart)],
            Indexes =
            [
                .. _schema.Indexes
                    .Where(index => index is { IsValid: true, IsPrimaryKey: false } && (index.IsImmediate || !_isScript))
                    .Select(index => new IndexText
                    {
                        Name = index.Name,
                        Keys = index.Columns,
                        IsUnique = index.IsUnique,
                        Condition = index.Condition,
                        Statement = index.Definition,
                    }),
            ],
            Remarks = _remarks,
        };
    }

    private static ColumnText DescribeSqliteColumn(SchemaColumn column) => new()
    {
        Name = column.Name,
        Type = column.Type,
        Collation = column.Collation,
        IsNullable = column.IsNullable,
        Default = column.Default,
        Generation = column.GenerationExpression is { } expression ? $"GENERATED ALWAYS AS ({expression})" : null,
    };

    private ColumnText DescribePostgresColumn(SchemaColumn column)
    {
        var isSerial = _isScript && IsSerial(column);
        if (isSerial) Note($"The column {column.Name} takes its numbers from a sequence; the text makes it an identity column, which has its own.");
        return new ColumnText
        {
            Name = column.Name,
            Type = column.Type,
            Collation = column.Collation is { } collation ? SqlNames.Quote(collation) : null,
            IsNullable = column.IsNullable,
            Default = isSerial ? null : column.Default,
            Generation = isSerial || column.IsIdentity ? "GENERATED BY DEFAULT AS IDENTITY"
                : column.GenerationExpression is { } expression ? $"GENERATED ALWAYS AS ({expression}) STORED"
                : null,
        };
    }

    private TableText Translate()
    {
        var columns = new List<ColumnText>();
        foreach (var column in _schema.Columns)
        {
            if (column.GenerationExpression is { } expression)
                Lose($"The column {column.Name}, which is computed, is left out: GENERATED ALWAYS AS ({expression}) cannot be translated.");
            else columns.Add(TranslateColumn(column));
        }

        // After the columns, because their expressions name them.
        columns = [.. columns.Select((column, position) => column with { Default = TranslateDefault(FindSource(column)) })];
        var constraints = _schema.Constraints.Select(TranslateConstraint).OfType<string>().ToList();
        var indexes = new List<IndexText>();
        foreach (var index in _schema.Indexes.Where(index => !index.IsPrimaryKey)) TranslateIndex(index, indexes, constraints);
        if (_schema.IsUnlogged) Note("The table is UNLOGGED in PostgreSQL, which SQLite has not.");
        if (_schema.IsPartitioned) Lose("The table is partitioned; the text makes one that is not.");
        RemarkOnTriggers();
        return new TableText
        {
            Source = _schema,
            Dialect = _dialect,
            Name = ConversationTable.Name,
            Columns = columns,
            PrimaryKey = TranslatePrimaryKey(),
            Constraints = constraints,
            Indexes = indexes,
            Remarks = _remarks,
        };
    }

    private SchemaColumn FindSource(ColumnText column) => _schema.FindColumn(column.Name)!;

    private ColumnText TranslateColumn(SchemaColumn column)
    {
        var type = IsToPostgres ? ColumnTypes.ToPostgres(column) : ColumnTypes.ToSqlite(column);
        if (type.Doubt is { } doubt) Lose($"The column {column.Name} {doubt}.");
        var isOrderedByBytes = IsToPostgres ? column.Collation is null : column.Collation == "C";
        var isComparedByBytes = IsToPostgres ? column.Collation is null : !column.HasNondeterministicCollation;
        _columns.Add(column.Name, new ExpressionColumn(SqlNames.QuoteIfNeeded(column.Name), type.Family, isComparedByBytes, isOrderedByBytes));
        if (!isComparedByBytes) Lose($"The column {column.Name} has the collation {column.Collation}, which {OtherEngine} has not; there, texts are equal only if all their characters are.");

        var isKey = ColumnTypes.FindOwn(column.Name, StringComparison.Ordinal) is { Column: ConversationColumn.Id };
        var isRowId = _schema.Database.Engine == DatabaseEngine.Sqlite && SchemaCompatibility.IsRowId(_schema, column);
        return new ColumnText
        {
            Name = column.Name,
            // Only an INTEGER PRIMARY KEY numbers rows in SQLite.
            Type = !IsToPostgres && IsNumberedKey(column) ? "INTEGER" : type.Name,
            Collation = IsToPostgres && isKey ? "\"C\"" : null,
            IsNullable = column.IsNullable,
            Generation = IsToPostgres && isRowId && type.Family == TypeFamily.Integer ? "GENERATED BY DEFAULT AS IDENTITY" : null,
        };
    }

    private string? TranslateDefault(SchemaColumn column)
    {
        if (!IsToPostgres && (column.IsIdentity || IsSerial(column)))
        {
            if (!IsNumberedKey(column)) Lose($"The column {column.Name} is numbered by PostgreSQL; SQLite numbers only an INTEGER PRIMARY KEY.");
            return null;
        }

        if (column.Default is null) return null;
        var text = _expressions.TranslateDefault(column.Default, column.Type, _columns[column.Name].Family, out var doubt);
        if (text is null) Lose($"The default of {column.Name} is left out: {column.Default} cannot be translated for that column.");
        else if (doubt is not null) Lose($"The default of {column.Name} differs: {doubt}.");
        return text == "NULL" ? null : text;
    }

    private string? TranslateConstraint(string constraint)
    {
        if (IsForeignKey(constraint))
        {
            RemarkOnForeignKey(constraint);
            return null;
        }

        // A deferrable key is among the indexes too.
        var tokens = SqlToken.Split(constraint);
        var start = tokens[0].Is("CONSTRAINT") ? 2 : 0;
        if (tokens[start].IsAny("PRIMARY", "UNIQUE"))
        {
            Lose($"The key is checked at once, for SQLite cannot defer it: {constraint}.");
            return null;
        }

        if (tokens[start].Is("CHECK") && tokens[^1].Is(")")
            && _expressions.TranslateCondition(constraint[tokens[start + 1].End..tokens[^1].Start]) is { } condition)
        {
            return $"{(start == 0 ? "" : $"CONSTRAINT {SqlNames.QuoteIfNeeded(tokens[1].Name)} ")}CHECK ({condition})";
        }

        Lose($"The constraint is left out, for it cannot be translated: {constraint}.");
        return null;
    }

    private void TranslateIndex(SchemaIndex index, List<IndexText> indexes, List<string> constraints)
    {
        var keys = new List<string>();
        foreach (var key in index.Keys)
        {
            if (TranslateKey(index, key) is not { } text)
            {
                LoseIndex(index, $"{key.Expression}{(key.Collation is { } collation ? $" COLLATE {collation}" : "")} cannot be translated");
                return;
            }

            keys.Add(text);
        }

        string? condition = null;
        if (index.Condition is { } source && (condition = _expressions.TranslateCondition(source)) is null) LoseIndex(index, $"its condition {source} cannot be translated");
        else if (!index.IsValid) Note($"The index {index.Name} is invalid in PostgreSQL and left out.");
        else if (index.Method != "btree") LoseIndex(index, $"SQLite has no {index.Method} indexes");
        else if (index.NullsNotDistinct) LoseIndex(index, "SQLite has no NULLS NOT DISTINCT");
        // SQLite made it for a UNIQUE constraint, under a name of its own.
        else if (index.Definition is null) constraints.Add($"UNIQUE ({string.Join(", ", keys)})");
        else
        {
            if (index.IncludedColumns.Count > 0) Note($"The index {index.Name} also stores {string.Join(", ", index.IncludedColumns)} in PostgreSQL (INCLUDE).");
            indexes.Add(new IndexText { Name = index.Name, Keys = keys, IsUnique = index.IsUnique, Condition = condition });
        }
    }

    private string? TranslateKey(SchemaIndex index, SchemaIndexKey key)
    {
        var direction = key.IsDescending ? " DESC" : "";
        if (key.Column is null)
        {
            // Uniqueness would be another: SQLite's lower knows ASCII alone.
            return !index.IsUnique && _expressions.TranslateKey(key.Expression) is { } expression ? expression + direction : null;
        }

        if (!_columns.TryGetValue(key.Column, out var column)) return null;
        // In SQLite a collation other than BINARY joins texts that differ; in PostgreSQL it only orders them, unless it is nondeterministic.
        if (IsToPostgres ? key.Collation is not null : !column.IsComparedByBytes) return null;
        return column.Name + direction;
    }

    private List<string> TranslatePrimaryKey()
    {
        var key = GetPrimaryKey();
        if (key.Exists(name => !_columns.ContainsKey(name)))
        {
            Lose("The primary key is left out, because one of its columns is.");
            return [];
        }

        foreach (var name in key.Where(name => IsToPostgres && _schema.FindColumn(name)!.IsNullable && !SchemaCompatibility.IsRowId(_schema, _schema.FindColumn(name)!)))
            Note($"SQLite allows NULL in the key {name}; PostgreSQL does not.");
        return key;
    }

    private List<string> GetPrimaryKey()
        => [.. _schema.Columns.Where(column => column.PrimaryKeyPosition is not null).OrderBy(column => column.PrimaryKeyPosition).Select(column => column.Name)];

    private bool IsNumberedKey(SchemaColumn column)
        => (column.IsIdentity || IsSerial(column)) && GetPrimaryKey() is [var only] && only == column.Name
            && ColumnTypes.FindOwn(column.Name, StringComparison.Ordinal) is null;

    private static bool IsSerial(SchemaColumn column) => column.Default?.StartsWith("nextval(", StringComparison.Ordinal) == true;

    private static bool IsForeignKey(string constraint)
        => SqlToken.Split(constraint) is var tokens && (tokens[0].Is("FOREIGN") || (tokens.Count > 2 && tokens[0].Is("CONSTRAINT") && tokens[2].Is("FOREIGN")));

    private void RemarkOnForeignKey(string constraint) => Lose($"The foreign key is left out, for the other table may not be there: {constraint}.");

    private void RemarkOnTriggers()
    {
        if (_schema.Triggers.Count > 0) Lose($"Triggers are left out: {string.Join(", ", _schema.Triggers)}.");
    }

    private void LoseIndex(SchemaIndex index, string reason) => Lose($"The index {index.Name} is left out: {reason}.");

    private void Lose(string text) => _remarks.Add(new Remark(text));

    private void Note(string text) => _remarks.Add(new Remark(text, IsLoss: false));
}
