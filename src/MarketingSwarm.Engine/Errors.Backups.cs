namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException BackupPolicyNothingAsked(string instance) => Configuration(
        $"Instance '{instance}': nothing was asked of its backups.",
        "Give -StartTime, -PointInTimeRecovery, -RetainedBackups, -RetainedLogDays, -Location or -Disable; Get-SwarmBackupPolicy shows what is.", instance);

    internal static SwarmConfigurationException BackupStartTimeMalformed(string instance, string time) => Configuration(
        $"Instance '{instance}': '{Visible(time)}' is not a start time: HH:MM from 00:00 to 23:59, in UTC, is expected. Nothing was sent.",
        "Give -StartTime 02:00, say. Convert it from your own time zone to UTC.", time);

    internal static SwarmConfigurationException RetainedBackupsOutOfRange(string instance, int count, int most) => Configuration(
        FormattableString.Invariant($"Instance '{instance}': {count} retained backups are not possible; 1 to {most} are. Nothing was sent."),
        count < 1 ? "To make no backups at all, give -Disable." : FormattableString.Invariant($"Give -RetainedBackups {most}, or export for longer keeping."), count);

    internal static SwarmConfigurationException RetainedLogDaysOutOfRange(string instance, int days, int most, string? edition) => Configuration(
        FormattableString.Invariant($"Instance '{instance}': {days} days of the transaction log cannot be kept; 1 to {most} can{(edition is null ? "" : $" on the edition {edition}")}. Nothing was sent."),
        days < 1 ? "To keep no log, give -PointInTimeRecovery:$false."
            : FormattableString.Invariant($"Give -RetainedLogDays {most}{(edition is null ? "" : "; the edition ENTERPRISE_PLUS keeps 35")}."), days);

    internal static SwarmConfigurationException LogOutlivesBackups(string instance, long days, long backups) => Configuration(
        FormattableString.Invariant($"Instance '{instance}': {days} days of the transaction log with {backups} retained backups are not possible: a log is of use only from a backup on. Nothing was sent."),
        FormattableString.Invariant($"Give -RetainedBackups {days} or more, or -RetainedLogDays {backups} or less."), instance);

    internal static SwarmConfigurationException PointInTimeRecoveryWithoutBackups(string instance, bool isOn) => Configuration(
        $"Instance '{instance}': point-in-time recovery {(isOn ? "is on and " : "")}needs automated backups, which -Disable ends. Nothing was sent.",
        isOn ? "Add -PointInTimeRecovery:$false to end both." : "Give one of them.", instance);

    internal static SwarmConfigurationException BackupPolicyContradictory(string instance) => Configuration(
        $"Instance '{instance}': -Disable ends automated backups, and the other parameters say how they are made. Nothing was sent.",
        "Give -Disable alone; what is set stays for when they are made again.", instance);

    internal static SwarmConfigurationException BackupLocationMalformed(string instance, string location) => Configuration(
        $"Instance '{instance}': '{Visible(location)}' is not a location of backups: a multi-region (us, eu, asia) or a region (us-central1) is expected. Nothing was sent.",
        "Correct -Location.", location);

    internal static SwarmConfigurationException BackupsManagedElsewhere(string instance) => Configuration(
        $"Instance '{instance}': a backup plan of Google's Backup and DR service manages its backups, and would overwrite what is set here. Nothing was sent.",
        $"Change the plan: gcloud backup-dr backup-plan-associations list. Get-SwarmBackupPolicy {instance} shows what it has set.", instance);

    internal static SwarmCloudException BackupNotFound(string project, string instance, string id) => Cloud(
        SwarmCloudFailure.NotFound, $"Instance '{instance}' in project '{project}' has no backup '{Visible(id)}'.",
        $"Get-SwarmCloudSqlBackup {instance} -Project {project} lists them.", id);
}
