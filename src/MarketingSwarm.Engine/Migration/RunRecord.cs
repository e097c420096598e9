namespace MarketingSwarm.Engine.Migration;

/// <summary>A row of the target's table of runs, as far as a migration needs it.</summary>
/// <param name="RunId">The run.</param>
/// <param name="State">How far it has come.</param>
/// <param name="TableSchema">The schema that the table is in, or will be once it is published.</param>
/// <param name="IsNewTable">Whether the run makes the table.</param>
/// <param name="Source">The source's name.</param>
/// <param name="Plan">The plan as JSON.</param>
internal sealed record RunRecord(Guid RunId, MigrationState State, string TableSchema, bool IsNewTable, string Source, string Plan)
{
    /// <summary>Whether all that was loaded is of one moment.</summary>
    internal bool IsConsistent { get; init; } = true;

    /// <summary>The table into which the run loads, quoted: in our own schema until a new one is published.</summary>
    internal string LoadTable => IsNewTable && State is (MigrationState.Loading or MigrationState.Loaded)
        ? $"{LedgerSchema.Name}.{ConversationTable.Name}"
        : PublishedTable;

    /// <summary>The table that the application uses, quoted.</summary>
    internal string PublishedTable => $"{Schemas.SqlNames.QuoteIfNeeded(TableSchema)}.{ConversationTable.Name}";

    /// <summary>What the names of the run's sessions begin with, so that those that a killed process left can be ended.</summary>
    internal string SessionName => GetSessionName(RunId);

    /// <inheritdoc cref="SessionName"/>
    internal static string GetSessionName(Guid runId) => $"MarketingSwarm run {runId}";
}
