using System.Buffers.Binary;
using System.Collections;
using System.Text;
using System.Text.Unicode;

namespace MarketingSwarm;

/// <summary>
///   One row of the application's <c>conversations</c> table. It carries its cells exactly as the database stored them and turns a
///   cell into text, a time or a number when that property is read. It never changes.
/// </summary>
public sealed class Conversation : IEquatable<Conversation>
{
    // One array holds the row, in the form that ConversationImage reads. Export | Import passes it on without making a string.
    private readonly byte[] _image;

    internal Conversation(byte[] image, long? rowId)
    {
        _image = image;
        RowId = rowId;
    }

    /// <summary>Builds a conversation from values by column or property name, as in <c>[MarketingSwarm.Conversation]@{ Id = 'c-1'; UserQuery = '…' }</c>.</summary>
    /// <param name="values">
    ///   Names as <c>created_at</c> or <c>CreatedAt</c>, in any case; a column left out is NULL. A <see cref="DateTime"/> becomes text in
    ///   the application's own form (a local time is turned into UTC first); numbers become reals in <c>total_cost</c>; bytes become a BLOB.
    /// </param>
    /// <exception cref="ArgumentException">A name is none of the ten columns, a name is given twice, or a value's type has no storage class.</exception>
    public Conversation(IDictionary values)
    {
        ArgumentNullException.ThrowIfNull(values);
        var cells = new object?[ConversationTable.ColumnCount];
        var given = new bool[ConversationTable.ColumnCount];
        foreach (DictionaryEntry entry in values)
        {
            var name = entry.Key.ToString() ?? "";
            if (!ConversationTable.TryFind(name, out var column))
                throw new ArgumentException($"'{name}' is not a column of a conversation. The columns are {ConversationTable.ColumnList}.", nameof(values));
            if (given[(int)column])
                throw new ArgumentException($"The column {ConversationTable.NameOf(column)} is given twice.", nameof(values));
            given[(int)column] = true;
            cells[(int)column] = entry.Value;
        }

        var builder = new ConversationBuilder();
        for (var i = 0; i < cells.Length; i++) builder.AddObject((ConversationColumn)i, cells[i]);
        _image = builder.BuildImage();
    }

    private Conversation(object stranger)
        : this(new ConversationBuilder().BuildEmptyImage(), rowId: null) => Stranger = stranger;

    /// <summary>An object of another type that came where a conversation was wanted; <see langword="null"/> in every real conversation.</summary>
    internal object? Stranger { get; }

    /// <summary>Carries an object of another type to where it can be refused.</summary>
    internal static Conversation ForStranger(object stranger) => new(stranger);

    /// <summary>SQLite's rowid, where the row was read from a SQLite table that has one; names a row whose key cannot.</summary>
    public long? RowId { get; }

    /// <summary>The key, or <see langword="null"/> where the row has none.</summary>
    /// <exception cref="SwarmDataException">The cell is not valid text. The same holds for every text property.</exception>
    public string? Id => GetText(ConversationColumn.Id);

    /// <summary>Who asked.</summary>
    public string? UserId => GetText(ConversationColumn.UserId);

    /// <summary>The question, HTML-escaped as the application wrote it.</summary>
    public string? UserQuery => GetText(ConversationColumn.UserQuery);

    /// <summary><c>active</c>, <c>completed</c> or <c>failed</c>.</summary>
    public string? Status => GetText(ConversationColumn.Status);

    /// <summary>When the conversation began, in UTC.</summary>
    /// <exception cref="SwarmDataException">The cell holds neither form of a time that the application writes. The same holds for <see cref="CompletedAt"/>.</exception>
    public DateTime? CreatedAt => GetTime(ConversationColumn.CreatedAt);

    /// <summary>When it ended, in UTC; <see langword="null"/> until then.</summary>
    public DateTime? CompletedAt => GetTime(ConversationColumn.CompletedAt);

    /// <summary>The agents' answers: a JSON array in text, as stored.</summary>
    public string? AgentResponses => GetText(ConversationColumn.AgentResponses);

    /// <summary>Context and flags: a JSON object in text, as stored.</summary>
    public string? ConversationMetadata => GetText(ConversationColumn.ConversationMetadata);

    /// <summary>What it cost, in US dollars.</summary>
    /// <exception cref="SwarmDataException">The cell is not a number.</exception>
    public double? TotalCost
    {
        get
        {
            var cell = GetCell(ConversationColumn.TotalCost);
            return cell.StorageClass switch
            {
                StorageClass.Null => null,
                StorageClass.Real => cell.Real,
                StorageClass.Integer => cell.Integer,
                _ => throw SwarmDataException.NotDecodable(this, ConversationColumn.TotalCost, "is not a number"),
            };
        }
    }

