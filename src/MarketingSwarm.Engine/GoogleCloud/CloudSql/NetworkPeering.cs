using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>Whether a VPC network has the peering by which an instance gets an address in it (https://cloud.google.com/sql/docs/postgres/configure-private-services-access).</summary>
internal static class NetworkPeering
{
    private const string Service = "servicenetworking.googleapis.com";

    /// <summary>Looks for the peering.</summary>
    /// <param name="api">Where to.</param>
    /// <param name="network">The network as the API names it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Null where it is there; why that could not be seen, and the command that shows it.</returns>
    /// <exception cref="SwarmConfigurationException">The network has no peering.</exception>
    internal static async Task<string?> CheckAsync(IGoogleApi api, (string Project, string Name, string Path) network, CancellationToken cancellationToken)
    {
        try
        {
            if (await ProjectNumbers.FindAsync(api, network.Project, cancellationToken).ConfigureAwait(false) is not { } number) return NotSeen("the project's number was not told");

            var answer = await api.SendAsync(ListConnections(network.Project, number, network.Name), cancellationToken).ConfigureAwait(false);
            var connections = answer.Items("connections").ToArray();
            if (connections.Any(connection => (connection["reservedPeeringRanges"] as JsonArray)?.Count > 0)) return null;
            throw Errors.NetworkNotPeered(network.Project, network.Name, connections.Length == 0 ? "no connection to Google's services" : "its connection has no range of addresses");
        }
        catch (SwarmCloudException exception)
        {
            // Only a look ahead: Cloud SQL itself refuses a network without it, and its own request says what is wrong with the credential.
            return NotSeen(exception.Message);
        }

        string NotSeen(string why)
            => $"Private services access of network '{network.Name}' was not checked: {why} This shows it: gcloud services vpc-peerings list --network={network.Name} --project={network.Project}";
    }

    private static GoogleRequest ListConnections(string project, string number, string network)
        => new(
            GoogleApi.ServiceNetworking, HttpMethod.Get,
            $"v1/services/{Service}/connections?network={GoogleRequest.Escape($"projects/{number}/global/networks/{network}")}")
        {
            Project = project,
            Target = $"network '{network}'",
            Permission = "servicenetworking.services.get",
            Role = "roles/servicenetworking.networksAdmin",
        };
}
