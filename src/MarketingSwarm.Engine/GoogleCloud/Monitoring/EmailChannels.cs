using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>The notification channels that send e-mail: one an address.</summary>
internal static partial class EmailChannels
{
    private const string Type = "email";

    /// <summary>The channel of an address. Of several, the module's own; then the first.</summary>
    internal static async Task<JsonObject?> FindAsync(IGoogleApi api, string project, string address, CancellationToken cancellationToken)
    {
        List<JsonObject> channels = [];
        await foreach (var channel in api
            .ListAsync(token => MonitoringRequests.ListChannels(project, $"type=\"{Type}\"", token), "notificationChannels", cancellationToken).ConfigureAwait(false))
        {
            if (channel.Text("type") == Type && string.Equals(channel.Text("labels", "email_address"), address, StringComparison.OrdinalIgnoreCase)) channels.Add(channel);
        }

        return channels.OrderBy(channel => !IsOurs(channel)).ThenBy(channel => channel.Text("name"), StringComparer.Ordinal).FirstOrDefault();
    }

    internal static GoogleRequest CreateRequest(string project, string address, string? displayName)
        => MonitoringRequests.CreateChannel(project, new JsonObject
        {
            ["type"] = Type,
            ["displayName"] = displayName ?? address,
            ["labels"] = new JsonObject { ["email_address"] = address },
            ["userLabels"] = new JsonObject { [UserLabels.ManagedBy] = UserLabels.Module },
            ["enabled"] = true,
        });

    /// <summary>The request that names a channel anew; null where it has the name, or belongs to others.</summary>
    internal static GoogleRequest? RenameRequest(string project, JsonObject channel, string? displayName)
        => displayName is null || !IsOurs(channel) || channel.Text("displayName") == displayName
            ? null
            : MonitoringRequests.PatchChannel(project, channel.Text("name")!, new JsonObject { ["displayName"] = displayName }, ["display_name"]);

    internal static Task<JsonObject> CreateAsync(IGoogleApi api, GoogleRequest request, string project, string address, CancellationToken cancellationToken)
        => OneOfAKind.CreateAsync(api, request, token => FindAsync(api, project, address, token), cancellationToken);

    internal static bool IsOurs(JsonObject channel) => channel.Text("userLabels", UserLabels.ManagedBy) == UserLabels.Module;

    /// <exception cref="SwarmConfigurationException">It is not an address.</exception>
    internal static void Check(string address)
    {
        if (!Address().IsMatch(address)) throw Errors.EmailAddressMalformed(address);
    }

    // What is certainly none is refused; whether mail arrives, only mail can tell.
    [GeneratedRegex(@"^[^\s@<>,;""]{1,64}@[^\s@<>,;""]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Address();
}
