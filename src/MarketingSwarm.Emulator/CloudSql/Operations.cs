using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>
///   The long-running operations: one at a time an instance, PENDING, RUNNING and DONE, each step in the state before anybody is told of it.
///   Those that an emulator's death cut short are taken up again, or end with an error where that needs a password, which is never kept.
/// </summary>
internal sealed class Operations(StateStore store, InstanceWork work, Faults faults, EmulatorLog log) : IDisposable
{
    private const string Collection = "sql-operations";

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<ClusterId, string> _busy = [];
    private readonly ConcurrentDictionary<string, Running> _running = new(StringComparer.Ordinal);
    private long _sequence;

    /// <summary>Takes up what was under way when the state was last left.</summary>
    public void Open()
    {
        foreach (var (key, record) in store.List(Collection).OrderBy(entry => SequenceOf(entry.Value)))
        {
            _sequence = Math.Max(_sequence, SequenceOf(record));
            if (StatusOf(record) == "DONE") continue;
            var operation = PendingOperation.Parse(record["intent"]!.AsObject());
            lock (_lock) _busy[operation.Id] = key;
            log.Write($"Taking up {operation.Type} of {operation.Id}, which was cut short.");
            Begin(key, operation, password: null, isTakenUp: true);
        }
    }

    /// <summary>Begins an operation.</summary>
    /// <param name="operation">What is to be done.</param>
    /// <param name="password">The password that it needs; kept in memory only.</param>
    /// <param name="prepare">Run when it is sure that the operation begins, before anybody can see it; an exception of its own stops it.</param>
    /// <param name="extra">Further fields of the operation.</param>
    /// <returns>The operation's record.</returns>
    /// <exception cref="ApiException">Another operation of the instance is under way.</exception>
    public JsonObject Begin(PendingOperation operation, string? password = null, Action? prepare = null, JsonObject? extra = null)
    {
        string key;
        JsonObject record;
        lock (_lock)
        {
            if (_busy.ContainsKey(operation.Id)) throw SqlErrors.OperationInProgress();
            prepare?.Invoke();
            var name = Guid.NewGuid().ToString("D");
            key = $"{operation.Id.Project}/{name}";
            JsonObject resource = new()
            {
                ["kind"] = "sql#operation",
                ["name"] = name,
                ["operationType"] = operation.Type,
                ["status"] = "PENDING",
                ["targetId"] = operation.Id.Instance,
                ["targetProject"] = operation.Id.Project,
                ["insertTime"] = Now(),
                ["user"] = Projects.ServiceAccountOf(operation.Id.Project),
            };
            foreach (var (field, value) in extra ?? []) resource[field] = value?.DeepClone();
            record = new JsonObject { ["resource"] = resource, ["sequence"] = ++_sequence, ["intent"] = operation.ToJson() };
            store.Put(Collection, key, record);
            _busy[operation.Id] = key;
        }

        Begin(key, operation, password, isTakenUp: false);
        return record;
    }

    /// <summary>The operation's record; null when there is none.</summary>
    public JsonObject? Find(string project, string name) => store.Get(Collection, $"{project}/{name}");

    /// <summary>The operations of a project, or of one of its instances; the newest first.</summary>
    public IEnumerable<JsonObject> List(string project, string? instance)
        => store.List(Collection, project + "/").Select(entry => entry.Value)
            .Where(record => instance is null || record["resource"]!["targetId"]!.GetValue<string>() == instance)
            .OrderByDescending(SequenceOf);

    /// <summary>What the list is ordered by, as a text of the same order.</summary>
    public static string OrderOf(JsonObject record) => SequenceOf(record).ToString("D19", CultureInfo.InvariantCulture);

    /// <summary>Whether the instance has an operation under way.</summary>
    public bool IsBusy(ClusterId id)
    {
        lock (_lock) return _busy.ContainsKey(id);
    }

    /// <exception cref="ApiException">The instance has an operation under way.</exception>
    public void CheckFree(ClusterId id)
    {
        if (IsBusy(id)) throw SqlErrors.OperationInProgress();
    }

