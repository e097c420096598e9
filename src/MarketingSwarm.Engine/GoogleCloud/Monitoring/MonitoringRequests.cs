using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>The requests to Cloud Monitoring (https://cloud.google.com/monitoring/api/ref_v3/rest), a method each.</summary>
internal static class MonitoringRequests
{
    private const string EditorRole = "roles/monitoring.editor";
    private const string ViewerRole = "roles/monitoring.viewer";

    internal static GoogleRequest ListPolicies(string project, string? filter, string? pageToken)
        => Create(HttpMethod.Get, project, Parent(project, "alertPolicies", filter, pageToken), "alert policies", "monitoring.alertPolicies.list");

    internal static GoogleRequest CreatePolicy(string project, JsonObject policy)
        => Create(HttpMethod.Post, project, Parent(project, "alertPolicies"), $"alert policy '{policy["displayName"]}'", "monitoring.alertPolicies.create", policy);

    /// <param name="project">The project's id.</param>
    /// <param name="name">The policy's resource name.</param>
    /// <param name="patch">The fields of the mask.</param>
    /// <param name="mask">The fields that are set; the others stay as they are.</param>
    internal static GoogleRequest PatchPolicy(string project, string name, JsonObject patch, IEnumerable<string> mask)
        => Create(HttpMethod.Patch, project, $"v3/{name}?updateMask={string.Join(',', mask)}", $"alert policy '{name}'", "monitoring.alertPolicies.update", patch);

    internal static GoogleRequest ListChannels(string project, string? filter, string? pageToken)
        => Create(HttpMethod.Get, project, Parent(project, "notificationChannels", filter, pageToken), "notification channels", "monitoring.notificationChannels.list");

    internal static GoogleRequest GetChannel(string project, string id)
        => Create(
            HttpMethod.Get, project, $"v3/projects/{GoogleRequest.Escape(project)}/notificationChannels/{GoogleRequest.Escape(id)}",
            $"notification channel '{id}'", "monitoring.notificationChannels.get");

    internal static GoogleRequest CreateChannel(string project, JsonObject channel)
        => Create(
            HttpMethod.Post, project, Parent(project, "notificationChannels"), $"notification channel '{channel["displayName"]}'",
            "monitoring.notificationChannels.create", channel);

    /// <inheritdoc cref="PatchPolicy"/>
    internal static GoogleRequest PatchChannel(string project, string name, JsonObject patch, IEnumerable<string> mask)
        => Create(HttpMethod.Patch, project, $"v3/{name}?updateMask={string.Join(',', mask)}", $"notification channel '{name}'", "monitoring.notificationChannels.update", patch);

    /// <summary>The sums of a metric's points over a time, by one label.</summary>
    /// <param name="project">The project's id.</param>
    /// <param name="filter">Which metric, of what.</param>
    /// <param name="from">The beginning, in UTC.</param>
    /// <param name="to">The end, in UTC.</param>
    /// <param name="groupBy">The label that the sums are kept apart by.</param>
    /// <param name="pageToken">Where the last page ended.</param>
    internal static GoogleRequest ListTimeSeries(string project, string filter, DateTime from, DateTime to, string groupBy, string? pageToken)
    {
        var seconds = Math.Max(60, (long)Math.Ceiling((to - from).TotalSeconds / 60) * 60);
        string[] query =
        [
            $"interval.startTime={from:yyyy-MM-ddTHH:mm:ssZ}", $"interval.endTime={to:yyyy-MM-ddTHH:mm:ssZ}",
            FormattableString.Invariant($"aggregation.alignmentPeriod={seconds}s"), "aggregation.perSeriesAligner=ALIGN_SUM",
            "aggregation.crossSeriesReducer=REDUCE_SUM", $"aggregation.groupByFields={groupBy}",
        ];
        return Create(HttpMethod.Get, project, $"{Parent(project, "timeSeries", filter, pageToken)}&{string.Join('&', query)}", "request metrics", "monitoring.timeSeries.list");
    }

    private static string Parent(string project, string collection, string? filter = null, string? pageToken = null)
    {
        string[] query =
        [
            .. filter is null ? Array.Empty<string>() : [$"filter={GoogleRequest.Escape(filter)}"],
            .. pageToken is null ? Array.Empty<string>() : [$"pageToken={GoogleRequest.Escape(pageToken)}"],
        ];
        return $"v3/projects/{GoogleRequest.Escape(project)}/{collection}" + (query.Length == 0 ? "" : "?" + string.Join('&', query));
    }

    private static GoogleRequest Create(HttpMethod method, string project, string path, string target, string permission, JsonObject? body = null)
        => new(GoogleApi.Monitoring, method, path, body)
        {
            Project = project,
            Target = target,
            Permission = permission,
            Role = method == HttpMethod.Get ? ViewerRole : EditorRole,
        };
}
