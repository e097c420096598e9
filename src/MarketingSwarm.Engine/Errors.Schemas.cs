namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmSchemaException NotATable(SwarmDatabase database, string name, string kind) => Schema(
        $"'{name}' in {database} is {kind}; a table is expected.",
        "Name the database that has the table itself, or in PostgreSQL set the user's search_path so that the table is found first.", database);
}
