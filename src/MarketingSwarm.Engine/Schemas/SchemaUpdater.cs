using System.Runtime.CompilerServices;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>Adds to an existing table what it lacks; never drops or narrows anything.</summary>
internal static class SchemaUpdater
{
    /// <summary>Looks what there is to add; changes nothing.</summary>
    internal static async Task<SchemaPlan> PlanAsync(SwarmDatabase database, CancellationToken cancellationToken) => database.Engine switch
    {
        DatabaseEngine.Sqlite => SqliteSchemaUpdater.Plan(database, cancellationToken),
        DatabaseEngine.PostgreSql => await PostgresSchemaUpdater.PlanAsync(database, cancellationToken),
        _ => throw Errors.ArchiveNotADatabase(database),
    };

    /// <summary>Adds what is lacking; gives each change when it is lasting.</summary>
    internal static async IAsyncEnumerable<SchemaChange> ApplyAsync(SwarmDatabase database, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (database.Engine == DatabaseEngine.Sqlite)
        {
            foreach (var change in SqliteSchemaUpdater.Apply(database, cancellationToken).ToChanges(database, SchemaChangeAction.Created)) yield return change;
            yield break;
        }

        await foreach (var change in PostgresSchemaUpdater.ApplyAsync(database, cancellationToken)) yield return change;
    }
}
