using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>What makes one policy as it is asked: a request that makes or changes it, or nothing.</summary>
internal sealed class AlertPolicyPlan
{
    private readonly string _project;
    private readonly string _instance;
    private readonly AlertRule _rule;
    private readonly JsonObject? _existing;
    private readonly List<SettingChange> _changes = [];

    private AlertPolicyPlan(string project, string instance, AlertRule rule, JsonObject? existing)
    {
        _project = project;
        _instance = instance;
        _rule = rule;
        _existing = existing;
    }

    /// <summary>The request to send; null where everything is as asked.</summary>
    internal GoogleRequest? Request { get; private set; }

    /// <summary>What is done, for the question of <c>-Confirm</c>.</summary>
    internal string Description
        => _existing is null
            ? $"Create alert policy '{Request!.Body!.Text("displayName")}' for instance '{_instance}'"
            : $"Change alert policy '{_existing.Text("displayName")}' of instance '{_instance}' ({string.Join("; ", _changes)})";

    /// <summary>What the user should know of the policy, beyond what is asked.</summary>
    internal List<string> Warnings { get; } = [];

    /// <summary>The policy as it is, where nothing is sent; else as it would be made, or is, with what would be changed.</summary>
    internal AlertPolicy Preview
        => Request is null ? MonitoringObjects.ToPolicy(_project, _existing!, CloudAction.Present)
            : _existing is null ? MonitoringObjects.ToPolicy(_project, Request.Body!, CloudAction.WouldCreate)
            : MonitoringObjects.ToPolicy(_project, _existing, CloudAction.WouldUpdate, _changes);

    /// <param name="project">The project's id.</param>
    /// <param name="instance">The instance's name.</param>
    /// <param name="rule">What is watched.</param>
    /// <param name="wish">What is asked.</param>
    /// <param name="channels">The resource names of the channels that are told.</param>
    /// <param name="maxConnections">What the share is of, where connections are counted.</param>
    /// <param name="found">The policies with the labels of this preset and instance.</param>
    internal static AlertPolicyPlan Create(
        string project, string instance, AlertRule rule, AlertWish wish, IReadOnlyList<string> channels, int? maxConnections, IReadOnlyList<JsonObject> found)
    {
        // More than one is there only if two runs made it at the same moment, or somebody copied one. The first stays the one that is kept up.
        var ordered = found.OrderBy(policy => policy.Time("creationRecord", "mutateTime")).ThenBy(policy => policy.Text("name"), StringComparer.Ordinal).ToArray();
        var plan = new AlertPolicyPlan(project, instance, rule, ordered.FirstOrDefault());
        foreach (var copy in ordered.Skip(1))
            plan.Warnings.Add($"'{copy.Text("displayName")}' ({copy.Text("name")}) is a second policy for the same; it is left as it is. Remove it if nobody needs it.");
        if (plan._existing is null) plan.PlanCreation(wish, channels, maxConnections);
        else plan.PlanChange(plan._existing, wish, channels, maxConnections);
        return plan;
    }

    /// <summary>Sends the request.</summary>
    /// <returns>The policy as it is now.</returns>
    internal async Task<AlertPolicy> ApplyAsync(IGoogleApi api, CancellationToken cancellationToken)
    {
        var request = Request!;
        var now = _existing is null
            ? await OneOfAKind.CreateAsync(api, request, FindAsync, cancellationToken).ConfigureAwait(false)
            : await api.SendAsync(request, cancellationToken).ConfigureAwait(false);
        return MonitoringObjects.ToPolicy(_project, now, _existing is null ? CloudAction.Created : CloudAction.Updated, _changes);

        async Task<JsonObject?> FindAsync(CancellationToken token)
            => (await AlertPolicies.ListAsync(api, _project, AlertPolicies.Filter(_instance), token).ConfigureAwait(false))
                .FirstOrDefault(policy => AlertPolicies.IsFor(policy, _rule.Preset, _instance));
    }

    private void PlanCreation(AlertWish wish, IReadOnlyList<string> channels, int? maxConnections)
    {
        var labels = new JsonObject
        {
            [UserLabels.ManagedBy] = UserLabels.Module,
            [UserLabels.Preset] = _rule.Label,
            [UserLabels.Instance] = UserLabels.ToValue(_instance),
        };
        if (maxConnections is { } most) labels[UserLabels.MaxConnections] = FormattableString.Invariant($"{most}");
        Request = MonitoringRequests.CreatePolicy(_project, new JsonObject
        {
            ["displayName"] = wish.DisplayName ?? _rule.DisplayName,
            ["combiner"] = "OR",
            ["enabled"] = true,
            ["conditions"] = new JsonArray(CreateCondition(wish, maxConnections)),
            ["notificationChannels"] = ToArray(channels),
            ["userLabels"] = labels,
        });
        if (channels.Count == 0) WarnOfSilence(wish.DisplayName ?? _rule.DisplayName);
    }

