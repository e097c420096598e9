using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace MarketingSwarm;

/// <summary>
///   Makes conversations, column by column in the table's order; one builder makes many, keeping its buffer. Not for two threads at a time.
/// </summary>
internal sealed class ConversationBuilder
{
    // Above this, the buffer is given back after the row, so that one huge row does not stay in memory twice for ever.
    private const int KeptCapacity = 1 << 20;

    private byte[] _buffer = new byte[4096];
    private int _length = ConversationImage.HeaderLength;
    private int _column;

    /// <summary>The column that the next Add sets.</summary>
    internal ConversationColumn Column => (ConversationColumn)_column;

    internal void AddNull() => Finish(StorageClass.Null, 0);

    internal void AddInteger(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Reserve(8), value);
        Finish(StorageClass.Integer, 8);
    }

    internal void AddReal(double value)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(Reserve(8), value);
        Finish(StorageClass.Real, 8);
    }

    internal void AddText(ReadOnlySpan<byte> utf8)
    {
        utf8.CopyTo(Reserve(utf8.Length));
        Finish(StorageClass.Text, utf8.Length);
    }

    internal void AddText(string text)
    {
        var length = StrictUtf8.GetByteCount(text);
        StrictUtf8.GetBytes(text, Reserve(length));
        Finish(StorageClass.Text, length);
    }

    internal void AddBlob(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Reserve(bytes.Length));
        Finish(StorageClass.Blob, bytes.Length);
    }

    /// <summary>Adds a time in the form in which the application writes that column.</summary>
    /// <param name="microseconds">Microseconds since 2000-01-01 00:00:00 UTC, within years 1 to 9999.</param>
    internal void AddTimestamp(long microseconds)
    {
        // created_at comes from SQLAlchemy, always with its fraction; completed_at from Python's adapter, which drops a zero one.
        var length = SwarmTimestamp.Format(microseconds, Column == ConversationColumn.CompletedAt, Reserve(SwarmTimestamp.LongLength));
        Finish(StorageClass.Text, length);
    }

    /// <summary>Adds a value of one of .NET's types.</summary>
    /// <exception cref="ArgumentException">The type has no storage class, or the text has a lone surrogate.</exception>
    internal void AddObject(ConversationColumn column, object? value)
    {
        switch (value)
        {
            case null: AddNull(); break;
            case byte[] bytes: AddBlob(bytes); break;
            case DateTime time when ConversationTable.IsTimestamp(column): AddTimestamp(SwarmTimestamp.FromDateTime(time)); break;
            case DateTimeOffset time when ConversationTable.IsTimestamp(column): AddTimestamp(SwarmTimestamp.FromDateTime(time.UtcDateTime)); break;
            case double or float or decimal or int or long or short or byte when column == ConversationColumn.TotalCost:
                AddReal(Convert.ToDouble(value, CultureInfo.InvariantCulture));
                break;
            case double or float: AddReal(Convert.ToDouble(value, CultureInfo.InvariantCulture)); break;
            case int or long or short or byte: AddInteger(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
            case string text: AddText(text); break;
            case Guid guid: AddText(guid.ToString()); break;
            default:
                throw new ArgumentException(
                    $"The column {ConversationTable.NameOf(column)} cannot hold a {value.GetType()}. Give a string, a number, a DateTime for the two times, or bytes.", nameof(value));
        }
    }

    /// <summary>Ends the row and makes ready for the next.</summary>
    internal Conversation Build(long? rowId) => new(BuildImage(), rowId);

    internal byte[] BuildEmptyImage()
    {
        while (_column < ConversationTable.ColumnCount) AddNull();
        return BuildImage();
    }

    internal byte[] BuildImage()
    {
        if (_column != ConversationTable.ColumnCount)
            throw new InvalidOperationException($"A conversation has {ConversationTable.ColumnCount} cells; {_column} were added.");
        var image = GC.AllocateUninitializedArray<byte>(_length);
        _buffer.AsSpan(0, _length).CopyTo(image);
        Reset();
        return image;
    }

    /// <summary>Forgets the cells added since the last row.</summary>
    internal void Reset()
    {
        _column = 0;
        _length = ConversationImage.HeaderLength;
        if (_buffer.Length > KeptCapacity) _buffer = new byte[4096];
    }

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private Span<byte> Reserve(int count)
    {
        var needed = checked(_length + count);
        if (needed > _buffer.Length)
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max((long)_buffer.Length * 2, needed)));
        return _buffer.AsSpan(_length, count);
    }

    private void Finish(StorageClass storageClass, int length)
    {
        _length += length;
        var entry = _buffer.AsSpan(_column * 5, 5);
        entry[0] = (byte)storageClass;
        BinaryPrimitives.WriteInt32LittleEndian(entry[1..], _length - ConversationImage.HeaderLength);
        _column++;
    }
}
