using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>
///   Sets when a Cloud SQL instance is backed up, and how long what is kept. What is not given stays as it is; impossible combinations are refused before
///   anything is sent. Shows each setting before and after, as it was read back.
/// </summary>
[Cmdlet(VerbsCommon.Set, "SwarmBackupPolicy", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(CloudSqlInstanceChange), typeof(CloudSqlOperation))]
public sealed class SetSwarmBackupPolicyCommand : InstancePatchCmdlet
{
    /// <summary>The instance; without it the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>When the daily backup may begin: HH:MM from 00:00 to 23:59, in UTC.</summary>
    [Parameter]
    [ValidateNotNull]
    public string? StartTime { get; set; }

    /// <summary>Keeps the write-ahead log, so that any moment can be restored. To turn it on restarts the server.</summary>
    [Parameter]
    public SwitchParameter PointInTimeRecovery { get; set; }

    /// <summary>How many automated backups are kept: 1 to 365.</summary>
    [Parameter]
    public int? RetainedBackups { get; set; }

    /// <summary>How many days of the write-ahead log are kept: 1 to 7, on Enterprise Plus 1 to 35, and not more than backups are.</summary>
    [Parameter]
    public int? RetainedLogDays { get; set; }

    /// <summary>Where backups are kept: a multi-region (us, eu, asia) or a region.</summary>
    [Parameter]
    [ValidateNotNull]
    public string? Location { get; set; }

    /// <summary>Ends automated backups. Those that are there are kept.</summary>
    [Parameter]
    public SwitchParameter Disable { get; set; }

    private protected override void Process()
    {
        var (project, name) = ResolveInstance(Instance);
        var asked = new BackupPolicyRequest
        {
            StartTime = StartTime,
            PointInTimeRecovery = MyInvocation.BoundParameters.ContainsKey(nameof(PointInTimeRecovery)) ? PointInTimeRecovery : null,
            RetainedBackups = RetainedBackups,
            RetainedLogDays = RetainedLogDays,
            Location = Location,
            IsDisabled = Disable,
        };
        BackupPolicies.Check(name, asked);
        var patch = RunCloud((api, token) => InstancePatch.PlanAsync(api, project, name, instance => BackupPolicies.Plan(instance, asked), token));
        if (BackupPolicies.IsRestarting(patch.Differences)) WriteWarning($"Turning on point-in-time recovery restarts the server of instance '{name}'.");
        Apply(project, name, patch, $"the backups of instance '{name}'");
    }

    private protected override string NameOf(SettingDifference difference) => BackupPolicies.NameOf(difference);

    private protected override IReadOnlyList<string> GetRestartReasons(IReadOnlyList<SettingDifference> differences)
        => BackupPolicies.IsRestarting(differences) ? [nameof(PointInTimeRecovery)] : [];
}
