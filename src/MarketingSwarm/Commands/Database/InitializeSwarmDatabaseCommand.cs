using System.Management.Automation;
using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Makes the application's conversations table, with its indexes, where there is none; a missing SQLite file is made too.</para>
///   <para>It can be run again and by many at once: one makes the table, the others find it. A table that is there is left as it is.</para>
/// </summary>
[Cmdlet(VerbsData.Initialize, "SwarmDatabase", SupportsShouldProcess = true)]
[OutputType(typeof(SchemaChange))]
public sealed class InitializeSwarmDatabaseCommand : DatabaseCmdlet
{
    private protected override void Process()
    {
        var database = ResolveDatabase(forWriting: true);
        var plan = Run(token => SchemaInitializer.PlanAsync(database, token));
        if (!plan.HasWork)
        {
            Emit(database, plan, SchemaChangeAction.Present);
        }
        else if (ConfirmChange($"{plan.Describe("Make")} in {database}", out var isWhatIf))
        {
            Emit(database, Run(token => SchemaInitializer.ApplyAsync(database, token)), SchemaChangeAction.Created);
        }
        else if (isWhatIf)
        {
            Emit(database, plan, SchemaChangeAction.WouldCreate);
        }
    }

    private void Emit(SwarmDatabase database, SchemaPlan plan, SchemaChangeAction actionIfNeeded)
    {
        foreach (var warning in plan.Warnings) WriteWarning(warning);
        foreach (var change in plan.ToChanges(database, actionIfNeeded)) WriteObject(change);
    }
}
