using System.Buffers.Binary;
using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   Reads the stream of <c>COPY … TO STDOUT (FORMAT binary)</c> tuple by tuple, each in one piece in a buffer that is used again and
///   again (https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4).
/// </summary>
internal sealed class CopyOutReader(Stream stream, int columns, ConnectionActivity? activity = null) : IDisposable
{
    private static ReadOnlySpan<byte> Signature => [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00];

    private readonly int[] _starts = new int[columns];
    private readonly int[] _lengths = new int[columns];
    private byte[] _buffer = new byte[256 * 1024];
    private int _start;
    private int _end;
    private bool _hasHeader;
    private bool _isAtEnd;

    /// <summary>Whether a field of the tuple is NULL.</summary>
    internal bool IsNull(int field) => _lengths[field] < 0;

    /// <summary>A field's bytes; none of NULL.</summary>
    internal ReadOnlySpan<byte> this[int field] => _buffer.AsSpan(_starts[field], Math.Max(0, _lengths[field]));

    internal long GetInt64(int field) => BinaryPrimitives.ReadInt64BigEndian(this[field]);

    internal int GetInt32(int field) => BinaryPrimitives.ReadInt32BigEndian(this[field]);

    /// <summary>Goes to the next tuple; false at the end.</summary>
    /// <exception cref="InvalidDataException">The stream is not what PostgreSQL documents.</exception>
    internal bool Read()
    {
        if (_isAtEnd) return false;
        if (!_hasHeader) ReadHeader();
        Ensure(2);
        var count = BinaryPrimitives.ReadInt16BigEndian(_buffer.AsSpan(_start));
        if (count == -1)
        {
            _isAtEnd = true;
            // What ends the statement is read too, so that an error after the last tuple is not missed.
            if (stream.Read(_buffer, 0, 1) != 0) throw new InvalidDataException("Something follows the end of COPY's data.");
            return false;
        }

        if (count != columns) throw new InvalidDataException(FormattableString.Invariant($"A tuple of COPY has {count} fields; {columns} were asked for."));
        // Where the tuple begins may move while more is read: fields are kept relative to it.
        var offset = 2;
        for (var i = 0; i < columns; i++)
        {
            Ensure(offset + 4);
            var length = BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start + offset));
            offset += 4;
            _starts[i] = offset;
            _lengths[i] = length;
            if (length <= 0) continue;
            offset = checked(offset + length);
            Ensure(offset);
        }

        for (var i = 0; i < columns; i++) _starts[i] += _start;
        _start += offset;
        return true;
    }

    public void Dispose() => stream.Dispose();

    private void ReadHeader()
    {
        Ensure(19);
        var header = _buffer.AsSpan(_start, 19);
        if (!header[..11].SequenceEqual(Signature)) throw new InvalidDataException("COPY's data does not begin with its signature.");
        var extension = BinaryPrimitives.ReadInt32BigEndian(header[15..]);
        Ensure(19 + extension);
        _start += 19 + extension;
        _hasHeader = true;
    }

    // Makes the bytes from the tuple's start on available.
    private void Ensure(int count)
    {
        while (_end - _start < count)
        {
            if (_start + count > _buffer.Length)
            {
                var rest = _buffer.AsSpan(_start, _end - _start);
                if (count > _buffer.Length)
                {
                    var larger = new byte[(int)Math.Min(Array.MaxLength, Math.Max(count, _buffer.Length * 2L))];
                    rest.CopyTo(larger);
                    _buffer = larger;
                }
                else
                {
                    rest.CopyTo(_buffer);
                }

                _end -= _start;
                _start = 0;
            }

            var read = stream.Read(_buffer, _end, _buffer.Length - _end);
            activity?.Add();
            if (read == 0) throw new InvalidDataException("COPY's data ends in the middle.");
            _end += read;
        }
    }
}
