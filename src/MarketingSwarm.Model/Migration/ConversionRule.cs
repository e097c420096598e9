namespace MarketingSwarm;

/// <summary>
///   The named rules by which a cell or a row is stored otherwise than it was. Whatever a rule does, the original's bytes and storage
///   class are in the residue, so that every one of them can be turned back.
/// </summary>
public enum ConversionRule
{
    /// <summary>A time in another form than its column's; the instant is exact.</summary>
    TimestampSpelling = 1,

    /// <summary>A time with an offset, stored in UTC, or as its wall clock reads where the policy says so.</summary>
    TimestampOffset,

    /// <summary>A time with more than six fraction digits, rounded to microseconds.</summary>
    TimestampRounded,

    /// <summary>A number taken as a time in a unit that somebody approved.</summary>
    TimestampNumber,

    /// <summary>A number that may be a time, in a unit that nobody approved.</summary>
    TimestampUnitNotApproved,

    /// <summary>What is not a time, in a column of times.</summary>
    TimestampInvalid,

    /// <summary>A BLOB whose bytes are valid text, stored as that text.</summary>
    BlobAsText,

    /// <summary>A number in a text column, stored as its decimal digits: the fewest that give a real back.</summary>
    NumberAsText,

    /// <summary>An integer in the column of reals, stored as the same number.</summary>
    IntegerAsReal,

    /// <summary>A BLOB that is not text, in a text column.</summary>
    BlobNotText,

    /// <summary>Text with a NUL character, which PostgreSQL's text cannot hold.</summary>
    NulCharacter,

    /// <summary>Text that is not valid UTF-8.</summary>
    InvalidText,

    /// <summary>Text or a BLOB in the column of reals, or an integer that no double equals.</summary>
    NotANumber,

    /// <summary>A value longer than an index of its column takes.</summary>
    TooLongForIndex,

    /// <summary>A row without a key.</summary>
    KeyNull,

    /// <summary>A row without a key that was given one.</summary>
    KeyGenerated,

    /// <summary>A key that PostgreSQL's text cannot hold.</summary>
    KeyNotText,

    /// <summary>A key longer than an index takes.</summary>
    KeyTooLong,

    /// <summary>A key that another row has too once both are text.</summary>
    KeyClash,

    /// <summary>No value, or none that can be stored, in a column that requires one.</summary>
    RequiredValueMissing,
}
