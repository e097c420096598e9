using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Gets the databases of a Cloud SQL instance.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmCloudSqlDatabase")]
[OutputType(typeof(CloudSqlDatabase))]
public sealed class GetSwarmCloudSqlDatabaseCommand : CloudCmdlet
{
    /// <summary>Names, with wildcards, in upper and lower case as they are. Without it: all.</summary>
    [Parameter(Position = 0)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[]? Name { get; set; }

    /// <summary>The instance; without it the session's.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    private protected override void Process()
    {
        var (project, instance) = ResolveInstance(Instance);
        var found = RunCloud((api, token) => CloudSqlDatabases.ListAsync(api, project, instance, token)).Select(item => CloudSqlDatabases.ToDatabase(project, instance, item)).ToArray();
        var selected = NamePatterns.Select(
            found, Name, database => database.Name, name => WriteError(ErrorRecords.From(Engine.Errors.CloudDatabaseNotFound(project, instance, name))));
        foreach (var database in selected) WriteObject(database);
    }
}
