using System.Buffers.Binary;
using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>Writes rows as tuples of COPY's binary format (https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4).</summary>
internal static class CopyTuple
{
    /// <summary>What a row needs at the most.</summary>
    internal static int GetGreatestLength(ConversationImage row, RowVerdict? verdict)
    {
        var length = 2 + ConversationTable.ColumnCount * 4L + row.Size;
        if (verdict is not null)
        {
            foreach (var cell in verdict.Cells) length += cell.Stored?.Length ?? 0;
        }

        // A time in a short form has eight bytes in PostgreSQL, whatever it had.
        return checked((int)(length + 16));
    }

    /// <summary>Writes a row that is not quarantined.</summary>
    /// <param name="row">The row.</param>
    /// <param name="times">The instants of its plain times, as <see cref="RowConverter.IsPlain"/> gave them.</param>
    /// <param name="verdict">Its cells that are stored otherwise; <see langword="null"/> where the row is plain.</param>
    /// <param name="destination">Room for <see cref="GetGreatestLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    internal static int Write(ConversationImage row, ReadOnlySpan<long> times, RowVerdict? verdict, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt16BigEndian(destination, ConversationTable.ColumnCount);
        var length = 2;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            length += verdict?.Find(column) is { } cell
                ? WriteField(cell.Stored, destination[length..])
                : WriteCell(row, column, times, destination[length..]);
        }

        return length;
    }

    /// <summary>Writes a field of bytes, or NULL.</summary>
    internal static int WriteField(byte[]? bytes, Span<byte> destination)
    {
        if (bytes is not null) return WriteField((ReadOnlySpan<byte>)bytes, destination);
        BinaryPrimitives.WriteInt32BigEndian(destination, -1);
        return 4;
    }

    /// <summary>Writes a field of bytes.</summary>
    internal static int WriteField(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, bytes.Length);
        bytes.CopyTo(destination[4..]);
        return 4 + bytes.Length;
    }

    /// <summary>Writes a field of a 32-bit integer.</summary>
    internal static int WriteField(int value, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, 4);
        BinaryPrimitives.WriteInt32BigEndian(destination[4..], value);
        return 8;
    }

    /// <summary>Writes a field of a 64-bit integer, a timestamp's microseconds or a double's bits.</summary>
    internal static int WriteField(long value, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt32BigEndian(destination, 8);
        BinaryPrimitives.WriteInt64BigEndian(destination[4..], value);
        return 12;
    }

    private static int WriteCell(ConversationImage row, ConversationColumn column, ReadOnlySpan<long> times, Span<byte> destination)
    {
        if (row.GetStorageClass(column) == StorageClass.Null) return WriteField((byte[]?)null, destination);
        if (ConversationTable.IsTimestamp(column)) return WriteField(times[column - ConversationColumn.CreatedAt], destination);
        if (column == ConversationColumn.TotalCost) return WriteField(row.GetInteger(column), destination);
        return WriteField(row.GetBytes(column), destination);
    }
}
