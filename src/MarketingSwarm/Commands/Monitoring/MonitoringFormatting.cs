using System.Globalization;

namespace MarketingSwarm.Commands;

/// <summary>What the views of alert policies show. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class MonitoringFormatting
{
    /// <summary>From where on and after how long an incident is opened: <c>&gt; 80 %, 5 min</c>; empty for a policy without a threshold.</summary>
    public static string FormatRule(AlertPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.Threshold is not { } threshold) return "";
        var culture = CultureInfo.CurrentCulture;
        var limit = policy.Metric?.EndsWith("/utilization", StringComparison.Ordinal) == true
            ? string.Create(culture, $"> {threshold * 100:0.##} %") : string.Create(culture, $"> {threshold:0.##}");
        return policy.Duration is { } duration ? string.Create(culture, $"{limit}, {duration.TotalMinutes:0.##} min") : limit;
    }

    /// <summary>What was done, and what was changed; empty for a policy that was only read.</summary>
    public static string FormatChanges(AlertPolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy.Changes.Count == 0 ? $"{policy.Action}" : $"{policy.Action}: {string.Join("; ", policy.Changes)}";
    }
}
