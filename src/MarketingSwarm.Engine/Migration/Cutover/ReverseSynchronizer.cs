using System.Diagnostics;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Schemas;

namespace MarketingSwarm.Engine.Migration.Cutover;

/// <summary>Brings a copy of the old file up to date with the new database, in the application's forms: a way back that is kept ready.</summary>
/// <param name="database">The database that a migration has loaded.</param>
/// <param name="file">The copy.</param>
internal sealed class ReverseSynchronizer(SwarmDatabase database, SwarmDatabase file)
{
    private int _cycle;

    /// <summary>Brings it up to date once.</summary>
    /// <exception cref="SwarmException">There is no migration, the file is its source, or both sides go on changing.</exception>
    internal async Task<SyncResult> RunCycleAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var startedAt = DateTime.UtcNow;
        try
        {
            var (run, settings) = await FindAsync(cancellationToken);
            var back = new CarryBack(file, database, run, settings);
            await back.RunAsync(cancellationToken);
            var duration = Stopwatch.GetElapsedTime(started);
            return new SyncResult
            {
                Cycle = ++_cycle,
                RunId = run.RunId,
                Source = database,
                Destination = file,
                StartedAt = startedAt,
                Scanned = back.Scanned,
                Inserted = back.Inserted,
                Updated = back.Updated,
                Deleted = back.Deleted,
                Lag = duration,
                Duration = duration,
            };
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }

    private async Task<(RunRecord Run, ConversionSettings Settings)> FindAsync(CancellationToken cancellationToken)
    {
        await using var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        var schema = await TargetTable.FindSchemaAsync(connection, cancellationToken) ?? throw Errors.NothingToSync(database);
        var run = await Ledger.FindRunAsync(connection, database, schema, cancellationToken) ?? throw Errors.NothingToSync(database);
        if (run.State != MigrationState.Completed) throw Errors.MigrationNotComplete(database, run.RunId, run.State);
        if (run.Source == file.ToString()) throw Errors.ReverseIntoSource(file);
        var table = await PostgresSchemaReader.ReadAsync(connection, database, countRows: false, cancellationToken);
        return (run, PlanFile.FromJson(run.Plan).ToSettings(ConversionSettings.ForTarget(table), new HashSet<long>()));
    }
}
