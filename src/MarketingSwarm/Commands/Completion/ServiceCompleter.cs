using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Run;

namespace MarketingSwarm.Commands;

/// <summary>Completes the region's Cloud Run services.</summary>
public sealed class ServiceCompleter : CloudCompleter
{
    private protected override async Task<IReadOnlyList<string>> ListAsync(IGoogleApi api, string project, string? region, CancellationToken cancellationToken)
    {
        List<string> names = [];
        if (region is null) return names;
        await foreach (var service in api.ListAsync(token => RunRequests.ListServices(project, region, token), "services", cancellationToken).ConfigureAwait(false))
            names.Add(TrafficPlan.ShortName(service.Text("name") ?? ""));
        return names;
    }
}
