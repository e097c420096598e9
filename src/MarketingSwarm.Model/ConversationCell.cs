using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace MarketingSwarm;

/// <summary>One cell of a <see cref="Conversation"/> as its database stores it: the storage class and the value in full.</summary>
public readonly struct ConversationCell : IEquatable<ConversationCell>
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly long _number;

    private ConversationCell(StorageClass storageClass, ReadOnlyMemory<byte> bytes, long number)
    {
        StorageClass = storageClass;
        _bytes = bytes;
        _number = number;
    }

    /// <summary>The cell's storage class. A cell that was never set is not valid: its storage class is 0.</summary>
    public StorageClass StorageClass { get; }

    /// <summary>The bytes of a text (UTF-8, not checked to be valid) or a BLOB; empty for the other storage classes.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>The value of an integer cell.</summary>
    /// <exception cref="InvalidOperationException">The cell is not an integer.</exception>
    public long Integer => StorageClass == StorageClass.Integer
        ? _number
        : throw new InvalidOperationException($"The cell is {StorageClass}, not Integer.");

    /// <summary>The value of a real cell.</summary>
    /// <exception cref="InvalidOperationException">The cell is not a real.</exception>
    public double Real => StorageClass == StorageClass.Real
        ? BitConverter.Int64BitsToDouble(_number)
        : throw new InvalidOperationException($"The cell is {StorageClass}, not Real.");

    internal static ConversationCell OfNull() => new(StorageClass.Null, default, 0);

    internal static ConversationCell OfInteger(long value) => new(StorageClass.Integer, default, value);

    internal static ConversationCell OfReal(double value) => new(StorageClass.Real, default, BitConverter.DoubleToInt64Bits(value));

    internal static ConversationCell OfText(ReadOnlyMemory<byte> utf8) => new(StorageClass.Text, utf8, 0);

    internal static ConversationCell OfBlob(ReadOnlyMemory<byte> bytes) => new(StorageClass.Blob, bytes, 0);

    /// <summary>The value as PowerShell's own type: <see langword="null"/>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/> or an array of bytes.</summary>
    /// <remarks>A text that is not valid UTF-8 is given as its bytes: no string could hold it unchanged.</remarks>
    public object? ToObject() => StorageClass switch
    {
        StorageClass.Integer => _number,
        StorageClass.Real => Real,
        StorageClass.Text when Utf8.IsValid(_bytes.Span) => Encoding.UTF8.GetString(_bytes.Span),
        StorageClass.Text or StorageClass.Blob => _bytes.ToArray(),
        _ => null,
    };

    /// <summary>Same storage class and same value; reals by their bits.</summary>
    public bool Equals(ConversationCell other)
        => StorageClass == other.StorageClass && _number == other._number && _bytes.Span.SequenceEqual(other._bytes.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ConversationCell other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.Add(StorageClass);
        hash.Add(_number);
        hash.AddBytes(_bytes.Span);
        return hash.ToHashCode();
    }

    /// <summary>The value for a person to read, in the invariant culture; <c>x'…'</c> for bytes.</summary>
    public override string ToString() => ToObject() switch
    {
        null => "NULL",
        byte[] bytes => $"x'{Convert.ToHexString(bytes)}'",
        var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>Compares two cells as <see cref="Equals(ConversationCell)"/> does.</summary>
    public static bool operator ==(ConversationCell left, ConversationCell right) => left.Equals(right);

    /// <summary>Compares two cells as <see cref="Equals(ConversationCell)"/> does.</summary>
    public static bool operator !=(ConversationCell left, ConversationCell right) => !left.Equals(right);
}
