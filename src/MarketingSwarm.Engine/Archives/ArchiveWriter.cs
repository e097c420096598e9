using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace MarketingSwarm.Engine.Archives;

/// <summary>
///   Writes an archive row by row to a temporary file beside its place, and puts it there with its checksum once it is whole and on
///   the disk. Disposing it before leaves nothing behind. Memory does not grow with the rows.
/// </summary>
/// <remarks>
///   A cell that JSON cannot hold (a BLOB, a text that is not valid UTF-8, an infinity or NaN) is left out of its row and stands in a
///   <c>swarm</c> object with its storage class and base64: the bytes of a BLOB or a text, the eight bytes of a real, big-endian
///   (IEEE 754). In NDJSON it is the row's own: <c>"swarm": {"user_query": {"storage_class": "blob", "base64": "…"}}</c>. In the plan's
///   JSON it is the document's last member, always there:
///   <c>"swarm": {"format": 1, "cells": [{"row": 0, "column": "user_query", "storage_class": "blob", "base64": "…"}]}</c>, rows counted
///   from 0 and in ascending order.
/// </remarks>
internal sealed class ArchiveWriter : IDisposable
{
    // Longer values are handed over in pieces, since Utf8JsonWriter takes the whole room that a value could need at once.
    private const int PieceLength = 48 * 1024;

