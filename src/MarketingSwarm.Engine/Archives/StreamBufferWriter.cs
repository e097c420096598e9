using System.Buffers;

namespace MarketingSwarm.Engine.Archives;

/// <summary>One buffer in front of a stream, written out whenever it is full: what is written through it takes no memory of its own.</summary>
internal sealed class StreamBufferWriter(Stream stream) : IBufferWriter<byte>
{
    private byte[] _buffer = new byte[64 * 1024];
    private int _used;

    public void Advance(int count) => _used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(Math.Max(sizeHint, 1));
        return _buffer.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    internal void Flush()
    {
        stream.Write(_buffer, 0, _used);
        _used = 0;
    }

    private void MakeRoom(int count)
    {
        if (_buffer.Length - _used >= count) return;
        Flush();
        if (_buffer.Length < count) _buffer = new byte[count];
    }
}
