using System.Globalization;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    private const string MeasureAgain = "Measure the source again (Measure-SwarmConversation -Path), review the plan, and pass the new one.";

    internal static SwarmConfigurationException PlanNoLongerFits(MigrationPlan measured, string difference) => Configuration(
        $"{measured.Source} no longer fits its plan: {difference}.", MeasureAgain, measured.Source);

    internal static SwarmConfigurationException PlanNoLongerFits(string source, IReadOnlyList<PlannedRule> unplanned)
    {
        var first = unplanned[0];
        var more = unplanned.Count == 1 ? "" : $" So it is with {string.Join("; ", unplanned.Skip(1))}.";
        return Configuration(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{source} no longer fits its plan: {ConversationTable.NameOf(first.Column)} needs the rule {first.Rule} with the outcome {first.Outcome} {first.Count} times, which the plan does not have; for example {first.Example}, since {first.Reason}.{more}"),
            MeasureAgain, source);
    }

    internal static SwarmConfigurationException PlanFileNotFound(string path) => Configuration(
        $"There is no plan '{path}'.", "Check the path; Measure-SwarmConversation -Path writes a plan.", path);

    internal static SwarmConfigurationException PlanFileExists(string path) => Configuration(
        $"There is already a file '{path}'; it was left as it is.", "Name another file, or give -Force to replace it.", path);

    internal static SwarmConfigurationException PlanFileNotWritten(string path, Exception inner) => Configuration(
        $"The plan cannot be written to '{path}': {inner.Message}", "Check that the folder exists and that you may write to it.", path, inner);

    internal static SwarmConfigurationException PlanFileNotRead(string path, Exception inner) => Configuration(
        $"The plan '{path}' cannot be read: {inner.Message}", "Check that it is a file and that you may read it.", path, inner);

    internal static SwarmConfigurationException PlanFileInvalid(string path, string property, long? line, string problem) => Configuration(
        string.Create(CultureInfo.InvariantCulture, $"The plan '{path}', {(line is null ? "" : $"line {line}, ")}{property}: {problem}."),
        "Only policy, and a column's form and approvedUnits, are meant to be edited. Correct the place, or measure the source again.", path);

    internal static SwarmConfigurationException PlanColumnNotATime(string parameter, object column) => Configuration(
        $"-{parameter}: '{column}' is no column of times; created_at and completed_at are.", $"Write -{parameter} @{{ created_at = … }}.", column);

    internal static SwarmConfigurationException PlanColumnTwice(string parameter, string column) => Configuration(
        $"-{parameter}: {column} is named twice, in two spellings.", "Name it once.", column);

    internal static SwarmConfigurationException PlanFormNotOne(string parameter, string column) => Configuration(
        $"-{parameter}: {column} has one form; several, or none, were given.", "Give one form for the column; times in other forms are converted and recorded.", column);

    internal static SwarmConfigurationException PlanFormUnknown(string parameter, string column, object? value, IEnumerable<TimestampForm> known) => Configuration(
        $"-{parameter}: '{value}' for {column} is none of {string.Join(", ", known)}.", $"Write -{parameter} @{{ {column} = '{known.First()}' }}.", column);

    internal static SwarmConfigurationException PlanAndDecisions(string parameter) => Configuration(
        $"-{parameter} was given with -Plan: the approved plan decides that.", "Leave one of the two out. To decide otherwise, measure without -Plan, review, and pass the new plan.", parameter);

    internal static SwarmConfigurationException PlanSourceNotSqlite(SwarmDatabase source) => Configuration(
        $"{source} is no SQLite file; a plan is made of one.", "Rows of a PostgreSQL database or an archive are loaded with Export-SwarmConversation and Import-SwarmConversation.", source);

    internal static SwarmConfigurationException PlanTargetNotPostgres(SwarmDatabase target) => Configuration(
        $"{target} is no PostgreSQL database; a plan is for one.", "Name the target as postgresql://USER@HOST/DATABASE, or leave -Destination out for the table that Initialize-SwarmDatabase makes.", target);

    internal static SwarmDatabaseException SqliteKeysNotSorted(string path) => Database(
        SwarmDatabaseFailure.Other, $"'{path}' has no unique index on id, so that clashing ids are found by sorting them all, and it could not be copied to the temporary folder without making the application wait.",
        "Free disk space in the temporary folder, or switch the file to WAL mode once (PRAGMA journal_mode=WAL).", path);
}
