using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Makes a database in a Cloud SQL instance. One that is there as asked for is left as it is.</summary>
[Cmdlet(VerbsCommon.New, "SwarmCloudSqlDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(CloudSqlDatabase), typeof(CloudSqlOperation))]
public sealed class NewSwarmCloudSqlDatabaseCommand : OperationCmdlet
{
    /// <summary>The database's name, at most 63 bytes.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    public string Name { get; set; } = "";

    /// <summary>The instance; without it the session's.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>The encoding. Without it: the server's, UTF8, and a database that is there may have any.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Charset { get; set; }

    /// <summary>The collation, such as en_US.UTF8. Without it: the server's, and a database that is there may have any.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Collation { get; set; }

    private protected override void Process()
    {
        var (project, instance) = ResolveInstance(Instance);
        var request = CloudSqlDatabases.Insert(project, instance, Name, Charset, Collation);
        if (RunCloud((api, token) => CloudSqlDatabases.FindAsync(api, project, instance, Name, token)) is { } found)
        {
            CloudSqlDatabases.RequireSame(instance, found, Charset, Collation);
            WriteObject(CloudSqlDatabases.ToDatabase(project, instance, found, CloudAction.Present));
            return;
        }

        if (!ConfirmRequest(request, $"Create database '{Name}' in instance '{instance}' of project '{project}'", out var isWhatIf))
        {
            if (isWhatIf) WriteObject(CloudSqlDatabases.ToDatabase(project, instance, request.Body!, CloudAction.WouldCreate));
            return;
        }

        if (!Complete(project, RunCloud((api, token) => CloudSqlDatabases.StartAsync(api, project, instance, Name, request, WaitTime, token)))) return;
        var made = RunCloud((api, token) => CloudSqlDatabases.FindAsync(api, project, instance, Name, token)) ?? throw Engine.Errors.CloudDatabaseNotFound(project, instance, Name);
        WriteObject(CloudSqlDatabases.ToDatabase(project, instance, made, CloudAction.Created));
    }
}
