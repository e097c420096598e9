namespace MarketingSwarm.Engine.Schemas;

/// <summary>
///   Compares a table with what it should have, and plans what to add. Nothing is dropped, narrowed or filled in: a column added to a
///   table with rows is NULL in them, because no one knows what the value was.
/// </summary>
internal static class SchemaUpdatePlanner
{
    private const string KeyKind = "Key";
    private const string IndexKind = "Index";

    /// <exception cref="SwarmSchemaException">The column id is missing and the table has rows.</exception>
    internal static SchemaPlan Plan(TableState state)
    {
        var steps = new List<SchemaStep>();
        var warnings = new List<string>();
        foreach (var column in TableShape.Columns) steps.Add(PlanColumn(state, column, warnings));
        steps.Add(PlanKey(state));
        if (PlanKeyOrder(state) is { } order) steps.Add(order);
        foreach (var column in TableShape.IndexedColumns) steps.Add(PlanIndex(state, column));
        return new SchemaPlan(steps, warnings);
    }

    private static SchemaStep PlanColumn(TableState state, WantedColumn column, List<string> warnings)
    {
        var step = new SchemaStep { Kind = "Column", Name = column.Name };
        if (state.Schema.FindColumn(column.Name) is not null) return step;
        if (!state.HasRows) return step with { Statements = [$"ALTER TABLE {ConversationTable.Name} ADD COLUMN {column.GetDefinition(state.Engine)}"] };

        if (column.Column == ConversationColumn.Id) throw Errors.KeyColumnNotAdded(state.Schema);
        if (column.IsRequired) warnings.Add($"The table has rows, so the column {column.Name} is added without NOT NULL and is NULL in them.");
        var add = $"ALTER TABLE {ConversationTable.Name} ADD COLUMN {column.Name} {column.GetColumnType(state.Engine)}";
        if (column.GetDefault(state.Engine) is not { } value) return step with { Statements = [add] };
        if (state.Engine == DatabaseEngine.PostgreSql)
            return step with { Statements = [$"{add}, ALTER COLUMN {column.Name} SET DEFAULT {value}"] };

        // SQLite's ADD COLUMN would give the default to the rows that are there, and it has no SET DEFAULT.
        warnings.Add($"The table has rows, so the column {column.Name} is added without the default {value}, which SQLite would give to them too.");
        return step with { Statements = [add] };
    }

    private static SchemaStep PlanKey(TableState state)
    {
        const string Name = "conversations_id_key";
        var id = state.Schema.FindColumn("id");
        if (state.Schema.Indexes.FirstOrDefault(index => SchemaCompatibility.IsKey(state.Schema, index)) is { } key)
            return new SchemaStep { Kind = KeyKind, Name = key.Name };
        if (id is not null && state.Engine == DatabaseEngine.Sqlite && SchemaCompatibility.IsRowId(state.Schema, id))
            return new SchemaStep { Kind = KeyKind, Name = id.Name };
        // A key that follows a column's own NOCASE would refuse ids that differ.
        var collation = state.Engine == DatabaseEngine.Sqlite && id?.Collation is not null ? " COLLATE BINARY" : "";
        return CreateIndex(state, KeyKind, Name, $"id{collation}", isUnique: true);
    }

    // Ordered reads say COLLATE "C", which only an index of that very collation serves: not even one in a database whose default is C.
    private static SchemaStep? PlanKeyOrder(TableState state)
    {
        if (state.Engine == DatabaseEngine.Sqlite) return null;
        if (state.Schema.FindColumn("id") is not { } id || id.Collation == "C") return null;
        var present = state.Schema.Indexes.FirstOrDefault(index => IsUsable(index) && index.Keys[0] is { Column: "id", Collation: "C", OperatorClass: null });
        return present is not null
            ? new SchemaStep { Kind = IndexKind, Name = present.Name }
            : CreateIndex(state, IndexKind, "conversations_id_c_idx", "id COLLATE \"C\"", isUnique: false);
    }

    private static SchemaStep PlanIndex(TableState state, ConversationColumn column)
    {
        return FindIndex(state.Schema, column) is { } present
            ? new SchemaStep { Kind = IndexKind, Name = present.Name }
            : CreateIndex(state, IndexKind, TableShape.GetIndexName(column), ConversationTable.NameOf(column), isUnique: false);
    }

    /// <summary>Finds an index that the application's queries by this column can use.</summary>
    internal static SchemaIndex? FindIndex(DatabaseSchema schema, ConversationColumn column)
    {
        var name = ConversationTable.NameOf(column);
        var own = schema.FindColumn(name);
        return schema.Indexes.FirstOrDefault(index => IsUsable(index)
            && index.Keys[0] is { Column: { } first, OperatorClass: null } key
            && schema.NameComparer.Equals(first, name)
            && key.Collation == own?.Collation);
    }

    private static bool IsUsable(SchemaIndex index) => index.IsValid && index.Condition is null && index.Method == "btree";

    private static SchemaStep CreateIndex(TableState state, string kind, string wantedName, string key, bool isUnique)
    {
        var statements = new List<string>();
        var name = wantedName;
        // An invalid index of ours is what a build left that could not be finished nor cleaned up: no query uses it.
        if (state.Schema.Indexes.Any(index => index.Name == wantedName && !index.IsValid))
            statements.Add($"DROP INDEX CONCURRENTLY {wantedName}");
        else
            for (var number = 1; state.TakenNames.Contains(name); number++) name = FormattableString.Invariant($"{wantedName}{number}");
        statements.Add($"CREATE {(isUnique ? "UNIQUE " : "")}INDEX {(state.Engine == DatabaseEngine.PostgreSql ? "CONCURRENTLY " : "")}{name} ON {ConversationTable.Name} ({key})");
        return new SchemaStep { Kind = kind, Name = name, Statements = statements };
    }
}

/// <summary>A table as it is, with what else decides on what can be added.</summary>
/// <param name="Schema">The table.</param>
/// <param name="HasRows">Whether it has a row.</param>
/// <param name="TakenNames">Names that an index cannot have, because something else has them.</param>
internal sealed record TableState(DatabaseSchema Schema, bool HasRows, IReadOnlySet<string> TakenNames)
{
    internal DatabaseEngine Engine => Schema.Database.Engine;
}
