namespace MarketingSwarm;

/// <summary>What to do with what PostgreSQL cannot hold as it is. Whatever is chosen, the original is kept in the residue.</summary>
public sealed record ConversionPolicy
{
    /// <summary>The defaults, which change nothing that a reader of the table could mistake for the original.</summary>
    public static ConversionPolicy Default { get; } = new();

    /// <summary>Text with a NUL character. The default is Quarantine.</summary>
    public NulAction OnNul { get; init; }

    /// <summary>Text that is not valid UTF-8. The default is Quarantine.</summary>
    public InvalidTextAction OnInvalidText { get; init; }

    /// <summary>A row whose key is NULL. The default is Quarantine.</summary>
    public NullKeyAction OnNullKey { get; init; }

    /// <summary>A time with an offset. The default is Utc.</summary>
    public OffsetAction OnOffset { get; init; }

    /// <summary>A time with more than six fraction digits. The default is Round.</summary>
    public LongFractionAction OnLongFraction { get; init; }
}

/// <summary>What to store for text that has a NUL character.</summary>
public enum NulAction
{
    /// <summary>NULL; the text is quarantined.</summary>
    Quarantine,

    /// <summary>The text without its NUL characters.</summary>
    Strip,

    /// <summary>The text with U+2400 (␀) for each of them.</summary>
    Replace,

    /// <summary>The text's bytes in base 64.</summary>
    Base64,
}

/// <summary>What to store for text that is not valid UTF-8.</summary>
public enum InvalidTextAction
{
    /// <summary>NULL; the text is quarantined.</summary>
    Quarantine,

    /// <summary>The bytes read as ISO 8859-1.</summary>
    Latin1,

    /// <summary>The bytes read as Windows-1252.</summary>
    Windows1252,

    /// <summary>The text with U+FFFD for each part that is not valid.</summary>
    Replace,
}

/// <summary>What to do with a row whose key is NULL.</summary>
public enum NullKeyAction
{
    /// <summary>The row is quarantined whole.</summary>
    Quarantine,

    /// <summary>The row gets the key <c>null-</c> and its rowid. Where another row has that key, it is quarantined.</summary>
    Generate,
}

/// <summary>What to store for a time with an offset.</summary>
public enum OffsetAction
{
    /// <summary>The instant in UTC.</summary>
    Utc,

    /// <summary>The time as its wall clock read.</summary>
    KeepWallClock,

    /// <summary>NULL; the time is quarantined.</summary>
    Quarantine,
}

/// <summary>What to store for a time with more than six fraction digits.</summary>
public enum LongFractionAction
{
    /// <summary>The nearest microsecond.</summary>
    Round,

    /// <summary>NULL; the time is quarantined.</summary>
    Quarantine,
}
