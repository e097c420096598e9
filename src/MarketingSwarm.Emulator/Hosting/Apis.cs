using MarketingSwarm.Emulator.Metadata;
using MarketingSwarm.Emulator.Monitoring;
using MarketingSwarm.Emulator.ResourceManager;
using MarketingSwarm.Emulator.Run;
using MarketingSwarm.Emulator.Secrets;
using MarketingSwarm.Emulator.ServiceNetworking;

namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The APIs that the emulator has.</summary>
internal static class Apis
{
    public static IServiceCollection AddApis(this IServiceCollection services)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<IApi, FaultsControl>();
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
