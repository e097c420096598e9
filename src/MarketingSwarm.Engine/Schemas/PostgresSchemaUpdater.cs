using System.Globalization;
using System.Runtime.CompilerServices;
using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Schemas;

/// <summary>
///   Adds to a PostgreSQL table what it lacks, while the application goes on: columns in a transaction too short to notice, indexes by
///   CREATE INDEX CONCURRENTLY, which lets others write.
/// </summary>
internal static class PostgresSchemaUpdater
{
    /// <summary>The key of the transaction-level advisory lock under which the module makes the table and adds columns: "SWARM" in ASCII, then 1.</summary>
    internal const long SchemaLockKey = 0x5357_4152_4D01;

    /// <summary>
    ///   The key of the session-level advisory lock under which a whole update runs. It is another one, and asked for without waiting: a
    ///   statement that waits for it, or for a table that an index is built on, holds a snapshot, for which the concurrent build would
    ///   wait in turn.
    /// </summary>
    internal const long UpdateLockKey = 0x5357_4152_4D02;

    // Its holders are short; no statement of the application waits for it.
    private const string SchemaLockWait = "30s";

    // Statements of the application queue up behind a table lock that waits; more than this, and they would time out.
    private const string TableLockWait = "5s";

    // A concurrent build waits for every older transaction, and nobody waits for it.
    private const string BuildWait = "60s";

    private static readonly TimeSpan UpdateLockWait = TimeSpan.FromSeconds(30);

