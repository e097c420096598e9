namespace MarketingSwarm;

/// <summary>What an import does with a row whose id the table already has.</summary>
public enum ConflictAction
{
    /// <summary>The import fails, names the first clash, and nothing is written.</summary>
    Fail,

    /// <summary>The table's row stays; the import's is counted as skipped.</summary>
    Skip,

    /// <summary>The table's row takes the import's values; one that is the same already is counted as skipped.</summary>
    Update,
}

/// <summary>What an import does with a row that PostgreSQL or SQLite cannot store unchanged.</summary>
public enum UnrepresentableAction
{
    /// <summary>The import fails, names the row, the column and the reason, and nothing is written.</summary>
    Fail,
}
