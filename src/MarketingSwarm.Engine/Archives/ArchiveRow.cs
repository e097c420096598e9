using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace MarketingSwarm.Engine.Archives;

/// <summary>
///   One row as it stands in an archive: read from its JSON object, completed by the cells beside it, then built. Its texts stay in the
///   archive's buffer until then; no string is made.
/// </summary>
internal sealed class ArchiveRow
{
    // Above this, the buffer is given back after the row, as ConversationBuilder does.
    private const int KeptCapacity = 1 << 20;

    private readonly Cell[] _cells = new Cell[ConversationTable.ColumnCount];
    private readonly ConversationBuilder _builder = new();
    private byte[] _unescaped = [];

    private enum CellKind
    {
        Missing,
        Null,
        Integer,
        Real,
        Text,
        Encoded,
    }

    /// <summary>Cells whose text is spelled as Python's bytes are (<c>b'…'</c>).</summary>
    internal int PythonBytesCount { get; private set; }

    /// <summary>Finds the column that the reader's text names, exactly as SQL has it.</summary>
    internal static bool TryFindColumn(ref Utf8JsonReader reader, ConversationColumn expected, out ConversationColumn column)
    {
        for (var i = 0; i < ConversationTable.ColumnCount; i++)
        {
            column = (ConversationColumn)(((int)expected + i) % ConversationTable.ColumnCount);
            if (reader.ValueTextEquals(ArchiveJson.Utf8Columns[(int)column])) return true;
        }

        column = default;
        return false;
    }

    /// <summary>Reads a row's object.</summary>
    /// <param name="cursor">Knows the place.</param>
    /// <param name="reader">Stands before the row; behind it afterwards.</param>
    /// <param name="hasOwnCells">Whether a row has a <c>swarm</c> object of its own, as in NDJSON.</param>
    /// <returns>False where the row is not at hand in full.</returns>
    /// <exception cref="SwarmArchiveException">It is no row, or holds what a row cannot.</exception>
    internal bool TryRead(ArchiveCursor cursor, ref Utf8JsonReader reader, bool hasOwnCells)
    {
        Array.Clear(_cells);
        PythonBytesCount = 0;
        cursor.Column = null;
        if (!cursor.Read(ref reader)) return false;
        if (reader.TokenType != JsonTokenType.StartObject) throw Errors.ArchiveRowNotAnObject(cursor.At(ref reader), ArchiveCursor.Describe(ref reader));

        var expected = ConversationColumn.Id;
        var hadOwnCells = false;
        while (true)
        {
            if (!cursor.Read(ref reader)) return false;
            if (reader.TokenType == JsonTokenType.EndObject) return true;
            if (TryFindColumn(ref reader, expected, out var column))
            {
                cursor.Column = ConversationTable.NameOf(column);
                if (_cells[(int)column].Kind != CellKind.Missing) throw Errors.ArchiveKeyTwice(cursor.At(ref reader), cursor.Column);
                if (!cursor.Read(ref reader)) return false;
                _cells[(int)column] = ReadCell(cursor, ref reader);
                cursor.Column = null;
                expected = (ConversationColumn)(((int)column + 1) % ConversationTable.ColumnCount);
            }
            else if (hasOwnCells && reader.ValueTextEquals(ArchiveJson.Swarm))
            {
                if (hadOwnCells) throw Errors.ArchiveKeyTwice(cursor.At(ref reader), ArchiveJson.Swarm);
                if (!TryReadOwnCells(cursor, ref reader)) return false;
                hadOwnCells = true;
            }
            else
            {
                throw Errors.ArchiveKeyUnknown(cursor.At(ref reader), ArchiveCursor.Show(reader.ValueSpan));
            }
        }
    }

    /// <summary>Adds a cell that stands beside the row.</summary>
    /// <returns>False where the row has the column already.</returns>
    internal bool TryAdd(ConversationColumn column, StorageClass storageClass, byte[] bytes)
    {
        ref var cell = ref _cells[(int)column];
        if (cell.Kind != CellKind.Missing) return false;
        cell = new Cell { Kind = CellKind.Encoded, StorageClass = storageClass, Bytes = bytes };
        return true;
    }

    /// <summary>The first column that has no cell.</summary>
    internal bool TryFindMissing(out ConversationColumn column)
    {
        var index = Array.FindIndex(_cells, cell => cell.Kind == CellKind.Missing);
        column = (ConversationColumn)Math.Max(index, 0);
        return index >= 0;
    }

    /// <summary>Makes the conversation.</summary>
    /// <param name="at">The row's place.</param>
    /// <param name="buffer">The archive's buffer, unchanged since the row was read.</param>
    /// <param name="error">Why it cannot be made: a text with half a character.</param>
    internal Conversation? Build(ArchivePosition at, ReadOnlySpan<byte> buffer, out SwarmDataException? error)
    {
        error = null;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            ref readonly var cell = ref _cells[(int)column];
            switch (cell.Kind)
            {
                case CellKind.Integer: _builder.AddInteger(cell.Integer); break;
                case CellKind.Real: _builder.AddReal(cell.Real); break;
                case CellKind.Text when !cell.IsEscaped: _builder.AddText(buffer.Slice(cell.Start, cell.Length)); break;
                case CellKind.Text when TryUnescape(buffer, cell, out var text): _builder.AddText(text); break;
                case CellKind.Text:
                    error = Errors.ArchiveTextNotUnicode(at with { Column = ConversationTable.NameOf(column) }, FindId(buffer));
                    _builder.Reset();
                    return null;
                case CellKind.Encoded when cell.StorageClass == StorageClass.Blob: _builder.AddBlob(cell.Bytes); break;
                case CellKind.Encoded when cell.StorageClass == StorageClass.Text: _builder.AddText(cell.Bytes.AsSpan()); break;
                case CellKind.Encoded: _builder.AddReal(BinaryPrimitives.ReadDoubleBigEndian(cell.Bytes)); break;
                default: _builder.AddNull(); break;
            }
        }

