namespace MarketingSwarm;

/// <summary>Where Cloud Monitoring sends notifications (https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.notificationChannels).</summary>
public sealed class NotificationChannel
{
    internal NotificationChannel()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The resource name, <c>projects/PROJECT/notificationChannels/ID</c>; empty while there is none.</summary>
    public required string Name { get; init; }

    /// <summary>The resource name, by which it pipes into Set-SwarmAlertPolicy; <see langword="null"/> while there is none.</summary>
    public string? ChannelName => Name.Length > 0 ? Name : null;

    /// <summary>What the console calls it.</summary>
    public required string DisplayName { get; init; }

    /// <summary>The kind of channel: <c>email</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The e-mail address of a channel of the type <c>email</c>.</summary>
    public string? EmailAddress { get; internal init; }

    /// <summary>Whether notifications are passed on.</summary>
    public bool Enabled { get; internal init; }

    /// <summary>VERIFIED, UNVERIFIED (it does not work yet) or <see langword="null"/> for a channel that needs no verification.</summary>
    public string? VerificationStatus { get; internal init; }

    /// <summary>What New-SwarmNotificationChannel has just done, or would do with <c>-WhatIf</c>.</summary>
    public CloudAction Action { get; internal init; }

    /// <summary>All that Google said, as JSON.</summary>
    public required string Json { get; init; }

    /// <summary>The resource name.</summary>
    public override string ToString() => Name;
}
