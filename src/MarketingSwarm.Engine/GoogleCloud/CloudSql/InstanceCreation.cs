using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>
///   Makes an instance exactly once. After an answer that was lost the instance is looked up before it is asked for again; the stamp in its labels tells ours
///   from one that somebody else made of the same name.
/// </summary>
/// <param name="api">Where to.</param>
/// <param name="specification">The instance that is to be.</param>
/// <param name="timeout">How long all of it may take.</param>
internal sealed partial class InstanceCreation(IGoogleApi api, InstanceSpecification specification, TimeSpan timeout)
{
    private const int MaxSends = 5;
    private const string CreateOperation = "CREATE";

    private static readonly TimeSpan StateInterval = TimeSpan.FromSeconds(5);

    private readonly long _started = api.Clock.GetTimestamp();
    private readonly string _stamp = Guid.NewGuid().ToString("D");

    private string Project => specification.Project;

    private string Name => specification.Name;

    private TimeSpan Left => timeout - api.Clock.GetElapsedTime(_started);

    /// <summary>The request as it is sent.</summary>
    internal GoogleRequest Request => field ??= specification.ToRequest(_stamp);

    /// <summary>The instance that is there already, as asked; null where there is none.</summary>
    /// <exception cref="SwarmConfigurationException">The one that is there is another.</exception>
    internal async Task<JsonObject?> FindAsync(CancellationToken cancellationToken)
    {
        if (await TryGetAsync(cancellationToken).ConfigureAwait(false) is not { } instance) return null;
        if (instance.Text("state") == "FAILED") throw Errors.InstanceFailed(Project, Name, await GetFailureAsync(cancellationToken).ConfigureAwait(false));
        if (instance.Text("state") == "PENDING_DELETE") throw Errors.InstanceNotReady(Name, "being deleted");
        specification.RequireSame(instance);
        return instance;
    }

    /// <summary>Asks for it; the operation is not waited for.</summary>
    /// <returns>The operation; null where the instance turned out to be there, its operation being over or not to be seen.</returns>
    internal async Task<JsonObject?> StartAsync(CancellationToken cancellationToken)
    {
        for (var send = 1; ; send++)
        {
            try
            {
                return await api.SendAsync(Request, cancellationToken).ConfigureAwait(false);
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.OutcomeUnknown && send < MaxSends)
            {
                api.Trace.Verbose($"{exception.Message} The instance is looked up.");
                if (await TryGetAsync(cancellationToken).ConfigureAwait(false) is { } instance) return await TakeUpAsync(instance, cancellationToken).ConfigureAwait(false);
            }
            catch (SwarmCloudException exception) when (exception.Failure is SwarmCloudFailure.AlreadyExists)
            {
                // An earlier sending of ours, whose effect the look-up came too early to see; or somebody else was faster.
                var instance = await TryGetAsync(cancellationToken).ConfigureAwait(false) ?? throw Errors.InstanceNameTaken(Project, Name, exception);
                return await TakeUpAsync(instance, cancellationToken).ConfigureAwait(false);
            }
            catch (SwarmCloudException exception) when (exception is { Failure: SwarmCloudFailure.Busy, HttpStatus: 409 })
            {
                // One of this name is still being deleted.
                if (await TryGetAsync(cancellationToken).ConfigureAwait(false) is not { } instance) throw Errors.InstanceNameTaken(Project, Name, exception);
                if (instance.Text("state") != "PENDING_DELETE" && !InstanceSpecification.HasStamp(instance, _stamp)) throw;
                return await TakeUpAsync(instance, cancellationToken).ConfigureAwait(false);
            }
            catch (SwarmCloudException exception) when (
                exception.Failure == SwarmCloudFailure.InvalidRequest && exception.Message.Contains("NETWORK_NOT_PEERED", StringComparison.Ordinal) && specification.Network is { } path)
            {
                var (project, network, _) = InstanceRules.RequireVpc(Project, path);
                throw Errors.NetworkNotPeered(project, network, "Google says NETWORK_NOT_PEERED");
            }
            catch (SwarmCloudException exception) when (
                exception.Failure == SwarmCloudFailure.InvalidRequest && NamesRegion().IsMatch(exception.Message))
            {
                throw Errors.RegionUnknown(specification.Region, exception);
            }
        }
    }

    /// <summary>Waits until the instance runs.</summary>
    /// <param name="operation">What <see cref="StartAsync"/> gave; null for an instance that was there.</param>
    /// <param name="cancellationToken">Ends the wait; the instance is made nevertheless.</param>
    /// <exception cref="SwarmCloudException">It failed, or does not run in time.</exception>
    internal async Task<JsonObject> WaitAsync(JsonObject? operation, CancellationToken cancellationToken)
    {
        operation ??= await FindOperationAsync(isRunning: true, cancellationToken).ConfigureAwait(false);
        if (operation is not null) await OperationWait.UntilDoneAsync(api, Project, operation, Left, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var instance = await api.SendAsync(CloudSqlRequests.GetInstance(Project, Name), cancellationToken).ConfigureAwait(false);
            switch (instance.Text("state"))
            {
                case "FAILED":
                    throw Errors.InstanceFailed(Project, Name, await GetFailureAsync(cancellationToken).ConfigureAwait(false));
                case not "PENDING_CREATE":
                    return instance;
            }

            if (Left <= TimeSpan.Zero) throw Errors.InstanceStillCreating(Project, Name, timeout);
            api.Trace.Progress($"{CreateOperation} of {Name}", "PENDING_CREATE");
            await Task.Delay(StateInterval, api.Clock, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<JsonObject?> TakeUpAsync(JsonObject instance, CancellationToken cancellationToken)
    {
        if (instance.Text("state") == "PENDING_DELETE") throw Errors.InstanceNotReady(Name, "being deleted");
        if (!InstanceSpecification.HasStamp(instance, _stamp)) specification.RequireSame(instance);
        return await FindOperationAsync(isRunning: true, cancellationToken).ConfigureAwait(false);
    }

    private async Task<JsonObject?> FindOperationAsync(bool isRunning, CancellationToken cancellationToken)
    {
        await foreach (var operation in api.ListAsync(token => CloudSqlRequests.ListOperations(Project, Name, maxResults: null, token), "items", cancellationToken).ConfigureAwait(false))
        {
            if (operation.Text("operationType") == CreateOperation && (!isRunning || operation.Text("status") != "DONE")) return operation;
        }

        return null;
    }

    private async Task<string> GetFailureAsync(CancellationToken cancellationToken)
        => await FindOperationAsync(isRunning: false, cancellationToken).ConfigureAwait(false) is { } operation
            && CloudSqlObjects.ToOperation(Project, operation).Errors is { Count: > 0 } errors ? string.Join("; ", errors) : "Google does not say why.";

    private async Task<JsonObject?> TryGetAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await api.SendAsync(CloudSqlRequests.GetInstance(Project, Name), cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            return null;
        }
    }

    // In Google's own words, not in the name of the instance before them.
    [GeneratedRegex(@"Google says.*\b(invalid|unknown|unsupported)\b[^.]{0,20}\bregion\b|Google says.*\bregion\b[^.]{0,60}\b(is invalid|is not valid|is unknown|does not exist|not found|is not supported)\b", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline)]
    private static partial Regex NamesRegion();
}