    private static readonly JsonWriterOptions PlanOptions = new()
    {
        // The shape of the plan's json.dump(…, indent=2). The archive is no part of a web page: only what JSON demands is escaped.
        Indented = true,
        IndentSize = 2,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private static readonly JsonWriterOptions NdjsonOptions = PlanOptions with { Indented = false };

    // GZipStream writes nothing at all where nothing is compressed, which is no gzip file. This is the one of no bytes (RFC 1952).
    private static readonly byte[] EmptyGzip = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private readonly string _path;
    private readonly string _temporaryPath;
    private readonly ArchiveFormat _format;
    private readonly bool _overwrite;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly FileStream _file;
    private readonly SHA256 _sha256 = SHA256.Create();
    private readonly CryptoStream _hashed;
    private readonly GZipStream? _gzip;
    private readonly StreamBufferWriter _output;
    private readonly Utf8JsonWriter _json;
    private readonly CellSpool _spool;
    private long _rows;
    private long _encodedCells;
    private bool _completed;

    private ArchiveWriter(string path, ArchiveFormat format, bool gzip, bool overwrite)
    {
        var folder = Path.GetDirectoryName(path)!;
        _path = path;
        _format = format;
        _overwrite = overwrite;
        _temporaryPath = Path.Combine(folder, PrivateFile.TemporaryName());
        _file = PrivateFile.Create(_temporaryPath);
        _hashed = new CryptoStream(_file, _sha256, CryptoStreamMode.Write, leaveOpen: true);
        _gzip = gzip ? new GZipStream(_hashed, CompressionLevel.Optimal, leaveOpen: true) : null;
        _output = new StreamBufferWriter(_gzip ?? (Stream)_hashed);
        _json = new Utf8JsonWriter(_output, format == ArchiveFormat.Json ? PlanOptions : NdjsonOptions);
        _spool = new CellSpool(folder);
    }

    /// <summary>Begins an archive. Nothing is seen at its path until <see cref="Complete"/>.</summary>
    /// <param name="path">The archive's full path.</param>
    /// <param name="format">The format, whatever the name says.</param>
    /// <param name="gzip">Compress it.</param>
    /// <param name="overwrite">Replace an archive, or a checksum, that is there.</param>
    /// <exception cref="SwarmArchiveException">The place is taken, or cannot be written.</exception>
    internal static ArchiveWriter Create(string path, ArchiveFormat format, bool gzip, bool overwrite)
    {
        var checksumPath = ChecksumFile.PathOf(path);
        foreach (var target in (ReadOnlySpan<string>)[path, checksumPath])
        {
            if (Directory.Exists(target)) throw Errors.ArchiveTargetIsFolder(target);
            if (!overwrite && File.Exists(target)) throw Errors.ArchiveExists(target);
        }

        if (!Directory.Exists(Path.GetDirectoryName(path))) throw Errors.ArchiveFolderNotFound(path);
        try
        {
            var writer = new ArchiveWriter(path, format, gzip, overwrite);
            if (format == ArchiveFormat.Json) writer.BeginDocument();
            return writer;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.ArchiveNotWritten(path, exception.Message, exception);
        }
    }

    /// <exception cref="SwarmArchiveException">The file cannot be written; the disk is full, say.</exception>
    internal void Write(Conversation row)
    {
        try
        {
            if (_format == ArchiveFormat.Json)
            {
                WriteRow(row);
            }
            else
            {
                _json.Reset();
                WriteRow(row);
                _json.Flush();
                _output.GetSpan(1)[0] = (byte)'\n';
                _output.Advance(1);
            }
        }
        catch (IOException exception)
        {
            throw Errors.ArchiveNotWritten(_path, exception.Message, exception);
        }

        _rows++;
    }

    /// <summary>Ends the archive, makes sure that it is on the disk, and puts it and its checksum in their places.</summary>
    /// <exception cref="SwarmArchiveException">The file cannot be written, or another has taken its place meanwhile.</exception>
    internal ExportSummary Complete()
    {
        try
        {
            if (_format == ArchiveFormat.Json) EndDocument();
            var sha256 = CloseFile(out var length);
            PutInPlace(sha256);
            return new ExportSummary
            {
                Path = _path,
                ChecksumPath = ChecksumFile.PathOf(_path),
                Format = _format,
                Rows = _rows,
                EncodedCells = _encodedCells,
                Bytes = length,
                Sha256 = sha256,
                Duration = Stopwatch.GetElapsedTime(_started),
            };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.ArchiveNotWritten(_path, exception.Message, exception);
        }
    }

    public void Dispose()
    {
        _spool.Dispose();
        if (_completed) return;

        // What the streams above still hold is not wanted: only the file is closed.
        _file.Dispose();
        _sha256.Dispose();
        File.Delete(_temporaryPath);
    }

    private void BeginDocument()
    {
        _json.WriteStartObject();
        _json.WriteString(ArchiveJson.ExportDate, DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff+00:00", CultureInfo.InvariantCulture));
        _json.WriteStartArray(ArchiveJson.Conversations);
    }

    private void EndDocument()
    {
        _json.WriteEndArray();
        _json.WriteNumber(ArchiveJson.TotalCount, _rows);
        _json.WriteStartObject(ArchiveJson.Swarm);
        _json.WriteNumber(ArchiveJson.Format, ArchiveJson.FormatVersion);
        _json.WriteStartArray(ArchiveJson.Cells);
        WriteSpooledCells();
        _json.WriteEndArray();
        _json.WriteEndObject();
        _json.WriteEndObject();
        _json.Flush();
    }

    private void WriteSpooledCells()
    {
        var piece = new byte[PieceLength];
        _spool.Rewind();
        while (_spool.TryReadCell(out var cell))
        {
            _json.WriteStartObject();
            _json.WriteNumber(ArchiveJson.Row, cell.Row);
            _json.WriteString(ArchiveJson.Column, ArchiveJson.EncodedColumns[(int)cell.Column]);
            _json.WriteString(ArchiveJson.StorageClass, ArchiveJson.NameOf(cell.StorageClass));
            _json.WritePropertyName(ArchiveJson.Base64);
            var left = cell.Length;
            do
            {
                var count = Math.Min(left, piece.Length);
                _spool.ReadBytes(piece.AsSpan(0, count));
                left -= count;
                _json.WriteBase64StringSegment(piece.AsSpan(0, count), isFinalSegment: left == 0);
            }
            while (left > 0);
            _json.WriteEndObject();
        }
    }

    private void WriteRow(Conversation row)
    {
        _json.WriteStartObject();
        var beside = 0;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (!TryWriteCell(row, column)) beside |= 1 << (int)column;
        }

        if (beside != 0) WriteCellsBeside(row, beside);
        _json.WriteEndObject();
    }

    /// <summary>Writes a cell that JSON can hold as what it is.</summary>
    private bool TryWriteCell(Conversation row, ConversationColumn column)
    {
        var name = ArchiveJson.EncodedColumns[(int)column];
        var bytes = row.GetBytes(column);
        switch (row.GetStorageClass(column))
        {
            case StorageClass.Null:
                _json.WriteNull(name);
                return true;
            case StorageClass.Integer:
                _json.WriteNumber(name, BinaryPrimitives.ReadInt64LittleEndian(bytes));
                return true;
            case StorageClass.Real when BinaryPrimitives.ReadDoubleLittleEndian(bytes) is var real && double.IsFinite(real):
                WriteReal(name, real);
                return true;
            case StorageClass.Text when Utf8.IsValid(bytes):
                WriteText(name, bytes);
                return true;
            default:
                return false;
        }
    }

    private void WriteReal(JsonEncodedText name, double value)
    {
        // .NET gives the fewest digits that read back as the same bits (17 and a sign, point and exponent at most). A point makes sure
        // that the number is not taken for an integer.
        Span<byte> digits = stackalloc byte[32];
        value.TryFormat(digits, out var length, default, CultureInfo.InvariantCulture);
        if (digits[..length].IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            ".0"u8.CopyTo(digits[length..]);
            length += 2;
        }

        _json.WritePropertyName(name);
        _json.WriteRawValue(digits[..length], skipInputValidation: true);
    }

    private void WriteText(JsonEncodedText name, ReadOnlySpan<byte> utf8)
    {
        _json.WritePropertyName(name);
        if (utf8.Length <= PieceLength)
        {
            _json.WriteStringValue(utf8);
            return;
        }

        for (; utf8.Length > PieceLength; utf8 = utf8[PieceLength..]) _json.WriteStringValueSegment(utf8[..PieceLength], isFinalSegment: false);
        _json.WriteStringValueSegment(utf8, isFinalSegment: true);
    }

    private void WriteCellsBeside(Conversation row, int columns)
    {
        if (_format == ArchiveFormat.Ndjson) _json.WriteStartObject(ArchiveJson.Swarm);
        Span<byte> real = stackalloc byte[sizeof(double)];
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if ((columns & 1 << (int)column) == 0) continue;
            var storageClass = row.GetStorageClass(column);
            scoped var bytes = row.GetBytes(column);
            if (storageClass == StorageClass.Real)
            {
                bytes.CopyTo(real);
                real.Reverse();
                bytes = real;
            }

            if (_format == ArchiveFormat.Json) _spool.Add(_rows, column, storageClass, bytes);
            else WriteCellBeside(column, storageClass, bytes);
            _encodedCells++;
        }

        if (_format == ArchiveFormat.Ndjson) _json.WriteEndObject();
    }

