namespace MarketingSwarm.Engine.Archives;

/// <summary>
///   The text of an archive through one buffer, which grows only as far as what must be seen in one piece. It counts lines and bytes, so
///   that an error can name its place.
/// </summary>
internal sealed class ArchiveText(Stream stream, string path, CancellationToken cancellationToken)
{
    // Few enough bytes that Ctrl+C is heard soon, wherever they come from.
    private const int ReadLength = 1 << 20;

    private byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;
    private long _line = 1;
    private long _byteInLine;

    internal string Path => path;

    /// <summary>The bytes at hand that were not taken yet; valid until <see cref="Fill"/>.</summary>
    internal ReadOnlySpan<byte> Available => _buffer.AsSpan(_start, _end - _start);

    /// <summary>What <see cref="Available"/> is a part of, from <see cref="Start"/> on.</summary>
    internal ReadOnlySpan<byte> Buffer => _buffer;

    internal int Start => _start;

    /// <summary>No more bytes are to come than are at hand.</summary>
    internal bool IsAtEnd { get; private set; }

    /// <summary>Gets more bytes to hand, keeping those that are there.</summary>
    /// <returns>False where there are no more.</returns>
    /// <exception cref="SwarmArchiveException">The file cannot be read or decompressed.</exception>
    internal bool Fill()
    {
        if (IsAtEnd) return false;
        Available.CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        if (_end == _buffer.Length)
        {
            if (_end == Array.MaxLength) throw Errors.ArchiveRowTooLarge(Locate(0, null, 0, null), Array.MaxLength);
            Array.Resize(ref _buffer, (int)Math.Min(Array.MaxLength, _buffer.Length * 2L));
        }

        var before = _end;
        while (!IsAtEnd && _end < _buffer.Length)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var read = ReadStream(_buffer.AsSpan(_end, Math.Min(ReadLength, _buffer.Length - _end)));
            IsAtEnd = read == 0;
            _end += read;
        }

        return _end > before;
    }

    /// <summary>Goes on behind the next <paramref name="count"/> bytes at hand.</summary>
    internal void Consume(int count)
    {
        (_line, _byteInLine) = Measure(Available[..count]);
        _start += count;
    }

    /// <summary>Goes to the next byte that is not white space to JSON.</summary>
    /// <returns>False where the text ends before.</returns>
    internal bool SkipWhitespace()
    {
        do
        {
            var blank = Available.IndexOfAnyExcept(" \t\r\n"u8);
            Consume(blank < 0 ? Available.Length : blank);
        }
        while (Available.IsEmpty && Fill());
        return !Available.IsEmpty;
    }

    /// <summary>Passes over the three bytes that some editors put before UTF-8. For the beginning of the text.</summary>
    internal void SkipByteOrderMark()
    {
        if (Available.StartsWith("\uFEFF"u8)) _start += 3;
    }

    /// <summary>The place of a byte at hand.</summary>
    internal ArchivePosition Locate(int offset, string? item, long number, string? column)
    {
        var (line, byteInLine) = Measure(Available[..offset]);
        return new ArchivePosition(path, item, number, column, line, byteInLine + 1);
    }

    private (long Line, long Byte) Measure(ReadOnlySpan<byte> passed)
    {
        var lastBreak = passed.LastIndexOf((byte)'\n');
        return lastBreak < 0
            ? (_line, _byteInLine + passed.Length)
            : (_line + passed.Count((byte)'\n'), passed.Length - lastBreak - 1);
    }

    private int ReadStream(Span<byte> bytes)
    {
        try
        {
            return stream.Read(bytes);
        }
        catch (EndOfStreamException exception)
        {
            throw Errors.ArchiveGzipCutOff(path, exception);
        }
        catch (InvalidDataException exception)
        {
            throw Errors.ArchiveGzipDamaged(path, exception);
        }
        catch (IOException exception)
        {
            throw Errors.ArchiveNotReadable(path, exception.Message, exception);
        }
    }
}
