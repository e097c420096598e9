using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Backs a Cloud SQL instance up now. The backup is kept until it is deleted.</summary>
[Cmdlet(VerbsCommon.New, "SwarmCloudSqlBackup", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(CloudSqlBackup), typeof(CloudSqlOperation))]
public sealed class NewSwarmCloudSqlBackupCommand : OperationCmdlet
{
    /// <summary>The instance; without it the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>What it is for.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Description { get; set; }

    /// <summary>Where it is kept: a multi-region (us, eu, asia) or a region. Without it: where the instance's backups are.</summary>
    [Parameter]
    [ValidateNotNull]
    public string? Location { get; set; }

    private protected override void Process()
    {
        var (project, name) = ResolveInstance(Instance);
        var request = CloudSqlBackups.Insert(project, name, Description, Location);
        // Asked for first: -WhatIf, too, says if there is no such instance.
        RunCloud((api, token) => api.SendAsync(CloudSqlRequests.GetInstance(project, name), token));
        if (!ConfirmRequest(request, $"Back up instance '{name}' of project '{project}'", out _)) return;
        var (operation, id) = RunCloud((api, token) => CloudSqlBackups.StartAsync(api, project, name, request, WaitTime, token));
        if (!Complete(project, operation) || id is null) return;
        WriteObject(CloudSqlBackups.ToBackup(project, name, RunCloud((api, token) => api.SendAsync(CloudSqlRequests.GetBackup(project, name, id), token))));
    }
}