    // Only what differs is sent, under a mask, and a list is sent with all that others put into it.
    private void PlanChange(JsonObject existing, AlertWish wish, IReadOnlyList<string> channels, int? maxConnections)
    {
        var patch = new JsonObject();
        List<string> mask = [];

        if (wish.DisplayName is { } name && existing.Text("displayName") is var before && before != name)
        {
            Change("DisplayName", before, name);
            Set("display_name", "displayName", name);
        }

        var told = existing.Texts("notificationChannels");
        // The same channel may be named by the project's number and by its id.
        string[] all = [.. told, .. channels.Where(channel => !told.Any(other => IdOf(other) == IdOf(channel)))];
        if (all.Length > told.Length)
        {
            Change("NotificationChannels", told.Length == 0 ? null : string.Join(", ", told), string.Join(", ", all));
            Set("notification_channels", "notificationChannels", ToArray(all));
        }

        if (ChangeCondition(existing, wish, maxConnections) is { } conditions) Set("conditions", "conditions", conditions);

        var known = FormattableString.Invariant($"{maxConnections}");
        if (maxConnections is not null && existing.Text("userLabels", UserLabels.MaxConnections) is var label && label != known)
        {
            var labels = (JsonObject)existing["userLabels"]!.DeepClone();
            labels[UserLabels.MaxConnections] = known;
            Change("MaxConnections", label, known);
            Set("user_labels", "userLabels", labels);
        }

        if (mask.Count > 0) Request = MonitoringRequests.PatchPolicy(_project, existing.Text("name")!, patch, mask);
        if (existing["enabled"] is not null && !existing.Flag("enabled")) Warnings.Add($"The alert policy '{existing.Text("displayName")}' of instance '{_instance}' is off: it opens no incident.");
        if (existing.Text("validity", "message") is { Length: > 0 } problem) Warnings.Add($"The alert policy '{existing.Text("displayName")}' is not carried out: {problem}");
        if (all.Length == 0) WarnOfSilence(existing.Text("displayName"));

        void Set(string path, string field, JsonNode value)
        {
            mask.Add(path);
            patch[field] = value;
        }
    }

    /// <summary>The conditions as they have to be; null where they are.</summary>
    private JsonArray? ChangeCondition(JsonObject existing, AlertWish wish, int? maxConnections)
    {
        var conditions = (existing["conditions"] as JsonArray)?.DeepClone().AsArray() ?? [];
        if (conditions.OfType<JsonObject>().FirstOrDefault(one => MonitoringObjects.GetMetric(one["conditionThreshold"]) == _rule.Metric) is not { } condition)
        {
            var added = CreateCondition(wish, maxConnections);
            conditions.Add((JsonNode)added);
            Change("Condition", null, added.Text("displayName"));
            return conditions;
        }

        var isChanged = false;
        var threshold = condition["conditionThreshold"]!.AsObject();
        if (GetShare(existing, threshold, wish) is { } share && AlertRule.GetThreshold(share, maxConnections) is var wanted
            && !(threshold.Real("thresholdValue") is { } present && Math.Abs(present - wanted) < 1e-9))
        {
            Change("Threshold", threshold.Text("thresholdValue"), FormattableString.Invariant($"{wanted}"));
            threshold["thresholdValue"] = wanted;
            // One that a user named keeps its name.
            if (condition.Text("displayName")?.StartsWith($"{_rule.Title} > ", StringComparison.Ordinal) == true)
                condition["displayName"] = _rule.GetConditionName(share, maxConnections);
            isChanged = true;
        }

        if (wish.Seconds is { } seconds && threshold.Seconds("duration") is var lasted && lasted != seconds)
        {
            Change("Duration", threshold.Text("duration"), FormattableString.Invariant($"{seconds}s"));
            threshold["duration"] = FormattableString.Invariant($"{seconds}s");
            isChanged = true;
        }

        return isChanged ? conditions : null;
    }

    // Without a share given, the one that is set is kept: of connections, it is counted anew from the number that the instance allows now.
    private static double? GetShare(JsonObject existing, JsonObject threshold, AlertWish wish)
        => wish.Threshold
            ?? (existing["userLabels"].Number(UserLabels.MaxConnections) is > 0 and var most && threshold.Real("thresholdValue") is { } value ? value / most : null);

    private JsonObject CreateCondition(AlertWish wish, int? maxConnections)
        => _rule.CreateCondition(_project, _instance, wish.Threshold ?? _rule.DefaultShare, maxConnections, wish.Seconds ?? AlertRule.DefaultSeconds);

    private void Change(string setting, string? before, string? after) => _changes.Add(new SettingChange(setting, before, after));

    private void WarnOfSilence(string? displayName) => Warnings.Add(
        $"The alert policy '{displayName}' of instance '{_instance}' tells nobody: its incidents show in the console only. "
        + "New-SwarmNotificationChannel ADDRESS | Set-SwarmAlertPolicy adds an address.");

    private static string IdOf(string channel) => channel[(channel.LastIndexOf('/') + 1)..];

    private static JsonArray ToArray(IEnumerable<string> texts) => [.. texts.Select(text => (JsonNode)text)];
}