    /// <summary>Stops an operation that can be stopped half-way.</summary>
    /// <returns>Whether it was one and still ran.</returns>
    public bool TryCancel(string project, string name)
    {
        if (!_running.TryGetValue($"{project}/{name}", out var running) || running.Operation.Type != "BACKUP_VOLUME") return false;
        running.Cancellation.Cancel();
        return true;
    }

    /// <summary>Waits for what runs to stop; it is taken up at the next start.</summary>
    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running.Values.Select(running => running.Task));
    }

    public void Dispose() => _stopping.Dispose();

    /// <summary>The time as the API writes it.</summary>
    public static string Now() => DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static long SequenceOf(JsonObject record) => record["sequence"]!.GetValue<long>();

    private static string StatusOf(JsonObject record) => record["resource"]!["status"]!.GetValue<string>();

    private void Begin(string key, PendingOperation operation, string? password, bool isTakenUp)
    {
        Running running = new(operation, CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token));
        _running[key] = running;
        running.Task = Task.Run(() => RunAsync(key, running, password, isTakenUp));
    }

    private async Task RunAsync(string key, Running running, string? password, bool isTakenUp)
    {
        var operation = running.Operation;
        try
        {
            Change(key, resource =>
            {
                resource["status"] = "RUNNING";
                resource["startTime"] ??= Now();
            });
            var error = await TryAsync(operation, password, isTakenUp, running.Cancellation.Token);
            // The effect's outcome is in the state first: who sees DONE sees what was done.
            work.Finish(operation, error is null);
            if (error is not null) log.Write($"{operation.Type} of {operation.Id} failed: {error["message"]}");
            lock (_lock)
            {
                // Under one lock, or who sees DONE could still be told that the instance is busy.
                Change(key, resource =>
                {
                    resource["status"] = "DONE";
                    resource["endTime"] = Now();
                    if (error is not null) resource["error"] = new JsonObject { ["kind"] = "sql#operationErrors", ["errors"] = new JsonArray(error) };
                });
                _busy.Remove(operation.Id);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Its record says RUNNING, and the next emulator takes it up.
        }
        catch (Exception e)
        {
            // The state cannot be written: the operation stays under way, as the state says.
            log.Write($"{operation.Type} of {operation.Id} cannot be recorded: {e.GetType().Name}: {e.Message}");
        }
        finally
        {
            _running.TryRemove(key, out _);
            running.Cancellation.Dispose();
        }
    }

    /// <returns>The operation's error; null when it succeeded.</returns>
    private async Task<JsonObject?> TryAsync(PendingOperation operation, string? password, bool isTakenUp, CancellationToken cancellationToken)
    {
        try
        {
            if (faults.FailsOperation()) return Error("INTERNAL_ERROR", "An internal error occurred. This fault was asked for.");
            await work.DoAsync(operation, password, isTakenUp, cancellationToken);
            return null;
        }
        catch (ClusterException e)
        {
            return Error(SqlErrors.OperationCode(e.Failure), e.Message);
        }
        catch (OperationCanceledException) when (!_stopping.IsCancellationRequested)
        {
            return Error("CANCELLED", "The operation was canceled.");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            log.Write($"The emulator failed in {operation.Type} of {operation.Id}: {e.GetType().Name}: {e.Message} {e.StackTrace}");
            return Error("INTERNAL_ERROR", "An unknown error occurred.");
        }
    }

    private static JsonObject Error(string code, string message) => new() { ["kind"] = "sql#operationError", ["code"] = code, ["message"] = message };

    private void Change(string key, Action<JsonObject> change) => store.Change(Collection, key, record =>
    {
        change(record!["resource"]!.AsObject());
        return record;
    });

    private sealed class Running(PendingOperation operation, CancellationTokenSource cancellation)
    {
        public PendingOperation Operation => operation;

        public CancellationTokenSource Cancellation => cancellation;

        public Task Task { get; set; } = Task.CompletedTask;
    }
}
