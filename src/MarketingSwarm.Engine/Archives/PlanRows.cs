using System.Globalization;
using System.Text.Json;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Archives;

/// <summary>What a pass over the plan's JSON found out.</summary>
/// <param name="Count">Its rows.</param>
/// <param name="PythonBytesCount">Cells that look as if Python had spelled bytes into them; counted where there is no <c>swarm</c> object.</param>
internal readonly record struct PlanSummary(long Count, long PythonBytesCount);

/// <summary>The rows of the plan's JSON (<c>export_date</c>, <c>conversations</c>, <c>total_count</c>, and <c>swarm</c> where we wrote it).</summary>
/// <remarks>
///   Two passes: <see cref="Check"/> reads all and keeps the cells of <c>swarm</c>, which come after the rows; then <see cref="TryReadNext"/>
///   gives the rows with their cells.
/// </remarks>
internal sealed class PlanRows : ArchiveRows
{
    private readonly CellSpool _spool;
    private readonly ArchiveCursor.Step _readRow;
    private readonly ArchiveCursor.Step _readCell;
    private EncodedCell _cell;
    private SpooledCell? _nextSpooled;
    private bool _isInRows;
    private bool _isEnded;
    private ArchivePosition _rowAt;

    internal PlanRows(ArchiveText text, CellSpool spool)
        : base(text)
    {
        _spool = spool;
        _readRow = ReadRow;
        _readCell = ReadCell;
        text.Fill();
        text.SkipByteOrderMark();
        Cursor.Next();
    }

    /// <summary>Reads the document from its beginning to its end and puts the cells beside the rows into the spool.</summary>
    /// <exception cref="SwarmArchiveException">The document is not whole, or not the plan's.</exception>
    internal PlanSummary Check()
    {
        var keys = new HashSet<string>();
        long announced = 0, pythonBytes = 0;
        while (Cursor.Next() == JsonTokenType.PropertyName)
        {
            var key = Cursor.Value;
            if (!keys.Add(key)) throw Errors.ArchiveKeyTwice(Cursor.TokenAt, key);
            switch (key)
            {
                case ArchiveJson.ExportDate:
                    Expect(Cursor.Next() == JsonTokenType.String, key, "a time in a text");
                    break;
                case ArchiveJson.TotalCount:
                    Cursor.Next();
                    Expect(Cursor.Token == JsonTokenType.Number && TryParse(Cursor.Value, out announced) && announced >= 0, key, "the number of rows");
                    break;
                case ArchiveJson.Conversations:
                    pythonBytes = CheckRows();
                    break;
                case ArchiveJson.Swarm:
                    CheckCells();
                    break;
                default:
                    throw Errors.ArchiveTopKeyUnknown(Cursor.TokenAt, key);
            }
        }

        foreach (var key in (ReadOnlySpan<string>)[ArchiveJson.ExportDate, ArchiveJson.Conversations, ArchiveJson.TotalCount])
        {
            if (!keys.Contains(key)) throw Errors.ArchiveTopKeyMissing(Text.Path, key);
        }

        if (Text.SkipWhitespace()) throw Errors.ArchiveTrailingText(Cursor.At());
        if (announced != Count) throw Errors.ArchiveCountWrong(Text.Path, announced, Count);
        if (_spool.LastRow >= Count) throw Errors.ArchiveCellWithoutRow(Text.Path, _spool.LastRow, Count);
        return new PlanSummary(Count, keys.Contains(ArchiveJson.Swarm) ? 0 : pythonBytes);
    }

    internal override bool TryReadNext(out ReadResult result)
    {
        result = default;
        if (!_isInRows)
        {
            SkipToRows();
            _spool.Rewind();
            ReadSpooledCell();
        }

        if (!TakeRow()) return false;
        for (; _nextSpooled is { } cell && cell.Row == Count - 1; ReadSpooledCell())
        {
            var bytes = new byte[cell.Length];
            _spool.ReadBytes(bytes);
            if (!Row.TryAdd(cell.Column, cell.StorageClass, bytes))
                throw Errors.ArchiveCellTwice(_rowAt with { Column = ConversationTable.NameOf(cell.Column) });
        }

        result = BuildRow(_rowAt);
        return true;
    }

