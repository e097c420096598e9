namespace MarketingSwarm.Engine.Migration;

/// <summary>Which cells of the residue are wanted. A list that is empty lets all pass.</summary>
internal sealed record ResidueFilter
{
    /// <summary>The run; <see langword="null"/> for all of them.</summary>
    internal Guid? RunId { get; init; }

    /// <summary>The rows' keys: in the table, or in the source where the row is in the residue alone.</summary>
    internal IReadOnlyList<string> Ids { get; init; } = [];

    internal IReadOnlyList<ConversationColumn> Columns { get; init; } = [];

    internal IReadOnlyList<CellOutcome> Outcomes { get; init; } = [];
}
