namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmDatabaseException SqliteFileNotFound(string path) => Database(
        SwarmDatabaseFailure.FileNotFound, $"There is no file '{path}'.",
        "Check the path; a relative one starts at PowerShell's current location.", path);

    internal static SwarmDatabaseException SqliteFileIsFolder(string path) => Database(
        SwarmDatabaseFailure.FileNotFound, $"'{path}' is a folder, not a SQLite file.", "Name the database file in it.", path);

    internal static SwarmDatabaseException SqliteWalWithoutFile(string path) => Database(
        SwarmDatabaseFailure.FileNotFound, $"There is '{path}-wal' but not '{path}': a write-ahead log without its database.",
        "Put the database file beside its -wal file; the newest rows may be in the -wal file alone, so keep it.", path);

    internal static SwarmDatabaseException SqliteEmptyBesideWal(string path) => Database(
        SwarmDatabaseFailure.NotADatabase, $"'{path}' is empty, and '{path}-wal' beside it is not: a write-ahead log without its database.",
        "Put the database file there again; the newest rows may be in the -wal file alone, so keep it.", path);

    internal static SwarmDatabaseException NotASqliteFile(string path, Exception? inner = null) => Database(
        SwarmDatabaseFailure.NotADatabase, $"'{path}' is not a SQLite database: it does not begin with 'SQLite format 3'.",
        "Check the path. If the file is encrypted (SQLCipher, SEE), decrypt a copy with the program that wrote it and name the copy.", path, inner: inner);

    internal static SwarmDatabaseException SqliteFileTruncated(string path, long expected, long actual) => Database(
        SwarmDatabaseFailure.NotADatabase,
        FormattableString.Invariant($"'{path}' is cut off: its header announces {expected} bytes and it has {actual}."),
        "Copy the file again from where it came, with its -wal file if it has one, or take it from a backup.", path);

    internal static SwarmDatabaseException SqliteFileDamaged(string path, string reason, Exception? inner = null) => Database(
        SwarmDatabaseFailure.NotADatabase, $"'{path}' is damaged: SQLite says '{reason}'.",
        "Run 'PRAGMA integrity_check' in sqlite3 on a copy, or take the file from a backup.", path, inner: inner);

    internal static SwarmDatabaseException SqliteLocked(string path, TimeSpan waited, Exception? inner = null) => Database(
        SwarmDatabaseFailure.Locked,
        FormattableString.Invariant($"'{path}' is locked by another process; it was waited for {waited.TotalSeconds:0.#} s."),
        "Find the process that holds the lock (a long transaction, a backup, an exclusive locking mode), or try again.", path, inner: inner);

    internal static SwarmDatabaseException SqliteNotOpened(string path, string reason, Exception? inner = null) => Database(
        SwarmDatabaseFailure.Other, $"'{path}' cannot be opened: SQLite says '{reason}'.",
        "Check that you may read the file and its folder; a database in WAL mode needs its -shm file, or a folder that you may write, to be read.", path, inner: inner);

    internal static SwarmDatabaseException SqliteHotJournal(string path, Exception? inner = null) => Database(
        SwarmDatabaseFailure.Locked, $"'{path}' has an unfinished transaction in '{path}-journal', which a reader may not roll back, and it cannot be copied while it is in use.",
        "Run the command again; or let the application open the file once, which rolls the transaction back.", path, inner: inner);

    internal static SwarmDatabaseException SqliteSuperJournal(string path, string superJournal) => Database(
        SwarmDatabaseFailure.Other,
        $"'{path}' has an unfinished transaction in '{path}-journal' that was on several files at once: whether it is rolled back depends on '{superJournal}'.",
        "Let the application open the file once, with the files that it was attached to in their places.", path);

    internal static SwarmDatabaseException SqliteRefused(string path, string reason, Exception? inner = null) => Database(
        SwarmDatabaseFailure.Other, $"SQLite refused a statement on '{path}': {reason}.", null, path, inner: inner);

    internal static SwarmDatabaseException SqliteDiskFull(string path, Exception? inner = null) => Database(
        SwarmDatabaseFailure.Other, $"There is no room left to write '{path}'; nothing was changed.", "Free some disk space and try again.", path, inner: inner);

    internal static SwarmDatabaseException SqliteReadOnly(string path, Exception? inner = null) => Database(
        SwarmDatabaseFailure.PermissionDenied, $"'{path}' cannot be written: the file or its folder is read-only.",
        "Give yourself write permission on the file and on its folder, where SQLite keeps its journal.", path, inner: inner);

    internal static SwarmDatabaseException SqliteNamedReadOnly(SwarmDatabase database) => Database(
        SwarmDatabaseFailure.PermissionDenied, $"'{database.Path}' is named with mode=ro, and this writes.",
        "Take 'mode=ro' out of the URL.", database);

    internal static SwarmSchemaException SqliteEncodingNotUtf8(string path, string encoding) => Schema(
        $"The text in '{path}' is stored as {encoding}: such a file is read, but only one in UTF-8 is written.",
        "Make a copy in UTF-8: sqlite3 copy.db 'PRAGMA encoding=\"UTF-8\"', then .dump the file into it.", path);

    internal static SwarmDatabaseException SqliteTableNotFound(SwarmDatabase database) => Database(
        SwarmDatabaseFailure.TableNotFound, $"'{database.Path}' has no table '{ConversationTable.Name}'.",
        "Check that this is the application's file; Initialize-SwarmDatabase makes the table in a new one.", database);

    internal static SwarmDatabaseException TemporaryFolderUnusable(string path, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.Other, $"The temporary folder '{path}' cannot be used: {reason.TrimEnd('.')}.",
        "Make it writable, free disk space there, or name another one in the environment variable TMPDIR (TEMP on Windows).", path, inner: inner);

    internal static SwarmDatabaseException SqliteChangedWhileRead(string path) => Database(
        SwarmDatabaseFailure.Locked,
        $"'{path}' was written while it was read: the rows already given and those to come are not of one moment. The file is in rollback-journal mode and too large to be copied without making the application wait.",
        "Read it while the application is still, or switch the file to WAL mode once (PRAGMA journal_mode=WAL), in which a reader disturbs nobody. Invoke-SwarmMigration reads on, says so, and becomes consistent with the next delta.", path);

    internal static SwarmDatabaseException SqliteTableChangedWhileRead(string path) => Database(
        SwarmDatabaseFailure.Locked,
        $"'{path}' was altered or vacuumed while it was read: the rows that are still to come cannot be told from those already given.",
        "Try again while no program changes the schema or runs VACUUM.", path);

    internal static SwarmDatabaseException SqliteNoRoomForCopy(string path, long needed) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"Nobody has '{path}' open, and it is in WAL mode or was left unfinished by a crash: it is read from a copy, so that its folder stays as it is, and the temporary folder has no room for {needed} bytes."),
        "Free disk space there, or name another temporary folder (TMPDIR; TEMP on Windows).", path);

    internal static SwarmDatabaseException SqliteSnapshotImpossible(string path) => Database(
        SwarmDatabaseFailure.Other, $"'{path}' could not be copied to the temporary folder without making the application wait, and a table WITHOUT ROWID whose primary key is not id alone cannot be read in parts.",
        "Free disk space in the temporary folder, or switch the file to WAL mode once (PRAGMA journal_mode=WAL).", path);

    internal static SwarmDatabaseException SqliteConstraint(string message, SwarmDatabase database, Exception? inner) => Database(
        SwarmDatabaseFailure.ConstraintViolated, message, null, database, inner: inner);
}
