namespace MarketingSwarm;

/// <summary>
///   How a user names a notification channel: its resource name, its id, or the object of New-SwarmNotificationChannel. PowerShell converts any of them to
///   this type.
/// </summary>
public sealed class NotificationChannelReference
{
    private const string Collection = "notificationChannels";

    /// <summary>Names a channel by its resource name or its id.</summary>
    /// <param name="name"><c>projects/my-project/notificationChannels/1234567890</c>, or <c>1234567890</c>.</param>
    /// <exception cref="ArgumentException">It is neither.</exception>
    public NotificationChannelReference(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        var parts = name.Split('/');
        var isName = parts is ["projects", { Length: > 0 }, Collection, { Length: > 0 }];
        if (!isName && parts.Length != 1)
            throw new ArgumentException($"'{name}' is not a notification channel: its id, or projects/PROJECT/{Collection}/ID is expected.", nameof(name));
        if (isName) Project = parts[1];
        Id = parts[^1];
    }

    /// <summary>Names a channel by itself.</summary>
    public NotificationChannelReference(NotificationChannel channel)
        : this((channel ?? throw new ArgumentNullException(nameof(channel))).Name)
    {
    }

    /// <summary>The project's id or number, where the reference says it.</summary>
    public string? Project { get; }

    /// <summary>The channel's id.</summary>
    public string Id { get; }

    /// <summary>The resource name, or the id where the project is not known.</summary>
    public override string ToString() => Project is null ? Id : $"projects/{Project}/{Collection}/{Id}";
}
