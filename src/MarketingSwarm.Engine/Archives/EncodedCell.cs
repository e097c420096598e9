using System.Text.Json;

namespace MarketingSwarm.Engine.Archives;

/// <summary>A cell that stands beside its row because JSON cannot hold it.</summary>
/// <param name="Row">Its row, the first being 0; only in the plan's JSON.</param>
/// <param name="Column">Its column.</param>
/// <param name="StorageClass">BLOB, TEXT or REAL.</param>
/// <param name="Bytes">A BLOB's or a text's bytes, or the eight of a real, big-endian.</param>
internal readonly record struct EncodedCell(long Row, ConversationColumn Column, StorageClass StorageClass, byte[] Bytes)
{
    /// <summary>Reads <c>{"storage_class": …, "base64": …}</c>, and <c>row</c> and <c>column</c> besides where <paramref name="column"/> does not say.</summary>
    /// <param name="cursor">Knows the place.</param>
    /// <param name="reader">Stands on the object's beginning.</param>
    /// <param name="column">The column, where the key before the object was its name.</param>
    /// <param name="cell">What was read.</param>
    /// <returns>False where the object is not at hand in full.</returns>
    /// <exception cref="SwarmArchiveException">The object is another.</exception>
    internal static bool TryRead(ArchiveCursor cursor, ref Utf8JsonReader reader, ConversationColumn? column, out EncodedCell cell)
    {
        cell = default;
        var isAddressed = column is null;
        long? row = isAddressed ? null : 0;
        StorageClass? storageClass = null;
        byte[]? bytes = null;
        while (true)
        {
            if (!cursor.Read(ref reader)) return false;
            if (reader.TokenType == JsonTokenType.EndObject) break;
            var keyAt = cursor.At(ref reader);
            var key = ArchiveCursor.Show(reader.ValueSpan);
            if (!cursor.Read(ref reader)) return false;
            var isTwice = false;
            switch (key)
            {
                case ArchiveJson.Row when isAddressed:
                    isTwice = row is not null;
                    row = ReadRow(cursor, ref reader);
                    break;
                case ArchiveJson.Column when isAddressed:
                    isTwice = column is not null;
                    column = ReadColumn(cursor, ref reader);
                    break;
                case ArchiveJson.StorageClass:
                    isTwice = storageClass is not null;
                    storageClass = ReadStorageClass(cursor, ref reader);
                    break;
                case ArchiveJson.Base64:
                    isTwice = bytes is not null;
                    bytes = ReadBytes(cursor, ref reader);
                    break;
                default:
                    throw Errors.ArchiveCellKeyUnknown(keyAt, key);
            }

            if (isTwice) throw Errors.ArchiveKeyTwice(keyAt, key);
        }

        var missing = row is null ? ArchiveJson.Row
            : column is null ? ArchiveJson.Column
            : storageClass is null ? ArchiveJson.StorageClass
            : bytes is null ? ArchiveJson.Base64
            : null;
        if (missing is not null) throw Errors.ArchiveCellIncomplete(cursor.At(ref reader), missing);
        if (storageClass == MarketingSwarm.StorageClass.Real && bytes!.Length != sizeof(double)) throw Errors.ArchiveCellNotReal(cursor.At(ref reader), bytes.Length);
        cell = new EncodedCell(row!.Value, column!.Value, storageClass!.Value, bytes!);
        return true;
    }

    private static long ReadRow(ArchiveCursor cursor, ref Utf8JsonReader reader)
        => reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var row) && row >= 0
            ? row
            : throw Errors.ArchiveValueUnexpected(cursor.At(ref reader), ArchiveJson.Row, "the number of a row, counted from 0", ArchiveCursor.Describe(ref reader));

    private static ConversationColumn ReadColumn(ArchiveCursor cursor, ref Utf8JsonReader reader)
        => reader.TokenType == JsonTokenType.String && ArchiveRow.TryFindColumn(ref reader, ConversationColumn.Id, out var column)
            ? column
            : throw Errors.ArchiveCellColumnUnknown(cursor.At(ref reader), ArchiveCursor.Describe(ref reader));

    private static StorageClass ReadStorageClass(ArchiveCursor cursor, ref Utf8JsonReader reader)
        => reader.TokenType == JsonTokenType.String && ArchiveJson.TryParse(ArchiveCursor.Show(reader.ValueSpan), out var storageClass)
            ? storageClass
            : throw Errors.ArchiveValueUnexpected(cursor.At(ref reader), ArchiveJson.StorageClass, "'blob', 'text' or 'real'", ArchiveCursor.Describe(ref reader));

    private static byte[] ReadBytes(ArchiveCursor cursor, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.String)
            throw Errors.ArchiveValueUnexpected(cursor.At(ref reader), ArchiveJson.Base64, "base64 in a text", ArchiveCursor.Describe(ref reader));
        try
        {
            if (reader.TryGetBytesFromBase64(out var bytes)) return bytes;
        }
        catch (InvalidOperationException)
        {
            // An escape that is half a character: no base64 either.
        }

        throw Errors.ArchiveBase64Wrong(cursor.At(ref reader), ArchiveCursor.Show(reader.ValueSpan));
    }
}
