namespace MarketingSwarm.Engine.Proof;

/// <summary>What a proof must know of a run: what it loaded, where, and by which plan.</summary>
internal sealed record ProofPlan
{
    /// <summary>The run whose residue accounts for what is not stored as it was.</summary>
    internal required Guid RunId { get; init; }

    /// <summary>The table, its schema and its name each in quotes where needed.</summary>
    internal required string QualifiedTable { get; init; }

    /// <summary>The form in which <c>created_at</c> is spelled unless the residue says otherwise.</summary>
    internal TimestampForm CreatedAtForm { get; init; }

    /// <summary>The same of <c>completed_at</c>.</summary>
    internal TimestampForm CompletedAtForm { get; init; }

    /// <summary>The forms of numbers that somebody approved for <c>created_at</c>.</summary>
    internal IReadOnlyCollection<TimestampForm> CreatedAtUnits { get; init; } = [];

    /// <summary>The same for <c>completed_at</c>.</summary>
    internal IReadOnlyCollection<TimestampForm> CompletedAtUnits { get; init; } = [];

    /// <summary>What was to be done with what PostgreSQL cannot hold.</summary>
    internal ConversionPolicy Policy { get; init; } = ConversionPolicy.Default;

    /// <summary>Whether others write to the table too: then only the rows that the run's transactions put there are the run's.</summary>
    internal bool IsSharedTable { get; init; }

    /// <summary>How many differences are named; all are counted.</summary>
    internal int GreatestDifferences { get; init; } = 100;

    internal TimestampForm GetForm(ConversationColumn column) => column == ConversationColumn.CreatedAt ? CreatedAtForm : CompletedAtForm;

    internal IReadOnlyCollection<TimestampForm> GetUnits(ConversationColumn column) => column == ConversationColumn.CreatedAt ? CreatedAtUnits : CompletedAtUnits;
}
