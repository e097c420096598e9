using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Gets the Cloud SQL instances of a project, all or those of a name.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmCloudSqlInstance")]
[OutputType(typeof(CloudSqlInstance))]
public sealed class GetSwarmCloudSqlInstanceCommand : CloudCmdlet
{
    /// <summary>Names, with wildcards, or connection names. Without it: all of the project.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Instance")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference[]? Name { get; set; }

    private protected override void Process()
    {
        if (Name is null)
        {
            List(Settings.RequireProject(), "*");
            return;
        }

        foreach (var reference in Name)
        {
            var project = reference.Project ?? Settings.RequireProject();
            if (WildcardPattern.ContainsWildcardCharacters(reference.Name)) List(project, reference.Name);
            else Find(project, reference.Name);
        }
    }

    private void List(string project, string pattern)
    {
        var names = new WildcardPattern(pattern, WildcardOptions.IgnoreCase);
        var instances = RunCloud(async (api, token) =>
        {
            var found = new List<CloudSqlInstance>();
            await foreach (var item in api.ListAsync(page => CloudSqlRequests.ListInstances(project, page), "items", token).ConfigureAwait(false))
                found.Add(CloudSqlObjects.ToInstance(project, item));
            return found;
        });
        foreach (var instance in instances.Where(instance => names.IsMatch(instance.Name))) WriteObject(instance);
    }

    private void Find(string project, string name)
    {
        try
        {
            WriteObject(CloudSqlObjects.ToInstance(project, RunCloud((api, token) => api.SendAsync(CloudSqlRequests.GetInstance(project, name), token))));
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            WriteError(ErrorRecords.From(Engine.Errors.InstanceNotFound(project, name)));
        }
    }
}
