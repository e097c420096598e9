namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmCloudException SettingChangedMeanwhile(string project, string instance, string setting, string? before, string? now, string? wanted) => Cloud(
        SwarmCloudFailure.StaleVersion,
        $"Instance '{instance}': somebody else changed {setting} from {Shown(before)} to {Shown(now)} while it was about to become {Shown(wanted)}; nothing was written.",
        $"Look at it, and run this again if it still is wanted: Get-SwarmCloudSqlInstance {instance} -Project {project}", setting);

    internal static SwarmCloudException SettingWithoutEffect(string project, string instance, string setting, string? wanted, string? now) => Cloud(
        SwarmCloudFailure.Other,
        $"Instance '{instance}': Google reported success, but {setting} is {Shown(now)} and not {Shown(wanted)}.",
        $"Somebody, or a backup plan, may have changed it at once. Get-SwarmCloudSqlOperation -Instance {instance} -Project {project} shows who did what.", setting);

    private static string Shown(string? value) => value is null ? "not set" : $"'{value}'";
}
