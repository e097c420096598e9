using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>What one setting was and is to be, or is now; null where it is not set.</summary>
internal sealed record SettingDifference(string Name, string? Before, string? After);

/// <summary>What a patch did.</summary>
/// <param name="Before">The instance as it was.</param>
/// <param name="After">The instance as it is now; as it was, where the operation is not waited for.</param>
/// <param name="Operation">The operation, ended unless it is not waited for; null where nothing was to be done, or was done by a request whose answer was lost.</param>
/// <param name="Differences">The settings that were changed; none where all were as wanted.</param>
internal sealed record InstancePatchResult(
    JsonObject Before, JsonObject After, JsonObject? Operation, IReadOnlyList<SettingDifference> Differences);

/// <summary>
///   Changes some settings of an instance and leaves all others: reads, computes what differs, sends that under the version lock, and reads back whether
///   it holds.
/// </summary>
/// <remarks>
///   The lock is <c>settings.settingsVersion</c>. Who comes too late (412) reads again and sends what still differs, but does not write over what somebody else
///   wrote into the same setting meanwhile. A 412 may also be the echo of our own request, whose answer was lost and which was sent again: then all is as wanted.
/// </remarks>
internal sealed class InstancePatch
{
    private const int MaxTries = 3;

    private readonly IGoogleApi _api;
    private readonly string _project;
    private readonly string _name;
    private readonly Func<JsonObject, IReadOnlyList<WantedSetting>> _plan;
    private readonly IReadOnlyList<WantedSetting> _changes;

    private InstancePatch(
        IGoogleApi api, string project, string name, Func<JsonObject, IReadOnlyList<WantedSetting>> plan, JsonObject instance)
    {
        _api = api;
        _project = project;
        _name = name;
        _plan = plan;
        Instance = instance;
        var settings = Settings(instance);
        var asked = plan(instance);
        _changes = [.. asked.Where(change => !change.Holds(settings))];
        Differences = [.. _changes.Select(Difference)];
        Unchanged = [.. asked.Where(change => change.Holds(settings)).Select(Difference)];
        if (_changes.Count == 0) return;

        // Without it the last writer would win.
        var version = settings.Text("settingsVersion") ?? throw Errors.SettingsVersionMissing(project, name);
        var patch = new JsonObject { ["settingsVersion"] = version };
        foreach (var change in _changes) change.Write(settings, patch);
        Request = CloudSqlRequests.PatchInstance(project, name, new JsonObject { ["settings"] = patch });

        SettingDifference Difference(WantedSetting change) => new(change.Name, change.Read(settings), change.Wanted);
    }

    /// <summary>The instance as it was read.</summary>
    internal JsonObject Instance { get; }

    /// <summary>What is to change; empty where all is as wanted.</summary>
    internal IReadOnlyList<SettingDifference> Differences { get; }

    /// <summary>What was asked for and is as wanted already.</summary>
    internal IReadOnlyList<SettingDifference> Unchanged { get; }

    /// <summary>The request that makes it so; null where all is as wanted.</summary>
    internal GoogleRequest? Request { get; }

    /// <summary>Reads the instance and computes what there is to change. Nothing is sent that changes anything.</summary>
    /// <param name="api">Where to.</param>
    /// <param name="project">The project's id.</param>
    /// <param name="instance">The instance's name.</param>
    /// <param name="plan">Gives all wanted settings for an instance as it was read; those that hold already are left out. It may throw where they cannot be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async Task<InstancePatch> PlanAsync(
        IGoogleApi api, string project, string instance, Func<JsonObject, IReadOnlyList<WantedSetting>> plan, CancellationToken cancellationToken)
        => new(api, project, instance, plan,
            await api.SendAsync(CloudSqlRequests.GetInstance(project, instance), cancellationToken).ConfigureAwait(false));

    /// <summary>Sends it, waits until it is carried out, and verifies that every wanted setting holds.</summary>
    /// <param name="timeout">How long all of it may take.</param>
    /// <param name="cancellationToken">Ends the wait; what was sent goes on.</param>
    /// <param name="started">Told of the operation before it is waited for.</param>
    /// <exception cref="SwarmCloudException">It was refused, somebody else changed the same setting, it failed, or it had no effect.</exception>
    internal async Task<InstancePatchResult> ApplyAsync(TimeSpan timeout, CancellationToken cancellationToken, Action<JsonObject>? started = null)
    {
        var clock = _api.Clock.GetTimestamp();
        var operation = await SendAsync(timeout, cancellationToken).ConfigureAwait(false);
        if (Request is null) return new InstancePatchResult(Instance, Instance, null, []);
        if (operation is not null)
        {
            started?.Invoke(operation);
            operation = await OperationWait.UntilDoneAsync(_api, _project, operation, timeout - _api.Clock.GetElapsedTime(clock), cancellationToken).ConfigureAwait(false);
        }

        var after = await ReadAsync(cancellationToken).ConfigureAwait(false);
        var settings = Settings(after);
        foreach (var change in _changes)
        {
            if (!change.Holds(settings)) throw Errors.SettingWithoutEffect(_project, _name, change.Name, change.Wanted, change.Read(settings));
        }

        return new InstancePatchResult(
            Instance, after, operation, [.. Differences.Zip(_changes, (difference, change) => difference with { After = change.Read(settings) })]);
    }

    /// <summary>Sends it and does not wait for what it begins.</summary>
    /// <inheritdoc cref="ApplyAsync"/>
    /// <returns>The operation; null where nothing was to be done, or a request whose answer was lost has done it.</returns>
    internal async Task<JsonObject?> SendAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var first = Settings(Instance);
        var change = new InstanceChange(_api, _project, _name, timeout);
        var current = this;
        for (var attempt = 1; current.Request is not null; attempt++)
        {
            try
            {
                return await change.SendAsync(current.Request, "UPDATE", AllHoldAsync, cancellationToken).ConfigureAwait(false);
            }
            catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.StaleVersion && attempt < MaxTries)
            {
                _api.Trace.Verbose($"{exception.Message} It is read again.");
            }

            // Ours may run already, if its answer was lost; what is there shows its effect only when it has ended.
            await change.WaitForOthersAsync(cancellationToken).ConfigureAwait(false);
            current = new InstancePatch(_api, _project, _name, _plan, await ReadAsync(cancellationToken).ConfigureAwait(false));
            var now = Settings(current.Instance);
            foreach (var setting in current._changes)
            {
                if (setting.Read(now) is var value && value != setting.Read(first))
                    throw Errors.SettingChangedMeanwhile(_project, _name, setting.Name, setting.Read(first), value, setting.Wanted);
            }
        }

        return null;

        async Task<bool> AllHoldAsync(CancellationToken token)
        {
            var settings = Settings(await ReadAsync(token).ConfigureAwait(false));
            return _changes.All(setting => setting.Holds(settings));
        }
    }

    private static JsonObject Settings(JsonObject instance) => instance["settings"] as JsonObject ?? [];

    private Task<JsonObject> ReadAsync(CancellationToken cancellationToken)
        => _api.SendAsync(CloudSqlRequests.GetInstance(_project, _name), cancellationToken);
}
