using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>The objects that users get, from what Cloud Monitoring says.</summary>
internal static partial class MonitoringObjects
{
    internal static AlertPolicy ToPolicy(string project, JsonObject policy, CloudAction? action = null, IReadOnlyList<SettingChange>? changes = null)
    {
        var threshold = policy.Items("conditions").Select(condition => condition["conditionThreshold"]).FirstOrDefault(condition => condition is not null);
        var labels = policy.Map("userLabels");
        return new AlertPolicy
        {
            Project = project,
            Name = policy.Text("name") ?? "",
            DisplayName = policy.Text("displayName") ?? "",
            Preset = labels.GetValueOrDefault(UserLabels.ManagedBy) == UserLabels.Module ? AlertRule.FromLabel(labels.GetValueOrDefault(UserLabels.Preset)) : null,
            Instance = DatabaseIdTerm().Match(threshold.Text("filter") ?? "") is { Success: true } match ? match.Groups["instance"].Value : null,
            Metric = GetMetric(threshold),
            Threshold = threshold.Real("thresholdValue"),
            Duration = threshold.Seconds("duration") is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Enabled = policy["enabled"] is null || policy.Flag("enabled"),
            NotificationChannels = policy.Texts("notificationChannels"),
            Problem = policy.Text("validity", "message"),
            CreateTime = policy.Time("creationRecord", "mutateTime"),
            Labels = labels,
            Action = action,
            Changes = changes ?? [],
            Json = policy.ToJsonString(),
        };
    }

    internal static NotificationChannel ToChannel(string project, JsonObject channel, CloudAction action) => new()
    {
        Project = project,
        Name = channel.Text("name") ?? "",
        DisplayName = channel.Text("displayName") ?? "",
        Type = channel.Text("type") ?? "",
        EmailAddress = channel.Text("labels", "email_address"),
        // The field is absent only where the server does not say it; a channel that is off says so.
        Enabled = channel["enabled"] is null || channel.Flag("enabled"),
        VerificationStatus = channel.Text("verificationStatus") is { Length: > 0 } status and not "VERIFICATION_STATUS_UNSPECIFIED" ? status : null,
        Action = action,
        Json = SecretFields.Mask(channel).ToJsonString(),
    };

    internal static string? GetMetric(JsonNode? threshold) => MetricTerm().Match(threshold.Text("filter") ?? "") is { Success: true } match ? match.Groups["metric"].Value : null;

    internal static double? Real(this JsonNode? node, string field)
        => double.TryParse(node.Text(field), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;

    /// <summary>A duration of protobuf's JSON, <c>300s</c>.</summary>
    internal static double? Seconds(this JsonNode? node, string field)
        => node.Text(field) is [.. var number, 's'] && double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    internal static string[] Texts(this JsonNode? node, string field) => [.. ((node as JsonObject)?[field] as JsonArray ?? []).Select(item => $"{item}")];

    // The name stands behind the project, whose id may itself hold a colon.
    [GeneratedRegex("""database_id\s*=\s*"(?:[^":]+:)+(?<instance>[^":]+)"|database_id\s*=\s*'(?:[^':]+:)+(?<instance>[^':]+)'""", RegexOptions.CultureInvariant)]
    private static partial Regex DatabaseIdTerm();

    [GeneratedRegex("""metric\.type\s*=\s*(?:"(?<metric>[^"]+)"|'(?<metric>[^']+)')""", RegexOptions.CultureInvariant)]
    private static partial Regex MetricTerm();
}
