namespace MarketingSwarm;

/// <summary>What became of a cell that the residue holds.</summary>
public enum CellOutcome
{
    /// <summary>It was stored otherwise by a named rule that a person may rely on; no alarm.</summary>
    Converted,

    /// <summary>It could not be stored: the column has NULL in its place. Somebody should look.</summary>
    Quarantined,

    /// <summary>Its whole row could not be stored and is in the residue alone. Somebody should look.</summary>
    RowQuarantined,
}
