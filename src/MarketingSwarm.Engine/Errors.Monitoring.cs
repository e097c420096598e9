using MarketingSwarm.Engine.GoogleCloud.Monitoring;

namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException AlertThresholdOutOfRange(double threshold) => Configuration(
        FormattableString.Invariant($"-Threshold {threshold} is out of range: a share between 0 and 1 is expected, 0.8 for 80 %."),
        "Give a share of what the instance has: of its processors, its disk, its memory or its max_connections.", threshold);

    internal static SwarmConfigurationException AlertDurationMalformed(int seconds) => Configuration(
        FormattableString.Invariant($"-DurationSeconds {seconds}: Cloud Monitoring takes whole minutes only: 0, 60, 120, 300 and so on."),
        FormattableString.Invariant($"Give {Math.Max(0, seconds / 60 * 60L)} or {Math.Max(0, (seconds / 60 * 60L) + 60)}."), seconds);

    internal static SwarmConfigurationException AlertDisplayNameShared(string displayName, int presets) => Configuration(
        FormattableString.Invariant($"-DisplayName '{displayName}' would be the name of {presets} policies, which nobody could tell apart in a notification."),
        "Give -DisplayName with one -Preset at a time.", displayName);

    internal static SwarmConfigurationException MaxConnectionsNotKnown(string instance, string? tier) => Configuration(
        $"How many connections instance '{instance}' allows is not known: it has no flag max_connections, and Cloud SQL's default for tier '{tier}' is not known here. "
        + "No policy was made or changed.",
        $"Set the flag: Set-SwarmCloudSqlInstance {instance} -DatabaseFlag @{{max_connections=100}}, or leave out the preset {AlertPreset.Connections}.", instance);

    internal static SwarmConfigurationException EmailAddressMalformed(string address) => Configuration(
        $"'{address}' is not an e-mail address: NAME@DOMAIN is expected.", "Give one address; each channel has its own.", address);

    internal static SwarmCloudException AlertInstanceNotFound(string project, string instance) => Cloud(
        SwarmCloudFailure.NotFound,
        $"Project '{project}' has no Cloud SQL instance '{instance}': a policy for it would never open an incident. No policy of it was made or changed.",
        "Get-SwarmCloudSqlInstance lists the instances; Get-SwarmContext says which project is used and why.", instance);

    internal static SwarmCloudException NotificationChannelNotFound(string project, string channel) => Cloud(
        SwarmCloudFailure.NotFound,
        $"Project '{project}' has no notification channel '{channel}'. No policy was made or changed.",
        "New-SwarmNotificationChannel ADDRESS makes one, or gives the one that is there; pipe it into Set-SwarmAlertPolicy.", channel);

    internal static SwarmCloudException NotificationChannelElsewhere(string project, NotificationChannelReference channel) => Cloud(
        SwarmCloudFailure.InvalidRequest,
        $"The notification channel '{channel}' is of project '{channel.Project}', the policy of project '{project}': a policy notifies channels of its own project only. "
        + "No policy was made or changed.",
        $"New-SwarmNotificationChannel ADDRESS -Project {project} makes one there.", channel.ToString());

    internal static SwarmCloudException AlertPolicyNotFound(string project, string name, bool isOurs) => Cloud(
        SwarmCloudFailure.NotFound,
        $"Project '{project}' has no alert policy '{name}'{(isOurs ? $" with the label {UserLabels.ManagedBy}={UserLabels.Module}" : "")}.",
        isOurs ? "Get-SwarmAlertPolicy -All also finds the policies that others made." : "Get-SwarmAlertPolicy -All lists all policies of the project.", name);
}