    private static bool TryParse(string digits, out long value) => long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value);

    private long CheckRows()
    {
        Expect(Cursor.Next() == JsonTokenType.StartArray, ArchiveJson.Conversations, "an array of rows");
        long pythonBytes = 0;
        while (TakeRow()) pythonBytes += Row.PythonBytesCount;
        return pythonBytes;
    }

    private void CheckCells()
    {
        Expect(Cursor.Next() == JsonTokenType.StartObject, ArchiveJson.Swarm, "an object with format and cells");

        // The format comes first, since it says how to read the rest.
        Cursor.Next();
        Expect(Cursor.Token == JsonTokenType.PropertyName && Cursor.Value == ArchiveJson.Format, ArchiveJson.Swarm, "the key 'format' first");
        Cursor.Next();
        long format = 0;
        Expect(Cursor.Token == JsonTokenType.Number && TryParse(Cursor.Value, out format) && format >= ArchiveJson.FormatVersion, ArchiveJson.Format, "the number 1");
        if (format > ArchiveJson.FormatVersion) throw Errors.ArchiveFormatNewer(Text.Path, format, ArchiveJson.FormatVersion);
        Cursor.Next();
        Expect(Cursor.Token == JsonTokenType.PropertyName && Cursor.Value == ArchiveJson.Cells, ArchiveJson.Swarm, "the key 'cells' after 'format'");
        Expect(Cursor.Next() == JsonTokenType.StartArray, ArchiveJson.Cells, "an array of cells");
        for (var number = 1L; ; number++)
        {
            Cursor.BeginItem("swarm cell", number);
            _isEnded = false;
            Cursor.Take(_readCell);
            if (_isEnded) break;
            if (_cell.Row < _spool.LastRow) throw Errors.ArchiveCellOutOfOrder(Cursor.At(), _cell.Row, _spool.LastRow);
            KeepCell();
        }

        Cursor.BeginItem(null, 0);
        Expect(Cursor.Next() == JsonTokenType.EndObject, ArchiveJson.Swarm, "nothing after 'cells'");
    }

    private void KeepCell()
    {
        try
        {
            _spool.Add(_cell.Row, _cell.Column, _cell.StorageClass, _cell.Bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.ArchiveCellsNotKept(Text.Path, Path.GetTempPath(), exception.Message, exception);
        }
    }

    private void SkipToRows()
    {
        _isInRows = true;
        var depth = 1;
        do
        {
            Cursor.Next();
            if (Cursor.Token is JsonTokenType.StartObject or JsonTokenType.StartArray) depth++;
            if (Cursor.Token is JsonTokenType.EndObject or JsonTokenType.EndArray) depth--;
        }
        while (depth > 1 || Cursor.Token != JsonTokenType.PropertyName || Cursor.Value != ArchiveJson.Conversations);
        Cursor.Next();
    }

    private bool TakeRow()
    {
        Cursor.BeginItem(ArchiveJson.Row, Count + 1);
        _isEnded = false;
        Cursor.Take(_readRow);
        if (_isEnded) Cursor.BeginItem(null, 0);
        else Count++;
        return !_isEnded;
    }

    private bool ReadRow(ref Utf8JsonReader reader)
    {
        var start = reader;
        if (!Cursor.Read(ref reader)) return false;
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _isEnded = true;
            return true;
        }

        _rowAt = Cursor.At(ref reader);
        reader = start;
        return Row.TryRead(Cursor, ref reader, hasOwnCells: false);
    }

    private bool ReadCell(ref Utf8JsonReader reader)
    {
        if (!Cursor.Read(ref reader)) return false;
        _isEnded = reader.TokenType == JsonTokenType.EndArray;
        if (_isEnded) return true;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw Errors.ArchiveValueUnexpected(Cursor.At(ref reader), ArchiveJson.Cells, "an object with row, column, storage_class and base64", ArchiveCursor.Describe(ref reader));
        return EncodedCell.TryRead(Cursor, ref reader, column: null, out _cell);
    }

    private void ReadSpooledCell() => _nextSpooled = _spool.TryReadCell(out var cell) ? cell : null;

    private void Expect(bool condition, string key, string expected)
    {
        if (!condition) throw Errors.ArchiveValueUnexpected(Cursor.TokenAt, key, expected, Cursor.Found);
    }
}
