using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>
///   The long-running operations of an API, in the form of google.longrunning. What one comes to is known when it begins; it is told after a moment,
///   so that clients have something to wait for. That survives a restart. The collection is where in the state they are.
/// </summary>
internal sealed class LongRunningOperations(StateStore store, TimeProvider clock, string collection)
{
    /// <summary>How long each takes.</summary>
    public static readonly TimeSpan Duration = TimeSpan.FromMilliseconds(300);

    /// <summary>Begins an operation, and gives it as it is now: not done.</summary>
    /// <param name="name">The operation's name.</param>
    /// <param name="metadata">With its <c>@type</c>.</param>
    /// <param name="response">With its <c>@type</c>; null for an operation that fails.</param>
    /// <param name="error">A google.rpc.Status; null for one that succeeds.</param>
    /// <param name="duration">How long it takes; null for <see cref="Duration"/>.</param>
    public JsonObject Begin(string name, JsonObject metadata, JsonObject? response, JsonObject? error, TimeSpan? duration = null)
    {
        var document = new JsonObject { ["name"] = name, ["metadata"] = metadata.DeepClone(), ["doneTime"] = clock.GetUtcNow().Add(duration ?? Duration).ToText() };
        if (error is not null) document["error"] = error.DeepClone();
        else document["response"] = response?.DeepClone();
        store.Put(collection, name, document);
        return Shown(document);
    }

    /// <summary>The operation as it is now.</summary>
    /// <exception cref="ApiException">There is none of that name.</exception>
    public JsonObject Get(string name) => Shown(Find(name));

    /// <summary>The operation once it is done, or as it is after the limit.</summary>
    /// <exception cref="ApiException">There is none of that name.</exception>
    public async Task<JsonObject> WaitAsync(string name, TimeSpan limit)
    {
        var end = JsonFields.ToTime(Find(name).Text("doneTime")!);
        var latest = clock.GetUtcNow() + limit;
        if (end > latest) end = latest;
        // A timer may fire a moment early.
        while (end - clock.GetUtcNow() is var rest && rest > TimeSpan.Zero) await Task.Delay(rest + TimeSpan.FromMilliseconds(1), clock);
        return Get(name);
    }

    /// <summary>A google.rpc.Status; the code is a google.rpc.Code, for example 9 for FAILED_PRECONDITION.</summary>
    public static JsonObject Status(int code, string message) => new() { ["code"] = code, ["message"] = message };

    private JsonObject Find(string name) => store.Get(collection, name) ?? throw ApiException.NotFound($"Operation {name} not found.");

    private JsonObject Shown(JsonObject document)
    {
        var shown = new JsonObject();
        document.CopyTo(shown, "name", "metadata");
        if (JsonFields.ToTime(document.Text("doneTime")!) > clock.GetUtcNow()) return shown;
        shown["done"] = true;
        document.CopyTo(shown, "error", "response");
        return shown;
    }
}
