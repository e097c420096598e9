namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException CertificateInvalid(string path, string problem) => Configuration(
        $"'{path}' is no certificate of a migration: {problem.TrimEnd('.')}.", "Name the file that New-SwarmMigrationReport wrote.");

    internal static SwarmConfigurationException CertificateNotRead(string path, Exception inner) => Configuration(
        $"The certificate '{path}' cannot be read: {inner.Message}", "Name the file that New-SwarmMigrationReport wrote.", inner: inner);

    internal static SwarmConfigurationException ReportFileExists(string path) => Configuration(
        $"'{path}' exists already.", "Name another file, or replace it with -Force.");

    internal static SwarmConfigurationException ReportNotWritten(string path, Exception inner) => Configuration(
        $"The report cannot be written to '{path}': {inner.Message}", "Name a place that can be written.", inner: inner);

    internal static SwarmConfigurationException ReportNeedsBackup(SwarmDatabase destination) => Configuration(
        $"{destination} has no cutover whose fenced file was backed up, and a certificate refers to a backup of the source.",
        "Name a backup that Backup-SwarmDatabase made of the source as it was migrated, with -Backup.", destination);

    internal static SwarmDatabaseException CertificateSidesDiffer(SwarmDatabase destination, string backup, long rows, long loaded) => Database(
        SwarmDatabaseFailure.Other,
        FormattableString.Invariant($"'{backup}' ({rows} rows) and {destination} ({loaded} rows with those of the residue) do not have the same rows: no certificate was made."),
        "Compare-SwarmConversation shows what differs. Where the application uses the new database already, only the fence's backup can be certified: leave -Backup out.", destination);
}
