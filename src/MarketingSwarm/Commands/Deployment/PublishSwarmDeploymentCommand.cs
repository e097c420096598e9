using System.Management.Automation;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Deployment;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Run;

namespace MarketingSwarm.Commands;

/// <summary>
///   Applies a service.yaml to Cloud Run and waits until the new revision serves, sends a share of the requests to a revision, or goes back to the one before. What the file
///   does not mention stays as it is on the service.
/// </summary>
[Cmdlet(VerbsData.Publish, "SwarmDeployment", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = FileSet)]
[OutputType(typeof(SwarmDeployment))]
public sealed class PublishSwarmDeploymentCommand : CloudCmdlet
{
    private const string FileSet = "Path";
    private const string TrafficSet = "Traffic";
    private const string RollbackSet = "Rollback";

    private IReadOnlyList<DeployedRevision>? _revisions;

    /// <summary>The service.yaml, or its folder.</summary>
    [Parameter(Position = 0, ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = DeploymentFiles.ServiceFile;

    /// <summary>The container's image, in place of the file's.</summary>
    [Parameter(ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string? Image { get; set; }

    /// <summary>Gives the new revision no requests: those go on to the revisions that get them now.</summary>
    [Parameter(ParameterSetName = FileSet)]
    public SwitchParameter NoTraffic { get; set; }

    /// <summary>A tag under which the new revision has an address of its own, for a test before it gets requests.</summary>
    [Parameter(ParameterSetName = FileSet)]
    [ValidateNotNullOrEmpty]
    public string? Tag { get; set; }

    /// <summary>Makes the service where there is none. Without it a service that does not exist is an error, since its name may be misspelt.</summary>
    [Parameter(ParameterSetName = FileSet)]
    public SwitchParameter Create { get; set; }

    /// <summary>The service.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TrafficSet)]
    [Parameter(Mandatory = true, ParameterSetName = RollbackSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string? Service { get; set; }

    /// <summary>The percentage of the requests that the revision gets; the others divide the rest as before.</summary>
    [Parameter(Mandatory = true, ParameterSetName = TrafficSet)]
    [ValidateRange(1, 100)]
    public int TrafficPercent { get; set; }

    /// <summary>The revision. Without it, the newest that is ready.</summary>
    [Parameter(ParameterSetName = TrafficSet)]
    [ValidateNotNullOrEmpty]
    public string? Revision { get; set; }

    /// <summary>Sends all requests to the revision before the one that serves now.</summary>
    [Parameter(Mandatory = true, ParameterSetName = RollbackSet)]
    public SwitchParameter Rollback { get; set; }

    /// <summary>The service's region. Without it: the session's, then gcloud's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    /// <summary>How long the revision is waited for, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int TimeoutSeconds { get; set; } = 600;

    private protected override string? GivenRegion => Region;

    private protected override void Process()
    {
        var project = Settings.RequireProject();
        var region = Settings.RequireRegion();
        if (ParameterSetName == FileSet) PublishFile(project, region);
        else MoveTraffic(project, region);
    }

    private void PublishFile(string project, string region)
    {
        if (Tag is not null) TrafficPlan.RequireTag(Tag);
        var path = ResolvePath(Path);
        if (System.IO.Directory.Exists(path)) path = System.IO.Path.Combine(path, DeploymentFiles.ServiceFile);
        var manifest = ServiceManifest.Read(path);
        Send(project, region, manifest.Name, $"Deploy {path} as service '{manifest.Name}' in region '{region}' of project '{project}'", before =>
        {
            if (before is null && !Create) throw Engine.Errors.ServiceNotFound(project, region, manifest.Name);
            if (NoTraffic && (before is null || TrafficPlan.Shares(before).Count == 0)) throw Engine.Errors.FirstRevisionWithoutTraffic(manifest.Name);
            var wanted = (JsonObject?)before?.DeepClone() ?? [];
            manifest.ApplyTo(wanted, Image);
            if (before is not null && (NoTraffic || Tag is not null)) wanted["traffic"] = NoTraffic ? TrafficPlan.Pinned(before, Tag) : TrafficPlan.Tagged(before, Tag!);
            else if (before is not null) wanted["traffic"] = TrafficPlan.AllToLatest(before);
            return wanted;
        });
    }

    private void MoveTraffic(string project, string region)
    {
        var name = Service!;
        Send(project, region, name, $"Move the requests to service '{name}' in region '{region}' of project '{project}'", before =>
        {
            if (before is null) throw Engine.Errors.ServiceNotFound(project, region, name);
            var revisions = _revisions!;
            var percent = Rollback ? 100 : TrafficPercent;
            var revision = Rollback ? FindEarlier(before, name, revisions) : FindRevision(before, name, revisions);
            var wanted = (JsonObject)before.DeepClone();
            wanted["traffic"] = TrafficPlan.Shift(before, revision, percent) ?? throw Engine.Errors.NoOtherRevision(name, revision, percent);
            return wanted;
        });
    }

    private string FindRevision(JsonObject service, string name, IReadOnlyList<DeployedRevision> revisions)
    {
        var ready = revisions.Where(revision => revision.State == "READY").ToList();
        var wanted = Revision ?? (service.Text("latestReadyRevision") is { } latest ? TrafficPlan.ShortName(latest) : "");
        return ready.Any(revision => revision.Name == wanted) ? wanted
            : ready.Count == 0 ? throw Engine.Errors.NoRevisionReady(name) : throw Engine.Errors.RevisionNotFound(name, wanted, ready);
    }

    private static string FindEarlier(JsonObject service, string name, IReadOnlyList<DeployedRevision> revisions)
    {
        var shares = TrafficPlan.Shares(service);
        var current = shares.Count == 0 ? null : shares[0].Revision;
        // They are listed with the newest first.
        return revisions.SkipWhile(revision => revision.Name != current).Skip(1).FirstOrDefault(revision => revision.State == "READY")?.Name
            ?? throw Engine.Errors.NoEarlierRevision(name, current);
    }

    private void Send(string project, string region, string name, string description, Func<JsonObject?, JsonObject> change)
    {
        RequireServiceName(name);
        var services = new RunServices(Api, project, region, name);
        var before = RunCloud((_, token) => services.FindAsync(token));
        if (ParameterSetName != FileSet && before is not null) _revisions = Describe(services, before).Revisions;
        if (services.Plan(before, change(before)) is not { } request)
        {
            WriteVerbose($"Service '{name}' is as wanted already: nothing was sent.");
            WriteObject(Describe(services, before!));
            return;
        }

        if (!ConfirmRequest(request, description, out _)) return;
        StopHint = $"Cloud Run goes on with it nevertheless; look at it: Get-SwarmDeployment {name} -Region {region} -Project {project}";
        var (service, _) = RunCloud((_, token) => services.ChangeAsync(change, TimeSpan.FromSeconds(TimeoutSeconds), token));
        StopHint = null;
        WriteObject(Describe(services, service));
    }

    private static void RequireServiceName(string name)
    {
        if (!DeploymentFiles.IsServiceName(name)) throw Engine.Errors.ServiceNameMalformed(name);
    }

    private SwarmDeployment Describe(RunServices services, JsonObject service) => RunCloud((_, token) => services.DescribeAsync(service, token));
}
