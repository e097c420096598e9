using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException MigrationSourceNotSqlite(SwarmDatabase source) => Configuration(
        $"{source} is {(source.Engine == DatabaseEngine.PostgreSql ? "a PostgreSQL database" : "an archive")}; a migration reads a SQLite file.",
        "Name the application's SQLite file with -Source. Rows of another database or an archive are loaded with Export-SwarmConversation | Import-SwarmConversation.", source);

    internal static SwarmConfigurationException MigrationTargetNotPostgres(SwarmDatabase destination) => Configuration(
        $"{destination} is {(destination.Engine == DatabaseEngine.Sqlite ? "a SQLite file" : "an archive")}; a migration writes to PostgreSQL.",
        "Name the target with -Destination postgresql://user@host/database. Import-SwarmConversation loads a SQLite file.", destination);

    internal static SwarmSchemaException SourceHasNoPosition(SwarmDatabase source) => Schema(
        $"The table {ConversationTable.Name} in {source} is WITHOUT ROWID and its primary key is not id alone, compared byte by byte (BINARY): its rows have no certain order in which they could be read in parts.",
        "Copy it into a table with a rowid, or with id as its primary key, in a copy of the file, and migrate that.", source);

    internal static SwarmDatabaseException MigrationRunning(SwarmDatabase destination, string holder) => Database(
        SwarmDatabaseFailure.Locked, $"Another migration into {destination} is running: {holder}.",
        "Wait until it has ended. Where its process is gone and the server has not noticed, end its session: SELECT pg_terminate_backend(PID).", destination);

    internal static SwarmDatabaseException MigrationBegunMeanwhile(SwarmDatabase destination, Guid runId) => Database(
        SwarmDatabaseFailure.Locked, $"Another process has begun the run {runId} into {destination} meanwhile, and has ended. Nothing was changed.",
        "Run the command again: it goes on with that run.", destination);

    internal static SwarmDatabaseException OtherMigrationUnfinished(SwarmDatabase destination, Exception inner) => Database(
        SwarmDatabaseFailure.Other, $"{destination} has an unfinished migration into another of its schemas: the table swarm_migration.{ConversationTable.Name} is that one's. Nothing was changed.",
        "End that migration, or take it out with -Undo, with the search_path that it was begun with.", destination, "42P07", inner);

    internal static SwarmDataException RowCameUnrepresentable(Conversation row, ConversationColumn column, string reason) => Data(
        $"Row {row}: {ConversationTable.NameOf(column)} cannot be stored: {reason}. The row came or changed after the source was measured.",
        "Correct the row in the source, or keep it in the residue with -OnUnrepresentable Quarantine.", row.ToString(), row.RowId, ConversationTable.NameOf(column));

    internal static SwarmDatabaseException MigrationTakenOver(SwarmDatabase destination, Guid runId) => Database(
        SwarmDatabaseFailure.Locked, $"Another process has taken over the run {runId} into {destination}; this one has stopped. What it had loaded is in the ledger.",
        "Let the other process end the migration.", destination);

    internal static SwarmDatabaseException ConnectionStalled(SwarmDatabase database) => Database(
        SwarmDatabaseFailure.Timeout, $"A connection to {database.Server} is dead: the server waits for the next word while its answer is awaited, or knows of no such session.",
        "A firewall, NAT gateway or proxy on the way has dropped it. Check the network, then try again.", database);

    internal static SwarmDatabaseException MigrationOfOtherSource(SwarmDatabase destination, Guid runId, string source, MigrationState state) => Database(
        SwarmDatabaseFailure.Other, $"{destination} has a migration of another source: the run {runId} of '{source}' is {state}.",
        state == MigrationState.Completed
            ? "Load into another database or schema, or add the rows with Export-SwarmConversation | Import-SwarmConversation."
            : "Go on with that source, or take the run out with -Undo, then try again.", destination);

    internal static SwarmDatabaseException MigrationSettingsChanged(SwarmDatabase destination, Guid runId, string setting) => Database(
        SwarmDatabaseFailure.Other, $"The run {runId} in {destination} was begun with another {setting}; rows stored by two rules could not be told apart.",
        "Run the command with the settings that it was begun with, or take the run out with -Undo and begin anew.", destination);

    internal static SwarmDatabaseException SourceChangedSinceMigration(SwarmDatabase source, Guid runId, long chunks) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"The run {runId} is complete, and {source} was written since: {chunks} ranges of its rows are no longer what was loaded. Nothing was changed."),
        "Bring the target up to date with Sync-SwarmConversation. To load everything anew, take the run out with -Undo first.", source);

    internal static SwarmDatabaseException TableAppearedMeanwhile(SwarmDatabase destination, string table, Guid runId) => Database(
        SwarmDatabaseFailure.Other, $"{destination} has a table {table} now, and the unfinished run {runId} was begun when it had none.",
        "Drop or rename that table if it is not wanted (the application may have made it at its start), then run the same command again; or take the run out with -Undo and load into the table that is there.", destination);

    internal static SwarmDatabaseException NoSchemaToCreateIn(SwarmDatabase destination) => Database(
        SwarmDatabaseFailure.PermissionDenied, $"The search path of '{destination.User}' in {destination} names no schema that exists.",
        "Set it: ALTER ROLE … SET search_path = public.", destination);

    internal static SwarmDatabaseException TableCreationDenied(SwarmDatabase destination, string schema) => Database(
        SwarmDatabaseFailure.PermissionDenied, $"'{destination.User}' may not create a table in the schema {schema} of {destination}. Nothing was changed.",
        $"Grant it: GRANT CREATE ON SCHEMA {schema} TO \"{destination.User}\".", destination);

    internal static SwarmDatabaseException LedgerCreationDenied(SwarmDatabase destination, Exception inner) => Database(
        SwarmDatabaseFailure.PermissionDenied,
        $"'{destination.User}' may not create the schema swarm_migration in {destination}, which keeps what cannot be stored and the record of the load. Nothing was changed.",
        $"Grant it: GRANT CREATE ON DATABASE \"{destination.Database}\" TO \"{destination.User}\".", destination, "42501", inner);

    internal static SwarmDatabaseException LedgerAccessDenied(SwarmDatabase destination, string serverMessage, Exception inner) => Database(
        SwarmDatabaseFailure.PermissionDenied, $"'{destination.User}' may not use the schema swarm_migration in {destination}, which another user made: {serverMessage}.",
        "Log in as its owner.", destination, "42501", inner);

    internal static SwarmDatabaseException ChunkRowsChanged(SwarmDatabase destination, string table, int chunk, long loaded, long found) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"Of the {loaded} rows that chunk {chunk} put into {table}, {found} are still as it wrote them: somebody else writes to the table. Nothing of that chunk was changed."),
        "Keep others from the table during the load, take the run out with -Undo, and begin anew.", destination);

    internal static SwarmDatabaseException RunRowsChanged(SwarmDatabase destination, string table, Guid runId, long loaded, long found) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"Of the {loaded} rows that the run {runId} put into {table}, {found} are still as it wrote them; the others were changed or deleted since. Nothing was taken out."),
        "A row that was written again counts, also with the same values; Compare-SwarmConversation shows those whose values differ. Rows that somebody has written are not the migration's to delete: delete what you do not want yourself.", destination);

    internal static SwarmDatabaseException PublishedTableInUse(SwarmDatabase destination, string table, long others) => Database(
        SwarmDatabaseFailure.Other, FormattableString.Invariant($"{table} in {destination} has {others} rows that the run did not write. Nothing was taken out."),
        "The application has written to the table since. Keep its rows elsewhere first (Export-SwarmConversation), or leave the table.", destination);

    internal static SwarmDatabaseException NothingToUndo(SwarmDatabase destination) => Database(
        SwarmDatabaseFailure.Other, $"{destination} has no migration to take out.", "Get-SwarmMigration lists the runs.", destination);

    internal static SwarmDatabaseException MigrationNotProven(SwarmDatabase destination, RunRecord run, long differences, string first) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"The proof failed: {run.LoadTable} in {destination} differs from what was read, in {differences} places. The first: {first}"),
        $"{(run.IsNewTable ? "The table is not published. " : "Somebody else may have written to the table during the load. ")}Compare-SwarmConversation shows every difference; take the run out with -Undo and load it anew.", destination);

    internal static SwarmDatabaseException CountsDiffer(SwarmDatabase destination, long read, long accounted) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"{read} rows were read and {accounted} are accounted for as loaded or quarantined in {destination}."),
        "The ledger may have been changed: Get-SwarmMigration -Ledger says which of its rows are intact.", destination);

    internal static SwarmDataException RowClashes(SwarmDatabase destination, string table, string? id, string serverMessage, Exception inner) => Data(
        $"Row {id ?? "(unknown)"} is in {table} of {destination} already, and this run did not put it there: {serverMessage}.",
        "Rows that the run did not write are never overwritten. Take the run out with -Undo, then load into a database or schema without that table; or add what is missing through the pipe: Export-SwarmConversation | Import-SwarmConversation -OnConflict Skip (Update overwrites).",
        id, column: ConversationTable.NameOf(ConversationColumn.Id), inner: inner);

    internal static SwarmDatabaseException RowRefusedByTarget(
        SwarmDatabase destination, string table, string? id, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.ConstraintViolated, $"Row {id ?? "(unknown)"} was refused by {table} of {destination} (SQLSTATE {sqlState}): {serverMessage}.",
        "Correct the row in the source, or drop the table's constraint for the load.", id ?? (object)destination, sqlState, inner);

    internal static SwarmDatabaseException TargetDiskFull(SwarmDatabase destination, string serverMessage, Exception inner) => Database(
        SwarmDatabaseFailure.Other, $"The server of {destination} has no disk space left: {serverMessage}.",
        "Give it more: Cloud SQL's instance grows with 'gcloud sql instances patch --storage-size'.", destination, "53100", inner);

    internal static SwarmDataException PlanQuarantines(PlannedRule rule, long rows, long cells) => Data(
        FormattableString.Invariant($"{rows} rows and {cells} cells cannot be stored in PostgreSQL, even by a conversion. The first kind: {ConversationTable.NameOf(rule.Column)}, {rule.Reason} ({rule.Count} times, {rule.Example}). This command has loaded nothing."),
        "See all of them with Measure-SwarmConversation. Correct them in the source, choose a policy (-OnNul, -OnInvalidText, -OnNullKey, …), or keep them in the residue with -OnUnrepresentable Quarantine.",
        rule.Example.Id, rule.Example.RowId, ConversationTable.NameOf(rule.Column));

    internal static SwarmDataException RowNotInPlan(string? id, long? rowId, ConversationColumn column, ConversionRule rule, string reason) => Data(
        $"Row {id ?? FormattableString.Invariant($"rowid {rowId}")}: {ConversationTable.NameOf(column)} needs the rule {rule} ({reason}), which the approved plan does not have; the row came or changed after the plan was checked.",
        "Measure the source again (Measure-SwarmConversation), review the plan and pass the new one.", id, rowId, ConversationTable.NameOf(column));

    /// <summary>An error of a load that had begun: what is in the table stays there, and the user is told how to go on.</summary>
    internal static SwarmException LoadStopped(SwarmException reason, Guid runId, string table, long rows)
    {
        var message = FormattableString.Invariant($"{reason.Message} The run {runId} has {rows} rows in {table}; they stay.");
        var action = $"{(reason.RecommendedAction is { } first ? first + " " : "")}{(reason.ErrorId == nameof(RowClashes) ? "" : "Then run the same command again: it goes on where it stopped. ")}-Undo takes the rows out.";
        return reason switch
        {
            SwarmDatabaseException database => new SwarmDatabaseException(
                database.ErrorId, database.Failure, message, action, database.Target, database.SqlState, database.InnerException),
            SwarmDataException data => new SwarmDataException(data.ErrorId, message, action, data.ConversationId, data.RowId, data.Column, data.Target, data.InnerException),
            _ => reason,
        };
    }
}
