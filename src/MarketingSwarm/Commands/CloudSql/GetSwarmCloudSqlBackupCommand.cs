using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Gets the backups of a Cloud SQL instance, the newest first.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmCloudSqlBackup")]
[OutputType(typeof(CloudSqlBackup))]
public sealed class GetSwarmCloudSqlBackupCommand : CloudCmdlet
{
    /// <summary>The instance; without it the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>The backups' ids. Without it: all.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Id { get; set; }

    private protected override void Process()
    {
        var (project, name) = ResolveInstance(Instance);
        if (Id is null)
        {
            foreach (var backup in RunCloud((api, token) => CloudSqlBackups.ListAsync(api, project, name, token).ToArrayAsync(token).AsTask()))
                WriteObject(CloudSqlBackups.ToBackup(project, name, backup));
            return;
        }

        foreach (var id in Id) Find(project, name, id);
    }

    private void Find(string project, string name, string id)
    {
        try
        {
            WriteObject(CloudSqlBackups.ToBackup(project, name, RunCloud((api, token) => api.SendAsync(CloudSqlRequests.GetBackup(project, name, id), token))));
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            WriteError(ErrorRecords.From(Engine.Errors.BackupNotFound(project, name, id)));
        }
    }
}
