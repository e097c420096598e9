using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>
///   Sends a request that changes an instance, and has it carried out exactly once: waits while another operation runs there, and after an answer that
///   was lost looks whether it was carried out before it is sent again.
/// </summary>
/// <param name="api">Where to.</param>
/// <param name="project">The project's id.</param>
/// <param name="instance">The instance's name.</param>
/// <param name="timeout">How long all of it may take.</param>
internal sealed class InstanceChange(IGoogleApi api, string project, string instance, TimeSpan timeout)
{
    private const int MaxSends = 10;

    private static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(1);

    private readonly long _started = api.Clock.GetTimestamp();

    /// <summary>Sends it; the operation it began is not waited for.</summary>
    /// <param name="request">The request.</param>
    /// <param name="operationType">The kind of operation that it begins, such as <c>CREATE_DATABASE</c>.</param>
    /// <param name="isThere">Whether what the request is for is there already, because an answer was lost.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>The operation; or null where what was asked for turned out to be there, its operation being over.</returns>
    internal async Task<JsonObject?> SendAsync(
        GoogleRequest request, string operationType, Func<CancellationToken, Task<bool>> isThere, CancellationToken cancellationToken)
    {
        var isAnswerLost = false;
        for (var send = 1; ; send++)
        {
            try
            {
                return await api.SendAsync(request, cancellationToken).ConfigureAwait(false);
            }
            catch (SwarmCloudException exception) when (exception is { Failure: SwarmCloudFailure.Busy, Reason: "operationInProgress" } && Left > TimeSpan.Zero)
            {
                api.Trace.Verbose($"Another operation runs on instance '{instance}': it is waited for.");
                await WaitForOthersAsync(cancellationToken).ConfigureAwait(false);
                // The list may lag behind: what is busy still is not asked in a rush.
                await Task.Delay(BusyPause, api.Clock, cancellationToken).ConfigureAwait(false);
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.OutcomeUnknown && send < MaxSends)
            {
                isAnswerLost = true;
                api.Trace.Verbose($"{exception.Message} It is looked up.");
                await WaitForSameAsync(operationType, cancellationToken).ConfigureAwait(false);
                if (await isThere(cancellationToken).ConfigureAwait(false)) return null;
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.AlreadyExists && isAnswerLost)
            {
                // An earlier sending, whose answer was lost, made it after it was looked for.
                await WaitForSameAsync(operationType, cancellationToken).ConfigureAwait(false);
                if (await isThere(cancellationToken).ConfigureAwait(false)) return null;
                throw;
            }
        }
    }

    /// <summary>Sends it and waits until it is carried out.</summary>
    /// <inheritdoc cref="SendAsync"/>
    internal async Task<JsonObject?> ApplyAsync(
        GoogleRequest request, string operationType, Func<CancellationToken, Task<bool>> isThere, CancellationToken cancellationToken)
    {
        var operation = await SendAsync(request, operationType, isThere, cancellationToken).ConfigureAwait(false);
        return operation is null ? null : await OperationWait.UntilDoneAsync(api, project, operation, Left, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Waits until no operation runs on the instance; how they end is not ours.</summary>
    internal Task WaitForOthersAsync(CancellationToken cancellationToken) => WaitForAsync(_ => true, cancellationToken);

    private TimeSpan Left => timeout - api.Clock.GetElapsedTime(_started);

    // One that runs may be ours or another's of the same kind: which it was shows in what is there when it has ended.
    private Task WaitForSameAsync(string operationType, CancellationToken cancellationToken)
        => WaitForAsync(operation => operation.Text("operationType") == operationType, cancellationToken);

    private async Task WaitForAsync(Func<JsonObject, bool> isMeant, CancellationToken cancellationToken)
    {
        await foreach (var operation in ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (operation.Text("status") == "DONE" || !isMeant(operation)) continue;
            try
            {
                await OperationWait.UntilDoneAsync(api, project, operation, Left, cancellationToken).ConfigureAwait(false);
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.OperationFailed)
            {
                api.Trace.Verbose(exception.Message);
            }
        }
    }

    private IAsyncEnumerable<JsonObject> ListAsync(CancellationToken cancellationToken)
        => api.ListAsync(token => CloudSqlRequests.ListOperations(project, instance, maxResults: null, token), "items", cancellationToken);
}
