using System.Management.Automation;
using System.Management.Automation.Host;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>A cmdlet that changes settings of an instance: shows each before and after, and asks before the server restarts or stops.</summary>
public abstract class InstancePatchCmdlet : OperationCmdlet
{
    /// <summary>Does not ask before the server restarts or stops.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>How a setting is called in what is shown.</summary>
    private protected virtual string NameOf(SettingDifference difference) => difference.Name;

    /// <summary>What the settings that restart or stop the server are called; none where it goes on.</summary>
    private protected abstract IReadOnlyList<string> GetRestartReasons(IReadOnlyList<SettingDifference> differences);

    /// <summary>What becomes of the server, for the question.</summary>
    private protected virtual string RestartEffect => "restarts and is away for some minutes";

    /// <summary>Confirms, sends, waits, and writes each setting before and after.</summary>
    /// <param name="project">The project's id.</param>
    /// <param name="instance">The instance's name.</param>
    /// <param name="patch">What there is to change.</param>
    /// <param name="subject">What is changed, for the question of <c>-Confirm</c>.</param>
    private protected void Apply(string project, string instance, InstancePatch patch, string subject)
    {
        Write(patch.Unchanged, CloudAction.Present);
        if (patch.Request is null)
        {
            WriteVerbose($"Instance '{instance}' is as asked: nothing was sent.");
            return;
        }

        var changes = string.Join(
            ", ", patch.Differences.Select(difference => $"{NameOf(difference)} from {Engine.Errors.Shown(difference.Before)} to {Engine.Errors.Shown(difference.After)}"));
        if (!ConfirmRequest(patch.Request, $"Change {subject} of project '{project}': {changes}", out var isWhatIf))
        {
            if (isWhatIf) Write(patch.Differences, CloudAction.WouldUpdate);
            return;
        }

        if (!ConfirmRestart(instance, GetRestartReasons(patch.Differences))) return;
        if (NoWait)
        {
            Complete(project, RunCloud((api, token) => patch.SendAsync(WaitTime, token)));
            return;
        }

        var result = RunCloud((api, token) => patch.ApplyAsync(WaitTime, token, operation => StopHint = Engine.Errors.TakeUp(CloudSqlObjects.ToOperation(project, operation))));
        StopHint = null;
        Write(result.Differences, CloudAction.Updated);

        void Write(IReadOnlyList<SettingDifference> differences, CloudAction action)
        {
            foreach (var difference in differences)
            {
                WriteObject(new CloudSqlInstanceChange
                {
                    Project = project,
                    Instance = instance,
                    Setting = NameOf(difference),
                    Before = difference.Before,
                    After = difference.After,
                    Action = action,
                });
            }
        }
    }

    private bool ConfirmRestart(string instance, IReadOnlyList<string> reasons)
    {
        // Who said -Confirm was asked just now, and who said -Confirm:$false is not to be asked.
        if (reasons.Count == 0 || Force || MyInvocation.BoundParameters.ContainsKey("Confirm") || $"{GetVariableValue("ConfirmPreference")}" == nameof(ConfirmImpact.None)) return true;
        try
        {
            return ShouldContinue(
                $"The server of instance '{instance}' {RestartEffect}, and all of its connections are cut ({string.Join(", ", reasons)}). Go on?", "Restart the server");
        }
        catch (Exception exception) when (exception is HostException or PSInvalidOperationException or NullReferenceException)
        {
            // The last is pwsh's own where its input has ended.
            throw Engine.Errors.RestartNotConfirmed(instance, reasons);
        }
    }
}
