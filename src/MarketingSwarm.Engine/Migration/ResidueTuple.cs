using System.Buffers.Binary;
using System.Text;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Postgres;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Writes entries of the residue as tuples of COPY's binary format. The original is kept as SQLite had it: a text's or a BLOB's bytes;
///   an integer's or a real's eight, big-endian; nothing of NULL.
/// </summary>
internal sealed class ResidueTuple(Guid runId)
{
    private const short ColumnCount = 12;

    private readonly byte[] _runId = runId.ToByteArray(bigEndian: true);

    /// <summary>Whether a row has an entry for a column: each converted cell has one, and each of the ten where the row is quarantined.</summary>
    internal static bool HasEntry(RowVerdict verdict, ConversationColumn column) => verdict.RowRule is not null || verdict.Find(column) is not null;

    /// <summary>What the start of an entry needs at the most.</summary>
    internal static int GetGreatestStartLength(ConversationImage row, RowVerdict verdict, ConversationColumn column)
    {
        var key = verdict.RowRule is null ? row.GetBytes(ConversationColumn.Id).Length + (verdict.Find(ConversationColumn.Id)?.Stored?.Length ?? 0) : 0;
        return checked(256 + Encoding.UTF8.GetMaxByteCount(GetReason(verdict, column).Length) + key);
    }

    /// <summary>Writes an entry up to and without the original's bytes and what is stored instead, which follow as fields.</summary>
    /// <param name="row">The row.</param>
    /// <param name="rowId">Its rowid.</param>
    /// <param name="chunk">The number of its chunk.</param>
    /// <param name="rowNumber">Its place in the chunk.</param>
    /// <param name="verdict">What was decided on it.</param>
    /// <param name="column">A column that has an entry.</param>
    /// <param name="destination">Room for <see cref="GetGreatestStartLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    internal int WriteStart(
        ConversationImage row, long? rowId, int chunk, int rowNumber, RowVerdict verdict, ConversationColumn column, Span<byte> destination)
    {
        var cell = verdict.Find(column);
        BinaryPrimitives.WriteInt16BigEndian(destination, ColumnCount);
        var length = 2;
        length += CopyTuple.WriteField(_runId, destination[length..]);
        length += CopyTuple.WriteField(chunk, destination[length..]);
        length += CopyTuple.WriteField(rowNumber, destination[length..]);
        length += WriteText(ConversationTable.NameOf(column), destination[length..]);
        length += rowId is { } number ? CopyTuple.WriteField(number, destination[length..]) : CopyTuple.WriteField((byte[]?)null, destination[length..]);
        length += WriteKey(row, verdict, destination[length..]);
        length += WriteText(verdict.RowRule is null ? cell!.Outcome.ToString() : nameof(CellOutcome.RowQuarantined), destination[length..]);
        length += WriteText(GetRule(verdict, column).ToString(), destination[length..]);
        length += WriteText(GetReason(verdict, column), destination[length..]);
        return length + WriteText(row.GetStorageClass(column).ToString(), destination[length..]);
    }

    // Under which key the row is in the table; a quarantined row is in none.
    private static int WriteKey(ConversationImage row, RowVerdict verdict, Span<byte> destination)
    {
        if (verdict.RowRule is not null) return CopyTuple.WriteField((byte[]?)null, destination);
        return verdict.Find(ConversationColumn.Id) is { } key
            ? CopyTuple.WriteField(key.Stored, destination)
            : CopyTuple.WriteField(row.GetBytes(ConversationColumn.Id), destination);
    }

    // In a quarantined row, a cell that could not have been stored either says so itself; the others follow the row.
    private static ConversionRule GetRule(RowVerdict verdict, ConversationColumn column)
        => verdict.RowRule is { } rule && (column == verdict.RowColumn || verdict.Find(column) is null) ? rule : verdict.Find(column)!.Rule;

    private static string GetReason(RowVerdict verdict, ConversationColumn column)
    {
        if (verdict.RowRule is null) return verdict.Find(column)!.Reason;
        if (column == verdict.RowColumn) return verdict.RowReason;
        return verdict.Find(column)?.Reason ?? $"its row is quarantined for {ConversationTable.NameOf(verdict.RowColumn)}: {verdict.RowReason}";
    }

    private static int WriteText(string text, Span<byte> destination)
    {
        var length = Encoding.UTF8.GetBytes(text, destination[4..]);
        BinaryPrimitives.WriteInt32BigEndian(destination, length);
        return 4 + length;
    }
}
