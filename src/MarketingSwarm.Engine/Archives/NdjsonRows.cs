using System.Text.Json;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Archives;

/// <summary>The rows of an NDJSON archive: one JSON object after another.</summary>
internal sealed class NdjsonRows : ArchiveRows
{
    private readonly ArchiveCursor.Step _readRow;

    internal NdjsonRows(ArchiveText text)
        : base(text)
    {
        _readRow = ReadRow;
        text.Fill();
        text.SkipByteOrderMark();
    }

    internal override bool TryReadNext(out ReadResult result)
    {
        result = default;
        if (!Text.SkipWhitespace()) return false;
        Cursor.BeginItem(ArchiveJson.Row, Count + 1);
        Cursor.BeginValue();
        var at = Cursor.At();
        Cursor.Take(_readRow);
        Count++;
        result = BuildRow(at);
        return true;
    }

    private bool ReadRow(ref Utf8JsonReader reader) => Row.TryRead(Cursor, ref reader, hasOwnCells: true);
}
