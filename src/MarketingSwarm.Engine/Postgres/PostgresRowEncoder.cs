using System.Buffers.Binary;
using System.Text.Unicode;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>
///   Writes conversations as tuples of COPY's binary format (https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4), straight
///   from the bytes that the source stored, and refuses what PostgreSQL could not store unchanged.
/// </summary>
internal sealed class PostgresRowEncoder
{
    // PostgreSQL keeps a field, and COPY a row, below 1 GiB.
    private const int GreatestRow = (1 << 30) - 65536;

    private readonly bool[] _isRequired;

    /// <param name="isRequired">For each column whether the target refuses NULL there.</param>
    internal PostgresRowEncoder(bool[] isRequired) => _isRequired = isRequired;

    /// <summary>Times checked whose spelling is not the one that their column is written in.</summary>
    internal long RespelledTimes { get; private set; }

    /// <summary>What a row needs at the most.</summary>
    internal static int GetGreatestLength(Conversation row) => (int)Math.Min(int.MaxValue, 2 + ConversationTable.ColumnCount * 4 + row.Size);

    /// <summary>Writes a row that was checked.</summary>
    /// <returns>The bytes written.</returns>
    internal static int Encode(Conversation row, Span<byte> destination)
    {
        BinaryPrimitives.WriteInt16BigEndian(destination, ConversationTable.ColumnCount);
        var length = 2;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
            length += EncodeCell(row, column, destination[length..]);
        return length;
    }

    /// <summary>Refuses a row that could not be stored unchanged. A row is checked before it is encoded.</summary>
    /// <exception cref="SwarmDataException">A cell cannot be stored unchanged.</exception>
    internal void Check(Conversation row)
    {
        if (row.Size > GreatestRow) throw Refuse(row, ConversationColumn.UserQuery, "the row is larger than 1 GiB");
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (Judge(row, column) is { } reason) throw Refuse(row, column, reason);
        }
    }

    private static SwarmDataException Refuse(Conversation row, ConversationColumn column, string reason)
        => Errors.CellNotRepresentable(row, column, "PostgreSQL", reason);

    private string? Judge(Conversation row, ConversationColumn column)
    {
        var storageClass = row.GetStorageClass(column);
        if (storageClass == StorageClass.Null)
            return _isRequired[(int)column] ? "it is NULL, and the target's column does not allow NULL" : null;
        var bytes = row.GetBytes(column);
        if (ConversationTable.IsTimestamp(column))
        {
            if (storageClass != StorageClass.Text) return "a time is expected, as text";
            if (!SwarmTimestamp.TryParse(bytes, out var microseconds, out var hasFraction))
                return "it is not a time in a form that the application writes (YYYY-MM-DD HH:MM:SS, with six fraction digits or none)";
            if (column == ConversationColumn.CreatedAt ? !hasFraction : hasFraction && microseconds % 1_000_000 == 0) RespelledTimes++;
            return null;
        }

        if (column == ConversationColumn.TotalCost) return storageClass == StorageClass.Real ? null : "a floating-point number (REAL) is expected";
        if (storageClass != StorageClass.Text) return "text is expected, and its storage class would be lost";
        if (bytes.Contains((byte)0)) return FormattableString.Invariant($"it has a NUL character at byte {bytes.IndexOf((byte)0)}, which PostgreSQL's text cannot hold");
        if (!Utf8.IsValid(bytes)) return FormattableString.Invariant($"it is not valid UTF-8 from byte {Utf8Text.FindInvalid(bytes)} on");
        return null;
    }

    private static int EncodeCell(Conversation row, ConversationColumn column, Span<byte> destination)
    {
        if (row.GetStorageClass(column) == StorageClass.Null)
        {
            BinaryPrimitives.WriteInt32BigEndian(destination, -1);
            return 4;
        }

        var bytes = row.GetBytes(column);
        if (ConversationTable.IsTimestamp(column))
        {
            _ = SwarmTimestamp.TryParse(bytes, out var microseconds, out _);
            BinaryPrimitives.WriteInt32BigEndian(destination, 8);
            BinaryPrimitives.WriteInt64BigEndian(destination[4..], microseconds);
            return 12;
        }

        BinaryPrimitives.WriteInt32BigEndian(destination, bytes.Length);
        if (column == ConversationColumn.TotalCost)
            BinaryPrimitives.WriteInt64BigEndian(destination[4..], BinaryPrimitives.ReadInt64LittleEndian(bytes));
        else
            bytes.CopyTo(destination[4..]);
        return 4 + bytes.Length;
    }
}
