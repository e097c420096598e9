using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Tells when a Cloud SQL instance is backed up, and how long what is kept.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmBackupPolicy")]
[OutputType(typeof(CloudSqlBackupPolicy))]
public sealed class GetSwarmBackupPolicyCommand : CloudCmdlet
{
    /// <summary>The instance; without it the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    private protected override void Process()
    {
        var (project, instance) = ResolveInstance(Instance);
        WriteObject(BackupPolicies.ToPolicy(project, RunCloud((api, token) => api.SendAsync(CloudSqlRequests.GetInstance(project, instance), token))));
    }
}
