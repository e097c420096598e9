using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.CloudSql;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.ServiceNetworking;

/// <summary>
///   Service Networking v1: the private connections of networks. The network <c>default</c> of every project has one, unless the command line says
///   otherwise or it is deleted; other networks get theirs here.
/// </summary>
internal sealed class ServiceNetworkingApi(StateStore store, EmulatorOptions options, Faults faults, TimeProvider clock) : IApi, INetworkPeering
{
    private const string Collection = "private-connections";
    private const string Service = "servicenetworking.googleapis.com";
    private const string Definition = "google.cloud.servicenetworking.v1.ServicePeeringManager.";
    private const string TypePrefix = "type.googleapis.com/";

    private readonly IReadOnlyDictionary<string, MessageSchema> _messages = MessageSchema.Load("servicenetworking.messages");
    private readonly LongRunningOperations _operations = new(store, clock, "private-connection-operations");

    public void Map(IEndpointRouteBuilder routes)
    {
        const string Connections = "/v1/services/{service}/connections";
        routes.MapApi("GET", Connections, Method("ListConnections", "servicenetworking.services.get", null, "network"), List);
        routes.MapApi("POST", Connections, Method("CreateConnection", "servicenetworking.services.addPeering", "Connection"), Create);
        routes.MapApi("PATCH", Connections + "/{connection}", Method("UpdateConnection", "servicenetworking.services.addPeering", "Connection", "updateMask", "force:bool"), Update);
        routes.MapApi("POST", Connections + "/{connection}", Method("DeleteConnection", "servicenetworking.services.deleteConnection", "DeleteConnectionRequest"), Delete);
        routes.MapApi(
            "GET", "/v1/operations/{operation}",
            new ApiMethod { Service = ApiService.ServiceNetworking, Name = "google.longrunning.Operations.GetOperation", Resource = "operations/{operation}" },
            request => _operations.Get("operations/" + request.Route("operation")));
    }

    /// <inheritdoc/>
    public bool IsPeered(string project, string network) => Find(Projects.NumberOf(project), network) is not null;

    private static void CheckService(ApiRequest request)
    {
        if (request.Route("service") != Service) throw ApiException.NotFound($"Service {request.Route("service")} not found. The emulator has {Service}.");
    }

    /// <summary>The project's number and the network's name.</summary>
    private static (string Number, string Network) Parse(string? network)
        => network?.Split('/') is ["projects", { Length: > 0 } project, "global", "networks", { Length: > 0 } name]
            ? (Projects.NumberOf(project), name)
            : throw ApiException.InvalidArgument($"Invalid network: '{network}'. A network is projects/NUMBER/global/networks/NAME.");

    private ApiMethod Method(string name, string permission, string? body, params IReadOnlyList<string> query) => new()
    {
        Service = ApiService.ServiceNetworking,
        Name = Definition + name,
        Permission = permission,
        Resource = "services/{service}",
        Body = body is null ? MessageSchema.Empty : _messages[body],
        Query = query,
    };

    private JsonObject List(ApiRequest request)
    {
        CheckService(request);
        var (number, network) = Parse(request.Query("network"));
        return Find(number, network) is { } connection ? new JsonObject { ["connections"] = new JsonArray(connection) } : [];
    }

    private JsonObject Create(ApiRequest request)
    {
        CheckService(request);
        var (number, network) = Parse(request.Body.Text("network"));
        var ranges = Ranges(request);
        if (Find(number, network) is { } existing && !existing.Items("reservedPeeringRanges").Select(range => range.ToString()).SequenceEqual(ranges))
            return Begin(number, network, null, LongRunningOperations.Status(9, "Cannot modify allocated ranges in CreateConnection. Please use UpdateConnection."));
        return Begin(number, network, ranges, null);
    }

    private JsonObject Update(ApiRequest request)
    {
        CheckService(request);
        var (number, network) = Parse(request.Body.Text("network"));
        if (Find(number, network) is null)
            throw ApiException.NotFound($"The network {network} has no private connection. Create one first.");
        return Begin(number, network, Ranges(request), null);
    }

    private JsonObject Delete(ApiRequest request)
    {
        CheckService(request);
        var (number, network) = Parse(request.Body.Text("consumerNetwork"));
        if (Find(number, network) is null) throw ApiException.NotFound($"The network {network} has no private connection.");
        var error = IsUsed(number, network)
            ? LongRunningOperations.Status(9, "Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still using this connection.")
            : null;
        return Begin(number, network, [], error);
    }

    private static List<string> Ranges(ApiRequest request)
    {
        var ranges = request.Body.Items("reservedPeeringRanges").Select(range => range.ToString()).ToList();
        return ranges.Count > 0 ? ranges : throw ApiException.InvalidArgument("reservedPeeringRanges must name at least one allocated range.");
    }

    /// <summary>Whether an instance has its private address in the network.</summary>
    private bool IsUsed(string number, string network) => store.List(Instances.Collection).Any(entry
        => entry.Value["settings"]?["ipConfiguration"]?["privateNetwork"]?.ToString().Split('/') is [.., "projects", var project, "global", "networks", var name]
            && name == network && Projects.AreSame(project, number));

    /// <summary>Begins the operation that leaves a network with these ranges, or without a connection when there are none.</summary>
    private JsonObject Begin(string number, string network, List<string>? ranges, JsonObject? error)
    {
        if (error is null && faults.FailsOperation()) error = LongRunningOperations.Status(13, "An internal error occurred.");
        if (error is null)
        {
            var document = new JsonObject { ["reservedPeeringRanges"] = new JsonArray([.. ranges!.Select(range => (JsonNode)range)]) };
            // A connection counts once its operation is done; one that goes is gone at once.
            if (ranges!.Count > 0 && Find(number, network) is null) document["since"] = clock.GetUtcNow().Add(LongRunningOperations.Duration).ToText();
            store.Put(Collection, $"{number}/{network}", document);
        }

        var metadata = new JsonObject { ["@type"] = TypePrefix + "google.protobuf.Empty" };
        var response = ranges is { Count: > 0 } ? Shown(number, network, ranges) : [];
        response["@type"] = TypePrefix + (ranges is { Count: > 0 } ? "google.cloud.servicenetworking.v1.Connection" : "google.protobuf.Empty");
        return _operations.Begin($"operations/pssn.p24-{number}-{Guid.NewGuid()}", metadata, response, error);
    }

    private JsonObject? Find(string number, string network)
    {
        var document = store.Get(Collection, $"{number}/{network}");
        if (document is null) return network == "default" && !options.Unpeered ? Shown(number, network, ["google-managed-services-default"]) : null;
        if (document.Text("since") is { } since && JsonFields.ToTime(since) > clock.GetUtcNow()) return null;
        var ranges = document.Items("reservedPeeringRanges").Select(range => range.ToString()).ToList();
        return ranges.Count == 0 ? null : Shown(number, network, ranges);
    }

    private static JsonObject Shown(string number, string network, IReadOnlyList<string> ranges) => new()
    {
        ["network"] = $"projects/{number}/global/networks/{network}",
        ["peering"] = "servicenetworking-googleapis-com",
        ["reservedPeeringRanges"] = new JsonArray([.. ranges.Select(range => (JsonNode)range)]),
        ["service"] = "services/" + Service,
    };
}
