using System.Buffers.Binary;
using System.Security.Cryptography;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   The form of a row over which the proof takes its hash: for each of the ten columns a byte for the kind of value, the length in four
///   bytes, big-endian, and the value. SQL can build the same (<c>-HashOnServer</c>). One is used again and again.
/// </summary>
internal sealed class CanonicalRow
{
    internal const byte NullKind = (byte)'N';
    internal const byte TextKind = (byte)'T';

    /// <summary>Eight bytes, big-endian: microseconds since 2000-01-01 00:00:00.</summary>
    internal const byte TimeKind = (byte)'D';

    /// <summary>Eight bytes, big-endian: a double's bits.</summary>
    internal const byte RealKind = (byte)'R';

    /// <summary>Eight bytes, big-endian. Only SQLite has it where a comparison meets it.</summary>
    internal const byte IntegerKind = (byte)'I';

    internal const byte BlobKind = (byte)'B';

    private const int HeaderLength = 5;
    private const int GreatestKeptLength = 1 << 20;

    private byte[] _buffer = new byte[8192];
    private int _length;

    internal ReadOnlySpan<byte> Bytes => _buffer.AsSpan(0, _length);

    internal void Clear()
    {
        _length = 0;
        // One huge row does not stay in memory for ever.
        if (_buffer.Length > GreatestKeptLength) _buffer = new byte[8192];
    }

    internal void AddNull() => Add(NullKind, []);

    internal void Add(byte kind, ReadOnlySpan<byte> value)
    {
        var needed = checked(_length + HeaderLength + value.Length);
        if (needed > _buffer.Length) Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, Math.Max(needed, _buffer.Length * 2L)));
        var entry = _buffer.AsSpan(_length);
        entry[0] = kind;
        BinaryPrimitives.WriteInt32BigEndian(entry[1..], value.Length);
        value.CopyTo(entry[HeaderLength..]);
        _length = needed;
    }

    internal void Add(byte kind, long value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        Add(kind, bytes);
    }

    /// <summary>SHA-256 of the form into 32 bytes.</summary>
    internal void Hash(Span<byte> destination) => SHA256.HashData(Bytes, destination);

    /// <summary>The same by a hash that is used again and again, which costs a quarter less for a short row.</summary>
    internal void Hash(IncrementalHash sha256, Span<byte> destination)
    {
        sha256.AppendData(Bytes);
        _ = sha256.GetHashAndReset(destination);
    }
}
