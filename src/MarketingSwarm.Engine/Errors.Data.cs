namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmDataException CellNotRepresentable(Conversation row, ConversationColumn column, string engine, string reason) => Data(
        $"Row {row}: {ConversationTable.NameOf(column)} cannot be stored unchanged in {engine}: {reason}. The cell is {SwarmDataException.Describe(row.GetCell(column))}. Nothing was loaded.",
        "Correct the row in the source, or leave it out of the pipe (Where-Object Id -ne …) and keep it in an archive: Export-SwarmConversation -Path.",
        row.ToString(), row.RowId, ConversationTable.NameOf(column));
}
