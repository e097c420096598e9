using System.IO.Compression;
using System.Security.Cryptography;

namespace MarketingSwarm.Engine.Archives;

/// <summary>
///   Reads what gzip compressed, and says so when the file is cut off: .NET's <see cref="GZipStream"/> ends without an error there.
/// </summary>
/// <remarks>
///   A gzip file may be several members one after another, and GZipStream checks each that is whole. So one more is put behind the
///   file's end, which holds a random seal. Where the seal comes out last, every member before it was whole; where the file is cut off,
///   or other bytes follow, the seal's own bytes are taken for something else and it does not come out.
/// </remarks>
internal sealed class GzipArchiveStream : Stream
{
    private readonly byte[] _seal;
    private readonly GZipStream _gzip;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    internal GzipArchiveStream(Stream compressed)
    {
        // Hexadecimal digits come out of the compressor as other bytes, so that no block stored as it is can be mistaken for the seal.
        _seal = System.Text.Encoding.ASCII.GetBytes(RandomNumberGenerator.GetHexString(32));
        _gzip = new GZipStream(new SealedStream(compressed, Compress(_seal)), CompressionMode.Decompress);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="InvalidDataException">The bytes are not gzip's, or their checksum is wrong.</exception>
    /// <exception cref="EndOfStreamException">The file is cut off, or something else follows the compressed text.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (buffer.IsEmpty) return 0;

        // The last bytes are kept back: they may be the seal.
        while (_end - _start <= _seal.Length)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
            var read = _gzip.Read(_buffer.AsSpan(_end));
            _end += read;
            if (read > 0) continue;
            return _buffer.AsSpan(0, _end).SequenceEqual(_seal) ? 0 : throw new EndOfStreamException();
        }

        var count = Math.Min(buffer.Length, _end - _start - _seal.Length);
        _buffer.AsSpan(_start, count).CopyTo(buffer);
        _start += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _gzip.Dispose();
        base.Dispose(disposing);
    }

    private static byte[] Compress(byte[] bytes)
    {
        using var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionLevel.Optimal, leaveOpen: true)) gzip.Write(bytes);
        return compressed.ToArray();
    }

    /// <summary>A file's bytes, then the seal's. The file is left open.</summary>
    private sealed class SealedStream(Stream file, byte[] seal) : Stream
    {
        private int _sealRead;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(Span<byte> buffer)
        {
            var read = file.Read(buffer);
            if (read > 0 || buffer.IsEmpty) return read;
            var count = Math.Min(buffer.Length, seal.Length - _sealRead);
            seal.AsSpan(_sealRead, count).CopyTo(buffer);
            _sealRead += count;
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
