namespace MarketingSwarm.Engine.GoogleCloud.Run;

/// <summary>A revision of a Cloud Run service that answers requests.</summary>
/// <param name="Name">The revision's short name.</param>
/// <param name="Percent">Its share of the requests.</param>
/// <param name="CreateTime">When it was made, in UTC.</param>
/// <param name="Instances">The connection names of the Cloud SQL instances that it is connected to.</param>
internal sealed record ServingRevision(string Name, long Percent, DateTime CreateTime, IReadOnlyList<string> Instances)
{
    /// <summary>The revisions that requests go to, the greatest share first.</summary>
    /// <exception cref="SwarmCloudException">There is no such service, or it cannot be read.</exception>
    internal static async Task<IReadOnlyList<ServingRevision>> FindAsync(IGoogleApi api, string project, string region, string service, CancellationToken cancellationToken)
    {
        var found = await api.SendAsync(RunRequests.GetService(project, region, service), cancellationToken).ConfigureAwait(false);
        List<ServingRevision> revisions = [];
        foreach (var (name, percent) in TrafficPlan.Shares(found))
        {
            var revision = await api.SendAsync(RunRequests.GetRevision(project, $"{found.Text("name")}/revisions/{name}"), cancellationToken).ConfigureAwait(false);
            revisions.Add(new ServingRevision(name, percent, revision.Time("createTime") ?? DateTime.UnixEpoch, RunObjects.FindInstances(revision)));
        }

        return revisions;
    }
}
