using System.Buffers.Text;
using System.Globalization;

namespace MarketingSwarm.Engine.Conversion;

/// <summary>Reads a time in any of the forms whose instant is certain, and writes those that have one spelling.</summary>
/// <remarks>PostgreSQL never parses a time here: it takes 'now' for the load's, drops a zone without a word, and rolls hour 24 over.</remarks>
internal static class TimestampText
{
    private const long MicrosecondsPerSecond = 1_000_000;
    private const long MicrosecondsPerMinute = 60 * MicrosecondsPerSecond;

    // A greater offset has never been in use (https://www.postgresql.org/docs/15/datatype-datetime.html allows 15:59:59).
    private const int GreatestOffsetMinutes = 15 * 60 + 59;

    // Years 0001 to 9999 fit; the Julian day of 2000-01-01 00:00.
    private const double JulianDayOf2000 = 2_451_544.5;

    private static readonly long UnixEpoch = SwarmTimestamp.FromDateTime(DateTime.UnixEpoch);

    /// <summary>Reads a text: a date, a space or <c>T</c>, a time to the second, any fraction, and no zone, <c>Z</c> or an offset.</summary>
    /// <returns>False where it is no time in such a form, or none that exists.</returns>
    internal static bool TryParse(ReadOnlySpan<byte> text, out ParsedTimestamp time)
    {
        time = default;
        if (text.Length < SwarmTimestamp.ShortLength || text[10] is not ((byte)' ' or (byte)'T')) return false;
        Span<byte> plain = stackalloc byte[SwarmTimestamp.ShortLength];
        text[..SwarmTimestamp.ShortLength].CopyTo(plain);
        plain[10] = (byte)' ';
        if (!SwarmTimestamp.TryParse(plain, out var seconds, out _)) return false;

        var rest = text[SwarmTimestamp.ShortLength..];
        var digits = 0;
        long fraction = 0;
        if (!rest.IsEmpty && rest[0] == '.')
        {
            rest = rest[1..];
            while (digits < rest.Length && rest[digits] is >= (byte)'0' and <= (byte)'9') digits++;
            if (digits == 0) return false;
            fraction = ReadMicroseconds(rest[..digits]);
            rest = rest[digits..];
        }

        if (!TryReadZone(rest, out var zone, out var offset)) return false;
        var wallClock = seconds + fraction;
        var instant = wallClock - offset * MicrosecondsPerMinute;
        if (!IsInRange(wallClock) || !IsInRange(instant)) return false;
        time = new ParsedTimestamp(instant, wallClock, Classify(text[10], digits, zone));
        return true;
    }

    /// <summary>Reads a number as a time, in the unit that its size suggests.</summary>
    /// <returns><see cref="TimestampForm.None"/> where it is in no unit's range.</returns>
    internal static ParsedTimestamp ReadInteger(long value) => value switch
    {
        0 or (>= 100_000_000 and < 10_000_000_000) => OfEpoch(value * MicrosecondsPerSecond, TimestampForm.EpochSeconds),
        >= 100_000_000_000 and < 10_000_000_000_000 => OfEpoch(value * 1000, TimestampForm.EpochMilliseconds),
        >= 100_000_000_000_000 and < 10_000_000_000_000_000 => OfEpoch(value, TimestampForm.EpochMicroseconds),
        _ => ParsedTimestamp.NotATime,
    };

    /// <inheritdoc cref="ReadInteger"/>
    internal static ParsedTimestamp ReadReal(double value)
    {
        switch (value)
        {
            case >= 2_415_020.5 and < 2_488_069.5:
                // A double holds a Julian day to about 40 microseconds; SQLite rounds it to milliseconds, and so do we.
                var milliseconds = (long)Math.Round((value - JulianDayOf2000) * 86_400_000, MidpointRounding.AwayFromZero);
                return new ParsedTimestamp(milliseconds * 1000, milliseconds * 1000, TimestampForm.JulianDay);
            case 0 or (>= 1e8 and < 1e10):
                return OfEpoch((long)Math.Round(value * MicrosecondsPerSecond, MidpointRounding.AwayFromZero), TimestampForm.EpochSeconds);
            default:
                return ParsedTimestamp.NotATime;
        }
    }

