using System.Runtime.InteropServices;
using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>
///   Reads the cells of a statement's current row (https://www.sqlite.org/c3ref/column_blob.html), at a third of the cost that the same
///   calls have through SQLitePCLRaw: with ten cells a row, they are most of what reading short rows takes.
/// </summary>
/// <remarks>
///   None of these functions waits or calls back, so that the garbage collector may be kept waiting for as long as one takes. A handle is that of
///   a statement which is alive, and used by one thread at a time.
/// </remarks>
internal static unsafe partial class SqliteCells
{
    // As SQLitePCLRaw's bundle names the library that it brings.
    private const string Library = "e_sqlite3";

    /// <summary>The storage class; asked before the value, since asking for that may convert the cell and change the answer.</summary>
    internal static StorageClass GetStorageClass(nint statement, int index) => sqlite3_column_type(statement, index) switch
    {
        raw.SQLITE_INTEGER => StorageClass.Integer,
        raw.SQLITE_FLOAT => StorageClass.Real,
        raw.SQLITE_TEXT => StorageClass.Text,
        raw.SQLITE_BLOB => StorageClass.Blob,
        _ => StorageClass.Null,
    };

    internal static long GetInteger(nint statement, int index) => sqlite3_column_int64(statement, index);

    internal static double GetReal(nint statement, int index) => sqlite3_column_double(statement, index);

    /// <summary>The bytes of a text, as the file has them, or of a BLOB; valid until the next step.</summary>
    internal static ReadOnlySpan<byte> GetBytes(nint statement, int index)
    {
        // The pointer first: the length is then that of what it points to.
        var bytes = sqlite3_column_blob(statement, index);
        return new ReadOnlySpan<byte>(bytes, sqlite3_column_bytes(statement, index));
    }

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int sqlite3_column_type(nint statement, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial long sqlite3_column_int64(nint statement, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial double sqlite3_column_double(nint statement, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial void* sqlite3_column_blob(nint statement, int index);

    [LibraryImport(Library)]
    [SuppressGCTransition]
    private static partial int sqlite3_column_bytes(nint statement, int index);
}
