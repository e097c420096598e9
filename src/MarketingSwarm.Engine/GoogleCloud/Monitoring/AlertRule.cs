using System.Globalization;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>What a preset watches, and from where on.</summary>
/// <remarks>
///   Metrics, their types and labels: https://docs.cloud.google.com/sql/docs/postgres/admin-api/metrics. The three utilizations are gauges of the type
///   DOUBLE, shares from 0 to 1; num_backends is a gauge of the type INT64 with a time series for each database, so that only their sum says how near an
///   instance is to its limit.
/// </remarks>
/// <param name="Preset">The preset.</param>
/// <param name="Metric">The metric's type.</param>
/// <param name="Title">What conditions and policies call it.</param>
/// <param name="DefaultShare">From which share on an incident is opened.</param>
internal sealed record AlertRule(AlertPreset Preset, string Metric, string Title, double DefaultShare)
{
    internal const int DefaultSeconds = 300;

    private static readonly AlertRule[] Rules =
    [
        new(AlertPreset.Cpu, "cloudsql.googleapis.com/database/cpu/utilization", "CPU", 0.8),
        new(AlertPreset.Disk, "cloudsql.googleapis.com/database/disk/utilization", "Disk", 0.8),
        new(AlertPreset.Memory, "cloudsql.googleapis.com/database/memory/utilization", "Memory", 0.9),
        new(AlertPreset.Connections, "cloudsql.googleapis.com/database/postgresql/num_backends", "Connections", 0.8),
    ];

    internal static AlertRule Of(AlertPreset preset) => Rules[(int)preset];

    internal string DisplayName => $"Cloud SQL High {Title}";

    /// <summary>The preset as a label's value.</summary>
    internal string Label => LabelOf(Preset);

    internal static string LabelOf(AlertPreset preset) => preset switch
    {
        AlertPreset.Cpu => "cpu",
        AlertPreset.Disk => "disk",
        AlertPreset.Memory => "memory",
        _ => "connections",
    };

    internal static AlertPreset? FromLabel(string? label) => Rules.FirstOrDefault(rule => rule.Label == label)?.Preset;

    /// <summary>What the metric is compared with: the share itself, or of so many connections.</summary>
    internal static double GetThreshold(double share, int? maxConnections) => maxConnections is { } most ? Math.Round(share * most, 3) : share;

    internal string GetConditionName(double share, int? maxConnections) => $"{Title} > {Percent(share)}{(maxConnections is { } most ? Of(most) : "")}";

    /// <summary>A condition of that form and no other: the API has no comparison in its filters, and knows only greater and less than.</summary>
    internal JsonObject CreateCondition(string project, string instance, double share, int? maxConnections, int seconds)
    {
        var aggregation = new JsonObject { ["alignmentPeriod"] = "60s", ["perSeriesAligner"] = "ALIGN_MEAN" };
        if (Preset == AlertPreset.Connections)
        {
            aggregation["crossSeriesReducer"] = "REDUCE_SUM";
            aggregation["groupByFields"] = new JsonArray("resource.labels.database_id");
        }

        return new JsonObject
        {
            ["displayName"] = GetConditionName(share, maxConnections),
            ["conditionThreshold"] = new JsonObject
            {
                ["filter"] = $"resource.type = \"cloudsql_database\" AND resource.labels.database_id = \"{project}:{instance}\" AND metric.type = \"{Metric}\"",
                ["comparison"] = "COMPARISON_GT",
                ["thresholdValue"] = GetThreshold(share, maxConnections),
                ["duration"] = FormattableString.Invariant($"{seconds}s"),
                ["trigger"] = new JsonObject { ["count"] = 1 },
                ["aggregations"] = new JsonArray(aggregation),
            },
        };
    }

    /// <summary>How many connections an instance allows, and what says so: its flag, or what Cloud SQL gives its tier.</summary>
    /// <exception cref="SwarmConfigurationException">Neither is known.</exception>
    internal static (int Number, string Source) GetMaxConnections(CloudSqlInstance instance)
    {
        if (instance.DatabaseFlags.TryGetValue("max_connections", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var set))
            return (set, "the instance's flag");
        return instance.Tier is not null && MachineTier.GetDefaultConnections(instance.Tier) is { } connections
            ? (connections, $"Cloud SQL's default for {instance.Tier}")
            : throw Errors.MaxConnectionsNotKnown(instance.Name, instance.Tier);
    }

    internal static string Percent(double share) => FormattableString.Invariant($"{share * 100:0.##}%");

    private static string Of(int maxConnections) => FormattableString.Invariant($" of {maxConnections}");
}
