namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmDatabaseException LedgerNotReadable(SwarmDatabase database, string owner) => Database(
        SwarmDatabaseFailure.PermissionDenied,
        $"'{database.User}' may not read the schema '{Migration.LedgerSchema.Name}' of '{database.Database}': it belongs to '{owner}', and its owner alone may read it.",
        $"Log in as '{owner}', or as a member of that role.", database, "42501");

    internal static SwarmConfigurationException NoLedgerInFiles(SwarmDatabase database) => Configuration(
        $"'{database.Path}' is {(database.Engine == DatabaseEngine.Archive ? "an archive" : "a SQLite file")}; runs and their residue are kept in PostgreSQL alone.",
        "Name the PostgreSQL database that was loaded.", database);

    internal static SwarmDatabaseException RunNotFound(SwarmDatabase database, Guid runId) => Database(
        SwarmDatabaseFailure.Other, $"'{database.Database}' has no record of the run '{runId}'.",
        "Get-SwarmMigration lists the runs.", runId);

    internal static SwarmDatabaseException ResidueIncomplete(SwarmDatabase database, Guid runId, ConversationColumn column) => Database(
        SwarmDatabaseFailure.Other,
        $"The residue of the run '{runId}' in '{database.Database}' has a quarantined row that lacks a cell at '{ConversationTable.NameOf(column)}': somebody has deleted from it. No file was made.",
        "Take the residue from a backup of the target, or restore the other runs with -RunId.", runId);

    internal static SwarmDatabaseException RestoreFileExists(string path) => Database(
        SwarmDatabaseFailure.FileExists, $"'{path}' exists already.", "Name another file, or replace it with -Force.", path);

    internal static SwarmDatabaseException RestoreFolderNotFound(string path, string folder) => Database(
        SwarmDatabaseFailure.FileNotFound, $"There is no folder '{folder}' to write '{Path.GetFileName(path)}' in.",
        $"Make it: New-Item -ItemType Directory '{folder}'.", path);

    internal static SwarmDatabaseException RestoreNotWritten(string path, string reason, Exception inner) => Database(
        SwarmDatabaseFailure.Other, $"'{path}' cannot be written: {reason.TrimEnd('.')}. No file was made or replaced.",
        "Check that you may write in its folder, that it has room, and that no other program has the file open.", path, inner: inner);

    internal static SwarmDataException RestoreRowRefused(string path, string row, string reason) => Data(
        $"{row} cannot be stored in '{path}': SQLite says '{reason}'. No file was made or replaced.",
        "Mend the row in the table; what it violates is a constraint of the source's own CREATE TABLE statement.", target: path);

    internal static SwarmDatabaseException RestoreSchemaRefused(string path, string statement, string reason) => Database(
        SwarmDatabaseFailure.Other, $"The table that the source had cannot be made in '{path}': SQLite says '{reason}' of '{statement}'. No file was made or replaced.",
        "Use a module whose SQLite knows what the statement asks for.", path);

    internal static SwarmDatabaseException RestoreNotSound(string path, string reason) => Database(
        SwarmDatabaseFailure.Other, $"The file that was made for '{path}' is not what was written into it: {reason}. It was deleted.",
        "Check the disk, and try again.", path);
}
