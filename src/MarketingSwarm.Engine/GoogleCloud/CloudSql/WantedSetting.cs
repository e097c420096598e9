using System.Net;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>One of an instance's settings, and the value that it is to have: how it is read, compared and written.</summary>
internal abstract class WantedSetting
{
    private WantedSetting(string name, string? wanted)
    {
        Name = name;
        Wanted = wanted;
    }

    /// <summary>The path below <c>settings</c>, and within a list the item: <c>tier</c>, <c>databaseFlags.max_connections</c>.</summary>
    internal string Name { get; }

    /// <summary>The wanted value as text; null where it is not to be set.</summary>
    internal string? Wanted { get; }

    /// <summary>A setting of one value: a string, a number or a boolean, or null to take it away.</summary>
    /// <param name="path">The path below <c>settings</c>, parts separated by dots.</param>
    /// <param name="wanted">The value as it is sent.</param>
    internal static WantedSetting Value(string path, JsonNode? wanted) => new ValueChange(path, wanted);

    /// <summary>A database flag; null takes it away, so that PostgreSQL's default holds.</summary>
    internal static WantedSetting Flag(string name, string? wanted) => new FlagChange(name, wanted);

    /// <summary>A network that may, or may not, connect to the public address, in CIDR notation.</summary>
    internal static WantedSetting Network(string network, bool isAuthorized) => new NetworkChange(network, isAuthorized);

    /// <summary>The value that is there, as text; null where it is not set.</summary>
    internal abstract string? Read(JsonObject settings);

    /// <summary>Whether the setting has the wanted value.</summary>
    internal bool Holds(JsonObject settings) => string.Equals(Read(settings), Wanted, StringComparison.Ordinal);

    /// <summary>Adds it to a patch of <c>settings</c>. A list is replaced whole by the API: the patch gets all that is there, with this change.</summary>
    /// <param name="settings">What is there.</param>
    /// <param name="patch">What is to be sent; it may hold other changes of the same list.</param>
    internal abstract void Write(JsonObject settings, JsonObject patch);

    private static JsonObject Descend(JsonObject patch, ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (patch[name] is not JsonObject next) patch[name] = next = [];
            patch = next;
        }

        return patch;
    }

    private static JsonArray List(JsonObject settings, JsonObject owner, ReadOnlySpan<string> path)
    {
        if (owner[path[^1]] is JsonArray begun) return begun;
        var list = new JsonArray([.. settings.Items(path).Select(item => item.DeepClone())]);
        owner[path[^1]] = list;
        return list;
    }

    private sealed class ValueChange(string path, JsonNode? wanted) : WantedSetting(path, wanted?.ToString())
    {
        private readonly string[] _path = path.Split('.');

        // The API leaves out what is false.
        internal override string? Read(JsonObject settings)
            => settings.Text(_path) ?? (wanted is JsonValue value && value.TryGetValue<bool>(out _) ? "false" : null);

        internal override void Write(JsonObject settings, JsonObject patch) => Descend(patch, _path.AsSpan(..^1))[_path[^1]] = wanted?.DeepClone();
    }

    private sealed class FlagChange(string flag, string? wanted) : WantedSetting($"{Field}.{flag}", wanted)
    {
        private const string Field = "databaseFlags";

        internal override string? Read(JsonObject settings) => settings.Items(Field).FirstOrDefault(item => item.Text("name") == flag).Text("value");

        internal override void Write(JsonObject settings, JsonObject patch)
        {
            var list = List(settings, patch, [Field]);
            foreach (var item in list.Where(item => item.Text("name") == flag).ToArray()) list.Remove(item);
            if (Wanted is not null) list.Add(new JsonObject { ["name"] = flag, ["value"] = Wanted });
        }
    }

    private sealed class NetworkChange(string network, bool isAuthorized)
        : WantedSetting($"ipConfiguration.authorizedNetworks.{Canonical(network)}", isAuthorized ? Authorized : null)
    {
        private const string Authorized = "authorized";

        private readonly string _network = Canonical(network);

        internal override string? Read(JsonObject settings) => settings.Items("ipConfiguration", "authorizedNetworks").Any(IsIt) ? Authorized : null;

        internal override void Write(JsonObject settings, JsonObject patch)
        {
            var list = List(settings, Descend(patch, ["ipConfiguration"]), ["ipConfiguration", "authorizedNetworks"]);
            foreach (var item in list.Where(IsIt).ToArray()) list.Remove(item);
            if (isAuthorized) list.Add(new JsonObject { ["value"] = _network });
        }

        // The server may say a single address with or without its length.
        private static string Canonical(string text)
            => IPNetwork.TryParse(text, out var parsed) ? parsed.ToString()
                : IPAddress.TryParse(text, out var address) ? new IPNetwork(address, address.GetAddressBytes().Length * 8).ToString() : text;

        private bool IsIt(JsonNode? item) => Canonical(item.Text("value") ?? "") == _network;
    }
}
