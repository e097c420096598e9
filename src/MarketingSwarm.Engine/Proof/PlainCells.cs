using System.Text.Unicode;

namespace MarketingSwarm.Engine.Proof;

/// <summary>The proof's own finding which cells PostgreSQL can hold so that their bytes follow from its value and the column's form.</summary>
internal sealed class PlainCells(ProofPlan plan)
{
    /// <summary>Adds a row of the source to its canonical form, as the target must have it; false at the first cell that needs a record.</summary>
    internal bool TryAdd(SqliteCursor row, CanonicalRow canonical)
    {
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            switch (row.GetStorageClass(column))
            {
                case StorageClass.Null when column != ConversationColumn.Id:
                    canonical.AddNull();
                    break;
                case StorageClass.Text when IsTextColumn(column) && row.GetText(column) is var text && IsStorable(text):
                    canonical.Add(CanonicalRow.TextKind, text);
                    break;
                case StorageClass.Text when ConversationTable.IsTimestamp(column) && TimeReading.TryReadPlain(column, plan.GetForm(column), row.GetText(column), out var instant):
                    canonical.Add(CanonicalRow.TimeKind, instant);
                    break;
                case StorageClass.Integer when ConversationTable.IsTimestamp(column)
                    && TimeReading.TryReadPlain(plan.GetForm(column), plan.GetUnits(column), row.GetInteger(column), out var instant):
                    canonical.Add(CanonicalRow.TimeKind, instant);
                    break;
                case StorageClass.Real when column == ConversationColumn.TotalCost:
                    canonical.Add(CanonicalRow.RealKind, BitConverter.DoubleToInt64Bits(row.GetReal(column)));
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    /// <summary>The same of one cell.</summary>
    internal bool TryAdd(RowBuffer row, ConversationColumn column, CanonicalRow canonical)
    {
        var bytes = row.GetBytes(column);
        switch (row.GetStorageClass(column))
        {
            case StorageClass.Null when column != ConversationColumn.Id:
                canonical.AddNull();
                return true;
            case StorageClass.Text when IsTextColumn(column) && IsStorable(bytes):
                canonical.Add(CanonicalRow.TextKind, bytes);
                return true;
            case StorageClass.Text when ConversationTable.IsTimestamp(column) && TimeReading.TryReadPlain(column, plan.GetForm(column), bytes, out var instant):
                canonical.Add(CanonicalRow.TimeKind, instant);
                return true;
            case StorageClass.Integer when ConversationTable.IsTimestamp(column)
                && TimeReading.TryReadPlain(plan.GetForm(column), plan.GetUnits(column), row.GetNumber(column), out var instant):
                canonical.Add(CanonicalRow.TimeKind, instant);
                return true;
            case StorageClass.Real when column == ConversationColumn.TotalCost:
                canonical.Add(CanonicalRow.RealKind, bytes);
                return true;
            default:
                return false;
        }
    }

    internal static bool IsTextColumn(ConversationColumn column) => !ConversationTable.IsTimestamp(column) && column != ConversationColumn.TotalCost;

    /// <summary>Whether PostgreSQL's text can hold the bytes.</summary>
    internal static bool IsStorable(ReadOnlySpan<byte> text) => !text.Contains((byte)0) && Utf8.IsValid(text);
}
