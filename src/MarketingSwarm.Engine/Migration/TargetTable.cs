using MarketingSwarm.Engine.Schemas;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>The statements that make, publish, undo and correct the table of a run.</summary>
internal static class TargetTable
{
    /// <summary>The schema that the table is in, or would be made in; <see langword="null"/> where the search path names none.</summary>
    internal static async Task<string?> FindSchemaAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SELECT coalesce((SELECT nspname FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE pg_class.oid = to_regclass($1)), current_schema())",
            connection) { Parameters = { new() { Value = ConversationTable.Name } } };
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    internal static async Task<bool> ExistsAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection) { Parameters = { new() { Value = table } } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Makes the table in our own schema, where nobody else sees it.</summary>
    internal static Task CreateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
        => ExecuteAsync(
            connection,
            $"SET LOCAL search_path = {LedgerSchema.Name}; {TableShape.GetCreateTable(DatabaseEngine.PostgreSql)}; RESET search_path",
            cancellationToken);

    /// <summary>Adds the indexes that the application's queries want, and tells the planner what is there.</summary>
    internal static async Task IndexAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SET LOCAL search_path = {LedgerSchema.Name}", cancellationToken);
        foreach (var column in TableShape.IndexedColumns)
        {
            await ExecuteAsync(
                connection, TableShape.GetCreateIndex(column).Replace("CREATE INDEX", "CREATE INDEX IF NOT EXISTS", StringComparison.Ordinal), cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>Tells the planner what is in the table.</summary>
    internal static Task AnalyzeAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
        => ExecuteAsync(connection, $"ANALYZE {table}", cancellationToken);

    /// <summary>Puts a table that is whole and proven where the application looks for it, in one moment, in the caller's transaction.</summary>
    internal static async Task PublishAsync(NpgsqlConnection connection, RunRecord run, CancellationToken cancellationToken)
    {
        var schema = SqlNames.Quote(run.TableSchema);
        // A table that is moved does not get the privileges that one made there would (ALTER DEFAULT PRIVILEGES): a table made for a
        // moment says what they are.
        await ExecuteAsync(connection, $"CREATE TABLE {schema}.swarm_migration_privileges ()", cancellationToken);
        await using var privileges = new NpgsqlCommand(
            $"""
            SELECT coalesce(string_agg(format('GRANT %s ON {LedgerSchema.Name}.{ConversationTable.Name} TO %s%s;', privilege_type,
                       CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END,
                       CASE WHEN is_grantable THEN ' WITH GRANT OPTION' ELSE '' END), ' '), '')
            FROM pg_class, aclexplode(relacl)
            WHERE pg_class.oid = '{schema.Replace("'", "''", StringComparison.Ordinal)}.swarm_migration_privileges'::regclass AND grantee <> relowner
            """, connection);
        var grants = (string)(await privileges.ExecuteScalarAsync(cancellationToken))!;
        await ExecuteAsync(connection, $"{grants} DROP TABLE {schema}.swarm_migration_privileges; ALTER TABLE {run.LoadTable} SET SCHEMA {schema}", cancellationToken);
    }

    /// <summary>Takes a chunk's rows and residue out again, in the caller's transaction.</summary>
    /// <returns>The rows taken out: those that the chunk's transaction wrote and nobody has changed since.</returns>
    internal static async Task<long> DeleteChunkAsync(NpgsqlConnection connection, RunRecord run, int chunk, CancellationToken cancellationToken)
    {
        await using var residue = new NpgsqlCommand($"DELETE FROM {LedgerSchema.ResidueTable} WHERE run_id = $1 AND chunk = $2", connection)
        {
            Parameters = { new() { Value = run.RunId }, new() { Value = chunk } },
        };
        await residue.ExecuteNonQueryAsync(cancellationToken);
        await using var rows = new NpgsqlCommand(
            $"DELETE FROM {run.LoadTable} WHERE xmin = (SELECT xid::xid FROM {LedgerSchema.ChunkTable} WHERE run_id = $1 AND chunk = $2)", connection)
        {
            Parameters = { new() { Value = run.RunId }, new() { Value = chunk } },
        };
        return await rows.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Takes all of a run's rows and its residue out again, in the caller's transaction.</summary>
    /// <returns>The rows taken out.</returns>
    internal static async Task<long> DeleteRunAsync(NpgsqlConnection connection, RunRecord run, CancellationToken cancellationToken)
    {
        await using var rows = new NpgsqlCommand(
            $"""
            DELETE FROM {run.LoadTable} WHERE xmin = ANY (ARRAY(
                SELECT xid::xid FROM {LedgerSchema.ChunkTable} AS loaded WHERE run_id = $1 AND withdraws IS NULL
                AND NOT EXISTS (SELECT FROM {LedgerSchema.ChunkTable} WHERE run_id = $1 AND withdraws = loaded.chunk)))
            """, connection)
        {
            Parameters = { new() { Value = run.RunId } },
        };
        var deleted = await rows.ExecuteNonQueryAsync(cancellationToken);
        await using var residue = new NpgsqlCommand($"DELETE FROM {LedgerSchema.ResidueTable} WHERE run_id = $1", connection)
        {
            Parameters = { new() { Value = run.RunId } },
        };
        await residue.ExecuteNonQueryAsync(cancellationToken);
        return deleted;
    }

    internal static async Task<long> CountAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {table}", connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
