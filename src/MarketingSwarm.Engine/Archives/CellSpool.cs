using System.Buffers.Binary;

namespace MarketingSwarm.Engine.Archives;

/// <summary>Where a spooled cell belongs, and how many bytes follow.</summary>
internal readonly record struct SpooledCell(long Row, ConversationColumn Column, StorageClass StorageClass, int Length);

/// <summary>
///   Keeps cells in a temporary file, in order, until they are wanted: the plan's JSON has them after the rows, and memory must not
///   grow with their number. The file is made with the first cell and goes with the spool.
/// </summary>
internal sealed class CellSpool(string folder) : IDisposable
{
    private const int HeaderLength = 14;

    private FileStream? _file;

    internal long Count { get; private set; }

    /// <summary>The row of the last cell added, -1 before the first.</summary>
    internal long LastRow { get; private set; } = -1;

    internal void Add(long row, ConversationColumn column, StorageClass storageClass, ReadOnlySpan<byte> bytes)
    {
        _file ??= PrivateFile.Create(Path.Combine(folder, PrivateFile.TemporaryName()), FileOptions.DeleteOnClose);
        Span<byte> header = stackalloc byte[HeaderLength];
        BinaryPrimitives.WriteInt64LittleEndian(header, row);
        header[8] = (byte)column;
        header[9] = (byte)storageClass;
        BinaryPrimitives.WriteInt32LittleEndian(header[10..], bytes.Length);
        _file.Write(header);
        _file.Write(bytes);
        Count++;
        LastRow = row;
    }

    /// <summary>Back to the first cell, to read.</summary>
    internal void Rewind() => _file?.Seek(0, SeekOrigin.Begin);

    /// <summary>Goes to the next cell; its bytes must then be read in full.</summary>
    internal bool TryReadCell(out SpooledCell cell)
    {
        cell = default;
        Span<byte> header = stackalloc byte[HeaderLength];
        if (_file is null || _file.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false) < HeaderLength) return false;
        cell = new SpooledCell(
            BinaryPrimitives.ReadInt64LittleEndian(header), (ConversationColumn)header[8], (StorageClass)header[9],
            BinaryPrimitives.ReadInt32LittleEndian(header[10..]));
        return true;
    }

    internal void ReadBytes(Span<byte> bytes) => _file!.ReadExactly(bytes);

    public void Dispose() => _file?.Dispose();
}
