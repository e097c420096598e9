using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>Takes the newest run of a target out again: the rows that it put there, exactly those, and its residue.</summary>
internal sealed class MigrationUndo(SwarmDatabase destination) : IAsyncDisposable
{
    private readonly Guid _owner = Guid.NewGuid();
    private NpgsqlConnection? _connection;

    /// <summary>Finds what there is to undo; changes nothing.</summary>
    /// <exception cref="SwarmDatabaseException">There is nothing.</exception>
    internal async Task<RunRecord> FindAsync(CancellationToken cancellationToken)
    {
        if (destination.Engine != DatabaseEngine.PostgreSql) throw Errors.MigrationTargetNotPostgres(destination);
        try
        {
            _connection ??= await PostgresConnector.OpenAsync(destination, cancellationToken);
            var schema = await TargetTable.FindSchemaAsync(_connection, cancellationToken) ?? throw Errors.NoSchemaToCreateIn(destination);
            return await Ledger.FindRunAsync(_connection, destination, schema, cancellationToken) ?? throw Errors.NothingToUndo(destination);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, destination);
        }
    }

    /// <summary>Takes it out, in one transaction.</summary>
    /// <returns>The rows taken out.</returns>
    /// <exception cref="SwarmDatabaseException">Rows were changed or written by others since, or a migration is running.</exception>
    internal async Task<long> RunAsync(RunRecord run, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(_connection!, run, cancellationToken);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, destination);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
    }

    private async Task<long> RunAsync(NpgsqlConnection connection, RunRecord run, CancellationToken cancellationToken)
    {
        await TargetLock.TakeAsync(connection, destination, run.TableSchema, cancellationToken);
        // It may have been completed, or taken out, while the user was asked.
        if (await Ledger.FindRunAsync(connection, destination, run.TableSchema, cancellationToken) is not { } found || found.RunId != run.RunId) throw Errors.NothingToUndo(destination);
        run = found;
        await TargetLock.EndSessionsAsync(connection, run.SessionName, cancellationToken);
        await Ledger.TakeOverAsync(connection, run.RunId, _owner, cancellationToken);
        var expected = (await Generations.ReadAsync(connection, run.RunId, cancellationToken)).LastOrDefault()?.Row.RowsLoaded
            ?? LedgerTotals.Of(LedgerTotals.ListLoaded(await Ledger.ReadAsync(connection, run.RunId, cancellationToken)), destination).RowsLoaded;

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Whatever somebody else writes waits for the end.
        await TargetTable.ExecuteAsync(connection, $"LOCK TABLE {run.LoadTable} IN SHARE ROW EXCLUSIVE MODE", cancellationToken);
        var deleted = await TargetTable.DeleteRunAsync(connection, run, cancellationToken);
        if (deleted != expected) throw Errors.RunRowsChanged(destination, run.LoadTable, run.RunId, expected, deleted);
        if (run.IsNewTable)
        {
            if (await TargetTable.CountAsync(connection, run.LoadTable, cancellationToken) is > 0 and var others)
                throw Errors.PublishedTableInUse(destination, run.LoadTable, others);
            await TargetTable.ExecuteAsync(connection, $"DROP TABLE {run.LoadTable}", cancellationToken);
        }

        if (!await Ledger.TrySetStateAsync(connection, run.RunId, _owner, MigrationState.Undone, cancellationToken))
            throw Errors.MigrationTakenOver(destination, run.RunId);
        await transaction.CommitAsync(CancellationToken.None);
        return deleted;
    }
}
