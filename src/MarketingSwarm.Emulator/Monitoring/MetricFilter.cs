using System.Text.RegularExpressions;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Monitoring;

/// <summary>The filter of a condition, which chooses time series: what the API takes and refuses.</summary>
internal static partial class MetricFilter
{
    private const int LongestFilter = 2048;
    private const string CloudSqlMetrics = "cloudsql.googleapis.com/";

    /// <summary>Cloud SQL's own metrics; those of PostgreSQL, below database/postgresql/, are too many and are taken as they come.</summary>
    private static readonly HashSet<string> KnownCloudSqlMetrics = new(StringComparer.Ordinal)
    {
        "database/auto_failover_request_count", "database/available_for_failover", "database/cpu/reserved_cores", "database/cpu/usage_time",
        "database/cpu/utilization", "database/disk/bytes_used", "database/disk/bytes_used_by_data_type", "database/disk/quota",
        "database/disk/read_ops_count", "database/disk/utilization", "database/disk/write_ops_count", "database/instance_state",
        "database/memory/components", "database/memory/quota", "database/memory/total_usage", "database/memory/usage", "database/memory/utilization",
        "database/network/connections", "database/network/received_bytes_count", "database/network/sent_bytes_count",
        "database/replication/log_archive_failure_count", "database/replication/log_archive_success_count", "database/replication/network_lag",
        "database/replication/replica_lag", "database/replication/state", "database/state", "database/up", "database/uptime",
    };

    /// <summary>Refuses a filter that no condition can have.</summary>
    /// <param name="filter">null for none.</param>
    /// <param name="field">The filter's place in the policy, for the error.</param>
    /// <exception cref="ApiException">With the API's own words where they are known.</exception>
    public static void Check(string? filter, string field)
    {
        if (filter is null) throw Invalid("", "The filter is required.");
        if (filter.Length > LongestFilter) throw Invalid(filter[..40] + "…", $"The filter has {filter.Length} characters, and can have {LongestFilter}.");

        string? metric = null, resource = null;
        var end = 0;
        foreach (Match term in Term().Matches(filter))
        {
            CheckOperators(filter[end..term.Index]);
            end = term.Index + term.Length;
            var name = term.Groups["name"].Value;
            var value = term.Groups["value"].Value.Trim('"', '\'');
            if (!IsKnown(name)) throw Invalid(filter, $"The field name \"{name}\" is not valid in a filter. A threshold is the condition's thresholdValue, not a term of its filter.");
            if (term.Groups["operator"].Value != "=") continue;
            if (name == "metric.type") metric = value;
            else if (name == "resource.type") resource = value;
        }

        CheckOperators(filter[end..]);
        if (metric is null && !filter.Contains("metric.type", StringComparison.Ordinal))
            throw Invalid(filter, "must specify a restriction on \"metric.type\" in the filter; see \"https://cloud.google.com/monitoring/api/metrics\" for a list of available metric types.");
        if (resource is null && !filter.Contains("resource.type", StringComparison.Ordinal))
            throw Invalid(filter, "must specify a restriction on \"resource.type\" in the filter; see \"https://cloud.google.com/monitoring/api/resources\" for a list of available resource types.");
        if (metric is null || !metric.StartsWith(CloudSqlMetrics, StringComparison.Ordinal)) return;
        var own = metric[CloudSqlMetrics.Length..];
        if (!KnownCloudSqlMetrics.Contains(own) && !own.StartsWith("database/postgresql/", StringComparison.Ordinal))
        {
            throw ApiException.NotFound(
                $"Cannot find metric that matches type = \"{metric}\". If a metric was created recently, it could take up to 10 minutes to become available. Please try again soon.");
        }

        ApiException Invalid(string shown, string reason) => ApiException.InvalidArgument($"Field {field} had an invalid value of \"{shown}\": {reason}");

        // What stands between two comparisons, or after the last.
        void CheckOperators(string text)
        {
            var words = text.Split((char[])[' ', '\t', '\r', '\n', '(', ')'], StringSplitOptions.RemoveEmptyEntries);
            if (Array.Find(words, word => word is not ("AND" or "OR" or "NOT" or "-")) is { } token) throw Invalid(filter, $"Could not parse filter; syntax error at '{token}'.");
        }
    }

    [GeneratedRegex("""(?<name>[A-Za-z_][A-Za-z0-9_.]*)\s*(?<operator>=|!=|:|<=|>=|<|>)\s*(?<value>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[A-Za-z_.]+\((?:[^()"]|"(?:[^"\\]|\\.)*")*\)|[^\s()"']+)""")]
    private static partial Regex Term();

    private static bool IsKnown(string name)
        => name is "metric.type" or "resource.type" or "project" or "group.id"
            || name.StartsWith("metric.label.", StringComparison.Ordinal) || name.StartsWith("metric.labels.", StringComparison.Ordinal)
            || name.StartsWith("resource.label.", StringComparison.Ordinal) || name.StartsWith("resource.labels.", StringComparison.Ordinal)
            || name.StartsWith("metadata.", StringComparison.Ordinal);
}
