using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>The alert policies of a project, and those that the module made for an instance.</summary>
internal static class AlertPolicies
{
    /// <summary>Reads what there is and says what would make it as it is asked; nothing is changed.</summary>
    /// <returns>A plan for each preset, in the order asked.</returns>
    /// <exception cref="SwarmCloudException">The instance or a channel does not exist.</exception>
    internal static async Task<IReadOnlyList<AlertPolicyPlan>> PlanAsync(
        IGoogleApi api, string project, string instance, AlertWish wish, CancellationToken cancellationToken)
    {
        wish.Check();
        var described = await GetInstanceAsync(api, project, instance, cancellationToken).ConfigureAwait(false);
        var channels = await GetChannelsAsync(api, project, wish.Channels, cancellationToken).ConfigureAwait(false);
        var (maxConnections, source) = wish.Presets.Contains(AlertPreset.Connections) ? AlertRule.GetMaxConnections(described) : ((int?)null, "");
        if (maxConnections is { } most) api.Trace.Verbose(FormattableString.Invariant($"Instance '{instance}' allows {most} connections: {source}."));

        var existing = await ListAsync(api, project, Filter(instance), cancellationToken).ConfigureAwait(false);
        return
        [
            .. wish.Presets.Distinct().Select(preset => AlertPolicyPlan.Create(
                project, instance, AlertRule.Of(preset), wish, channels, preset == AlertPreset.Connections ? maxConnections : null,
                [.. existing.Where(policy => IsFor(policy, preset, instance))])),
        ];
    }

    /// <param name="api">Where to.</param>
    /// <param name="project">The project's id.</param>
    /// <param name="filter">A filter of the API; null for all policies.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    internal static async Task<IReadOnlyList<JsonObject>> ListAsync(IGoogleApi api, string project, string? filter, CancellationToken cancellationToken)
    {
        List<JsonObject> policies = [];
        await foreach (var policy in api.ListAsync(token => MonitoringRequests.ListPolicies(project, filter, token), "alertPolicies", cancellationToken).ConfigureAwait(false))
            policies.Add(policy);
        return policies;
    }

    /// <summary>The policies that the module made, of one instance or of all.</summary>
    internal static string Filter(string? instance)
    {
        var ours = $"user_labels.{UserLabels.ManagedBy}=\"{UserLabels.Module}\"";
        return instance is null ? ours : $"{ours} AND user_labels.{UserLabels.Instance}=\"{Escape(UserLabels.ToValue(instance))}\"";
    }

    /// <summary>Whether a policy is the module's for a preset and an instance; the filter has said so, but a label is exact.</summary>
    internal static bool IsFor(JsonObject policy, AlertPreset preset, string instance)
        => policy.Text("userLabels", UserLabels.ManagedBy) == UserLabels.Module
            && policy.Text("userLabels", UserLabels.Preset) == AlertRule.LabelOf(preset)
            && policy.Text("userLabels", UserLabels.Instance) == UserLabels.ToValue(instance);

    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static async Task<CloudSqlInstance> GetInstanceAsync(IGoogleApi api, string project, string instance, CancellationToken cancellationToken)
    {
        try
        {
            return CloudSqlObjects.ToInstance(project, await api.SendAsync(CloudSqlRequests.GetInstance(project, instance), cancellationToken).ConfigureAwait(false));
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            throw Errors.AlertInstanceNotFound(project, instance);
        }
    }

    private static async Task<IReadOnlyList<string>> GetChannelsAsync(
        IGoogleApi api, string project, IReadOnlyList<NotificationChannelReference> channels, CancellationToken cancellationToken)
    {
        List<string> names = [];
        foreach (var channel in channels)
        {
            // A number is the same project by its other name; Google answers with either.
            if (channel.Project is { } owner && owner != project && !owner.All(char.IsAsciiDigit)) throw Errors.NotificationChannelElsewhere(project, channel);
            try
            {
                var found = await api.SendAsync(MonitoringRequests.GetChannel(channel.Project ?? project, channel.Id), cancellationToken).ConfigureAwait(false);
                if (found["enabled"] is not null && !found.Flag("enabled"))
                    api.Trace.Warning($"The notification channel '{found.Text("displayName")}' ({channel}) is off: it passes nothing on.");
                names.Add(found.Text("name") ?? channel.ToString());
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
            {
                throw Errors.NotificationChannelNotFound(project, channel.ToString());
            }
        }

        return names;
    }
}
