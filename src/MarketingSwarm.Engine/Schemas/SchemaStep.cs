namespace MarketingSwarm.Engine.Schemas;

/// <summary>One part of a schema, and the statements that make it; none where it is there already.</summary>
internal sealed record SchemaStep
{
    /// <summary>Table, Column, Key or Index.</summary>
    internal required string Kind { get; init; }

    internal required string Name { get; init; }

    /// <summary>The statements in order, without semicolons.</summary>
    internal IReadOnlyList<string> Statements { get; init; } = [];

    internal bool IsNeeded => Statements.Count > 0;

    /// <summary>What the step adds, as a clause: "the column status".</summary>
    internal string Description => Kind switch
    {
        "Key" => "a unique index on id",
        "Index" => $"the index {Name}",
        _ => $"the {(Kind == "Table" ? "table" : "column")} {Name}",
    };

    internal SchemaChange ToChange(SwarmDatabase database, SchemaChangeAction actionIfNeeded) => new()
    {
        Database = database,
        Kind = Kind,
        Name = Name,
        Action = IsNeeded ? actionIfNeeded : SchemaChangeAction.Present,
        Sql = IsNeeded ? string.Join('\n', Statements.Select(statement => statement + ";")) : null,
    };
}

/// <summary>What is there and what is to be made.</summary>
/// <param name="Steps">In the order in which they are done.</param>
/// <param name="Warnings">What the user should know.</param>
internal sealed record SchemaPlan(IReadOnlyList<SchemaStep> Steps, IReadOnlyList<string> Warnings)
{
    internal IEnumerable<SchemaStep> Needed => Steps.Where(step => step.IsNeeded);

    internal bool HasWork => Needed.Any();

    /// <summary>What would be done, for ShouldProcess: "Add the column status, the index …".</summary>
    internal string Describe(string verb) => $"{verb} {string.Join(", ", Needed.Select(step => step.Description))}";

    internal IEnumerable<SchemaChange> ToChanges(SwarmDatabase database, SchemaChangeAction actionIfNeeded)
        => Steps.Select(step => step.ToChange(database, actionIfNeeded));
}
