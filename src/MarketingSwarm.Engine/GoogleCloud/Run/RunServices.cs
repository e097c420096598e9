using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Run;

/// <summary>Cloud Run's services: read, changed under their etag with every unknown field kept, and waited for until they serve.</summary>
internal sealed class RunServices(IGoogleApi api, string project, string region, string service)
{
    private const int MaxWrites = 5;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    // What may be written of a service besides its template; the mask names what changed, and nothing else is touched.
    private static readonly string[] Writable = ["labels", "description", "ingress", "launchStage", "template", "traffic"];

    /// <summary>The service; null where there is none.</summary>
    /// <exception cref="SwarmCloudException">It cannot be read.</exception>
    internal async Task<JsonObject?> FindAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await api.SendAsync(RunRequests.GetService(project, region, service), cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            return null;
        }
    }

    /// <inheritdoc cref="FindAsync"/>
    /// <exception cref="SwarmCloudException">There is none, or it cannot be read.</exception>
    internal async Task<JsonObject> GetAsync(CancellationToken cancellationToken)
        => await FindAsync(cancellationToken).ConfigureAwait(false) ?? throw Errors.ServiceNotFound(project, region, service);

    /// <summary>The request that changes a service; null where it is as wanted already and serves.</summary>
    /// <param name="before">The service as it is; null to make it.</param>
    /// <param name="wanted">The service as it is to be.</param>
    internal GoogleRequest? Plan(JsonObject? before, JsonObject wanted)
    {
        if (before is null) return RunRequests.CreateService(project, region, service, Only(wanted, Writable));
        var changed = Writable.Where(field => !JsonNode.DeepEquals(before[field], wanted[field])).ToArray();
        // What failed by something outside of the service, a role that was missing say, is tried again as a new revision.
        var isAgain = before.Text("terminalCondition", "state") == "CONDITION_FAILED" && !changed.Contains("template") && !changed.Contains("traffic");
        if (changed.Length == 0 && !isAgain) return null;
        if (isAgain) changed = [.. changed, "template"];
        var body = Only(wanted, changed);
        body["etag"] = before["etag"]?.DeepClone();
        return RunRequests.UpdateService(project, region, service, changed, body, isAgain);
    }

    /// <summary>Changes it and waits until the change serves.</summary>
    /// <param name="change">Gives the service as it is to be, from what it is: asked again where somebody else was faster.</param>
    /// <param name="timeout">How long it is waited for.</param>
    /// <param name="cancellationToken">Ends the wait; Cloud Run goes on.</param>
    /// <returns>The service as it is then, and whether anything was sent.</returns>
    /// <exception cref="SwarmCloudException">Cloud Run refused, the revision does not become ready, or not within the time.</exception>
    internal async Task<(JsonObject Service, bool IsChanged)> ChangeAsync(Func<JsonObject?, JsonObject> change, TimeSpan timeout, CancellationToken cancellationToken)
    {
        for (var write = 1; ; write++)
        {
            var before = await FindAsync(cancellationToken).ConfigureAwait(false);
            var wanted = change(before);
            if (Plan(before, wanted) is not { } request) return (before!, false);
            try
            {
                var operation = await api.SendAsync(request, cancellationToken).ConfigureAwait(false);
                // Requests can be moved among ready revisions though the newest one is not.
                var shares = before is not null && JsonNode.DeepEquals(before["template"], wanted["template"]) ? TrafficPlan.Targets(wanted) : null;
                return (await WaitAsync(operation, before, shares, timeout, cancellationToken).ConfigureAwait(false), true);
            }
            catch (SwarmCloudException exception) when (exception.Failure is SwarmCloudFailure.StaleVersion)
            {
                if (write == MaxWrites) throw Errors.ServiceChangedMeanwhile(service);
                api.Trace.Verbose($"{exception.Message} It is read again.");
            }
        }
    }

    /// <summary>A service with all its revisions.</summary>
    /// <exception cref="SwarmCloudException">They cannot be read.</exception>
    internal async Task<SwarmDeployment> DescribeAsync(JsonObject found, CancellationToken cancellationToken)
    {
        List<JsonObject> revisions = [];
        await foreach (var revision in api.ListAsync(token => RunRequests.ListRevisions(project, region, service, token), "revisions", cancellationToken).ConfigureAwait(false))
            revisions.Add(revision);
        return RunObjects.ToDeployment(project, region, found, revisions);
    }

    /// <param name="operation">The change.</param>
    /// <param name="before">The service before it; null where there was none.</param>
    /// <param name="shares">How the requests are to be divided, where nothing else was changed.</param>
    /// <param name="timeout">How long it is waited for.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async Task<JsonObject> WaitAsync(
        JsonObject operation, JsonObject? before, IReadOnlyDictionary<string, int>? shares, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var started = api.Clock.GetTimestamp();
        var delay = FirstDelay;
        while (true)
        {
            var waited = api.Clock.GetElapsedTime(started);
            if (operation.Flag("done"))
            {
                var found = await GetAsync(cancellationToken).ConfigureAwait(false);
                if (shares is not null && !found.Flag("reconciling") && TrafficPlan.Shares(found).ToDictionary(share => share.Revision, share => share.Percent).OrderBy(share => share.Key).SequenceEqual(shares.OrderBy(share => share.Key)))
                    return found;
                if (operation.Text("error", "message") is { } error) throw Errors.RevisionNotReady(service, region, project, error, ShowTraffic(before, found));
                var state = found.Text("terminalCondition", "state");
                if (state == "CONDITION_FAILED") throw Errors.RevisionNotReady(service, region, project, Reason(found), ShowTraffic(before, found));
                if (!found.Flag("reconciling") && state is null or "CONDITION_SUCCEEDED") return found;
            }

            if (waited >= timeout)
            {
                var found = await GetAsync(cancellationToken).ConfigureAwait(false);
                throw Errors.RevisionTimedOut(service, region, project, waited, Reason(found), ShowTraffic(before, found));
            }

            api.Trace.Progress($"Service {service}", FormattableString.Invariant($"deploying for {(int)waited.TotalMinutes}:{waited.Seconds:00}"));
            var left = timeout - waited;
            await Task.Delay(delay < left ? delay : left, api.Clock, cancellationToken).ConfigureAwait(false);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
            if (!operation.Flag("done")) operation = await api.SendAsync(RunRequests.GetOperation(project, operation.Text("name")!, service), cancellationToken).ConfigureAwait(false);
        }
    }

    private static string Reason(JsonObject found)
        => found.Text("terminalCondition", "message") ?? found.Items("conditions").Select(condition => condition.Text("message")).FirstOrDefault(message => message is not null)
            ?? "Cloud Run gives no reason yet";

    // What is said of the requests was looked at after the failure.
    private static string ShowTraffic(JsonObject? before, JsonObject after)
    {
        var shares = TrafficPlan.Shares(after);
        if (shares.Count == 0) return "No revision serves requests.";
        var shown = string.Join(", ", shares.Select(share => FormattableString.Invariant($"{share.Revision} ({share.Percent} %)")));
        return before is not null && shares.SequenceEqual(TrafficPlan.Shares(before)) ? $"Requests go on to {shown}, as before." : $"Requests go to {shown}.";
    }

    private static JsonObject Only(JsonObject service, IEnumerable<string> fields)
        => new(fields.Where(field => service[field] is not null).Select(field => KeyValuePair.Create(field, (JsonNode?)service[field]!.DeepClone())));
}
