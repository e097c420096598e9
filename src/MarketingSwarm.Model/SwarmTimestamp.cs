namespace MarketingSwarm;

/// <summary>
///   The two forms in which the application writes a time, to and from microseconds since 2000-01-01 00:00:00 UTC
///   (PostgreSQL's epoch and unit). Any other form is not a time here: nothing is guessed.
/// </summary>
/// <remarks>
///   SQLAlchemy's DateTime on SQLite writes <c>YYYY-MM-DD HH:MM:SS.ffffff</c>. Python's sqlite3 default adapter writes
///   <c>datetime.isoformat(" ")</c>, which leaves the fraction away when it is zero, and SQLite's CURRENT_TIMESTAMP never has one.
/// </remarks>
internal static class SwarmTimestamp
{
    internal const int LongLength = 26;
    internal const int ShortLength = 19;

    private static readonly long EpochTicks = new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;

    /// <summary>The least value whose year a four-digit form can hold: 0001-01-01 00:00:00.</summary>
    internal static readonly long MinMicroseconds = (DateTime.MinValue.Ticks - EpochTicks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>The greatest value whose year a four-digit form can hold: 9999-12-31 23:59:59.999999.</summary>
    internal static readonly long MaxMicroseconds = (DateTime.MaxValue.Ticks - EpochTicks) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Reads one of the two forms; every digit, separator and range is checked.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out long microseconds, out bool hasFraction)
    {
        microseconds = 0;
        hasFraction = text.Length == LongLength;
        if (text.Length is not (LongLength or ShortLength)
            || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':' || text[16] != ':'
            || !TryDigits(text[..4], out var year) || !TryDigits(text.Slice(5, 2), out var month) || !TryDigits(text.Slice(8, 2), out var day)
            || !TryDigits(text.Slice(11, 2), out var hour) || !TryDigits(text.Slice(14, 2), out var minute) || !TryDigits(text.Slice(17, 2), out var second)
            || year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var fraction = 0;
        if (hasFraction && (text[19] != '.' || !TryDigits(text[20..], out fraction))) return false;

        var ticks = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks;
        microseconds = (ticks - EpochTicks) / TimeSpan.TicksPerMicrosecond + fraction;
        return true;
    }

    /// <summary>Writes the form with six fraction digits, or the one without where <paramref name="dropZeroFraction"/> and the fraction is zero.</summary>
    /// <returns>The number of bytes written: 26 or 19.</returns>
    internal static int Format(long microseconds, bool dropZeroFraction, Span<byte> destination)
    {
        var time = ToDateTime(microseconds);
        var fraction = (int)(time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond);
        PutDigits(destination, 0, 4, time.Year);
        destination[4] = (byte)'-';
        PutDigits(destination, 5, 2, time.Month);
        destination[7] = (byte)'-';
        PutDigits(destination, 8, 2, time.Day);
        destination[10] = (byte)' ';
        PutDigits(destination, 11, 2, time.Hour);
        destination[13] = (byte)':';
        PutDigits(destination, 14, 2, time.Minute);
        destination[16] = (byte)':';
        PutDigits(destination, 17, 2, time.Second);
        if (dropZeroFraction && fraction == 0) return ShortLength;
        destination[19] = (byte)'.';
        PutDigits(destination, 20, 6, fraction);
        return LongLength;
    }

    internal static DateTime ToDateTime(long microseconds)
        => new(microseconds * TimeSpan.TicksPerMicrosecond + EpochTicks, DateTimeKind.Utc);

    /// <summary>Microseconds of a time; a part below a microsecond is cut. A local time is turned into UTC, one without a kind is taken as UTC.</summary>
    internal static long FromDateTime(DateTime time)
    {
        var utc = time.Kind == DateTimeKind.Local ? time.ToUniversalTime() : time;
        return (utc.Ticks - EpochTicks) / TimeSpan.TicksPerMicrosecond;
    }

    private static bool TryDigits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (c is < (byte)'0' or > (byte)'9') return false;
            value = value * 10 + (c - '0');
        }

        return true;
    }

    private static void PutDigits(Span<byte> destination, int offset, int count, int value)
    {
        for (var i = offset + count - 1; i >= offset; i--)
        {
            destination[i] = (byte)('0' + value % 10);
            value /= 10;
        }
    }
}
