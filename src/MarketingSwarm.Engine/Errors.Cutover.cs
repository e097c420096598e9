namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmDatabaseException CutoverClosed(SwarmDatabase destination, Guid cutoverId) => Database(
        SwarmDatabaseFailure.Other, $"The cutover {cutoverId} to {destination} is closed: the application has been on the new database since.",
        "See Get-SwarmCutover. Late writes are no longer looked for.", destination);

    internal static SwarmConfigurationException SwitchFailed(string message, string consequence, Exception inner) => Configuration(
        $"The switch failed: {message} {consequence}", "Remove the reason; the script may be run twice.", inner: inner);

    internal static SwarmDatabaseException NoCutover(SwarmDatabase destination) => Database(
        SwarmDatabaseFailure.Other, $"{destination} has no cutover that could be stopped.", "See Get-SwarmCutover.", destination);

    internal static SwarmSchemaException CutoverNeedsUniqueKeys(SwarmDatabase source) => Schema(
        $"The table {ConversationTable.Name} in {source} has no PRIMARY KEY or UNIQUE index on id: which of two rows of one key stays would have to be found behind the fence.",
        $"Add one: CREATE UNIQUE INDEX ON {ConversationTable.Name} (id). Or stop the application, run Sync-SwarmConversation, and switch.", source);

    internal static SwarmDatabaseException FenceBudgetSpent(SwarmDatabase source, TimeSpan budget, int attempts, TimeSpan expected) => Database(
        SwarmDatabaseFailure.Timeout,
        FormattableString.Invariant($"The last delta of {source} did not fit behind a fence of {budget.TotalMilliseconds:0} ms in {attempts} attempts; about {expected.TotalMilliseconds:0} ms are expected. Each time the fence was taken down, and the application went on with its file."),
        "Raise -FenceBudgetMilliseconds, below half the application's busy timeout; or try again when less is written, or nearer to the database.", source);

    internal static SwarmDatabaseException DeltasStayLarge(SwarmDatabase source, long changes, int greatest, TimeSpan patience) => Database(
        SwarmDatabaseFailure.Timeout,
        FormattableString.Invariant($"{source} is written so fast that its deltas stay large: {changes} changes in the last one, {greatest} at the most are wanted, after {patience.TotalMinutes:0.#} minutes."),
        "Raise -MaximumChanges, or try again when less is written. The application has not noticed anything.", source);

    internal static SwarmDatabaseException NoQuietMoment(SwarmDatabase source, long inFlight, TimeSpan age, TimeSpan patience) => Database(
        SwarmDatabaseFailure.Timeout,
        FormattableString.Invariant($"{inFlight} conversations in {source} are active, with an answer in the last {age.TotalMinutes:0.#} minutes, and no quiet moment came in {patience.TotalMinutes:0.#} minutes."),
        "Try again at a quieter time, or allow it with -AllowInFlight: what they write to the old file afterwards is carried over.", source);

    internal static SwarmDatabaseException FenceBackupGone(string path) => Database(
        SwarmDatabaseFailure.Other, $"The backup of the fenced file, '{path}', is gone or is another file: without it nobody can tell what was written to the old file since.",
        "Put it back. The target's swarm_migration.cutover has its path and its SHA-256.", path);

    internal static SwarmDatabaseException SidesKeepChanging(SwarmDatabase file, SwarmDatabase database, int passes) => Database(
        SwarmDatabaseFailure.Timeout, FormattableString.Invariant($"{file} was not the same as {database} after {passes} passes: somebody goes on writing there."),
        "Stop the application on the new side, then run the command again.", file);

    internal static SwarmConfigurationException FenceBudgetTooLong(TimeSpan budget, TimeSpan busyTimeout) => Configuration(
        FormattableString.Invariant($"A fence of {budget.TotalMilliseconds:0} ms is more than half of the application's busy timeout of {busyTimeout.TotalSeconds:0.#} s: its writes would fail."),
        "Lower -FenceBudgetMilliseconds, or say with -BusyTimeoutSeconds how long the application really waits (Python's sqlite3: 5 unless it says otherwise).");
}
