using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   The proof's own reading of times, which shares nothing with the one that a load uses: a text is laid against its form's pattern,
///   and the days are counted by the rules of the calendar. Instants are microseconds since 2000-01-01 00:00:00.
/// </summary>
internal static partial class TimeReading
{
    internal const long Unix = -946_684_800_000_000;
    private const long Second = 1_000_000;
    private const long Day = 86_400 * Second;
    private const string Minute = "dddd-dd-dd dd:dd:dd";
    private const string IsoMinute = "dddd-dd-ddTdd:dd:dd";

    private static readonly int DaysTo2000 = CountDays(2000, 1, 1);
    private static readonly long Least = 0L - DaysTo2000 * Day;
    private static readonly long Greatest = (CountDays(9999, 12, 31) - DaysTo2000 + 1) * Day - 1;

    /// <summary>Whether a cell's bytes follow from its column's form and an instant alone, and which instant.</summary>
    /// <param name="column">The column, for the application's form, which differs between the two.</param>
    /// <param name="form">The column's form.</param>
    /// <param name="text">The cell, a text.</param>
    /// <param name="instant">The instant.</param>
    internal static bool TryReadPlain(ConversationColumn column, TimestampForm form, ReadOnlySpan<byte> text, out long instant)
    {
        switch (form)
        {
            case TimestampForm.Application when column == ConversationColumn.CreatedAt:
            case TimestampForm.SixDigits:
                return TryMatch(Minute + ".dddddd", text, out instant);
            case TimestampForm.Application:
                // Python leaves a fraction of zero away, so that a spelled one is not what it would write.
                return text.Length == Minute.Length ? TryMatch(Minute, text, out instant) : TryMatch(Minute + ".dddddd", text, out instant) && instant % Second != 0;
            case TimestampForm.NoFraction: return TryMatch(Minute, text, out instant);
            case TimestampForm.IsoSixDigits: return TryMatch(IsoMinute + ".dddddd", text, out instant);
            case TimestampForm.IsoNoFraction: return TryMatch(IsoMinute, text, out instant);
            case TimestampForm.IsoUtcSixDigits: return TryMatch(IsoMinute + ".ddddddZ", text, out instant);
            case TimestampForm.IsoUtcMilliseconds: return TryMatch(IsoMinute + ".dddZ", text, out instant);
            case TimestampForm.IsoUtcNoFraction: return TryMatch(IsoMinute + "Z", text, out instant);
            default:
                instant = 0;
                return false;
        }
    }

    /// <summary>The same of an integer, whose unit must be approved as well.</summary>
    internal static bool TryReadPlain(TimestampForm form, IReadOnlyCollection<TimestampForm> approvedUnits, long number, out long instant)
        => FindUnit(number, out instant) is var unit && unit == form && approvedUnits.Contains(unit);

    /// <summary>The unit that an integer's size suggests, and the instant; None where it is no unit's.</summary>
    internal static TimestampForm FindUnit(long number, out long instant)
    {
        instant = 0;
        // 1973 to 2286 in each unit; below that a number may be anything.
        const long Low = 100_000_000;
        const long High = 10_000_000_000;
        var unit = number == 0 || (number >= Low && number < High) ? TimestampForm.EpochSeconds
            : number >= Low * 1000 && number < High * 1000 ? TimestampForm.EpochMilliseconds
            : number >= Low * Second && number < High * Second ? TimestampForm.EpochMicroseconds
            : TimestampForm.None;
        instant = Unix + unit switch
        {
            TimestampForm.EpochSeconds => number * Second,
            TimestampForm.EpochMilliseconds => number * 1000,
            TimestampForm.EpochMicroseconds => number,
            _ => 0,
        };
        return unit;
    }

    /// <summary>The unit that a real's size suggests; None where it is no unit's.</summary>
    internal static TimestampForm FindUnit(double number)
        => number is >= 2_415_020.5 and < 2_488_069.5 ? TimestampForm.JulianDay
            : number is 0 or (>= 1e8 and < 1e10) ? TimestampForm.EpochSeconds
            : TimestampForm.None;

    /// <summary>Whether an instant is what a real says: to the millisecond of a Julian day, to the microsecond of seconds, as far as a double goes.</summary>
    internal static bool IsInstantOf(double number, TimestampForm unit, long instant)
    {
        if (unit != TimestampForm.JulianDay) return Math.Abs(instant - Unix - number * Second) <= 1;
        return instant % 1000 == 0 && Math.Abs(instant / 1000 - (number - 2_451_544.5) * 86_400_000) <= 0.501;
    }

