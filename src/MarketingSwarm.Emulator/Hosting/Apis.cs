namespace MarketingSwarm.Emulator.Hosting;

/// <summary>The APIs that the emulator has.</summary>
internal static class Apis
{
    public static IServiceCollection AddApis(this IServiceCollection services)
    {
        services.AddSingleton<IApi, FaultsControl>();
        services.AddSingleton<IApi, EmulatorControl>();
        return services;
    }
}
