namespace MarketingSwarm.Engine.Conversion;

/// <summary>What is to become of a row of which not every cell can be stored as it is. One is used again and again.</summary>
internal sealed class RowVerdict
{
    private readonly List<ConvertedCell> _cells = [];

    /// <summary>The cells that are stored otherwise than they were, in the table's order; of the others nothing is said.</summary>
    internal IReadOnlyList<ConvertedCell> Cells => _cells;

    /// <summary>Why the whole row goes to the residue; <see langword="null"/> where it does not.</summary>
    internal ConversionRule? RowRule { get; private set; }

    /// <summary>The same in words.</summary>
    internal string RowReason { get; private set; } = "";

    /// <summary>The column for which the row is quarantined.</summary>
    internal ConversationColumn RowColumn { get; private set; }

    /// <summary>Whether the row or a cell of it cannot be stored, and somebody should look.</summary>
    internal bool NeedsAttention => RowRule is not null || _cells.Exists(cell => cell.Outcome == CellOutcome.Quarantined);

    internal ConvertedCell? Find(ConversationColumn column) => _cells.Find(cell => cell.Column == column);

    internal void Clear()
    {
        _cells.Clear();
        RowRule = null;
        RowReason = "";
    }

    internal void Add(ConvertedCell cell) => _cells.Add(cell);

    /// <summary>Sends the whole row to the residue; the first reason stays.</summary>
    internal void QuarantineRow(ConversationColumn column, ConversionRule rule, string reason)
    {
        if (RowRule is not null) return;
        RowRule = rule;
        RowReason = reason;
        RowColumn = column;
    }
}

/// <summary>A cell that is stored otherwise than it was.</summary>
/// <param name="Column">Its column.</param>
/// <param name="Rule">The rule by which.</param>
/// <param name="Outcome">Converted or Quarantined.</param>
/// <param name="Reason">For a person to read: what about the cell, in a few words.</param>
/// <param name="Stored">
///   What is stored instead, as PostgreSQL's binary format has it: UTF-8 of a text, eight big-endian bytes of a timestamp or a double;
///   <see langword="null"/> for NULL.
/// </param>
internal sealed record ConvertedCell(ConversationColumn Column, ConversionRule Rule, CellOutcome Outcome, string Reason, byte[]? Stored);
