using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Deletes a Cloud SQL instance with its databases, users and backups. A protected one is refused, one that is gone already is not an error.</summary>
[Cmdlet(VerbsCommon.Remove, "SwarmCloudSqlInstance", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(CloudSqlOperation))]
public sealed class RemoveSwarmCloudSqlInstanceCommand : OperationCmdlet
{
    /// <summary>The instance. It must be named: the session's is not taken.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>Makes a last backup, which is kept for so many days after the instance is gone.</summary>
    [Parameter]
    [ValidateRange(1, 365)]
    public int? FinalBackupDays { get; set; }

    private protected override void Process()
    {
        var (project, name) = ResolveInstance(Instance);
        if (RunCloud((api, token) => InstanceDeletion.FindAsync(api, project, name, token)) is not { } instance)
        {
            WriteWarning($"Project '{project}' has no Cloud SQL instance '{name}': nothing was deleted.");
            return;
        }

        var request = CloudSqlRequests.DeleteInstance(project, name, FinalBackupDays);
        var kept = FinalBackupDays is { } days ? $"but for a last backup, which is kept for {days} days" : "and its backups with it";
        if (!ConfirmRequest(request, $"Delete {CloudSqlObjects.ToInstance(project, instance)} for good: all of its databases are lost, {kept}", out _)) return;

        Complete(project, RunCloud((api, token) => InstanceDeletion.StartAsync(api, project, name, request, WaitTime, token)));
    }
}
