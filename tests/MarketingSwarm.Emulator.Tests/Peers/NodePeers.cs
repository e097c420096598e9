using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.Peers;

/// <summary>Google's own clients for Node.</summary>
public sealed class NodePeers() : NodePackages("Peers")
{
    /// <summary>Runs a script of ours with one of the clients, and gives what it reports.</summary>
    public async Task<JsonObject> RunAsync(string script, Uri endpoint, string token, string project, params IEnumerable<(string Name, string Value)> environment)
        => (await RunScriptAsync(script, input: null, [("PEER_ENDPOINT", endpoint.AbsoluteUri), ("PEER_TOKEN", token), ("PEER_PROJECT", project), .. environment])).AsObject();
}
