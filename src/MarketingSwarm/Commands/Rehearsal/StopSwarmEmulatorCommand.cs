using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Rehearsal;

namespace MarketingSwarm.Commands;

/// <summary>Stops an emulator and the PostgreSQL servers of its instances, and puts back what the session's context was before it. What they hold is kept.</summary>
[Cmdlet(VerbsLifecycle.Stop, "SwarmEmulator", SupportsShouldProcess = true)]
[OutputType(typeof(void))]
public sealed class StopSwarmEmulatorCommand : SwarmCmdlet
{
    /// <summary>The emulator's state folder. Without it, the emulator that this session used last is stopped.</summary>
    [Parameter(Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <summary>Deletes the state folder then: the instances, their data, their backups, the secrets. It asks first.</summary>
    [Parameter]
    public SwitchParameter RemoveState { get; set; }

    /// <summary>Does not ask before the state folder is deleted.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void Process()
    {
        var folder = System.IO.Path.TrimEndingDirectorySeparator(
            StatePath is not null ? ResolvePath(StatePath) : EmulatorSessions.StateFolders is [.., var last] ? last : EmulatorOptions.DefaultStateFolder);
        if (EmulatorRecord.Find(folder) is not { } record)
        {
            // The context of a session whose emulator was stopped elsewhere still names it.
            EmulatorSessions.Remove(folder);
            WriteError(ErrorRecords.From(Errors.EmulatorNotRunning(folder)));
            return;
        }

        if (!ShouldProcess(folder, RemoveState ? "Stop the emulator and delete its state" : "Stop the emulator")) return;
        if (RemoveState && !Force && !MyInvocation.BoundParameters.ContainsKey("Confirm") && $"{GetVariableValue("ConfirmPreference")}" != nameof(ConfirmImpact.None)
            && !ShouldContinue($"All instances of the emulator are deleted with their data, and the folder '{folder}' with them. Go on?", "Delete the emulator's state"))
        {
            return;
        }

        Run(token => EmulatorControl.StopAsync(record, token));
        EmulatorSessions.Remove(folder);
        if (RemoveState) EmulatorState.Delete(folder);
    }
}
