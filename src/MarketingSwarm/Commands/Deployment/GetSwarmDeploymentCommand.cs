using System.Management.Automation;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Run;

namespace MarketingSwarm.Commands;

/// <summary>Gets Cloud Run services: their revisions, who gets the requests, which Cloud SQL instances they are connected to and which secrets they read.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmDeployment")]
[OutputType(typeof(SwarmDeployment))]
public sealed class GetSwarmDeploymentCommand : CloudCmdlet
{
    /// <summary>The services' names; wildcards are allowed. Without it: all of the region.</summary>
    [Parameter(Position = 0)]
    [Alias("Name")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string[]? Service { get; set; }

    /// <summary>The region. Without it: the session's, then gcloud's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    private protected override string? GivenRegion => Region;

    private protected override void End()
    {
        var project = Settings.RequireProject();
        var region = Settings.RequireRegion();
        // Who may see one service need not be allowed to list all.
        if (Service is not null && !Service.Any(WildcardPattern.ContainsWildcardCharacters))
        {
            foreach (var name in Service)
            {
                var found = RunCloud((api, token) => new RunServices(api, project, region, name).FindAsync(token));
                if (found is null) WriteError(ErrorRecords.From(Engine.Errors.ServiceNotThere(project, region, name)));
                else WriteObject(Describe(project, region, found));
            }

            return;
        }

        var services = RunCloud(async (api, token) =>
        {
            List<JsonObject> all = [];
            await foreach (var service in api.ListAsync(page => RunRequests.ListServices(project, region, page), "services", token).ConfigureAwait(false)) all.Add(service);
            return all;
        });
        var selected = NamePatterns.Select(
            services, Service, service => TrafficPlan.ShortName(service.Text("name")!), name => WriteError(ErrorRecords.From(Engine.Errors.ServiceNotThere(project, region, name))));
        foreach (var service in selected) WriteObject(Describe(project, region, service));
    }

    private SwarmDeployment Describe(string project, string region, JsonObject service)
        => RunCloud((api, token) => new RunServices(api, project, region, TrafficPlan.ShortName(service.Text("name")!)).DescribeAsync(service, token));
}
