namespace MarketingSwarm;

/// <summary>In what two databases differ, or a database and what accounts for it.</summary>
public enum DifferenceKind
{
    /// <summary>The source has the row and the destination does not.</summary>
    Missing,

    /// <summary>The destination has the row and the source does not.</summary>
    Extra,

    /// <summary>Both have the row, and a cell differs.</summary>
    Changed,

    /// <summary>A cell is not stored as it was, and the residue has no entry for it.</summary>
    ResidueMissing,

    /// <summary>The residue has an entry for a cell, or for a row, that needs none.</summary>
    ResidueExtra,

    /// <summary>The residue's entry is not what the source and the plan say.</summary>
    ResidueChanged,
}

/// <summary>One difference: a cell, or a whole row that one side lacks.</summary>
public sealed class ConversationDifference
{
    internal ConversationDifference(
        DifferenceKind kind, string? id, long? rowId, string? column, ConversationCell? sourceCell, ConversationCell? destinationCell, string? reason = null)
    {
        Kind = kind;
        Id = id;
        RowId = rowId;
        Column = column;
        SourceCell = sourceCell;
        DestinationCell = destinationCell;
        Reason = reason;
    }

    /// <summary>What kind of difference it is.</summary>
    public DifferenceKind Kind { get; }

    /// <summary>The row's id; <see langword="null"/> where it has none that is text.</summary>
    public string? Id { get; }

    /// <summary>SQLite's rowid, where a side that has the row has one; the source's before the destination's.</summary>
    public long? RowId { get; }

    /// <summary>The column, named as in SQL; <see langword="null"/> where a whole row is missing or extra.</summary>
    public string? Column { get; }

    /// <summary>The cell in the source; <see langword="null"/> where the source does not have it.</summary>
    public ConversationCell? SourceCell { get; }

    /// <summary>The cell in the destination, or the residue's; <see langword="null"/> where it does not have it. A time of PostgreSQL is given as the application would spell it.</summary>
    public ConversationCell? DestinationCell { get; }

    /// <summary>More in words, where there is more to say.</summary>
    public string? Reason { get; }

    /// <summary>The source's cell for a person to read, with its storage class and at most 40 characters.</summary>
    public string? SourceValue => SourceCell is { } cell ? SwarmDataException.Describe(cell) : null;

    /// <summary>The same of the destination's.</summary>
    public string? DestinationValue => DestinationCell is { } cell ? SwarmDataException.Describe(cell) : null;

    /// <summary>The difference in a line.</summary>
    public override string ToString()
    {
        var row = Id ?? (RowId is { } rowId ? FormattableString.Invariant($"rowid {rowId}") : "without id");
        var what = Column is null ? $"{Kind}: row {row}" : $"{Kind}: row {row}, {Column}: {SourceValue ?? "nothing"} in the source, {DestinationValue ?? "nothing"} in the destination";
        return Reason is null ? what : $"{what} ({Reason})";
    }
}
