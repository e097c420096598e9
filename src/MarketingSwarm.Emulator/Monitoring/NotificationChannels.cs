using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Monitoring;

/// <summary>The kinds of notification channels, and what a channel of each may be. No notification is ever sent.</summary>
internal static class NotificationChannels
{
    /// <summary>The kinds whose configuration is no secret.</summary>
    private static readonly (string Type, string Title, string Description, (string Key, string Description)[] Labels)[] Kinds =
    [
        ("email", "Email", "An email address.", [("email_address", "An address to send email.")]),
        ("pubsub", "Cloud Pub/Sub", "A Cloud Pub/Sub topic.", [("topic", "The name of the topic: projects/PROJECT/topics/TOPIC.")]),
        ("sms", "SMS", "A phone number for text messages.", [("number", "The phone number, in the form of E.164.")]),
    ];

    /// <summary>All kinds, described for a project.</summary>
    public static IEnumerable<JsonObject> Descriptors(string project) => Kinds.Select(kind => new JsonObject
    {
        ["name"] = $"projects/{project}/notificationChannelDescriptors/{kind.Type}",
        ["type"] = kind.Type,
        ["displayName"] = kind.Title,
        ["description"] = kind.Description,
        ["labels"] = new JsonArray([.. kind.Labels.Select(label => (JsonNode)new JsonObject { ["key"] = label.Key, ["description"] = label.Description })]),
        ["launchStage"] = "GA",
    });

    /// <summary>Refuses a channel that the API refuses.</summary>
    /// <exception cref="ApiException">With the first fault.</exception>
    public static void Check(JsonObject channel)
    {
        AlertPolicies.CheckDisplayName(channel, "notification_channel.display_name", isRequired: false);
        AlertPolicies.CheckUserLabels(channel, "notification_channel.user_labels");
        var type = channel.Text("type");
        var kind = Array.Find(Kinds, kind => kind.Type == type);
        if (kind.Type is null)
            throw AlertPolicies.Invalid("notification_channel.type", type, $"The emulator has the types {string.Join(", ", Kinds.Select(known => known.Type))}.");
        var labels = channel.Message("labels") ?? [];
        foreach (var (key, _) in kind.Labels)
        {
            if (labels.Text(key) is null) throw AlertPolicies.Invalid("notification_channel.labels", "", $"A channel of type \"{type}\" requires the label \"{key}\".");
        }

        foreach (var (key, _) in labels)
        {
            if (!Array.Exists(kind.Labels, label => label.Key == key))
                throw AlertPolicies.Invalid("notification_channel.labels", key, $"A channel of type \"{type}\" has no label \"{key}\".");
        }

        if (type == "email" && labels.Text("email_address")!.IndexOf('@', StringComparison.Ordinal) is var at && (at < 1 || at == labels.Text("email_address")!.Length - 1))
            throw AlertPolicies.Invalid("notification_channel.labels[email_address]", labels.Text("email_address"), "It is no email address.");
    }
}
