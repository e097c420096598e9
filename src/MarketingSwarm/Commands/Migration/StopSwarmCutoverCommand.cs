using System.Management.Automation;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Cutover;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Gives a cutover up before the switch, or takes it back after it.</para>
///   <para>Taken back, the old file gets the rows that were written on the new side since; it is backed up first.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Stop, "SwarmCutover", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(CutoverResult))]
public sealed class StopSwarmCutoverCommand : CutoverCmdlet
{
    /// <summary>Points the application back to the old file; given the cutover as it stands. It may be run twice.</summary>
    [Parameter(Position = 2)]
    [ValidateNotNull]
    public ScriptBlock? Switch { get; set; }

    private protected override void End()
    {
        var source = Resolve(Source!, credential: null);
        var destination = Resolve(Destination!, Credential);
        var progress = new MigrationProgress();
        var cutover = RunShowing(
            progress, _ => $"Looking at {destination}", token => Cutover.OpenAsync(CreateOptions(source, destination), progress, begins: false, token));
        try
        {
            if (cutover.State is CutoverState.Switched or CutoverState.Watching or CutoverState.Proven) RollBack(cutover, source, destination);
            else Abort(cutover, source, destination);
        }
        finally
        {
            cutover.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private void Abort(Cutover cutover, SwarmDatabase source, SwarmDatabase destination)
    {
        if (!ConfirmChange($"Give up the cutover from {source} to {destination}, which is {cutover.State}; the application goes on with its file", out _)) return;
        Show(cutover, source, cutover.AbortAsync);
        WriteObject(Describe(cutover));
    }

    private void RollBack(Cutover cutover, SwarmDatabase source, SwarmDatabase destination)
    {
        if (!ConfirmChange($"Back up {source}, write to it what {destination} has and it has not, and go back to it", out _)) return;
        Show(cutover, source, cutover.BackUpAsync);
        Show(cutover, source, cutover.CarryBackAsync);
        if (Switch is not null)
        {
            RunSwitch(Switch, Describe(cutover), "The old file has the new side's rows; run the same command again once the reason is removed.");
            // What was written until the switch took effect.
            Show(cutover, source, cutover.CarryBackAsync);
        }

        Show(cutover, source, cutover.MarkRolledBackAsync);
        WriteObject(Describe(cutover));
    }
}
