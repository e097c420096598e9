namespace MarketingSwarm;

/// <summary>What a proof found: whether a table and the residue of a run account for every row of a source, cell by cell.</summary>
public sealed class ProofResult
{
    internal ProofResult()
    {
    }

    /// <summary>The rows of the source that must be in the table.</summary>
    public long Rows { get; init; }

    /// <summary>The rows of the source that are in the residue alone, with the bytes of all ten cells.</summary>
    public long RowsQuarantined { get; init; }

    /// <summary>The entries of the residue.</summary>
    public long ResidueCells { get; init; }

    /// <summary>The rows of the table.</summary>
    public long RowsInTable { get; init; }

    /// <summary>Rows of a table that others write to as well, which this run did not load.</summary>
    public long RowsOfOthers { get; init; }

    /// <summary>The digest of the rows as the table must have them: 64 hexadecimal digits, whatever their order.</summary>
    public string SourceDigest { get; init; } = "";

    /// <summary>The digest of the rows as the table has them.</summary>
    public string TargetDigest { get; init; } = "";

    /// <summary>Whether everything is accounted for.</summary>
    public bool IsProven { get; init; }

    /// <summary>The first of the differences.</summary>
    public IReadOnlyList<ConversationDifference> Differences { get; init; } = [];

    /// <summary>How many differences there are.</summary>
    public long DifferenceCount { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The result in a line.</summary>
    public override string ToString() => IsProven
        ? FormattableString.Invariant($"proven: {Rows} rows in the table, {RowsQuarantined} quarantined, {ResidueCells} cells in the residue")
        : FormattableString.Invariant($"not proven: {DifferenceCount} differences");
}
