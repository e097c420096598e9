using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmDataException NotAConversation(object stranger) => Data(
        stranger is Exception reason
            ? $"What came down the pipe is no conversation: {reason.Message} Nothing was loaded."
            : $"A {stranger.GetType()} came down the pipe; a conversation is expected. Nothing was loaded.",
        "Pass on the objects of Export-SwarmConversation themselves: Where-Object keeps them, Select-Object -Property makes copies of another type. An archive is named with -Path. [MarketingSwarm.Conversation]@{ Id = …; UserQuery = … } makes a conversation.",
        target: stranger);

    internal static SwarmDatabaseException RowsUndecided(SwarmDatabase database, long rows) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"{rows} rows of {database} have a created_at that cannot be decoded, so that -Since and -Until could not decide on them; each was reported."),
        "Correct the rows in the source, or export without -Since and -Until.", database);

    internal static SwarmDataException CellNotRepresentable(Conversation row, ConversationColumn column, string engine, string reason) => Data(
        $"Row {row}: {ConversationTable.NameOf(column)} cannot be stored in {engine}: {reason}. The cell is {SwarmDataException.Describe(row.GetCell(column))}. Nothing was loaded.",
        $"Correct the row in the source, or leave it out of the pipe ({DescribeOmission(row)}) and keep it in an archive: Export-SwarmConversation -Path.",
        row.ToString(), row.RowId, ConversationTable.NameOf(column));

    internal static SwarmDatabaseException ResidueNotAllowed(SwarmDatabase database, string serverMessage, string? sqlState, Exception inner) => Database(
        SwarmDatabaseFailure.PermissionDenied,
        $"Not every cell can be stored in {database} as it is, and '{database.User}' may not keep the originals there, in the schema {LedgerSchema.Name}: {serverMessage}. Nothing was loaded.",
        $"Grant the right to make the schema: GRANT CREATE ON DATABASE {SqlNames.Quote(database.Database ?? "")} TO {SqlNames.Quote(database.User ?? "")}. Where the schema is there, load as its owner. Or correct the rows in the source; -OnUnrepresentable Fail names the first that cannot be stored.",
        database, sqlState, inner);

    internal static SwarmDatabaseException ResidueMissingAfterLoad(SwarmDatabase database, long sent, long found) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"{sent} entries of the residue were sent to {database} and {found} arrived; the load was rolled back."),
        $"Look for a trigger or a rule on {LedgerSchema.ResidueTable}; it has none of the module's.", database);

    internal static SwarmDataException CellWouldChange(Conversation row, ConversationColumn column, string declaredType, ConversationCell stored) => Data(
        $"Row {row}: the SQLite column {ConversationTable.NameOf(column)} {declaredType} would turn {SwarmDataException.Describe(row.GetCell(column))} into {SwarmDataException.Describe(stored)}. Nothing was loaded.",
        "Load into a table whose column has the type that Initialize-SwarmDatabase gives it.",
        row.ToString(), row.RowId, ConversationTable.NameOf(column));

    internal static SwarmDataException DuplicateId(string? id, bool isInTable, SwarmDatabase database, Exception? inner = null) => Data(
        isInTable
            ? $"Row {id}: {database} has a row with this id already. Nothing was loaded."
            : $"Row {id}: the input has two rows with this id. Nothing was loaded.",
        isInTable
            ? "Give -OnConflict Skip to keep the table's rows, or -OnConflict Update to overwrite them."
            : "Find out which row is meant: Get-SwarmConversation -Id shows both in a source whose key is not unique.",
        id, column: ConversationTable.NameOf(ConversationColumn.Id), target: id ?? (object)database, inner: inner);

    internal static SwarmDatabaseException ConstraintViolated(string? id, string serverMessage, SwarmDatabase database, string? sqlState, Exception? inner) => Database(
        SwarmDatabaseFailure.ConstraintViolated, $"Row {id ?? "(unknown)"} breaks a constraint of {database}: {serverMessage}. Nothing was loaded.",
        "Correct the row, or drop the constraint for the load.", id ?? (object)database, sqlState, inner);

    internal static SwarmDatabaseException RowRefused(string id, string serverMessage, SwarmDatabase database, string? sqlState, Exception? inner) => Database(
        SwarmDatabaseFailure.ConstraintViolated, $"Row {id} was refused by {database} (SQLSTATE {sqlState}): {serverMessage}. Nothing was loaded.",
        "Correct the row, or disable the table's trigger that refuses it for the load.", id, sqlState, inner);

    internal static SwarmDatabaseException IndexEntryTooLong(string? id, string serverMessage, SwarmDatabase database, string? sqlState, Exception? inner) => Database(
        SwarmDatabaseFailure.ConstraintViolated, $"Row {id ?? "(unknown)"} has a value too long for an index: {serverMessage}. Nothing was loaded.",
        "A key may have about 2,700 bytes in PostgreSQL; shorten the id in the source.", id ?? (object)database, sqlState, inner);

    internal static SwarmDatabaseException RowsMissingAfterLoad(SwarmDatabase database, long sent, long found) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"{sent} rows were sent to {database} and {found} arrived; the load was rolled back."),
        "Look for a trigger or a rule on the table that drops or adds rows.", database);

    internal static SwarmDatabaseException CommitUnknown(SwarmDatabase database, Exception inner) => Database(
        SwarmDatabaseFailure.Other,
        $"The connection to {database} was lost during the commit: all rows of this import are in the table, or none is, and which of the two is not known.",
        "Run the import again with -OnConflict Skip: it loads what is missing and counts what is there.", database, inner: inner);

    internal static SwarmDataException TimeNotRepresentable(string id, ConversationColumn column, string value) => Data(
        $"Row {id}: {ConversationTable.NameOf(column)} is {value}, which the application's form of a time (years 0001 to 9999) cannot hold.",
        "Correct the row in the source.", id, column: ConversationTable.NameOf(column));

    // A row whose key is no text is named by its rowid, where it has one.
    private static string DescribeOmission(Conversation row)
        => row.GetStorageClass(ConversationColumn.Id) != StorageClass.Text && row.RowId is { } rowId
            ? FormattableString.Invariant($"Where-Object RowId -ne {rowId}")
            : $"Where-Object Id -ne '{row.ToString().Replace("'", "''", StringComparison.Ordinal)}'";
}
