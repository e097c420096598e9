using System.Management.Automation;
using MarketingSwarm.Engine.Rehearsal;

namespace MarketingSwarm.Commands;

/// <summary>Gives the emulators of this user that run, whichever session started them, with their instances.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmEmulator")]
[OutputType(typeof(SwarmEmulator))]
public sealed class GetSwarmEmulatorCommand : SwarmCmdlet
{
    private protected override void End()
    {
        foreach (var record in EmulatorRecord.GetRunning()) WriteObject(Run(token => EmulatorControl.DescribeAsync(record, token)));
    }
}