        if (_unescaped.Length > KeptCapacity) _unescaped = [];
        return _builder.Build(rowId: null);
    }

    private Cell ReadCell(ArchiveCursor cursor, ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return new Cell { Kind = CellKind.Null };
            case JsonTokenType.String:
                var text = reader.ValueSpan;
                if (!Utf8.IsValid(text)) throw Errors.ArchiveTextNotUtf8(cursor.At(ref reader));
                if (IsPythonBytes(text)) PythonBytesCount++;
                return new Cell
                {
                    Kind = CellKind.Text,
                    Start = cursor.Text.Start + (int)reader.TokenStartIndex + 1,
                    Length = text.Length,
                    IsEscaped = reader.ValueIsEscaped,
                };
            case JsonTokenType.Number when reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0:
                return reader.TryGetInt64(out var integer)
                    ? new Cell { Kind = CellKind.Integer, Integer = integer }
                    : throw Errors.ArchiveNumberTooLarge(cursor.At(ref reader), ArchiveCursor.Show(reader.ValueSpan), "an integer of 64 bits");
            case JsonTokenType.Number:
                return double.TryParse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real)
                    ? new Cell { Kind = CellKind.Real, Real = real }
                    : throw Errors.ArchiveNumberTooLarge(cursor.At(ref reader), ArchiveCursor.Show(reader.ValueSpan), "a double");
            default:
                throw Errors.ArchiveValueNested(cursor.At(ref reader), ArchiveCursor.Describe(ref reader));
        }
    }

    private bool TryReadOwnCells(ArchiveCursor cursor, ref Utf8JsonReader reader)
    {
        if (!cursor.Read(ref reader)) return false;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Errors.ArchiveValueUnexpected(cursor.At(ref reader), ArchiveJson.Swarm, "an object with the cells that JSON cannot hold", ArchiveCursor.Describe(ref reader));
        while (true)
        {
            if (!cursor.Read(ref reader)) return false;
            if (reader.TokenType == JsonTokenType.EndObject) return true;
            var keyAt = cursor.At(ref reader);
            if (!TryFindColumn(ref reader, ConversationColumn.Id, out var column)) throw Errors.ArchiveCellColumnUnknown(keyAt, ArchiveCursor.Describe(ref reader));
            cursor.Column = ConversationTable.NameOf(column);
            if (!cursor.Read(ref reader)) return false;
            if (reader.TokenType != JsonTokenType.StartObject)
                throw Errors.ArchiveValueUnexpected(cursor.At(ref reader), cursor.Column, "an object with storage_class and base64", ArchiveCursor.Describe(ref reader));
            if (!EncodedCell.TryRead(cursor, ref reader, column, out var cell)) return false;
            if (!TryAdd(column, cell.StorageClass, cell.Bytes)) throw Errors.ArchiveKeyTwice(keyAt, cursor.Column);
            cursor.Column = null;
        }
    }

    private bool TryUnescape(ReadOnlySpan<byte> buffer, in Cell cell, out ReadOnlySpan<byte> text)
    {
        // What is unescaped is never longer.
        if (_unescaped.Length < cell.Length) _unescaped = new byte[cell.Length];
        var reader = new Utf8JsonReader(buffer.Slice(cell.Start - 1, cell.Length + 2));
        reader.Read();
        try
        {
            text = _unescaped.AsSpan(0, reader.CopyString(_unescaped.AsSpan()));
            return true;
        }
        catch (InvalidOperationException)
        {
            // Its UTF-8 was checked: what is left is a surrogate without its other half.
            text = default;
            return false;
        }
    }

    private string? FindId(ReadOnlySpan<byte> buffer)
    {
        var cell = _cells[(int)ConversationColumn.Id];
        if (cell.Kind != CellKind.Text) return null;
        if (!cell.IsEscaped) return Encoding.UTF8.GetString(buffer.Slice(cell.Start, cell.Length));
        return TryUnescape(buffer, cell, out var id) ? Encoding.UTF8.GetString(id) : null;
    }

    private static bool IsPythonBytes(ReadOnlySpan<byte> text)
        => (text.StartsWith("b'"u8) && text.Length > 2 && text[^1] == '\'') || (text.StartsWith("b\\\""u8) && text.Length > 4 && text.EndsWith("\\\""u8));

    private struct Cell
    {
        internal CellKind Kind;
        internal StorageClass StorageClass;
        internal bool IsEscaped;
        internal int Start;
        internal int Length;
        internal long Integer;
        internal double Real;
        internal byte[]? Bytes;
    }
}
