using MarketingSwarm.Engine.Migration.Cutover;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>The schema <c>swarm_migration</c> in a target: runs, the ledger of chunks, and the residue. Its owner alone may read it.</summary>
internal static class LedgerSchema
{
    internal const string Name = "swarm_migration";
    internal const string RunTable = Name + ".run";
    internal const string ChunkTable = Name + ".chunk";
    internal const string ResidueTable = Name + ".residue";
    internal const string GenerationTable = Name + ".generation";

    /// <summary>The residue's columns, in the order in which <see cref="ResidueTuple"/> writes them.</summary>
    internal const string ResidueColumns = "run_id, chunk, row_number, column_name, source_rowid, id, outcome, rule, reason, storage_class, original, stored";

    // Two sessions that make the schema at once: IF NOT EXISTS alone would let one of them fail.
    private const long LockKey = 0x5357_4152_4D03;

    // A privilege granted by ALTER DEFAULT PRIVILEGES would come with each table; without USAGE on the schema it is worth nothing, and
    // a schema's own are taken away.
    private const string Definition = """
        CREATE SCHEMA IF NOT EXISTS swarm_migration;
        REVOKE ALL ON SCHEMA swarm_migration FROM PUBLIC;

        CREATE TABLE IF NOT EXISTS swarm_migration.run (
            run_id uuid PRIMARY KEY,
            kind text NOT NULL CHECK (kind IN ('Migration', 'Import')),
            state text NOT NULL,
            owner uuid,
            table_schema text NOT NULL,
            table_name text NOT NULL,
            is_new_table boolean NOT NULL,
            source text NOT NULL,
            source_definition text,
            source_encoding text NOT NULL DEFAULT 'UTF-8',
            plan text NOT NULL,
            module_version text NOT NULL,
            started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            ended_at timestamptz,
            rows_read bigint NOT NULL DEFAULT 0,
            rows_loaded bigint NOT NULL DEFAULT 0,
            rows_skipped bigint NOT NULL DEFAULT 0,
            rows_quarantined bigint NOT NULL DEFAULT 0,
            cells_converted bigint NOT NULL DEFAULT 0,
            cells_quarantined bigint NOT NULL DEFAULT 0,
            is_consistent boolean NOT NULL DEFAULT true,
            ledger_head bytea,
            proof bytea);

        CREATE TABLE IF NOT EXISTS swarm_migration.chunk (
            run_id uuid NOT NULL REFERENCES swarm_migration.run ON DELETE CASCADE,
            chunk integer NOT NULL,
            lane integer NOT NULL,
            withdraws integer,
            previous_hash bytea NOT NULL,
            hash bytea NOT NULL,
            after_position bytea,
            last_position bytea,
            rows_read bigint NOT NULL,
            rows_loaded bigint NOT NULL,
            rows_skipped bigint NOT NULL,
            rows_quarantined bigint NOT NULL,
            cells_converted bigint NOT NULL,
            cells_quarantined bigint NOT NULL,
            bytes bigint NOT NULL,
            source_hash bytea NOT NULL,
            row_keys bytea NOT NULL,
            row_ids bytea,
            xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
            loaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (run_id, chunk));
        ALTER TABLE swarm_migration.chunk ALTER COLUMN row_keys SET STORAGE EXTERNAL;

        CREATE TABLE IF NOT EXISTS swarm_migration.residue (
            run_id uuid NOT NULL,
            chunk integer NOT NULL,
            row_number integer NOT NULL,
            column_name text NOT NULL,
            source_rowid bigint,
            id text COLLATE "C",
            outcome text NOT NULL,
            rule text NOT NULL,
            reason text NOT NULL,
            storage_class text NOT NULL,
            original bytea,
            stored bytea,
            PRIMARY KEY (run_id, chunk, row_number, column_name));

        CREATE TABLE IF NOT EXISTS swarm_migration.generation (
            run_id uuid NOT NULL REFERENCES swarm_migration.run ON DELETE CASCADE,
            generation integer NOT NULL,
            kind text NOT NULL,
            chunk integer NOT NULL,
            rows bigint NOT NULL,
            rows_loaded bigint NOT NULL,
            rows_quarantined bigint NOT NULL,
            cells_converted bigint NOT NULL,
            cells_quarantined bigint NOT NULL,
            inserted bigint NOT NULL,
            updated bigint NOT NULL,
            deleted bigint NOT NULL,
            is_consistent boolean NOT NULL,
            deleted_keys_hash bytea NOT NULL,
            digest bytea NOT NULL,
            ledger_head bytea NOT NULL,
            previous_hash bytea NOT NULL,
            hash bytea NOT NULL,
            committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (run_id, generation));
        """;

    /// <summary>Makes what is missing, in the connection's transaction where it has one.</summary>
    /// <exception cref="PostgresException">The user may not create a schema in this database, among others.</exception>
    internal static async Task EnsureAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await HasCutoversAsync(connection, cancellationToken)) return;
        await using var command = new NpgsqlCommand(
            FormattableString.Invariant($"SET LOCAL client_min_messages = warning; SELECT pg_advisory_xact_lock({LockKey}); {Definition} {CutoverStore.Definition}"), connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether the target has the ledger.</summary>
    internal static Task<bool> ExistsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => HasTableAsync(connection, ResidueTable, cancellationToken);

    /// <summary>Whether the ledger has all of its tables; one that an older version made lacks the generations.</summary>
    internal static Task<bool> HasGenerationsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => HasTableAsync(connection, GenerationTable, cancellationToken);

    /// <summary>The same of the cutovers.</summary>
    internal static Task<bool> HasCutoversAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => HasTableAsync(connection, CutoverStore.ConflictTable, cancellationToken);

    private static async Task<bool> HasTableAsync(NpgsqlConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT to_regclass('{table}') IS NOT NULL", connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}
