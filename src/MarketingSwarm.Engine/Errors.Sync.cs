namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmDatabaseException SourceChangedSinceSync(SwarmDatabase source, Guid runId, int generation, long differences, string first) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"The run {runId} is complete and at generation {generation}, and {source} was written since: {differences} differences, the first: {first}. Nothing was changed."),
        "Bring the target up to date with Sync-SwarmConversation.", source);

    internal static SwarmDatabaseException NothingToSync(SwarmDatabase destination) => Database(
        SwarmDatabaseFailure.Other, $"{destination} has no migration whose rows could be kept in step.",
        "Load the rows with Invoke-SwarmMigration first.", destination);

    internal static SwarmDatabaseException MigrationNotComplete(SwarmDatabase destination, Guid runId, MigrationState state) => Database(
        SwarmDatabaseFailure.Other, $"The run {runId} in {destination} is {state}: it is not complete, and there is nothing yet to keep in step.",
        "Run Invoke-SwarmMigration again: it goes on with the run.", destination);

    internal static SwarmDatabaseException SyncOfOtherSource(SwarmDatabase destination, Guid runId, string migrated, SwarmDatabase source) => Database(
        SwarmDatabaseFailure.Other, $"{destination} has the rows of '{migrated}' (run {runId}), and {source} is another file. Nothing was changed.",
        $"Name '{migrated}' with -Source. Where {source} is a copy of it, say so with -FromCopy.", destination);

    internal static SwarmDatabaseException SyncAfterCutover(SwarmDatabase destination, Guid cutoverId, CutoverState state) => Database(
        SwarmDatabaseFailure.Other, $"The cutover {cutoverId} to {destination} is {state}: the application writes there now, and the old file's rows would replace its. Nothing was changed.",
        "What is late in the old file is carried over by Start-SwarmCutover until it is closed. To go back, use Stop-SwarmCutover.", destination);

    internal static SwarmConfigurationException ReverseIntoSource(SwarmDatabase file) => Configuration(
        $"{file} is the file that was migrated; only Stop-SwarmCutover writes to it, after a backup.",
        "Name a copy of it as the destination, one that Backup-SwarmDatabase made for example; or go back with Stop-SwarmCutover.", file);

    internal static SwarmConfigurationException ReverseParameter(string name) => Configuration(
        $"-{name} is for a SQLite file as the source, and the source is a PostgreSQL database.", $"Leave -{name} out.");

    internal static SwarmConfigurationException SharedTableNotForced(SwarmDatabase destination, string table) => Configuration(
        $"-Force takes rows out that the source does not have, and {table} in {destination} was there before the migration: it may have rows of others.",
        "Leave -Force out, and put right by hand what somebody else has changed: Compare-SwarmConversation shows it.", destination);

    internal static SwarmDatabaseException SourceRowsGone(SwarmDatabase source, long gone, long known) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"{gone} of the {known} rows that were read from {source} before are not in it any more. It looks as if another file had been put in its place. None of them was taken out of the target."),
        "Put the right file back. Where the application has deleted the rows, run the command again with -Force.", source);

    internal static SwarmDatabaseException TargetChangedDuringSync(SwarmDatabase destination, string table, long expected, long found, long others, string? example) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"Somebody else has written to {table} in {destination}: of the {expected} rows that the migration put there, {found} are as it left them, and {others} rows are of others")
            + (example is null ? ". Nothing was changed." : $", the row '{example}' among them. Nothing was changed."),
        "Find out who writes there (is the application already on the new database?), and see what differs with Compare-SwarmConversation. To make the table the source's again, run the command with -Force.", destination);

    internal static SwarmDatabaseException RowChangedInTarget(SwarmDatabase destination, string table, string? id) => Database(
        SwarmDatabaseFailure.Other,
        $"Somebody else has changed or deleted {(id is null ? "rows" : $"the row '{id}'")} of {table} in {destination}, which the source has changed too. Nothing was changed.",
        "See what differs with Compare-SwarmConversation. To make the table the source's again, run the command with -Force.", destination);

    internal static SwarmDataException RowArrivedOtherwise(SwarmDatabase destination, string table, string id) => Data(
        $"The row '{id}' was read back from {table} in {destination} otherwise than it was written. Nothing was changed.",
        "Look for a trigger, a rule or a generated column that changes rows.", id, null, null);

    internal static SwarmDatabaseException LedgerChanged(SwarmDatabase destination, Guid runId) => Database(
        SwarmDatabaseFailure.Other, $"The ledger of the run {runId} in {destination} is not as it was written: a row of it was changed, added or taken out. Nothing was changed.",
        "See Get-SwarmMigration -Ledger. Load anew into another database, where nobody has written to swarm_migration.", destination);

    internal static SwarmConfigurationException NotASyncState(string path) => Configuration(
        $"'{path}' is not the state of a synchronization.", "Name another file with -StatePath; it is made where it is missing.");

    internal static SwarmConfigurationException SyncStateOfOtherRun(string path, Guid found, Guid expected) => Configuration(
        $"'{path}' is the state of another migration, the run {found}; the target has the run {expected}. Nothing was changed.",
        "Name the file of this migration with -StatePath, or another name: a file that is missing is made anew.");

    internal static SwarmConfigurationException SyncStateNotWritten(string path, Exception inner) => Configuration(
        $"The state of the synchronization cannot be written to '{path}': {inner.Message} Both databases are as the results say.",
        "Name a place that can be written with -StatePath. Without a state, the next command reads the whole target first.", inner: inner);
}
