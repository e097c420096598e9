using System.Text.Json;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Archives;

/// <summary>
///   Reads an archive, of either format, with gzip or without, whatever its name. Opening it compares it with the checksum beside it and
///   reads the plan's JSON once through, so that what is not whole fails before a row is given. Of NDJSON, the rows before the damage come first.
/// </summary>
internal sealed class ArchiveReader : IConversationReader
{
    private static ReadOnlySpan<byte> GzipMagic => [0x1F, 0x8B];

    private readonly string _path;
    private readonly RowFilter _filter;
    private readonly long? _first;
    private readonly FileStream _file;
    private readonly CellSpool _spool = new(Path.GetTempPath());
    private readonly List<string> _warnings = [];
    private bool _isGzip;
    private long? _count;

    private ArchiveReader(string path, ConversationFilter filter, FileStream file)
    {
        _path = path;
        _filter = new RowFilter(filter);
        _first = filter.First;
        _file = file;
    }

    /// <summary>The archive's format, found from its content.</summary>
    internal ArchiveFormat Format { get; private set; }

    /// <summary>The rows to come: known of the plan's JSON, unless a filter chooses among them.</summary>
    public long? ExpectedRows { get; private set; }

    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Opens an archive and finds out whether it is whole, as far as its format lets it be seen.</summary>
    /// <exception cref="SwarmArchiveException">It is missing, is not an archive, is damaged, or does not match its checksum.</exception>
    internal static ArchiveReader Open(string path, ConversationFilter filter, CancellationToken cancellationToken)
    {
        var reader = new ArchiveReader(path, filter, OpenFile(path));
        try
        {
            reader.Check(cancellationToken);
            return reader;
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    public IEnumerable<ReadResult> Read(CancellationToken cancellationToken)
    {
        using var gzip = Rewind();
        var text = new ArchiveText(gzip ?? (Stream)_file, _path, cancellationToken);
        ArchiveRows rows = Format == ArchiveFormat.Json ? new PlanRows(text, _spool) : new NdjsonRows(text);
        var given = 0L;
        while (given != _first)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!rows.TryReadNext(out var result))
            {
                if (_count is { } count && rows.Count != count) throw Errors.ArchiveChanged(_path, count, rows.Count);
                yield break;
            }

            if (result.Row is not null)
            {
                if (!TryFilter(ref result)) continue;
                if (result.Row is not null) given++;
            }

            yield return result;
        }
    }

    public void Dispose()
    {
        _spool.Dispose();
        _file.Dispose();
    }

    private static FileStream OpenFile(string path)
    {
        if (Directory.Exists(path)) throw Errors.ArchiveIsFolder(path);
        try
        {
            // Unbuffered: what reads from it has a buffer of its own.
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
            if (file.CanSeek) return file;
            file.Dispose();
            throw Errors.ArchiveNotReadable(path, "it is not a file that can be read twice");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Errors.ArchiveNotFound(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.ArchiveNotReadable(path, exception.Message, exception);
        }
    }

    private void Check(CancellationToken cancellationToken)
    {
        var isVerified = ChecksumFile.Verify(_file, _path, cancellationToken);
        _isGzip = IsGzip();
        Format = FindFormat(isVerified, cancellationToken);
        if (Format == ArchiveFormat.Ndjson)
        {
            // The plan's JSON and gzip say themselves where they end.
            if (!isVerified && !_isGzip)
            {
                _warnings.Add(
                    $"There is no '{ChecksumFile.PathOf(_path)}' to compare '{_path}' with. If the archive was cut off at a line's end, that cannot be seen: compare the number of rows with the source's.");
            }

            return;
        }

        using var gzip = Rewind();
        var summary = new PlanRows(new ArchiveText(gzip ?? (Stream)_file, _path, cancellationToken), _spool).Check();
        _count = summary.Count;
        if (!_filter.IsSelective) ExpectedRows = Math.Min(summary.Count, _first ?? long.MaxValue);
        if (summary.PythonBytesCount > 0)
        {
            _warnings.Add(FormattableString.Invariant(
                $"'{_path}' has {summary.PythonBytesCount} cells that look like bytes which Python turned into text (b'…'). Their bytes cannot be got back from it: export them from the source with Export-SwarmConversation."));
        }
    }

    private bool IsGzip()
    {
        Span<byte> start = stackalloc byte[2];
        try
        {
            _file.Seek(0, SeekOrigin.Begin);
            return _file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(GzipMagic);
        }
        catch (IOException exception)
        {
            throw Errors.ArchiveNotReadable(_path, exception.Message, exception);
        }
    }

    private ArchiveFormat FindFormat(bool isVerified, CancellationToken cancellationToken)
    {
        using var gzip = Rewind();
        var text = new ArchiveText(gzip ?? (Stream)_file, _path, cancellationToken);
        text.Fill();
        text.SkipByteOrderMark();
        if (!text.SkipWhitespace())
        {
            // NDJSON of no rows is nothing; only a checksum, or gzip's own, tells it from a file that lost all.
            return isVerified || _isGzip ? ArchiveFormat.Ndjson : throw Errors.ArchiveEmpty(_path);
        }

        var first = text.Available[0];
        if (first != '{') throw Errors.ArchiveNotRecognised(_path, first is > 0x20 and < 0x7F ? $"it begins with '{(char)first}'" : $"it begins with the byte 0x{first:X2}");
        var cursor = new ArchiveCursor(text);
        cursor.Next();
        if (cursor.Next() == JsonTokenType.EndObject) throw Errors.ArchiveNotRecognised(_path, "its first object is empty");
        if (cursor.Value is ArchiveJson.ExportDate or ArchiveJson.Conversations or ArchiveJson.TotalCount) return ArchiveFormat.Json;
        return cursor.Value == ArchiveJson.Swarm || ConversationTable.ColumnNames.Contains(cursor.Value)
            ? ArchiveFormat.Ndjson
            : throw Errors.ArchiveNotRecognised(_path, $"its first key is '{cursor.Value}'");
    }

    /// <summary>Goes back to the file's beginning.</summary>
    /// <returns>What decompresses it, where it is compressed.</returns>
    private GzipArchiveStream? Rewind()
    {
        _file.Seek(0, SeekOrigin.Begin);
        return _isGzip ? new GzipArchiveStream(_file) : null;
    }

    /// <returns>False where the row is not wanted. A row that cannot be decided on becomes the reason.</returns>
    private bool TryFilter(ref ReadResult result)
    {
        try
        {
            return _filter.Matches(result.Row!);
        }
        catch (SwarmDataException exception)
        {
            result = new ReadResult(null, exception);
            return true;
        }
    }
}
