using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Connector;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>Before the first request: the clusters that are there are taken over, and what was under way is taken up.</summary>
internal sealed class CloudSqlLifetime(IClusterHost clusters, Instances instances, Operations operations, InstanceCertificates certificates, ProxyServers proxies, EmulatorLog log) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var cluster in await clusters.OpenAsync(cancellationToken))
        {
            if (instances.Find(cluster.Id) is null)
            {
                // Its record went first, as the operation that deleted it says; or it is somebody else's doing.
                log.Write($"{cluster.Id}: a cluster without an instance is left as it is.");
                continue;
            }

            log.Write($"{cluster.Id}: PostgreSQL {cluster.ServerVersion}, {(cluster.IsRunning ? $"running on {cluster.Address.IPAddress}:{cluster.Address.Port}" : "stopped")}. {string.Join(' ', cluster.Remarks)}");
            certificates.Ensure(cluster.Id);
            proxies.Update(cluster.Id);
        }

        operations.Open();
        instances.Reconcile(operations.IsBusy, id => clusters.Find(id) is not null);
    }

    public Task StopAsync(CancellationToken cancellationToken) => operations.StopAsync();
}
