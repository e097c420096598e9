using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException DialectWithoutText(SqlDialect dialect) => Configuration(
        $"-Dialect {dialect} is for text, and an object was asked for.", "Add -As Sql or -As Markdown, or take -Dialect away.", dialect);

    internal static SwarmSchemaException NotATable(SwarmDatabase database, string name, string kind) => Schema(
        $"'{name}' in {database} is {kind}; a table is expected.",
        "Name the database that has the table itself, or in PostgreSQL set the user's search_path so that the table is found first.", database);

    internal static SwarmSchemaException SourceTableUnsuitable(DatabaseSchema schema, IReadOnlyList<SchemaProblem> problems) => Schema(
        $"The table {schema.Schema}.{schema.Table} in {schema.Database} cannot be read whole: {Join(problems)}.", JoinActions(problems), schema.Database);

    internal static SwarmSchemaException TargetTableUnsuitable(DatabaseSchema schema, IReadOnlyList<SchemaProblem> problems) => Schema(
        $"The table {schema.Schema}.{schema.Table} in {schema.Database} cannot take the rows unchanged: {Join(problems)}. Nothing was changed.",
        JoinActions(problems), schema.Database);

    internal static SwarmSchemaException KeyColumnNotAdded(DatabaseSchema schema) => Schema(
        $"The table {schema.Schema}.{schema.Table} in {schema.Database} has rows and no column id. An id cannot be made up for them. Nothing was changed.",
        "Check that this is the application's table. If it is, give every row its id: add the column and fill it in by hand.", schema.Database);

    internal static SwarmSchemaException KeyNotUnique(DatabaseSchema schema, IReadOnlyList<string> duplicates, IReadOnlyList<string> missingRows)
    {
        var reasons = new List<string>();
        if (duplicates.Count > 0) reasons.Add($"more than one row has the id {ListSome(duplicates)}");
        if (missingRows.Count > 0) reasons.Add($"the id is NULL in {ListSome(missingRows)}");
        return Schema(
            $"The table {schema.Schema}.{schema.Table} in {schema.Database} cannot be given a key: {string.Join("; ", reasons)}. Nothing was changed.",
            $"Give each of these rows an id of its own, or remove it, and run again. SELECT id, count(*) FROM {ConversationTable.Name} GROUP BY id HAVING count(*) > 1 OR id IS NULL; lists all.",
            schema.Database);
    }

    internal static SwarmDatabaseException KeyBecameDuplicate(SwarmDatabase database, string detail, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.ConstraintViolated, $"While the key was built in {database}, a second row with the same id came in: {detail} The key was not made.",
        "Correct that row and run again.", database, sqlState, inner);

    internal static SwarmDatabaseException UnfinishedIndexLeft(SwarmDatabase database, string index, Exception inner) => Database(
        SwarmDatabaseFailure.Locked, $"The index {index} in {database} could not be finished ({inner.Message}), and what was built could not be removed.",
        $"Look in pg_stat_activity for a transaction that stays open, end it, and run Update-SwarmDatabaseSchema again: it removes {index}, which is invalid, and builds it anew.",
        database, (inner as Npgsql.PostgresException)?.SqlState, inner);

    internal static SwarmDatabaseException SchemaUpdateRunning(SwarmDatabase database) => Database(
        SwarmDatabaseFailure.Locked, $"Another Update-SwarmDatabaseSchema changes the table of {database} now.",
        "Wait until it has ended, and run again.", database);

    internal static SwarmDatabaseException TableNotCreated(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.PermissionDenied, $"'{database.User}' may not make the table in '{database.Database}': {serverMessage}. Nothing was changed.",
        $"Grant it as the database's owner: GRANT USAGE, CREATE ON SCHEMA public TO \"{database.User}\", or log in as a user who may.", database, sqlState, inner);

    internal static SwarmDatabaseException TableNotAltered(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.PermissionDenied, $"'{database.User}' may not change the table in '{database.Database}': {serverMessage}.",
        "Log in as the table's owner; psql's \\dt shows who that is. An index needs CREATE on the table's schema.", database, sqlState, inner);

    internal static SwarmSchemaException PartitionedTableNotIndexed(DatabaseSchema schema, IReadOnlyList<SchemaStep> steps) => Schema(
        $"The table {schema.Schema}.{schema.Table} in {schema.Database} is partitioned, and PostgreSQL cannot index such a one without stopping its writers. "
        + $"It lacks {string.Join(", ", steps.Select(step => step.Description))}. Nothing was changed.",
        "Make each index by hand: CREATE INDEX … ON ONLY the table, CREATE INDEX CONCURRENTLY on each partition, then ALTER INDEX … ATTACH PARTITION.", schema.Database);

    internal static SwarmDatabaseException SqliteFolderNotFound(string path, string folder) => Database(
        SwarmDatabaseFailure.FileNotFound, $"'{path}' cannot be made: there is no folder '{folder}'.", "Make the folder, or correct the path.", path);

    // Five, and whether there are more.
    private static string ListSome(IReadOnlyList<string> values) => string.Join(", ", values.Take(5)) + (values.Count > 5 ? ", …" : "");

    private static string Join(IReadOnlyList<SchemaProblem> problems) => string.Join("; ", problems.Select(problem => problem.Text));

    private static string JoinActions(IReadOnlyList<SchemaProblem> problems)
        => string.Join(" ", problems.Select(problem => problem.RecommendedAction).Distinct(StringComparer.Ordinal));

    internal static SwarmSchemaException TargetHasTriggers(DatabaseSchema schema) => Schema(
        $"The table {schema.Schema}.{schema.Table} of {schema.Database} has triggers ({string.Join(", ", schema.Triggers)}), which may change a row on its way in, or drop it. Nothing was loaded.",
        schema.Database.Engine == DatabaseEngine.PostgreSql
            ? "Disable them for the load (ALTER TABLE conversations DISABLE TRIGGER USER) and enable them afterwards (ENABLE TRIGGER USER)."
            : "Drop them for the load and make them again afterwards: SELECT sql FROM sqlite_master WHERE type = 'trigger' shows them.",
        schema.Database);

    internal static SwarmSchemaException PartitionedTableNotMerged(DatabaseSchema schema, ConflictAction onConflict) => Schema(
        $"The table {schema.Schema}.{schema.Table} of {schema.Database} is partitioned, and -OnConflict {onConflict} is not done on such a table. Nothing was loaded.",
        "Load with -OnConflict Fail, leaving out of the pipe what is there already.", schema.Database);
}
