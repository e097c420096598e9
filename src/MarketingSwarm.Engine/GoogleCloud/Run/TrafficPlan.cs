using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.Run;

/// <summary>How the requests to a service are divided among its revisions (https://cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration).</summary>
internal static partial class TrafficPlan
{
    private const string Latest = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST";
    private const string Revision = "TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION";

    /// <summary>Refuses what cannot be a tag.</summary>
    /// <exception cref="SwarmConfigurationException">It cannot be one.</exception>
    internal static void RequireTag(string tag)
    {
        if (!TagName().IsMatch(tag)) throw Errors.DeploymentValueMalformed("-Tag", tag, "1 to 46 lower-case letters, digits and hyphens, a letter first and no hyphen last,");
    }

    /// <summary>All requests to the newest revision as soon as it is ready; tags stay.</summary>
    internal static JsonArray AllToLatest(JsonObject service) => [new JsonObject { ["type"] = Latest, ["percent"] = 100 }, .. Tags(service)];

    /// <summary>All requests to the newest revision, which also has a tag.</summary>
    internal static JsonArray Tagged(JsonObject service, string tag)
        => [new JsonObject { ["type"] = Latest, ["percent"] = 100, ["tag"] = tag }, .. Tags(service).Where(target => target.Text("tag") != tag)];

    /// <summary>The requests as they go now, pinned to the revisions that get them, so that a new one gets none.</summary>
    /// <param name="service">The service as it is.</param>
    /// <param name="tag">A tag under which the new revision is reached; null for none.</param>
    internal static JsonArray Pinned(JsonObject service, string? tag)
    {
        var traffic = new JsonArray([.. Shares(service).Select(share => Target(share.Revision, share.Percent)), .. Tags(service).Where(target => target.Text("tag") != tag)]);
        if (tag is not null) traffic.Add((JsonNode)new JsonObject { ["type"] = Latest, ["percent"] = 0, ["tag"] = tag });
        return traffic;
    }

    /// <summary>A share for one revision; the others divide the rest as they did before.</summary>
    /// <param name="service">The service as it is.</param>
    /// <param name="revision">The revision's short name.</param>
    /// <param name="percent">1 to 100.</param>
    /// <returns>null where no other revision could take the rest.</returns>
    internal static JsonArray? Shift(JsonObject service, string revision, int percent)
    {
        var others = Shares(service).Where(share => share.Revision != revision).ToList();
        var rest = 100 - percent;
        if (rest > 0 && others.Count == 0) return null;
        var total = Math.Max(1, others.Sum(share => share.Percent));
        var parts = others.Select(share => (share.Revision, Percent: share.Percent * rest / total)).ToList();
        // What rounding leaves goes to the greatest.
        if (rest > 0) parts[0] = (parts[0].Revision, parts[0].Percent + rest - parts.Sum(part => part.Percent));
        return [Target(revision, percent), .. parts.Where(part => part.Percent > 0).Select(part => Target(part.Revision, part.Percent)), .. Tags(service)];
    }

    /// <summary>The revisions that requests go to now and their percentages, the greatest first.</summary>
    internal static IReadOnlyList<(string Revision, int Percent)> Shares(JsonObject service)
    {
        var shares = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var status in service.Items("trafficStatuses"))
        {
            // A share of the latest revision does not always say which that is.
            var name = status.Text("revision") is { Length: > 0 } named ? named : service.Text("latestReadyRevision");
            if (name is null || status.Number("percent") is not (> 0 and var percent)) continue;
            name = ShortName(name);
            shares[name] = shares.GetValueOrDefault(name) + (int)percent;
        }

        return [.. shares.OrderByDescending(share => share.Value).Select(share => (share.Key, share.Value))];
    }

    /// <summary>How the requests are asked to be divided among named revisions; null where a share goes to whichever is the newest.</summary>
    internal static IReadOnlyDictionary<string, int>? Targets(JsonObject service)
    {
        var targets = service.Items("traffic").Where(target => target.Number("percent") > 0).ToList();
        return targets.Any(target => target.Text("revision") is null) ? null : targets.ToDictionary(target => ShortName(target.Text("revision")!), target => (int)target.Number("percent")!);
    }

    /// <summary>The last part of a resource's name.</summary>
    internal static string ShortName(string name) => name[(name.LastIndexOf('/') + 1)..];

    private static JsonObject Target(string revision, int percent) => new() { ["type"] = Revision, ["revision"] = revision, ["percent"] = percent };

    // A tag is an address of its own and outlives the division of the requests.
    private static IEnumerable<JsonObject> Tags(JsonObject service) => service.Items("traffic").Where(target => target.Text("tag") is { Length: > 0 }).Select(target =>
    {
        var tagged = (JsonObject)target.DeepClone();
        tagged["percent"] = 0;
        return tagged;
    });

    [GeneratedRegex(@"^[a-z]([a-z0-9-]{0,44}[a-z0-9])?\z")]
    private static partial Regex TagName();
}
