namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmDatabaseException BackupFolderIsFile(string folder) => Database(
        SwarmDatabaseFailure.FileExists, $"'{folder}' is a file; a folder for backups is expected. No backup was made.", "Name a folder with -Folder.", folder);

    internal static SwarmDatabaseException BackupFolderNotFound(string folder, string missing) => Database(
        SwarmDatabaseFailure.FileNotFound, $"There is no folder '{missing}' to make '{Path.GetFileName(folder)}' in. No backup was made.",
        $"Make it: New-Item -ItemType Directory '{missing}'.", folder);

    internal static SwarmDatabaseException BackupNoRoom(string folder, long needed, long room) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"The backup needs about {needed} bytes, and the disk of '{folder}' has {room} left. No backup was made, and none was deleted."),
        "Free some disk space, or name a folder on another disk with -Folder.", folder);

    internal static SwarmDatabaseException BackupDiskFull(string folder) => Database(
        SwarmDatabaseFailure.Other, $"The disk of '{folder}' ran full while the backup was written. No backup was made, and none was deleted.",
        "Free some disk space, or name a folder on another disk with -Folder.", folder);

    internal static SwarmDatabaseException BackupNotWritten(string path, string reason, Exception inner) => Database(
        inner is UnauthorizedAccessException ? SwarmDatabaseFailure.PermissionDenied : SwarmDatabaseFailure.Other,
        $"The backup '{path}' cannot be written: {reason.TrimEnd('.')}. No backup was made.",
        "Check that you may write in its folder and that its disk has room, or name another folder with -Folder.", path, inner: inner);

    internal static SwarmDatabaseException BackupNotDeleted(string path, string reason, Exception inner) => Database(
        inner is UnauthorizedAccessException ? SwarmDatabaseFailure.PermissionDenied : SwarmDatabaseFailure.Other,
        $"The old backup '{path}' cannot be deleted: {reason.TrimEnd('.')}. The new backup was made.", "Delete it by hand, with the .json file beside it.", path, inner: inner);

    internal static SwarmDatabaseException BackupTakesTooLong(string path, long bytes, TimeSpan limit) => Database(
        SwarmDatabaseFailure.Locked,
        FormattableString.Invariant($"'{path}' has {bytes} bytes and is in rollback-journal mode, in which a writer waits for a reader: copying it would hold writers up for more than {limit.TotalSeconds:0.###} s. No backup was made."),
        "Stop the application and allow more with -LockLimitSeconds; or switch the file to WAL mode once (PRAGMA journal_mode=WAL), in which a reader disturbs nobody.", path);

    internal static SwarmDatabaseException BackupNotSound(string path, string finding) => Database(
        SwarmDatabaseFailure.NotADatabase, $"The copy of '{path}' does not pass SQLite's integrity check: {finding}. No backup was made.",
        "Run 'PRAGMA integrity_check' in sqlite3 on the file itself: if it says the same, the file is damaged (REINDEX mends an index; keep a copy made by cp first); else check the disk of the backup.", path);

    internal static SwarmDatabaseException BackupNotOpened(string program, string reason) => Database(
        SwarmDatabaseFailure.Other, $"{program} cannot read what pg_dump wrote: {reason}. No backup was made.", "Check the disk, and try again.", program);

    internal static SwarmConfigurationException BackupOfArchive(SwarmDatabase database) => Configuration(
        $"'{database.Path}' is an archive; a SQLite file or a PostgreSQL database is expected.", "Copy an archive and its .sha256 file as they are.", database);

    internal static SwarmConfigurationException BackupParameterForServers(SwarmDatabase database) => Configuration(
        $"-TableOnly is for PostgreSQL; '{database.Path}' is a SQLite file, which is backed up whole.", "Leave -TableOnly out.", database);

    internal static SwarmConfigurationException BackupParameterForFiles(SwarmDatabase database) => Configuration(
        $"-LockLimitSeconds is for SQLite files; a backup of '{database}' makes no writer wait.", "Leave -LockLimitSeconds out.", database);

    internal static SwarmDatabaseException BackupNotFound(string path) => Database(
        SwarmDatabaseFailure.FileNotFound, $"There is no backup '{path}'.", "Check the path; a relative one starts at PowerShell's current location.", path);

    internal static SwarmDatabaseException BackupIsFolder(string path) => Database(
        SwarmDatabaseFailure.FileNotFound, $"'{path}' is a folder, not a backup.", "Name the backup in it: a .db or .dump file that has a .json file beside it.", path);

    internal static SwarmArchiveException BackupManifestNotFound(string backup, string path) => Archive(
        $"The backup '{backup}' has no manifest: there is no file '{path}'. Nothing was restored.",
        "Put the manifest beside it again. What Backup-SwarmDatabase made has one; a copy that was made otherwise is no backup that could be verified.", path);

    internal static SwarmArchiveException BackupManifestInvalid(string path, string reason, Exception? inner = null) => Archive(
        $"'{path}' is no manifest of the backup beside it: {reason.TrimEnd('.')}.", "Take the backup and its manifest again from where they were copied from.", path, inner);

    internal static SwarmArchiveException BackupChanged(string path, string reason) => Archive(
        $"The backup '{path}' has changed since it was made: {reason}. Nothing was restored.", "Take it again from where it was copied from, or restore another one.", path);

    internal static SwarmConfigurationException BackupOfAnotherEngine(DatabaseBackup backup, SwarmDatabase database) => Configuration(
        $"'{backup.Path}' is a backup of {backup.Source}, and '{database}' is no database of that kind.",
        backup.Engine == DatabaseEngine.Sqlite ? "Name a SQLite file with -Database." : "Name a PostgreSQL database with -Database.", database);

    internal static SwarmConfigurationException BackupOfAnotherDatabase(DatabaseBackup backup, SwarmDatabase database) => Configuration(
        $"'{backup.Path}' is a backup of {backup.Source}, and not of '{database}', which has content of its own.",
        "Leave -Database out to restore what the backup is of; -Force replaces the content of another database.", database);

    internal static SwarmDatabaseException RestoreTargetInUse(string path) => Database(
        SwarmDatabaseFailure.Locked, $"A program has '{path}' open. Nothing was restored.", "Stop the application, and whatever else has the file open, and try again.", path);

    internal static SwarmDatabaseException RestoreTargetUnfinished(string path, string companion) => Database(
        SwarmDatabaseFailure.Locked,
        $"'{path}' has unfinished work in '{companion}', which a program that was killed has left: it may hold the newest rows. Nothing was restored.",
        "Let the application open and close the file once; or give -Force, which takes that work into the copy of the present content.", path);

    internal static SwarmDatabaseException RestoreTargetDamaged(string path, string reason) => Database(
        SwarmDatabaseFailure.NotADatabase, $"The present content of '{path}' cannot be backed up: {reason} Nothing was restored.",
        "-Force keeps the file and those beside it as they are, under other names in the backup's folder, and replaces them.", path);

    internal static SwarmDatabaseException RestoreNotFinished(string path, string reason, Exception? inner = null) => Database(
        SwarmDatabaseFailure.Other, $"The backup was not restored to '{path}': {reason.TrimEnd('.')}. It has what it had before.",
        "Check that you may write the file and its folder, and that the disk has room.", path, inner: inner);

    internal static SwarmConfigurationException PostgresProgramMissing(string program, int major, IReadOnlyList<string> found) => Configuration(
        $"{program} of PostgreSQL {major} or newer, which the server needs, was not found in PATH nor where it is usually installed{(found.Count == 0 ? "" : $"; there is only {string.Join(", ", found)}")}. Nothing was changed.",
        $"Install the client programs (Debian and Ubuntu: apt install postgresql-client-{major}; macOS: brew install libpq), or put their folder into PATH.", program);

    internal static SwarmConfigurationException PostgresProgramNoKeyPassword(SwarmDatabase database) => Configuration(
        $"The TLS key of '{database}' is encrypted, and PostgreSQL's programs can be given its password only where others could read it.", "Name a key without a password (sslkey=…) that its owner alone may read.", database);

    internal static SwarmDatabaseException PostgresProgramFailed(string program, SwarmDatabase database, int exitCode, string reason, string consequence) => Database(
        SwarmDatabaseFailure.Other, FormattableString.Invariant($"{program} failed on '{database}' with exit code {exitCode}: {reason.TrimEnd('.')}. {consequence}"),
        "Mend what it says; a user who may read the application's table alone backs it up with -TableOnly.", database);
}
