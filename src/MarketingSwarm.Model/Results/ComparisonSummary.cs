namespace MarketingSwarm;

/// <summary>How a comparison ended. Equal + Quarantined + Missing + the rows that Changed counts = SourceRows.</summary>
public sealed class ComparisonSummary
{
    internal ComparisonSummary()
    {
    }

    /// <summary>The one side.</summary>
    public required SwarmDatabase Source { get; init; }

    /// <summary>The other.</summary>
    public required SwarmDatabase Destination { get; init; }

    /// <summary>The rows of the source, those in its residue alone included.</summary>
    public long SourceRows { get; init; }

    /// <summary>The rows of the destination, those in its residue alone included where the source has them.</summary>
    public long DestinationRows { get; init; }

    /// <summary>The rows that are the same on both sides.</summary>
    public long Equal { get; init; }

    /// <summary>The rows that one side has in its residue alone, with the bytes of all ten cells, and that are the same on the other.</summary>
    public long Quarantined { get; init; }

    /// <summary>The rows that the destination lacks.</summary>
    public long Missing { get; init; }

    /// <summary>The rows that only the destination has.</summary>
    public long Extra { get; init; }

    /// <summary>The rows that both have and in which at least one cell differs.</summary>
    public long Changed { get; init; }

    /// <summary>The cells that differ in those.</summary>
    public long CellsDiffering { get; init; }

    /// <summary>The digest of the source's rows, whatever their order: 64 hexadecimal digits. <see langword="null"/> where they were not all read (<c>-HashOnServer</c>).</summary>
    public string? SourceDigest { get; init; }

    /// <summary>The same of the destination's rows; equal to the source's where nothing differs.</summary>
    public string? DestinationDigest { get; init; }

    /// <summary>The rows that were read from the servers, where <c>-HashOnServer</c> let the others stay there; elsewhere <see langword="null"/>.</summary>
    public long? RowsReadBack { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Whether nothing differs.</summary>
    public bool IsSame => Missing + Extra + Changed == 0;

    /// <summary>0: nothing differs. 2: something does. A comparison that fails gives no summary but an error.</summary>
    public int ExitCode => IsSame ? 0 : 2;

    /// <summary>The counts in a line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"{SourceRows} and {DestinationRows} rows: {Equal} equal, {Quarantined} quarantined, {Missing} missing, {Extra} extra, {Changed} changed ({CellsDiffering} cells), exit code {ExitCode}");
}

/// <summary>What a comparison gives.</summary>
public enum ComparisonOutput
{
    /// <summary>Objects: the differences, then a summary.</summary>
    Object,

    /// <summary>The SQL statements that make the destination equal the source.</summary>
    Sql,
}
