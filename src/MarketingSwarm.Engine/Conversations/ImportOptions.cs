namespace MarketingSwarm.Engine.Conversations;

/// <summary>What an import does with rows that are not simply inserted.</summary>
internal sealed record ImportOptions
{
    /// <summary>What to do with a row whose id the table has.</summary>
    internal ConflictAction OnConflict { get; init; }

    /// <summary>What to do with what PostgreSQL cannot store. A SQLite table has no residue: there it is an error, as a cell that the column would change is.</summary>
    internal UnrepresentableAction OnUnrepresentable { get; init; }

    /// <summary>Where the rows come from, as the residue's run is to name it.</summary>
    internal string Source { get; init; } = "pipeline";

    /// <summary>Checks and counts as a load would, and writes nothing.</summary>
    internal bool IsPreview { get; init; }

    /// <summary>Makes the error for a cell that cannot be stored, where that ends the import.</summary>
    internal Func<Conversation, ConversationColumn, string, Exception>? Refuse => OnUnrepresentable == UnrepresentableAction.Fail
        ? (row, column, reason) => Errors.CellNotRepresentable(row, column, "PostgreSQL", reason)
        : null;
}
