using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Sqlite;

/// <summary>Turns SQLite's result codes (https://www.sqlite.org/rescode.html) into the module's own errors.</summary>
internal static class SqliteErrors
{
    /// <summary>How long a lock is waited for: Python's sqlite3 waits as long by default, the application does.</summary>
    internal static readonly TimeSpan LockWait = TimeSpan.FromSeconds(5);

    internal static Exception Translate(Exception exception, SwarmDatabase database)
        => exception is SqliteException sqlite
            ? Translate(sqlite.SqliteErrorCode, sqlite.SqliteExtendedErrorCode, StripPrefix(sqlite.Message), database, sqlite)
            : exception;

    /// <summary>The error for the last call on a raw handle.</summary>
    internal static Exception FromHandle(sqlite3 handle, int resultCode, SwarmDatabase database)
        => Translate(resultCode & 0xFF, raw.sqlite3_extended_errcode(handle), raw.sqlite3_errmsg(handle).utf8_to_string(), database, null);

    private static Exception Translate(int code, int extendedCode, string message, SwarmDatabase database, Exception? inner)
    {
        var path = database.Path!;
        return (code, extendedCode) switch
        {
            (raw.SQLITE_INTERRUPT, _) => new OperationCanceledException(message, inner),
            (_, raw.SQLITE_READONLY_ROLLBACK) => Errors.SqliteHotJournal(path, inner),
            (raw.SQLITE_BUSY or raw.SQLITE_LOCKED, _) => Errors.SqliteLocked(path, LockWait, inner),
            (raw.SQLITE_NOTADB, _) => Errors.NotASqliteFile(path, inner),
            (raw.SQLITE_CORRUPT, _) => Errors.SqliteFileDamaged(path, message, inner),
            (raw.SQLITE_IOERR, raw.SQLITE_IOERR_SHORT_READ) => Errors.SqliteFileDamaged(path, message, inner),
            (raw.SQLITE_CANTOPEN or raw.SQLITE_PERM or raw.SQLITE_AUTH, _) => Errors.SqliteNotOpened(path, message, inner),
            (raw.SQLITE_READONLY, _) => Errors.SqliteReadOnly(path, inner),
            (raw.SQLITE_CONSTRAINT, _) => Errors.SqliteConstraint(message, database, inner),
            (raw.SQLITE_FULL, _) => Errors.SqliteDiskFull(path, inner),
            _ => Errors.SqliteRefused(path, message, inner),
        };
    }

    // Microsoft.Data.Sqlite writes "SQLite Error 5: 'database is locked'."
    private static string StripPrefix(string message)
    {
        var start = message.IndexOf('\'', StringComparison.Ordinal);
        var end = message.LastIndexOf('\'');
        return start >= 0 && end > start ? message[(start + 1)..end] : message;
    }
}
