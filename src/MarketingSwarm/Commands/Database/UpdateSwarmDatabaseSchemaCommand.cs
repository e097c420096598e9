using System.Management.Automation;
using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Adds to an existing conversations table what it lacks: columns, the key on id, the index that reads rows in the key's order, and the
///   indexes by created_at and by user_id that the application's queries want.</para>
///   <para>Nothing is dropped, narrowed or filled in. On PostgreSQL the application can go on writing while indexes are built.</para>
/// </summary>
[Cmdlet(VerbsData.Update, "SwarmDatabaseSchema", SupportsShouldProcess = true)]
[OutputType(typeof(SchemaChange))]
public sealed class UpdateSwarmDatabaseSchemaCommand : DatabaseCmdlet
{
    private protected override void Process()
    {
        var database = ResolveDatabase(forWriting: true);
        var plan = Run(token => SchemaUpdater.PlanAsync(database, token));
        foreach (var warning in plan.Warnings) WriteWarning(warning);
        if (!plan.HasWork)
        {
            foreach (var change in plan.ToChanges(database, SchemaChangeAction.Present)) WriteObject(change);
        }
        else if (ConfirmChange($"{plan.Describe("Add")} in {database}", out var isWhatIf))
        {
            Apply(database);
        }
        else if (isWhatIf)
        {
            foreach (var change in plan.ToChanges(database, SchemaChangeAction.WouldCreate)) WriteObject(change);
        }
    }

    // Each change is shown when it is lasting: should a later one fail, the user knows what was done.
    private void Apply(SwarmDatabase database)
    {
        var changes = SchemaUpdater.ApplyAsync(database, StopToken).GetAsyncEnumerator(StopToken);
        try
        {
            while (Run(_ => changes.MoveNextAsync().AsTask())) WriteObject(changes.Current);
        }
        finally
        {
            changes.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
