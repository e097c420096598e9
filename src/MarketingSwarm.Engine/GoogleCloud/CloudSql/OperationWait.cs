using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>Waits for an operation of Cloud SQL, asking ever more seldom: the quota is 180 requests a minute for all that a user does.</summary>
internal static class OperationWait
{
    internal static readonly TimeSpan DefaultTimeout = TimeSpan.FromHours(1);

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    /// <summary>The operation when it has ended in success.</summary>
    /// <exception cref="SwarmCloudException">It ended in failure, or not within the time.</exception>
    internal static async Task<JsonObject> UntilDoneAsync(IGoogleApi api, string project, JsonObject operation, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var name = operation.Text("name")!;
        var started = api.Clock.GetTimestamp();
        var delay = First;
        while (operation.Text("status") != "DONE")
        {
            var waited = api.Clock.GetElapsedTime(started);
            if (waited >= timeout) throw Errors.OperationTimedOut(CloudSqlObjects.ToOperation(project, operation), waited);
            api.Trace.Progress(
                $"{operation.Text("operationType")} of {operation.Text("targetId")}",
                FormattableString.Invariant($"{operation.Text("status")} for {(int)waited.TotalMinutes}:{waited.Seconds:00}, operation {name}"));
            var left = timeout - waited;
            await Task.Delay(delay < left ? delay : left, api.Clock, cancellationToken).ConfigureAwait(false);
            delay = delay * 2 < Longest ? delay * 2 : Longest;
            operation = await AskAsync(api, project, operation, started, timeout, cancellationToken).ConfigureAwait(false);
        }

        if (operation.Text("apiWarning", "message") is { Length: > 0 } warning) api.Trace.Warning(warning);
        return operation.Items("error", "errors").Any() ? throw Errors.OperationFailed(CloudSqlObjects.ToOperation(project, operation)) : operation;
    }

    // An outage of the API does not end the operation, and so not the wait for it.
    private static async Task<JsonObject> AskAsync(
        IGoogleApi api, string project, JsonObject operation, long started, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await api.SendAsync(CloudSqlRequests.GetOperation(project, operation.Text("name")!), cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmCloudException exception) when (
            exception.Failure is SwarmCloudFailure.QuotaExceeded or SwarmCloudFailure.Unavailable or SwarmCloudFailure.Timeout && api.Clock.GetElapsedTime(started) < timeout)
        {
            api.Trace.Verbose($"The operation could not be asked about: {exception.Message} It is asked about again.");
            return operation;
        }
    }
}