    private void WriteCellBeside(ConversationColumn column, StorageClass storageClass, ReadOnlySpan<byte> bytes)
    {
        _json.WriteStartObject(ArchiveJson.EncodedColumns[(int)column]);
        _json.WriteString(ArchiveJson.StorageClass, ArchiveJson.NameOf(storageClass));
        _json.WritePropertyName(ArchiveJson.Base64);
        for (; bytes.Length > PieceLength; bytes = bytes[PieceLength..]) _json.WriteBase64StringSegment(bytes[..PieceLength], isFinalSegment: false);
        _json.WriteBase64StringSegment(bytes, isFinalSegment: true);
        _json.WriteEndObject();
    }

    private string CloseFile(out long length)
    {
        _output.Flush();
        _gzip?.Dispose();
        if (_gzip is not null && _file.Position == 0) _hashed.Write(EmptyGzip);
        _hashed.FlushFinalBlock();
        _file.Flush(flushToDisk: true);
        length = _file.Length;
        _file.Dispose();
        return Convert.ToHexStringLower(_sha256.Hash!);
    }

    private void PutInPlace(string sha256)
    {
        var checksumPath = ChecksumFile.PathOf(_path);
        var temporaryChecksum = Path.Combine(Path.GetDirectoryName(_path)!, PrivateFile.TemporaryName());
        try
        {
            using (var checksum = PrivateFile.Create(temporaryChecksum))
            {
                checksum.Write(ChecksumFile.Format(sha256, _path));
                checksum.Flush(flushToDisk: true);
            }

            // The checksum goes first: an archive that can be seen has its own beside it. Should the machine stop between the two while
            // an older archive is replaced, the sums differ and the reader says so.
            File.Move(temporaryChecksum, checksumPath, _overwrite);
            try
            {
                File.Move(_temporaryPath, _path, _overwrite);
            }
            catch
            {
                File.Delete(checksumPath);
                throw;
            }
        }
        finally
        {
            File.Delete(temporaryChecksum);
        }

        _sha256.Dispose();
        _completed = true;
    }
}
