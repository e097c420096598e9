using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Commands;

/// <summary>Tells which project, region, instance, credential and address are used for Google Cloud, and where each came from. Google is not asked.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmContext")]
[OutputType(typeof(SwarmContext))]
public sealed class GetSwarmContextCommand : SwarmCmdlet
{
    private protected override void End()
        => WriteObject(CloudSettings.Resolve(SwarmContextStore.Current, null, null, Environment.GetEnvironmentVariable).ToContext());
}
