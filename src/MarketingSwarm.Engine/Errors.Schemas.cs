using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmSchemaException NotATable(SwarmDatabase database, string name, string kind) => Schema(
        $"'{name}' in {database} is {kind}; a table is expected.",
        "Name the database that has the table itself, or in PostgreSQL set the user's search_path so that the table is found first.", database);

    internal static SwarmSchemaException SourceTableUnsuitable(DatabaseSchema schema, IReadOnlyList<SchemaProblem> problems) => Schema(
        $"The table {schema.Schema}.{schema.Table} in {schema.Database} cannot be read whole: {Join(problems)}.", JoinActions(problems), schema.Database);

    internal static SwarmSchemaException TargetTableUnsuitable(DatabaseSchema schema, IReadOnlyList<SchemaProblem> problems) => Schema(
        $"The table {schema.Schema}.{schema.Table} in {schema.Database} cannot take the rows unchanged: {Join(problems)}. Nothing was changed.",
        JoinActions(problems), schema.Database);

    private static string Join(IReadOnlyList<SchemaProblem> problems) => string.Join("; ", problems.Select(problem => problem.Text));

    private static string JoinActions(IReadOnlyList<SchemaProblem> problems)
        => string.Join(" ", problems.Select(problem => problem.RecommendedAction).Distinct(StringComparer.Ordinal));
}