    /// <summary>Reads a text in any form whose instant is certain. Not for hot paths.</summary>
    internal static SpelledTime? TryRead(ReadOnlySpan<byte> text)
    {
        // The longest that could be a time, with a fraction as long as one likes within reason.
        if (text.Length > 4096) return null;
        var match = AnyForm().Match(Encoding.Latin1.GetString(text));
        if (!match.Success || !TryCount(Number(1), Number(2), Number(3), Number(5), Number(6), Number(7), out var wallClock)) return null;
        var digits = match.Groups[8].Value;
        if (digits.Length > 0) wallClock += long.Parse(digits.PadRight(6, '0').AsSpan(0, 6), CultureInfo.InvariantCulture);
        if (digits.Length > 6 && digits[6] >= '5') wallClock++;
        var instant = wallClock;
        var hasOffset = match.Groups[10].Success;
        if (hasOffset)
        {
            var hours = Number(11);
            var minutes = match.Groups[12].Success ? Number(12) : 0;
            if (hours > 15 || minutes > 59) return null;
            var offset = (hours * 60 + minutes) * 60 * Second;
            instant += match.Groups[10].Value == "-" ? offset : -offset;
        }

        return IsInRange(wallClock) && IsInRange(instant) ? new SpelledTime(instant, wallClock, hasOffset, digits.Length > 6) : null;

        int Number(int group) => int.Parse(match.Groups[group].ValueSpan, CultureInfo.InvariantCulture);
    }

    /// <summary>Writes an instant as the application spells that column: 26 characters, or 19 where a fraction of zero is left away.</summary>
    /// <returns>The bytes written; a text of another length for an instant outside the years 1 to 9999.</returns>
    internal static int Write(ConversationColumn column, long instant, Span<byte> destination)
    {
        if (instant is long.MaxValue or long.MinValue || !IsInRange(instant))
        {
            var strange = instant switch
            {
                long.MaxValue => "infinity",
                long.MinValue => "-infinity",
                _ => string.Create(CultureInfo.InvariantCulture, $"{instant} microseconds"),
            };
            return Encoding.ASCII.GetBytes(strange, destination);
        }

        var time = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Unspecified).AddTicks(instant * TimeSpan.TicksPerMicrosecond);
        var hasFraction = column == ConversationColumn.CreatedAt || instant % Second != 0;
        _ = time.TryFormat(destination, out var written, hasFraction ? "yyyy-MM-dd HH:mm:ss.ffffff" : "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        return written;
    }

    // 'd' stands for a digit, all else for itself.
    private static bool TryMatch(string pattern, ReadOnlySpan<byte> text, out long instant)
    {
        instant = 0;
        if (text.Length != pattern.Length) return false;
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == 'd' ? (uint)(text[i] - '0') > 9 : text[i] != pattern[i]) return false;
        }

        if (!TryCount(Read(text, 0, 4), Read(text, 5, 2), Read(text, 8, 2), Read(text, 11, 2), Read(text, 14, 2), Read(text, 17, 2), out instant)) return false;
        if (text.Length > 20 && text[19] == '.')
        {
            var end = text[^1] == 'Z' ? text.Length - 1 : text.Length;
            var fraction = Read(text, 20, end - 20);
            for (var i = end - 20; i < 6; i++) fraction *= 10;
            instant += fraction;
        }

        return true;
    }

    private static int Read(ReadOnlySpan<byte> text, int start, int count)
    {
        var value = 0;
        for (var i = start; i < start + count; i++) value = value * 10 + text[i] - '0';
        return value;
    }

    private static bool TryCount(int year, int month, int day, int hour, int minute, int second, out long instant)
    {
        instant = 0;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > GetMonthLength(year, month) || hour > 23 || minute > 59 || second > 59) return false;
        instant = (CountDays(year, month, day) - DaysTo2000) * Day + ((hour * 60L + minute) * 60 + second) * Second;
        return true;
    }

    private static int GetMonthLength(int year, int month) => month switch
    {
        2 => IsLeap(year) ? 29 : 28,
        4 or 6 or 9 or 11 => 30,
        _ => 31,
    };

    private static bool IsLeap(int year) => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    // The days from 0001-01-01 on.
    private static int CountDays(int year, int month, int day)
    {
        var before = year - 1;
        var days = before * 365 + before / 4 - before / 100 + before / 400 + day - 1;
        for (var i = 1; i < month; i++) days += GetMonthLength(year, i);
        return days;
    }

    private static bool IsInRange(long instant) => instant >= Least && instant <= Greatest;

    [GeneratedRegex(@"\A([0-9]{4})-([0-9]{2})-([0-9]{2})([ T])([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(Z|([+-])([0-9]{2})(?::?([0-9]{2}))?)?\z", RegexOptions.CultureInvariant)]
    private static partial Regex AnyForm();
}

/// <summary>A time in some form.</summary>
/// <param name="Instant">The instant, rounded to microseconds.</param>
/// <param name="WallClock">The same without regard to an offset.</param>
/// <param name="HasOffset">Whether an offset is given; <c>Z</c> is none.</param>
/// <param name="HasLongFraction">Whether the fraction has more than six digits.</param>
internal readonly record struct SpelledTime(long Instant, long WallClock, bool HasOffset, bool HasLongFraction);