    /// <summary>Whether a column of the given form spells this time, in this form, with the same bytes, so that no record of the spelling is needed.</summary>
    internal static bool Spells(TimestampForm columnForm, ConversationColumn column, in ParsedTimestamp time)
    {
        if (columnForm != TimestampForm.Application) return time.Form == columnForm && HasOneSpelling(columnForm);
        return time.Form switch
        {
            TimestampForm.SixDigits => column == ConversationColumn.CreatedAt || time.Microseconds % MicrosecondsPerSecond != 0,
            TimestampForm.NoFraction => column == ConversationColumn.CompletedAt,
            _ => false,
        };
    }

    /// <summary>Whether a cell's bytes follow from the form and the instant.</summary>
    internal static bool HasOneSpelling(TimestampForm form) => form is TimestampForm.Application or TimestampForm.SixDigits or TimestampForm.NoFraction
        or TimestampForm.IsoSixDigits or TimestampForm.IsoNoFraction or TimestampForm.IsoUtcSixDigits or TimestampForm.IsoUtcMilliseconds
        or TimestampForm.IsoUtcNoFraction or TimestampForm.EpochSeconds or TimestampForm.EpochMilliseconds or TimestampForm.EpochMicroseconds;

    /// <summary>Whether the form is a number's, whose unit somebody has to approve.</summary>
    internal static bool IsNumeric(TimestampForm form)
        => form is TimestampForm.EpochSeconds or TimestampForm.EpochMilliseconds or TimestampForm.EpochMicroseconds or TimestampForm.JulianDay;

    /// <summary>
    ///   Adds a time to a row that is being built, in a form that has one spelling; or, where that form has no place for the whole of it
    ///   (the application wrote a finer one since), in the application's own.
    /// </summary>
    internal static void AddTo(ConversationBuilder builder, long microseconds, TimestampForm form)
    {
        switch (CanSpell(form, microseconds) ? form : TimestampForm.Application)
        {
            case TimestampForm.EpochSeconds:
                builder.AddInteger((microseconds - UnixEpoch) / MicrosecondsPerSecond);
                return;
            case TimestampForm.EpochMilliseconds:
                builder.AddInteger((microseconds - UnixEpoch) / 1000);
                return;
            case TimestampForm.EpochMicroseconds:
                builder.AddInteger(microseconds - UnixEpoch);
                return;
            case TimestampForm.Application:
                builder.AddTimestamp(microseconds);
                return;
            default:
                Span<byte> text = stackalloc byte[SwarmTimestamp.LongLength + 1];
                builder.AddText(text[..Format(microseconds, form, text)]);
                return;
        }
    }

    private static bool CanSpell(TimestampForm form, long microseconds) => form switch
    {
        TimestampForm.NoFraction or TimestampForm.IsoNoFraction or TimestampForm.IsoUtcNoFraction or TimestampForm.EpochSeconds => microseconds % MicrosecondsPerSecond == 0,
        TimestampForm.IsoUtcMilliseconds or TimestampForm.EpochMilliseconds => microseconds % 1000 == 0,
        _ => true,
    };

