using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Connector;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>What the APIs of Google Cloud have no place for: where each instance's server listens, at <c>/emulator/instances</c>.</summary>
internal sealed class ClustersControl(StateStore store, IClusterHost clusters, ProxyServers proxies) : IApi
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/emulator/instances", ["GET"], (RequestDelegate)AnswerAsync);

    private Task AnswerAsync(HttpContext context)
    {
        JsonArray list = [];
        foreach (var (_, instance) in store.List(Instances.Collection))
        {
            ClusterId id = new(instance["project"]!.GetValue<string>(), instance["name"]!.GetValue<string>());
            JsonObject entry = new() { ["project"] = id.Project, ["instance"] = id.Instance, ["state"] = instance["state"]!.DeepClone() };
            if (clusters.Find(id) is { } cluster)
            {
                entry["ipAddress"] = cluster.Address.IPAddress;
                entry["port"] = cluster.Address.Port;
                entry["serverVersion"] = cluster.ServerVersion;
                entry["running"] = cluster.IsRunning;
                JsonArray remarks = [.. cluster.Remarks.Select(remark => JsonValue.Create(remark))];
                if (proxies.PortOf(id) is { } proxy)
                {
                    entry["proxyPort"] = proxy;
                    if (proxy != ProxyServers.Port)
                        remarks.Add($"Port {ProxyServers.Port} of {cluster.Address.IPAddress} is taken: what connectors dial there is not this instance, whose proxy listens on port {proxy}.");
                }

                entry["remarks"] = remarks;
            }

            list.Add(entry);
        }

        return context.Response.WriteJsonAsync(StatusCodes.Status200OK, list);
    }
}
