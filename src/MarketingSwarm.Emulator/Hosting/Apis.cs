using MarketingSwarm.Emulator.CloudSql;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Connector;
using MarketingSwarm.Emulator.Metadata;
using MarketingSwarm.Emulator.Monitoring;
using MarketingSwarm.Emulator.ResourceManager;
using MarketingSwarm.Emulator.Run;
using MarketingSwarm.Emulator.Secrets;
using MarketingSwarm.Emulator.ServiceNetworking;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The APIs that the emulator has.</summary>
internal static class Apis
{
    public static IServiceCollection AddApis(this IServiceCollection services)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IApi, FaultsControl>().AddSingleton<IApi, StopControl>();
        services.AddSingleton<IClusterHost>(provider => new ClusterHost(provider.GetRequiredService<StateStore>().Folder));
        services.AddSingleton<Instances>().AddSingleton<InstanceSettings>().AddSingleton<InstanceWork>().AddSingleton<Operations>().AddSingleton<SqlViews>();
        services.AddSingleton<InstanceCertificates>().AddSingleton<IamLogins>().AddSingleton<ProxyServers>().AddSingleton<IApi, ConnectorApi>();
        services.AddHostedService<CloudSqlLifetime>();
        services.AddSingleton<IApi, InstancesApi>().AddSingleton<IApi, DatabasesApi>().AddSingleton<IApi, UsersApi>().AddSingleton<IApi, OperationsApi>();
        services.AddSingleton<IApi, BackupRunsApi>().AddSingleton<IApi, CatalogApi>().AddSingleton<IApi, ClustersControl>();
        services.AddSingleton<SecretStore>().AddSingleton<IApi, SecretsApi>();
        services.AddSingleton<IApi, MonitoringApi>();
        services.AddSingleton<IApi, MetadataServer>();
        services.AddSingleton<IApi, ProjectsApi>();
        services.AddSingleton<ServiceNetworkingApi>();
        services.AddSingleton<IApi>(provider => provider.GetRequiredService<ServiceNetworkingApi>());
        services.AddSingleton<INetworkPeering>(provider => provider.GetRequiredService<ServiceNetworkingApi>());
        services.AddSingleton<RevisionChecks>().AddSingleton<IApi, RunApi>();
        return services;
    }
}