    private static int Format(long microseconds, TimestampForm form, Span<byte> text)
    {
        _ = SwarmTimestamp.Format(microseconds, dropZeroFraction: false, text);
        if (form is not (TimestampForm.SixDigits or TimestampForm.NoFraction)) text[10] = (byte)'T';
        var length = form switch
        {
            TimestampForm.SixDigits or TimestampForm.IsoSixDigits or TimestampForm.IsoUtcSixDigits => SwarmTimestamp.LongLength,
            TimestampForm.IsoUtcMilliseconds => SwarmTimestamp.LongLength - 3,
            TimestampForm.NoFraction or TimestampForm.IsoNoFraction or TimestampForm.IsoUtcNoFraction => SwarmTimestamp.ShortLength,
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, "The form has no single spelling."),
        };
        if (form is TimestampForm.IsoUtcSixDigits or TimestampForm.IsoUtcMilliseconds or TimestampForm.IsoUtcNoFraction) text[length++] = (byte)'Z';
        return length;
    }

    private static TimestampForm Classify(byte separator, int digits, Zone zone) => (separator, digits, zone) switch
    {
        (_, > 6, _) => TimestampForm.LongFraction,
        (_, _, Zone.Offset) => TimestampForm.Offset,
        ((byte)' ', 6, Zone.None) => TimestampForm.SixDigits,
        ((byte)' ', 0, Zone.None) => TimestampForm.NoFraction,
        ((byte)'T', 6, Zone.None) => TimestampForm.IsoSixDigits,
        ((byte)'T', 0, Zone.None) => TimestampForm.IsoNoFraction,
        ((byte)'T', 6, Zone.Utc) => TimestampForm.IsoUtcSixDigits,
        ((byte)'T', 3, Zone.Utc) => TimestampForm.IsoUtcMilliseconds,
        ((byte)'T', 0, Zone.Utc) => TimestampForm.IsoUtcNoFraction,
        _ => TimestampForm.OtherText,
    };

    // Rounds at the seventh digit, half up.
    private static long ReadMicroseconds(ReadOnlySpan<byte> digits)
    {
        var value = 0L;
        for (var i = 0; i < 6; i++) value = value * 10 + (i < digits.Length ? digits[i] - '0' : 0);
        return digits.Length > 6 && digits[6] >= '5' ? value + 1 : value;
    }

    private static bool TryReadZone(ReadOnlySpan<byte> text, out Zone zone, out int offsetMinutes)
    {
        zone = Zone.None;
        offsetMinutes = 0;
        if (text.IsEmpty) return true;
        if (text.SequenceEqual("Z"u8))
        {
            zone = Zone.Utc;
            return true;
        }

        // +05, +0530 or +05:30.
        zone = Zone.Offset;
        if (text[0] is not ((byte)'+' or (byte)'-') || text.Length is not (3 or 5 or 6) || (text.Length == 6 && text[3] != ':')) return false;
        var minutes = text.Length == 3 ? "00"u8 : text[^2..];
        if (!TryReadTwoDigits(text.Slice(1, 2), out var hour) || !TryReadTwoDigits(minutes, out var minute) || minute > 59) return false;
        offsetMinutes = hour * 60 + minute;
        if (offsetMinutes > GreatestOffsetMinutes) return false;
        if (text[0] == '-') offsetMinutes = -offsetMinutes;
        return true;
    }

    private static bool TryReadTwoDigits(ReadOnlySpan<byte> text, out int value)
        => Utf8Parser.TryParse(text, out value, out var consumed) && consumed == 2 && text[0] is >= (byte)'0' and <= (byte)'9';

    private static bool IsInRange(long microseconds) => microseconds >= SwarmTimestamp.MinMicroseconds && microseconds <= SwarmTimestamp.MaxMicroseconds;

    private static ParsedTimestamp OfEpoch(long microsecondsSince1970, TimestampForm form)
        => new(UnixEpoch + microsecondsSince1970, UnixEpoch + microsecondsSince1970, form);

    private enum Zone
    {
        None,
        Utc,
        Offset,
    }
}

/// <summary>A time that was read.</summary>
/// <param name="Microseconds">The instant: microseconds since 2000-01-01 00:00:00 UTC.</param>
/// <param name="WallClock">The same without regard to an offset.</param>
/// <param name="Form">How it was spelled.</param>
internal readonly record struct ParsedTimestamp(long Microseconds, long WallClock, TimestampForm Form)
{
    internal static ParsedTimestamp NotATime => new(0, 0, TimestampForm.None);

    /// <summary>The instant for a person to read.</summary>
    public override string ToString()
        => Form == TimestampForm.None ? "not a time" : SwarmTimestamp.ToDateTime(Microseconds).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + " UTC";
}
