using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Monitoring;

/// <summary>What an alert policy may be.</summary>
internal static partial class AlertPolicies
{
    private const int MostConditions = 6;
    private const int LongestDisplayName = 512;

    private static readonly string[] ConditionKinds =
    [
        "conditionThreshold", "conditionAbsent", "conditionMatchedLog", "conditionMonitoringQueryLanguage", "conditionPrometheusQueryLanguage", "conditionSql",
    ];

    /// <summary>Refuses a policy that the API refuses.</summary>
    /// <exception cref="ApiException">With the first fault.</exception>
    public static void Check(JsonObject policy)
    {
        CheckDisplayName(policy, "alert_policy.display_name");
        CheckUserLabels(policy, "alert_policy.user_labels");
        if (policy.Text("combiner") is null or "COMBINE_UNSPECIFIED") throw Invalid("alert_policy.combiner", policy.Text("combiner"), "A combiner must be specified: AND, OR or AND_WITH_MATCHING_RESOURCE.");
        var conditions = policy.Messages("conditions").ToList();
        if (conditions.Count is 0 or > MostConditions)
            throw Invalid("alert_policy.conditions", conditions.Count.ToString(CultureInfo.InvariantCulture), $"A policy has from 1 to {MostConditions} conditions.");
        for (var i = 0; i < conditions.Count; i++) CheckCondition(conditions[i], $"alert_policy.conditions[{i}]");
    }

    /// <summary>Refuses labels that the API refuses.</summary>
    public static void CheckUserLabels(JsonObject resource, string field)
    {
        var labels = resource.Message("userLabels") ?? [];
        if (labels.Count > 64) throw Invalid(field, labels.Count.ToString(CultureInfo.InvariantCulture), "There can be 64 labels.");
        foreach (var (key, value) in labels)
        {
            if (!LabelKey().IsMatch(key) || !LabelValue().IsMatch(value?.ToString() ?? ""))
                throw Invalid(field, key, "Labels and values can contain only lowercase letters, numerals, underscores and dashes, 63 at most; keys must begin with a letter.");
        }
    }

    /// <summary>Refuses a display name that is too long, or missing where it is required.</summary>
    public static void CheckDisplayName(JsonObject resource, string field, bool isRequired = true)
    {
        var name = resource.Text("displayName");
        if (name is null && isRequired) throw Invalid(field, "", "A display name is required.");
        if (name?.Length > LongestDisplayName) throw Invalid(field, name[..40] + "…", $"It can have {LongestDisplayName} characters.");
    }

    /// <summary>The API's error of a field.</summary>
    public static ApiException Invalid(string field, string? value, string reason)
        => ApiException.InvalidArgument($"Field {field} had an invalid value of \"{value}\": {reason}");

    [GeneratedRegex(@"^[a-z][a-z0-9_-]{0,62}\z")]
    private static partial Regex LabelKey();

    [GeneratedRegex(@"^[a-z0-9_-]{0,63}\z")]
    private static partial Regex LabelValue();

    private static void CheckCondition(JsonObject condition, string field)
    {
        CheckDisplayName(condition, $"{field}.display_name");
        var kinds = ConditionKinds.Where(kind => condition[kind] is not null).ToList();
        if (kinds.Count != 1) throw Invalid(field, string.Join(", ", kinds), "A condition has exactly one of its kinds, such as conditionThreshold.");
        var kind = condition.Message(kinds[0])!;
        switch (kinds[0])
        {
            case "conditionThreshold":
                CheckThreshold(kind, $"{field}.condition_threshold");
                break;
            case "conditionAbsent":
                MetricFilter.Check(kind.Text("filter"), $"{field}.condition_absent.filter");
                CheckDuration(kind, $"{field}.condition_absent", 120);
                CheckAggregations(kind, "aggregations", $"{field}.condition_absent.aggregations");
                CheckTrigger(kind, $"{field}.condition_absent.trigger");
                break;
        }
    }

    private static void CheckThreshold(JsonObject threshold, string field)
    {
        MetricFilter.Check(threshold.Text("filter"), $"{field}.filter");
        if (threshold.Text("denominatorFilter") is { } denominator) MetricFilter.Check(denominator, $"{field}.denominator_filter");
        if (threshold.Text("comparison") is not ("COMPARISON_GT" or "COMPARISON_LT"))
            throw Invalid($"{field}.comparison", threshold.Text("comparison"), "Only COMPARISON_GT and COMPARISON_LT are supported.");
        CheckDuration(threshold, field, 0);
        CheckAggregations(threshold, "aggregations", $"{field}.aggregations");
        CheckAggregations(threshold, "denominatorAggregations", $"{field}.denominator_aggregations");
        CheckTrigger(threshold, $"{field}.trigger");
    }

    private static void CheckDuration(JsonObject condition, string field, int least)
    {
        var text = condition.Text("duration") ?? throw Invalid($"{field}.duration", "", "A duration is required.");
        var seconds = JsonFields.ToSeconds(text);
        if (seconds < least || seconds % 60 != 0) throw Invalid($"{field}.duration", text, $"It must be a multiple of a minute{(least > 0 ? $" and at least {least} seconds" : "")}, such as 300s.");
    }

    private static void CheckAggregations(JsonObject condition, string name, string field)
    {
        var index = 0;
        foreach (var aggregation in condition.Messages(name))
        {
            var place = $"{field}[{index++}]";
            var hasAligner = aggregation.Text("perSeriesAligner") is not (null or "ALIGN_NONE");
            var period = aggregation.Text("alignmentPeriod");
            if (hasAligner && (period is null || JsonFields.ToSeconds(period) is < 60 or > 90_000))
                throw Invalid($"{place}.alignment_period", period, "It must be from 60s to 90000s where there is an aligner.");
            if (!hasAligner && aggregation.Text("crossSeriesReducer") is not (null or "REDUCE_NONE"))
                throw Invalid($"{place}.per_series_aligner", aggregation.Text("perSeriesAligner"), "A reducer needs an aligner other than ALIGN_NONE.");
        }
    }

    private static void CheckTrigger(JsonObject condition, string field)
    {
        if (condition.Message("trigger") is not { } trigger) return;
        if (trigger["count"] is not null && trigger["percent"] is not null) throw Invalid(field, "count, percent", "A trigger has one of them.");
        if (trigger["count"] is { } count && int.Parse(count.ToString(), CultureInfo.InvariantCulture) < 1) throw Invalid($"{field}.count", count.ToString(), "It must be at least 1.");
        if (trigger["percent"] is { } percent && double.Parse(percent.ToString(), CultureInfo.InvariantCulture) is not (> 0 and <= 100))
            throw Invalid($"{field}.percent", percent.ToString(), "It must be more than 0 and at most 100.");
    }
}
