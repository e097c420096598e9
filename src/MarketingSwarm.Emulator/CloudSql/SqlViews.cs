using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Connector;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The resources as the API shows them.</summary>
internal sealed class SqlViews(IClusterHost clusters, InstanceCertificates certificates)
{
    /// <summary>The instance with its links, and with the addresses that its cluster has now.</summary>
    public JsonObject Instance(ApiRequest request, SqlSurface surface, JsonObject stored)
    {
        var instance = (JsonObject)stored.DeepClone();
        ClusterId id = new(Text(instance, "project"), Text(instance, "name"));
        instance["etag"] = EtagOf(stored);
        instance["selfLink"] = surface.Link(request, PathOf(id));
        if (certificates.ServerAuthority(id) is { } authority) instance["serverCaCert"] = authority;
        if (clusters.Find(id) is { } cluster)
        {
            var network = instance["settings"]!["ipConfiguration"]!.AsObject();
            JsonArray addresses = [];
            if (network["ipv4Enabled"]!.GetValue<bool>()) addresses.Add(Address("PRIMARY", cluster));
            if (network["privateNetwork"] is not null) addresses.Add(Address("PRIVATE", cluster));
            if (addresses.Count > 0) instance["ipAddresses"] = addresses;
        }

        return instance;
    }

    /// <summary>The operation with its links.</summary>
    public static JsonObject Operation(ApiRequest request, SqlSurface surface, JsonObject record)
    {
        var operation = (JsonObject)record["resource"]!.DeepClone();
        ClusterId id = new(Text(operation, "targetProject"), Text(operation, "targetId"));
        operation["selfLink"] = surface.Link(request, $"projects/{id.Project}/operations/{Text(operation, "name")}");
        operation["targetLink"] = surface.Link(request, PathOf(id));
        return operation;
    }

    /// <summary>The backup run with its link.</summary>
    public static JsonObject BackupRun(ApiRequest request, SqlSurface surface, ClusterId id, JsonObject stored)
    {
        var run = (JsonObject)stored.DeepClone();
        run["selfLink"] = surface.Link(request, $"{PathOf(id)}/backupRuns/{Text(run, "id")}");
        return run;
    }

    public static JsonObject Database(ApiRequest request, SqlSurface surface, ClusterId id, DatabaseInfo database) => new()
    {
        ["kind"] = "sql#database",
        ["charset"] = database.Charset,
        ["collation"] = database.Collation,
        ["name"] = database.Name,
        ["instance"] = id.Instance,
        ["selfLink"] = surface.Link(request, $"{PathOf(id)}/databases/{Uri.EscapeDataString(database.Name)}"),
        ["project"] = id.Project,
    };

    public static JsonObject User(ClusterId id, UserInfo user)
    {
        JsonObject resource = new()
        {
            ["kind"] = "sql#user",
            ["name"] = user.Name,
            ["host"] = "",
            ["instance"] = id.Instance,
            ["project"] = id.Project,
            ["type"] = UserKinds.NameOf(user.Kind),
        };
        if (user.DatabaseRoles.Count > 0) resource.Add("databaseRoles", new JsonArray([.. user.DatabaseRoles.Select(role => JsonValue.Create(role))]));
        if (user.Kind is UserKind.BuiltIn) resource.Add("passwordPolicy", new JsonObject { ["status"] = new JsonObject() });
        return resource;
    }

    /// <summary>A list's answer; empty lists are absent.</summary>
    public static JsonObject List(string kind, IEnumerable<JsonObject> items, string? nextPageToken = null)
    {
        JsonObject answer = new() { ["kind"] = kind };
        JsonArray list = [.. items];
        if (list.Count > 0) answer.Add("items", list);
        if (nextPageToken is not null) answer.Add("nextPageToken", nextPageToken);
        return answer;
    }

    private static string PathOf(ClusterId id) => $"projects/{id.Project}/instances/{id.Instance}";

    private static JsonObject Address(string type, ClusterInfo cluster) => new() { ["type"] = type, ["ipAddress"] = cluster.Address.IPAddress };

    private static string EtagOf(JsonObject stored)
        => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(stored.ToJsonString())).AsSpan(0, 32));

    private static string Text(JsonObject message, string name) => message[name]!.GetValue<string>();
}
