namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>What a user asks of an instance's policies. What is not said stays as it is, or is the preset's default in a policy that is made.</summary>
internal sealed record AlertWish
{
    internal required IReadOnlyList<AlertPreset> Presets { get; init; }

    /// <summary>A share, above 0 and below 1.</summary>
    internal double? Threshold { get; init; }

    /// <summary>A multiple of 60.</summary>
    internal int? Seconds { get; init; }

    internal string? DisplayName { get; init; }

    /// <summary>Who is told as well as those who are told already.</summary>
    internal IReadOnlyList<NotificationChannelReference> Channels { get; init; } = [];

    /// <exception cref="SwarmConfigurationException">A value that Cloud Monitoring would refuse, or that could never be passed.</exception>
    internal void Check()
    {
        if (Threshold is { } threshold && !(threshold is > 0 and < 1)) throw Errors.AlertThresholdOutOfRange(threshold);
        if (Seconds is { } seconds && (seconds < 0 || seconds % 60 != 0)) throw Errors.AlertDurationMalformed(seconds);
        if (DisplayName is not null && Presets.Count > 1) throw Errors.AlertDisplayNameShared(DisplayName, Presets.Count);
    }
}
