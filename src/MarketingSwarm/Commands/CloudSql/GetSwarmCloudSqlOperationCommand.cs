using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Gets operations of Cloud SQL: by name, those of an instance, or the newest of the project.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmCloudSqlOperation", DefaultParameterSetName = InstanceSet)]
[OutputType(typeof(CloudSqlOperation))]
public sealed class GetSwarmCloudSqlOperationCommand : CloudCmdlet
{
    private const string InstanceSet = "Instance";
    private const string NameSet = "Name";
    private const int DefaultFirst = 20;

    // What one answer of the API holds at most.
    private const int LargestPage = 100;

    /// <summary>The operations' names, or the operations themselves, to see how they are now.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ParameterSetName = NameSet)]
    [ValidateNotNullOrEmpty]
    public CloudSqlOperationReference[] Name { get; set; } = [];

    /// <summary>The instance whose operations are meant. Without it: those of all instances of the project.</summary>
    [Parameter(ValueFromPipeline = true, ValueFromPipelineByPropertyName = true, ParameterSetName = InstanceSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>How many, the newest first.</summary>
    [Parameter(ParameterSetName = InstanceSet)]
    [ValidateRange(1, 10_000)]
    public int First { get; set; } = DefaultFirst;

    private protected override void Process()
    {
        if (ParameterSetName == InstanceSet) List(Instance?.Project ?? Settings.RequireProject(), Instance?.Name);
        else foreach (var reference in Name) Find(reference.Project ?? Settings.RequireProject(), reference.Name);
    }

    private void List(string project, string? instance)
    {
        var operations = RunCloud(async (api, token) =>
        {
            var found = new List<CloudSqlOperation>();
            var listed = api.ListAsync(page => CloudSqlRequests.ListOperations(project, instance, Math.Min(First, LargestPage), page), "items", token);
            await foreach (var item in listed.ConfigureAwait(false))
            {
                found.Add(CloudSqlObjects.ToOperation(project, item));
                if (found.Count == First) break;
            }

            return found;
        });
        foreach (var operation in operations) WriteObject(operation);
    }

    private void Find(string project, string name)
    {
        try
        {
            WriteObject(CloudSqlObjects.ToOperation(project, RunCloud((api, token) => api.SendAsync(CloudSqlRequests.GetOperation(project, name), token))));
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            WriteError(ErrorRecords.From(Engine.Errors.OperationNotFound(project, name)));
        }
    }
}
