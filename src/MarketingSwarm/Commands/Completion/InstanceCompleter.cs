using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Completes the project's Cloud SQL instances.</summary>
public sealed class InstanceCompleter : CloudCompleter
{
    private protected override async Task<IReadOnlyList<string>> ListAsync(IGoogleApi api, string project, string? region, CancellationToken cancellationToken)
    {
        List<string> names = [];
        await foreach (var instance in api.ListAsync(token => CloudSqlRequests.ListInstances(project, token), "items", cancellationToken).ConfigureAwait(false))
            names.Add(instance.Text("name") ?? "");
        return names;
    }
}
