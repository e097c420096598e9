using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Run;

/// <summary>A revision of a Cloud Run service that answers requests.</summary>
/// <param name="Name">The revision's short name.</param>
/// <param name="Percent">Its share of the requests.</param>
/// <param name="CreateTime">When it was made, in UTC.</param>
/// <param name="Instances">The connection names of the Cloud SQL instances that it is connected to.</param>
internal sealed record ServingRevision(string Name, long Percent, DateTime CreateTime, IReadOnlyList<string> Instances)
{
    private const string InstanceVariable = "INSTANCE_CONNECTION_NAME";

    /// <summary>The revisions that requests go to, the greatest share first.</summary>
    /// <exception cref="SwarmCloudException">There is no such service, or it cannot be read.</exception>
    internal static async Task<IReadOnlyList<ServingRevision>> FindAsync(IGoogleApi api, string project, string region, string service, CancellationToken cancellationToken)
    {
        var found = await api.SendAsync(RunRequests.GetService(project, region, service), cancellationToken).ConfigureAwait(false);
        var shares = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var share in found.Items("trafficStatuses"))
        {
            // A share of the latest revision does not always say which that is.
            var name = share.Text("revision") is { Length: > 0 } named ? named : found.Text("latestReadyRevision");
            if (name is null || share.Number("percent") is not (> 0 and var percent)) continue;
            name = name[(name.LastIndexOf('/') + 1)..];
            shares[name] = shares.GetValueOrDefault(name) + percent;
        }

        List<ServingRevision> revisions = [];
        foreach (var (name, percent) in shares.OrderByDescending(share => share.Value))
        {
            var revision = await api.SendAsync(RunRequests.GetRevision(project, $"{found.Text("name")}/revisions/{name}"), cancellationToken).ConfigureAwait(false);
            revisions.Add(new ServingRevision(name, percent, revision.Time("createTime") ?? DateTime.UnixEpoch, FindInstances(revision)));
        }

        return revisions;
    }

    /// <summary>An instance is mounted as a volume, or named to a connector in the application.</summary>
    private static List<string> FindInstances(JsonObject revision) =>
    [
        .. revision.Items("volumes").SelectMany(volume => volume["cloudSqlInstance"]?["instances"] as JsonArray ?? []).Select(instance => $"{instance}")
            .Concat(revision.Items("containers").SelectMany(container => container.Items("env")).Where(variable => variable.Text("name") == InstanceVariable)
                .Select(variable => variable.Text("value") ?? ""))
            .Where(name => name.Length > 0).Distinct(StringComparer.Ordinal),
    ];
}