    internal static async Task<SchemaPlan> PlanAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        await using var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        return await GuardAsync(database, () => PlanAsync(connection, database, cancellationToken), cancellationToken);
    }

    /// <summary>Does what is needed; each change is given when it is committed.</summary>
    internal static async IAsyncEnumerable<SchemaChange> ApplyAsync(SwarmDatabase database, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        // The lock is the session's, and ends with the connection.
        await GuardAsync(database, () => TakeUpdateLockAsync(connection, database, cancellationToken), cancellationToken);
        var columns = await GuardAsync(database, () => AddColumnsAsync(connection, database, cancellationToken), cancellationToken);
        foreach (var step in columns) yield return step.ToChange(database, SchemaChangeAction.Created);

        var indexes = await GuardAsync(database, () => PlanIndexesAsync(connection, database, cancellationToken), cancellationToken);
        foreach (var step in indexes)
        {
            await GuardAsync(database, () => BuildAsync(connection, database, step, cancellationToken), cancellationToken);
            yield return step.ToChange(database, SchemaChangeAction.Created);
        }
    }

    /// <summary>Begins a transaction in which no other run of the module changes the schema.</summary>
    internal static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SET LOCAL lock_timeout = '{SchemaLockWait}'", cancellationToken);
        await ExecuteAsync(connection, string.Create(CultureInfo.InvariantCulture, $"SELECT pg_advisory_xact_lock({SchemaLockKey})"), cancellationToken);
        await ExecuteAsync(connection, $"SET LOCAL lock_timeout = '{TableLockWait}'", cancellationToken);
        return transaction;
    }

    internal static async Task<TableState> ReadStateAsync(NpgsqlConnection connection, DatabaseSchema schema, CancellationToken cancellationToken)
    {
        var rows = await QueryAsync(connection, $"SELECT 'x' FROM {PostgresTable.GetQualifiedName(schema)} LIMIT 1", [], cancellationToken);
        var names = await QueryAsync(
            connection, "SELECT relname::text FROM pg_class WHERE relnamespace = $1::regnamespace", [SqlNames.Quote(schema.Schema)], cancellationToken);
        return new TableState(schema, rows.Count > 0, names.ToHashSet(StringComparer.Ordinal));
    }

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<SchemaPlan> PlanAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        var schema = await PostgresSchemaReader.ReadAsync(connection, database, countRows: false, cancellationToken);
        var plan = SchemaUpdatePlanner.Plan(await ReadStateAsync(connection, schema, cancellationToken));
        if (schema.IsPartitioned && plan.Needed.Where(IsIndex).ToList() is { Count: > 0 } steps)
            throw Errors.PartitionedTableNotIndexed(schema, steps);
        if (plan.Needed.Any(step => step.Kind == "Key") && schema.FindColumn("id") is not null) await CheckKeyValuesAsync(connection, schema, cancellationToken);
        return plan;
    }

    private static async Task<List<SchemaStep>> AddColumnsAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        var plan = await PlanAsync(connection, database, cancellationToken);
        if (plan.Needed.All(IsIndex)) return [.. plan.Steps.Where(step => !IsIndex(step))];

        await using var transaction = await BeginAsync(connection, cancellationToken);
        // Nobody may add the first row between the look and the ALTER TABLE.
        await ExecuteAsync(connection, $"LOCK TABLE {ConversationTable.Name} IN ACCESS EXCLUSIVE MODE", cancellationToken);
        plan = await PlanAsync(connection, database, cancellationToken);
        var columns = plan.Steps.Where(step => !IsIndex(step)).ToList();
        foreach (var statement in columns.SelectMany(step => step.Statements)) await ExecuteAsync(connection, statement, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return columns;
    }

    private static async Task<List<SchemaStep>> PlanIndexesAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        await ExecuteAsync(connection, $"SET lock_timeout = '{BuildWait}'; SET statement_timeout = 0", cancellationToken);
        return [.. (await PlanAsync(connection, database, cancellationToken)).Steps.Where(IsIndex)];
    }

    private static async Task<bool> TakeUpdateLockAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(string.Create(CultureInfo.InvariantCulture, $"SELECT pg_try_advisory_lock({UpdateLockKey})"), connection);
        var started = Environment.TickCount64;
        while (!(bool)(await command.ExecuteScalarAsync(cancellationToken))!)
        {
            if (Environment.TickCount64 - started > UpdateLockWait.TotalMilliseconds) throw Errors.SchemaUpdateRunning(database);
            await Task.Delay(100, cancellationToken);
        }

        return true;
    }

    private static async Task<bool> BuildAsync(NpgsqlConnection connection, SwarmDatabase database, SchemaStep step, CancellationToken cancellationToken)
    {
        if (!step.IsNeeded) return true;
        try
        {
            foreach (var statement in step.Statements) await ExecuteAsync(connection, statement, cancellationToken);
            return true;
        }
        catch (Exception failure) when (failure is NpgsqlException or OperationCanceledException)
        {
            // A build that failed leaves an invalid index, which costs every write and serves no query.
            if (!await TryDropAsync(database, step.Name)) throw Errors.UnfinishedIndexLeft(database, step.Name, failure);
            if (failure is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } duplicate)
                throw Errors.KeyBecameDuplicate(database, duplicate.Detail ?? duplicate.MessageText, duplicate.SqlState, duplicate);
            throw;
        }
    }

    // On a connection of its own, since the other may be broken, and without the token, which may be cancelled.
    private static async Task<bool> TryDropAsync(SwarmDatabase database, string index)
    {
        try
        {
            await using var connection = await PostgresConnector.OpenAsync(database, CancellationToken.None);
            var left = await QueryAsync(
                connection, "SELECT 'x' FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid", [index], CancellationToken.None);
            if (left.Count == 0) return true;
            await ExecuteAsync(connection, $"SET lock_timeout = '{TableLockWait}'", CancellationToken.None);
            await ExecuteAsync(connection, $"DROP INDEX CONCURRENTLY IF EXISTS {index}", CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (exception is NpgsqlException or SwarmDatabaseException)
        {
            return false;
        }
    }

    private static async Task CheckKeyValuesAsync(NpgsqlConnection connection, DatabaseSchema schema, CancellationToken cancellationToken)
    {
        var table = PostgresTable.GetQualifiedName(schema);
        var duplicates = await QueryAsync(
            connection, $"SELECT quote_literal(left(id::text, 60)) FROM {table} WHERE id IS NOT NULL GROUP BY id HAVING count(*) > 1 ORDER BY id LIMIT 6", [], cancellationToken);
        var missing = await QueryAsync(connection, $"SELECT 'ctid ' || ctid FROM {table} WHERE id IS NULL LIMIT 6", [], cancellationToken);
        if (duplicates.Count + missing.Count > 0) throw Errors.KeyNotUnique(schema, duplicates, missing);
    }

    private static async Task<List<string>> QueryAsync(NpgsqlConnection connection, string sql, string[] parameters, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = parameter });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var values = new List<string>();
        while (await reader.ReadAsync(cancellationToken)) values.Add(reader.GetString(0));
        return values;
    }

    private static bool IsIndex(SchemaStep step) => step.Kind != "Column";

    private static async Task<T> GuardAsync<T>(SwarmDatabase database, Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            return await work();
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Errors.TableNotAltered(database, exception.MessageText, exception.SqlState, exception);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }
}
