using System.Buffers.Binary;

namespace MarketingSwarm;

/// <summary>A row in its one-array form, wherever that array lies: the storage class and the end of each cell, then the cells' bytes.</summary>
/// <remarks>
///   For each column its storage class (1 byte) and where its value ends (4 bytes, little-endian, counted from the first value); then the
///   values: UTF-8 of a text, a BLOB's bytes, eight little-endian bytes of a number, none of NULL. A row's hash is that of this form.
/// </remarks>
internal readonly ref struct ConversationImage(ReadOnlySpan<byte> bytes)
{
    internal const int EntryLength = 5;
    internal const int HeaderLength = ConversationTable.ColumnCount * EntryLength;

    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The whole form.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>The bytes that the cells hold together.</summary>
    internal int Size => _bytes.Length - HeaderLength;

    internal StorageClass GetStorageClass(ConversationColumn column) => (StorageClass)_bytes[(int)column * EntryLength];

    /// <summary>The value's bytes: UTF-8 of a text, a BLOB's own, eight of a number, none of NULL.</summary>
    internal ReadOnlySpan<byte> GetBytes(ConversationColumn column)
    {
        var (start, end) = GetRange(column);
        return _bytes[start..end];
    }

    /// <summary>The value of an integer cell.</summary>
    internal long GetInteger(ConversationColumn column) => BinaryPrimitives.ReadInt64LittleEndian(GetBytes(column));

    /// <summary>The value of a real cell.</summary>
    internal double GetReal(ConversationColumn column) => BinaryPrimitives.ReadDoubleLittleEndian(GetBytes(column));

    /// <summary>Where the value begins and ends in <see cref="Bytes"/>.</summary>
    internal (int Start, int End) GetRange(ConversationColumn column)
    {
        var start = column == ConversationColumn.Id ? 0 : ReadEnd(column - 1);
        return (HeaderLength + start, HeaderLength + ReadEnd(column));
    }

    /// <summary>The row as an object of its own.</summary>
    internal Conversation ToConversation(long? rowId) => new(_bytes.ToArray(), rowId);

    private int ReadEnd(ConversationColumn column)
        => BinaryPrimitives.ReadInt32LittleEndian(_bytes.Slice((int)column * EntryLength + 1, 4));
}
