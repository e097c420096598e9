namespace MarketingSwarm;

/// <summary>The form in which a cell of <c>created_at</c> or <c>completed_at</c> spells a time.</summary>
/// <remarks>
///   A plan names one form a column. A cell in it needs no record, since the form and the instant give its bytes back; a cell in another
///   form whose instant is certain is converted, and its spelling is kept in the residue.
/// </remarks>
public enum TimestampForm
{
    /// <summary>
    ///   As the application itself writes the column: <c>created_at</c> with six fraction digits (SQLAlchemy's DateTime),
    ///   <c>completed_at</c> without a fraction where it is zero (Python's <c>datetime.isoformat(" ")</c>).
    /// </summary>
    Application,

    /// <summary><c>YYYY-MM-DD HH:MM:SS.ffffff</c>.</summary>
    SixDigits,

    /// <summary><c>YYYY-MM-DD HH:MM:SS</c>, as <c>CURRENT_TIMESTAMP</c> writes it.</summary>
    NoFraction,

    /// <summary><c>YYYY-MM-DDTHH:MM:SS.ffffff</c>.</summary>
    IsoSixDigits,

    /// <summary><c>YYYY-MM-DDTHH:MM:SS</c>.</summary>
    IsoNoFraction,

    /// <summary><c>YYYY-MM-DDTHH:MM:SS.ffffffZ</c>.</summary>
    IsoUtcSixDigits,

    /// <summary><c>YYYY-MM-DDTHH:MM:SS.fffZ</c>, as JavaScript's <c>toISOString</c> writes it.</summary>
    IsoUtcMilliseconds,

    /// <summary><c>YYYY-MM-DDTHH:MM:SSZ</c>.</summary>
    IsoUtcNoFraction,

    /// <summary>Text with a zone's offset (<c>+05:30</c>, <c>+00:00</c>), which gives the instant.</summary>
    Offset,

    /// <summary>Text with a fraction of more than six digits, which PostgreSQL's microseconds cannot hold.</summary>
    LongFraction,

    /// <summary>Text with a date and a time that no other form describes: another number of digits, say.</summary>
    OtherText,

    /// <summary>A number that looks like seconds since 1970: 0, or from 10^8 (1973) to below 10^10 (2286).</summary>
    EpochSeconds,

    /// <summary>An integer that looks like milliseconds since 1970: from 10^11 (1973) to below 10^13 (2286).</summary>
    EpochMilliseconds,

    /// <summary>An integer that looks like microseconds since 1970: from 10^14 (1973) to below 10^16 (2286).</summary>
    EpochMicroseconds,

    /// <summary>A real that looks like a Julian day: from 2,415,020.5 (1900) to below 2,488,069.5 (2100).</summary>
    JulianDay,

    /// <summary>Not a time: a date that does not exist, a word, an hour 24, a number in no unit's range, a BLOB.</summary>
    None,
}
