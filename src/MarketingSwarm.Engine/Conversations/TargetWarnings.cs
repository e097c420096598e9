namespace MarketingSwarm.Engine.Conversations;

internal static class TargetWarnings
{
    /// <summary>What the user should know of a table before loading it.</summary>
    internal static IReadOnlyList<string> Get(DatabaseSchema schema) => schema.Triggers.Count == 0
        ? []
        : [$"The table {schema.Schema}.{schema.Table} in {schema.Database} has triggers ({string.Join(", ", schema.Triggers)}), which may change a row on its way in."];
}
