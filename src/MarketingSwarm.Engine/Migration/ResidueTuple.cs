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

    /// <summary>What the entries of a row need at the most.</summary>
    internal static int GetGreatestLength(ConversationImage row, RowVerdict verdict)
    {
        var length = 0L;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (verdict.RowRule is null && verdict.Find(column) is null) continue;
            var reason = GetReason(verdict, column);
            var id = row.GetBytes(ConversationColumn.Id).Length + (verdict.Find(ConversationColumn.Id)?.Stored?.Length ?? 0);
            length += 256 + Encoding.UTF8.GetMaxByteCount(reason.Length) + id + Math.Max(8, row.GetBytes(column).Length) + (verdict.Find(column)?.Stored?.Length ?? 0);
        }

        return checked((int)length);
    }

    /// <summary>Writes an entry for each converted cell of a row, or for each of its ten cells where the row is quarantined.</summary>
    /// <param name="row">The row.</param>
    /// <param name="rowId">Its rowid.</param>
    /// <param name="chunk">The number of its chunk.</param>
    /// <param name="rowNumber">Its place in the chunk.</param>
    /// <param name="verdict">What was decided on it.</param>
    /// <param name="destination">Room for <see cref="GetGreatestLength"/> bytes.</param>
    /// <param name="entries">How many entries were written.</param>
    /// <returns>The bytes written.</returns>
    internal int Write(ConversationImage row, long? rowId, int chunk, int rowNumber, RowVerdict verdict, Span<byte> destination, out int entries)
    {
        var length = 0;
        entries = 0;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (verdict.RowRule is null && verdict.Find(column) is null) continue;
            length += WriteEntry(row, rowId, chunk, rowNumber, verdict, column, destination[length..]);
            entries++;
        }

        return length;
    }

    private int WriteEntry(
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
        length += WriteText((GetRule(verdict, column)).ToString(), destination[length..]);
        length += WriteText(GetReason(verdict, column), destination[length..]);
        var storageClass = row.GetStorageClass(column);
        length += WriteText(storageClass.ToString(), destination[length..]);
        length += storageClass switch
        {
            StorageClass.Null => CopyTuple.WriteField((byte[]?)null, destination[length..]),
            StorageClass.Integer or StorageClass.Real => CopyTuple.WriteField(row.GetInteger(column), destination[length..]),
            _ => CopyTuple.WriteField(row.GetBytes(column), destination[length..]),
        };
        length += CopyTuple.WriteField(verdict.RowRule is null ? cell!.Stored : null, destination[length..]);
        return length;
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
