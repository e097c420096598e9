namespace MarketingSwarm;

/// <summary>An alert policy of Cloud Monitoring (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies).</summary>
public sealed class AlertPolicy
{
    internal AlertPolicy()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The resource name, <c>projects/PROJECT/alertPolicies/ID</c>; empty while there is none.</summary>
    public required string Name { get; init; }

    /// <summary>What notifications and the console call it; several policies may have the same.</summary>
    public required string DisplayName { get; init; }

    /// <summary>What it watches, where Set-SwarmAlertPolicy made it; <see langword="null"/> for a policy of somebody else.</summary>
    public AlertPreset? Preset { get; internal init; }

    /// <summary>The Cloud SQL instance it watches; <see langword="null"/> where its condition names none, or more than one.</summary>
    public string? Instance { get; internal init; }

    /// <summary>The metric of its first condition that compares a metric with a threshold, such as <c>cloudsql.googleapis.com/database/cpu/utilization</c>.</summary>
    public string? Metric { get; internal init; }

    /// <summary>What that condition compares with, in the metric's unit: a share from 0 to 1, or a number of connections.</summary>
    public double? Threshold { get; internal init; }

    /// <summary>How long the threshold must be passed before an incident is opened.</summary>
    public TimeSpan? Duration { get; internal init; }

    /// <summary>Whether it is on.</summary>
    public bool Enabled { get; internal init; }

    /// <summary>Who is told, as resource names <c>projects/PROJECT/notificationChannels/ID</c>.</summary>
    public IReadOnlyList<string> NotificationChannels { get; internal init; } = [];

    /// <summary>Why Google cannot carry it out; <see langword="null"/> for a policy that is sound.</summary>
    public string? Problem { get; internal init; }

    /// <summary>When it was made, in UTC.</summary>
    public DateTime? CreateTime { get; internal init; }

    /// <summary>The labels of its users.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; internal init; } = new Dictionary<string, string>();

    /// <summary>What Set-SwarmAlertPolicy has just done, or would do with <c>-WhatIf</c>; <see langword="null"/> for a policy that was only read.</summary>
    public CloudAction? Action { get; internal init; }

    /// <summary>What Set-SwarmAlertPolicy has just changed, or would change with <c>-WhatIf</c>, of a policy that was there; empty where nothing had to be.</summary>
    public IReadOnlyList<SettingChange> Changes { get; internal init; } = [];

    /// <summary>All that Google said, as JSON: also the fields that have no property here.</summary>
    public required string Json { get; init; }

    /// <summary>The display name, and the instance it watches.</summary>
    public override string ToString() => Instance is null ? DisplayName : $"{DisplayName} ({Instance})";
}
