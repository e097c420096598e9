using System.Management.Automation;
using System.Management.Automation.Host;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>
///   Sets when a Cloud SQL instance is backed up, and how long what is kept. What is not given stays as it is; impossible combinations are refused before
///   anything is sent. Shows each setting before and after, as it was read back.
/// </summary>
[Cmdlet(VerbsCommon.Set, "SwarmBackupPolicy", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(CloudSqlInstanceChange), typeof(CloudSqlOperation))]
public sealed class SetSwarmBackupPolicyCommand : OperationCmdlet
{
    /// <summary>The instance; without it the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
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

    /// <summary>Does not ask before the server restarts.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

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
        foreach (var difference in patch.Unchanged) Write(difference, CloudAction.Present);
        if (patch.Request is null)
        {
            WriteVerbose($"The backups of instance '{name}' are as asked: nothing was sent.");
            return;
        }

        var isRestarting = BackupPolicies.IsRestarting(patch.Differences);
        if (isRestarting) WriteWarning($"To turn on point-in-time recovery restarts the server of instance '{name}'.");
        var changes = string.Join(", ", patch.Differences.Select(difference => $"{BackupPolicies.NameOf(difference)} from {Engine.Errors.Shown(difference.Before)} to {Engine.Errors.Shown(difference.After)}"));
        if (!ConfirmRequest(patch.Request, $"Change the backups of instance '{name}' of project '{project}': {changes}", out var isWhatIf))
        {
            if (isWhatIf) foreach (var difference in patch.Differences) Write(difference, CloudAction.WouldUpdate);
            return;
        }

        if (isRestarting && !ConfirmRestart(name)) return;
        if (NoWait)
        {
            Complete(project, RunCloud((api, token) => patch.SendAsync(WaitTime, token)));
            return;
        }

        var result = RunCloud((api, token) => patch.ApplyAsync(WaitTime, token, operation => StopHint = Engine.Errors.TakeUp(CloudSqlObjects.ToOperation(project, operation))));
        StopHint = null;
        foreach (var difference in result.Differences) Write(difference, CloudAction.Updated);

        void Write(SettingDifference difference, CloudAction action) => WriteObject(new CloudSqlInstanceChange
        {
            Project = project,
            Instance = name,
            Setting = BackupPolicies.NameOf(difference),
            Before = difference.Before,
            After = difference.After,
            Action = action,
        });
    }

    private bool ConfirmRestart(string name)
    {
        // Who said -Confirm was asked just now, and who said -Confirm:$false is not to be asked.
        if (Force || MyInvocation.BoundParameters.ContainsKey("Confirm") || $"{GetVariableValue("ConfirmPreference")}" == nameof(ConfirmImpact.None)) return true;
        try
        {
            return ShouldContinue($"The server of instance '{name}' restarts and is away for some minutes, and all of its connections are cut. Go on?", "Restart the server");
        }
        catch (Exception exception) when (exception is HostException or PSInvalidOperationException or NullReferenceException)
        {
            // The last is pwsh's own where its input has ended.
            throw Engine.Errors.RestartNotConfirmed(name, [nameof(PointInTimeRecovery)]);
        }
    }
}