    /// <summary>Why it failed.</summary>
    public string? ErrorMessage => GetText(ConversationColumn.ErrorMessage);

    /// <summary>The bytes that the row's cells hold together.</summary>
    public long Size => Image.Size;

    /// <summary>The row as it is stored in memory.</summary>
    internal ConversationImage Image => new(_image);

    /// <summary>The cell of a column as the database stored it.</summary>
    public ConversationCell GetCell(ConversationColumn column)
    {
        var (start, end) = Image.GetRange(column);
        return GetStorageClass(column) switch
        {
            StorageClass.Integer => ConversationCell.OfInteger(BinaryPrimitives.ReadInt64LittleEndian(_image.AsSpan(start, 8))),
            StorageClass.Real => ConversationCell.OfReal(BinaryPrimitives.ReadDoubleLittleEndian(_image.AsSpan(start, 8))),
            StorageClass.Text => ConversationCell.OfText(_image.AsMemory(start, end - start)),
            StorageClass.Blob => ConversationCell.OfBlob(_image.AsMemory(start, end - start)),
            _ => ConversationCell.OfNull(),
        };
    }

    /// <summary>The cell of a column named as in SQL (<c>created_at</c>) or as the property (<c>CreatedAt</c>).</summary>
    /// <exception cref="ArgumentException">The name is none of the ten columns.</exception>
    public ConversationCell GetCell(string column)
        => ConversationTable.TryFind(column, out var found)
            ? GetCell(found)
            : throw new ArgumentException($"'{column}' is not a column of a conversation. The columns are {ConversationTable.ColumnList}.", nameof(column));

    internal StorageClass GetStorageClass(ConversationColumn column) => Image.GetStorageClass(column);

    /// <summary>The value's bytes: UTF-8 of a text, a BLOB's own, eight of a number, none of NULL.</summary>
    internal ReadOnlySpan<byte> GetBytes(ConversationColumn column) => Image.GetBytes(column);

    /// <summary>
    ///   The names of the columns in which two conversations differ: texts by their bytes, times by their instant (the two forms of one
    ///   instant are the same), numbers by their value. Empty where they are the same conversation.
    /// </summary>
    public string[] GetDifference(Conversation other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var names = new List<string>();
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (!HaveSameValue(this, other, column)) names.Add(ConversationTable.NameOf(column));
        }

        return [.. names];
    }

    /// <summary>Every cell has the same storage class and the same bytes.</summary>
    public bool Equals(Conversation? other) => other is not null && _image.AsSpan().SequenceEqual(other._image);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Conversation);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_image);
        return hash.ToHashCode();
    }

    /// <summary>The row's name: its id, or its rowid where the id cannot name it.</summary>
    public override string ToString()
    {
        var cell = GetCell(ConversationColumn.Id);
        if (cell.StorageClass == StorageClass.Text && cell.Bytes.Length > 0 && Utf8.IsValid(cell.Bytes.Span)) return Id!;
        return RowId is { } rowId ? $"rowid {rowId}" : $"id {cell}";
    }

    private static bool HaveSameValue(Conversation left, Conversation right, ConversationColumn column)
    {
        var (a, b) = (left.GetCell(column), right.GetCell(column));
        if (a == b) return true;
        if (a.StorageClass != b.StorageClass) return false;
        if (a.StorageClass == StorageClass.Real) return a.Real == b.Real;
        return ConversationTable.IsTimestamp(column)
            && SwarmTimestamp.TryParse(a.Bytes.Span, out var first, out _)
            && SwarmTimestamp.TryParse(b.Bytes.Span, out var second, out _)
            && first == second;
    }

    private string? GetText(ConversationColumn column)
    {
        var cell = GetCell(column);
        return cell.StorageClass switch
        {
            StorageClass.Null => null,
            StorageClass.Text when Utf8.IsValid(cell.Bytes.Span) => Encoding.UTF8.GetString(cell.Bytes.Span),
            StorageClass.Text => throw SwarmDataException.NotDecodable(this, column, "is not valid UTF-8"),
            StorageClass.Blob => throw SwarmDataException.NotDecodable(this, column, "is a BLOB, not text"),
            _ => cell.ToString(),
        };
    }

    private DateTime? GetTime(ConversationColumn column)
    {
        var cell = GetCell(column);
        if (cell.StorageClass == StorageClass.Null) return null;
        return cell.StorageClass == StorageClass.Text && SwarmTimestamp.TryParse(cell.Bytes.Span, out var microseconds, out _)
            ? SwarmTimestamp.ToDateTime(microseconds)
            : throw SwarmDataException.NotDecodable(this, column, "is not a time in a form that the application writes (YYYY-MM-DD HH:MM:SS, with six fraction digits or none)");
    }
}
