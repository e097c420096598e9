using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Conversion;

/// <summary>
///   Decides cell by cell how a row is stored in PostgreSQL: as it is, by a named conversion that can be turned back, or not at all. The
///   one place where that is decided, for the plan, the pipe and the migration alike. Not for two threads at a time.
/// </summary>
internal sealed class RowConverter(ConversionSettings settings)
{
    private static readonly UTF8Encoding ReplacingUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false);
    private readonly RowVerdict _verdict = new();

    internal ConversionSettings Settings => settings;

    /// <summary>
    ///   Whether every cell is stored as it is, so that what the target gives back and the column's form are enough to make the same bytes
    ///   again. Allocates nothing.
    /// </summary>
    /// <param name="row">The row.</param>
    /// <param name="rowId">Its rowid, where it has one.</param>
    /// <param name="times">Room for two: the instants of <c>created_at</c> and <c>completed_at</c>, in microseconds since 2000-01-01 UTC.</param>
    internal bool IsPlain(ConversationImage row, long? rowId, Span<long> times)
    {
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var storageClass = row.GetStorageClass(column);
            if (storageClass == StorageClass.Null)
            {
                if (settings.IsRequired[(int)column] || column == ConversationColumn.Id) return false;
            }
            else if (ConversationTable.IsTimestamp(column))
            {
                if (!IsPlainTime(row, column, storageClass, out times[column - ConversationColumn.CreatedAt])) return false;
            }
            else if (column == ConversationColumn.TotalCost)
            {
                if (storageClass != StorageClass.Real) return false;
            }
            else if (storageClass != StorageClass.Text || !IsPlainText(row.GetBytes(column), settings.GreatestLength[(int)column]))
            {
                return false;
            }
        }

        return settings.ClashingRows.Count == 0 || rowId is not { } id || !settings.ClashingRows.Contains(id);
    }

    /// <summary>Decides on a row that is not plain. The verdict is valid until the next one.</summary>
    /// <param name="row">The row.</param>
    /// <param name="rowId">Its rowid, where it has one.</param>
    /// <param name="times">Room for the instants of the times that are stored as they are.</param>
    internal RowVerdict Judge(ConversationImage row, long? rowId, Span<long> times)
    {
        _verdict.Clear();
        JudgeKey(row, rowId);
        for (var column = ConversationColumn.UserId; column <= ConversationColumn.ErrorMessage; column++)
        {
            var storageClass = row.GetStorageClass(column);
            var cell = storageClass == StorageClass.Null ? null
                : ConversationTable.IsTimestamp(column) ? JudgeTime(row, column, storageClass, out times[column - ConversationColumn.CreatedAt])
                : column == ConversationColumn.TotalCost ? JudgeCost(row, storageClass)
                : JudgeText(row, column, storageClass);
            if (cell is not null) _verdict.Add(cell);
            var isNull = cell is null ? storageClass == StorageClass.Null : cell.Stored is null;
            if (isNull && settings.IsRequired[(int)column])
            {
                _verdict.QuarantineRow(
                    column, ConversionRule.RequiredValueMissing,
                    $"the target's column requires a value, and {(cell is null ? "the cell is NULL" : $"the cell has none that could be stored: {cell.Reason}")}");
            }
        }

        return _verdict;
    }

    private bool IsPlainTime(ConversationImage row, ConversationColumn column, StorageClass storageClass, out long microseconds)
    {
        microseconds = 0;
        var form = settings.GetForm(column);
        ParsedTimestamp time;
        if (storageClass == StorageClass.Text)
        {
            var bytes = row.GetBytes(column);
            // The two forms that nearly all times have.
            if (SwarmTimestamp.TryParse(bytes, out microseconds, out var hasFraction))
                time = new ParsedTimestamp(microseconds, microseconds, hasFraction ? TimestampForm.SixDigits : TimestampForm.NoFraction);
            else if (!TimestampText.TryParse(bytes, out time))
                return false;
        }
        else if (storageClass == StorageClass.Integer)
        {
            time = TimestampText.ReadInteger(row.GetInteger(column));
            if (!settings.IsApproved(column, time.Form)) return false;
        }
        else
        {
            return false;
        }

        microseconds = time.Microseconds;
        return TimestampText.Spells(form, column, time);
    }

    private static bool IsPlainText(ReadOnlySpan<byte> bytes, int greatestLength)
        => bytes.Length <= greatestLength && !bytes.Contains((byte)0) && Utf8.IsValid(bytes);

    private void JudgeKey(ConversationImage row, long? rowId)
    {
        const ConversationColumn Id = ConversationColumn.Id;
        var storageClass = row.GetStorageClass(Id);
        if (rowId is { } clashing && settings.ClashingRows.Contains(clashing))
        {
            _verdict.QuarantineRow(Id, ConversionRule.KeyClash, "another row has the same key, once both are text");
        }
        else if (storageClass == StorageClass.Null)
        {
            if (settings.Policy.OnNullKey == NullKeyAction.Generate && settings.ConvertsKeys && rowId is { } number)
            {
                _verdict.Add(new ConvertedCell(
                    Id, ConversionRule.KeyGenerated, CellOutcome.Converted, "the key is NULL and was generated from the rowid",
                    Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"null-{number}"))));
            }
            else
            {
                _verdict.QuarantineRow(Id, ConversionRule.KeyNull, "the key is NULL");
            }
        }
        else if (JudgeText(row, Id, storageClass) is { } cell)
        {
            if (cell.Outcome == CellOutcome.Quarantined)
                _verdict.QuarantineRow(Id, cell.Rule == ConversionRule.TooLongForIndex ? ConversionRule.KeyTooLong : ConversionRule.KeyNotText, cell.Reason);
            else if (!settings.ConvertsKeys || IsRewritten(cell))
                _verdict.QuarantineRow(Id, ConversionRule.KeyNotText, cell.Reason);
            else
                _verdict.Add(cell);
        }
    }

    // A key without its NUL characters, say, is another key: rows that refer to it would no longer find it, and it may be another row's.
    private static bool IsRewritten(ConvertedCell cell) => cell.Rule is ConversionRule.NulCharacter or ConversionRule.InvalidText;

    private ConvertedCell? JudgeTime(ConversationImage row, ConversationColumn column, StorageClass storageClass, out long microseconds)
    {
        var time = ParsedTimestamp.NotATime;
        switch (storageClass)
        {
            case StorageClass.Text when TimestampText.TryParse(row.GetBytes(column), out var parsed): time = parsed; break;
            case StorageClass.Integer: time = TimestampText.ReadInteger(row.GetInteger(column)); break;
            case StorageClass.Real: time = TimestampText.ReadReal(row.GetReal(column)); break;
        }

        microseconds = time.Microseconds;
        if (time.Form == TimestampForm.None)
            return Quarantine(column, ConversionRule.TimestampInvalid, DescribeNoTime(storageClass));
        if (TimestampText.IsNumeric(time.Form))
        {
            if (!settings.IsApproved(column, time.Form))
                return Quarantine(column, ConversionRule.TimestampUnitNotApproved, $"it looks like {Describe(time.Form)}, {time}, and nobody approved that unit");
            return storageClass == StorageClass.Integer && TimestampText.Spells(settings.GetForm(column), column, time)
                ? null
                : Convert(column, ConversionRule.TimestampNumber, $"taken as {Describe(time.Form)}", time.Microseconds);
        }

        return time.Form switch
        {
            TimestampForm.LongFraction when settings.Policy.OnLongFraction == LongFractionAction.Quarantine
                => Quarantine(column, ConversionRule.TimestampRounded, "its fraction has more than six digits"),
            TimestampForm.LongFraction => Convert(column, ConversionRule.TimestampRounded, "rounded to microseconds", time.Microseconds),
            TimestampForm.Offset => settings.Policy.OnOffset switch
            {
                OffsetAction.Utc => Convert(column, ConversionRule.TimestampOffset, "converted to UTC", time.Microseconds),
                OffsetAction.KeepWallClock => Convert(column, ConversionRule.TimestampOffset, "stored as its wall clock reads", time.WallClock),
                _ => Quarantine(column, ConversionRule.TimestampOffset, "it has an offset"),
            },
            _ when TimestampText.Spells(settings.GetForm(column), column, time) => null,
            _ => Convert(column, ConversionRule.TimestampSpelling, "spelled otherwise than the column's form", time.Microseconds),
        };
    }

    private static ConvertedCell? JudgeCost(ConversationImage row, StorageClass storageClass)
    {
        const ConversationColumn Cost = ConversationColumn.TotalCost;
        switch (storageClass)
        {
            case StorageClass.Real:
                return null;
            // The comparison is exact: a double that is no long, or is another, does not come back as the same.
            case StorageClass.Integer when row.GetInteger(Cost) is var value && (double)value < 9_223_372_036_854_775_808.0 && (long)(double)value == value:
                return new ConvertedCell(Cost, ConversionRule.IntegerAsReal, CellOutcome.Converted, "an integer, stored as the same real", FromReal(value));
            case StorageClass.Integer:
                return Quarantine(Cost, ConversionRule.NotANumber, "no double equals this integer");
            default:
                return Quarantine(Cost, ConversionRule.NotANumber, $"it is {(storageClass == StorageClass.Text ? "text" : "a BLOB")}, not a number");
        }
    }

    private ConvertedCell? JudgeText(ConversationImage row, ConversationColumn column, StorageClass storageClass)
    {
        var bytes = row.GetBytes(column);
        var cell = storageClass switch
        {
            StorageClass.Integer => Convert(column, ConversionRule.NumberAsText, "an integer, stored as its digits", FormatInteger(row.GetInteger(column))),
            StorageClass.Real => Convert(column, ConversionRule.NumberAsText, "a real, stored as its shortest digits", FormatReal(row.GetReal(column))),
            StorageClass.Blob => bytes.Contains((byte)0) || !Utf8.IsValid(bytes)
                ? Quarantine(column, ConversionRule.BlobNotText, "it is a BLOB whose bytes are not text")
                : Convert(column, ConversionRule.BlobAsText, "a BLOB, stored as the text that its bytes are", bytes.ToArray()),
            _ when !Utf8.IsValid(bytes) => JudgeInvalidText(column, bytes),
            _ when bytes.Contains((byte)0) => JudgeNul(column, bytes),
            _ => null,
        };
        var length = cell?.Stored?.Length ?? (cell is null ? bytes.Length : 0);
        return length <= settings.GreatestLength[(int)column]
            ? cell
            : Quarantine(
                column, ConversionRule.TooLongForIndex,
                string.Create(CultureInfo.InvariantCulture, $"it has {length} bytes, and an index of the column takes {settings.GreatestLength[(int)column]} at most"));
    }

    private ConvertedCell JudgeInvalidText(ConversationColumn column, ReadOnlySpan<byte> bytes)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"not valid UTF-8 from byte {Utf8Text.FindInvalid(bytes)} on");
        var (text, how) = settings.Policy.OnInvalidText switch
        {
            InvalidTextAction.Latin1 => (Encoding.Latin1.GetString(bytes), "read as ISO 8859-1"),
            InvalidTextAction.Windows1252 => (Windows1252.Decode(bytes), "read as Windows-1252"),
            InvalidTextAction.Replace => (ReplacingUtf8.GetString(bytes), "stored with U+FFFD"),
            _ => (null, ""),
        };
        if (text is null) return Quarantine(column, ConversionRule.InvalidText, $"it is {where}");
        // A NUL is a character in each of these, and has its own policy.
        if (!text.Contains('\0')) return Convert(column, ConversionRule.InvalidText, $"{where}; {how}", Encoding.UTF8.GetBytes(text));
        var inner = JudgeNul(column, Encoding.UTF8.GetBytes(text));
        return inner with { Rule = ConversionRule.InvalidText, Reason = $"{where}; {how}; {inner.Reason}" };
    }

    private ConvertedCell JudgeNul(ConversationColumn column, ReadOnlySpan<byte> bytes)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"a NUL character at byte {bytes.IndexOf((byte)0)}");
        return settings.Policy.OnNul switch
        {
            NulAction.Strip => Convert(column, ConversionRule.NulCharacter, $"{where}; stored without", Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace("\0", "", StringComparison.Ordinal))),
            NulAction.Replace => Convert(column, ConversionRule.NulCharacter, $"{where}; stored with U+2400", Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(bytes).Replace('\0', '\u2400'))),
            NulAction.Base64 => Convert(column, ConversionRule.NulCharacter, $"{where}; stored in base 64", Encoding.ASCII.GetBytes(System.Convert.ToBase64String(bytes))),
            _ => Quarantine(column, ConversionRule.NulCharacter, $"it has {where}"),
        };
    }

    private static ConvertedCell Quarantine(ConversationColumn column, ConversionRule rule, string reason)
        => new(column, rule, CellOutcome.Quarantined, reason, null);

    private static ConvertedCell Convert(ConversationColumn column, ConversionRule rule, string reason, byte[] stored)
        => new(column, rule, CellOutcome.Converted, reason, stored);

    private static ConvertedCell Convert(ConversationColumn column, ConversionRule rule, string reason, long microseconds)
    {
        var stored = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(stored, microseconds);
        return new ConvertedCell(column, rule, CellOutcome.Converted, reason, stored);
    }

    private static byte[] FromReal(double value)
    {
        var stored = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(stored, value);
        return stored;
    }

    private static byte[] FormatInteger(long value) => Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));

    private static byte[] FormatReal(double value) => Encoding.ASCII.GetBytes(value.ToString("R", CultureInfo.InvariantCulture));

    private static string DescribeNoTime(StorageClass storageClass) => storageClass switch
    {
        StorageClass.Text => "it is not a time in a form whose instant is certain",
        StorageClass.Blob => "it is a BLOB, not a time",
        _ => "it is a number in no unit's range",
    };

    private static string Describe(TimestampForm unit) => unit switch
    {
        TimestampForm.EpochSeconds => "seconds since 1970",
        TimestampForm.EpochMilliseconds => "milliseconds since 1970",
        TimestampForm.EpochMicroseconds => "microseconds since 1970",
        _ => "a Julian day",
    };
}
