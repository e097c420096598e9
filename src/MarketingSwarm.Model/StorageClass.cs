namespace MarketingSwarm;

/// <summary>
///   What SQLite says a cell is, whatever its column was declared as. The numbers are SQLite's own
///   (<c>SQLITE_INTEGER</c> … <c>SQLITE_NULL</c>, https://www.sqlite.org/c3ref/c_blob.html).
/// </summary>
public enum StorageClass
{
    /// <summary>A signed integer of up to 64 bits.</summary>
    Integer = 1,

    /// <summary>An IEEE 754 double. SQLite stores no NaN: it becomes <see cref="Null"/>.</summary>
    Real = 2,

    /// <summary>Text. SQLite does not check that its bytes are valid in the database's encoding.</summary>
    Text = 3,

    /// <summary>Bytes, kept as they were given.</summary>
    Blob = 4,

    /// <summary>No value.</summary>
    Null = 5,
}
