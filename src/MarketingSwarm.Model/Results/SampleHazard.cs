namespace MarketingSwarm;

/// <summary>
///   What SQLite stores and a migration may lose or change. The numbers are the project's catalog of hazards; those left out are of a
///   file, a schema or a server, which no row can show, or are in every sample (2: a time with six fraction digits).
///   Where the hazard is not in the key, its rows' ids begin with <c>hazard-</c> and the number.
/// </summary>
public enum SampleHazard
{
    /// <summary>All of them; <see cref="NullKey"/> only in the shape Plan.</summary>
    All = 0,

    /// <summary>Hazard 1: text that looks like a number, in a DATETIME column, whose affinity makes it one: <c>2025</c>, <c>20250618</c>, <c>2025.5</c>.</summary>
    NumericText = 1,

    /// <summary>Hazard 3: a <c>created_at</c> without a fraction, as <c>CURRENT_TIMESTAMP</c> writes it.</summary>
    TimeWithoutFraction = 3,

    /// <summary>Hazard 4: times of ISO 8601 with a <c>T</c>: without a zone, in UTC (<c>Z</c>), and with offsets.</summary>
    IsoTime = 4,

    /// <summary>Hazard 5: fractions of three, seven and nine digits; PostgreSQL rounds the longer two.</summary>
    FractionLength = 5,

    /// <summary>Hazard 6: times as integers and reals: seconds, milliseconds and microseconds of the Unix epoch, 0, and a Julian day.</summary>
    NumericTime = 6,

    /// <summary>Hazard 7: what is no time, or not in every reader's eyes: empty, 30 February, <c>now</c>, <c>infinity</c>, hour 24, second 60, year 10000, <c>20250618T185005</c>.</summary>
    InvalidTime = 7,

    /// <summary>Hazard 8: two rows whose key is NULL. Needs the shape Plan.</summary>
    NullKey = 8,

    /// <summary>Hazard 9: the keys <c>x'3031'</c> (a BLOB) and <c>'01'</c> (a text), which differ until both are text.</summary>
    BlobKey = 9,

    /// <summary>Hazard 10: a key of 8,000 characters that do not compress; a PostgreSQL index takes 2,704 bytes.</summary>
    LongKey = 10,

    /// <summary>Hazard 11: a NUL character inside a text, at its beginning, at its end, and in a key.</summary>
    NulInText = 11,

    /// <summary>Hazard 12: text that is not UTF-8: Latin-1, Windows-1252, CESU-8 surrogates, an overlong form, a sequence cut off.</summary>
    InvalidUtf8 = 12,

    /// <summary>Hazard 13: a BLOB in a text column: one of valid UTF-8, one of other bytes, an empty one.</summary>
    BlobInText = 13,

    /// <summary>Hazard 15: <c>\u0000</c> in JSON, which <c>jsonb</c> refuses.</summary>
    NulInJson = 15,

    /// <summary>Hazard 16: half of a surrogate pair, <c>\ud83d</c>, in JSON.</summary>
    LoneSurrogate = 16,

    /// <summary>Hazard 17: <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> in JSON, as Python writes and reads them.</summary>
    NanInJson = 17,

    /// <summary>Hazard 18: valid JSON that <c>jsonb</c> would spell otherwise: a key twice, keys out of order, <c>1.0</c>, <c>1e400</c>, <c>-0</c>, white space.</summary>
    JsonSpelling = 18,

    /// <summary>Hazard 19: what is not JSON in a JSON column: an empty text, and an array cut off.</summary>
    InvalidJson = 19,

    /// <summary>Hazard 20: an empty text where the next row, otherwise alike, has NULL.</summary>
    EmptyText = 20,

    /// <summary>Hazard 21: text in <c>total_cost</c>: <c>free</c> stays text, <c>12.50</c> becomes a real by affinity.</summary>
    TextCost = 21,

    /// <summary>Hazard 22: a <c>total_cost</c> of NaN, which SQLite stores as NULL.</summary>
    NanCost = 22,

    /// <summary>Hazard 23: a <c>total_cost</c> of plus and of minus infinity.</summary>
    InfiniteCost = 23,

    /// <summary>Hazard 24: a <c>total_cost</c> of −0.0, which SQLite gives back as 0.0.</summary>
    NegativeZeroCost = 24,

    /// <summary>Hazard 25: an integer of 2^53 + 1 in <c>total_cost</c>, which SQLite rounds.</summary>
    LargeIntegerCost = 25,

    /// <summary>Hazard 26: doubles that need 17 digits, the least denormal, and the greatest.</summary>
    ExactDouble = 26,

    /// <summary>Hazard 27: a <c>status</c> of 300 characters, and a <c>user_id</c> of 255 followed by spaces, which <c>varchar(255)</c> cuts silently.</summary>
    LongVarchar = 27,

    /// <summary>Hazard 28: the keys <c>A B _ a a-b ab b z é</c>, which a collation other than C sorts in another order.</summary>
    KeyOrder = 28,

    /// <summary>Hazard 29: three rows of one <c>created_at</c>, inserted in the order opposite to their keys'.</summary>
    TimeTie = 29,

    /// <summary>Hazard 30: a rowid below 0, and one far beyond the row before.</summary>
    RowIdGap = 30,
}
