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

/// <summary>What a load does with a cell or a row that PostgreSQL cannot store, even by a conversion.</summary>
public enum UnrepresentableAction
{
    /// <summary>It is kept in the residue with its bytes, and the result says that it needs attention.</summary>
    Quarantine,

    /// <summary>The load fails and names the row, the column and the reason.</summary>
    Fail,
}
