using System.Management.Automation;
using MarketingSwarm.Engine.Migration.Cutover;

namespace MarketingSwarm.Commands;

/// <summary>Shows how far the cutover to a database has come, what was done and when, and the rows that both sides changed.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmCutover")]
[OutputType(typeof(CutoverResult))]
public sealed class GetSwarmCutoverCommand : DatabaseCmdlet
{
    private protected override void End()
    {
        var database = ResolveDatabase(forWriting: false);
        if (Run(token => Cutover.ReadAsync(database, token)) is { } cutover) WriteObject(cutover);
    }
}
