using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Engine.Migration;

/// <summary>Reads and writes the target's runs and chunks. Every change is made in a transaction of the caller's.</summary>
internal static class Ledger
{
    /// <summary>Finds the newest migration that was not undone; <see langword="null"/> where there is none, or no ledger.</summary>
    /// <exception cref="SwarmDatabaseException">The ledger is another user's.</exception>
    internal static async Task<RunRecord?> FindRunAsync(NpgsqlConnection connection, SwarmDatabase database, string tableSchema, CancellationToken cancellationToken)
    {
        try
        {
            return await FindRunAsync(connection, tableSchema, cancellationToken);
        }
        catch (PostgresException denied) when (denied.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Errors.LedgerAccessDenied(database, denied.MessageText, denied);
        }
    }

    private static async Task<RunRecord?> FindRunAsync(NpgsqlConnection connection, string tableSchema, CancellationToken cancellationToken)
    {
        if (!await LedgerSchema.ExistsAsync(connection, cancellationToken)) return null;
        await using var command = new NpgsqlCommand(
            $"""
            SELECT run_id, state, table_schema, is_new_table, source, plan, is_consistent FROM {LedgerSchema.RunTable}
            WHERE kind = 'Migration' AND state <> 'Undone' AND table_schema = $1 ORDER BY started_at DESC LIMIT 1
            """, connection)
        {
            Parameters = { new() { Value = tableSchema } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new RunRecord(
                reader.GetGuid(0), Enum.Parse<MigrationState>(reader.GetString(1)), reader.GetString(2), reader.GetBoolean(3), reader.GetString(4), reader.GetString(5))
            {
                IsConsistent = reader.GetBoolean(6),
            }
            : null;
    }

    internal static async Task InsertRunAsync(
        NpgsqlConnection connection, RunRecord run, Guid owner, string definition, string encoding, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO {LedgerSchema.RunTable}
                (run_id, kind, state, owner, table_schema, table_name, is_new_table, source, source_definition, source_encoding, plan, module_version)
            VALUES ($1, 'Migration', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            """, connection)
        {
            Parameters =
            {
                new() { Value = run.RunId }, new() { Value = run.State.ToString() }, new() { Value = owner }, new() { Value = run.TableSchema },
                new() { Value = ConversationTable.Name }, new() { Value = run.IsNewTable }, new() { Value = run.Source }, new() { Value = definition },
                new() { Value = encoding }, new() { Value = run.Plan },
                new() { Value = typeof(Ledger).Assembly.GetName().Version!.ToString(3) },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Ends a run: its counts, the lanes' heads joined, and the proof.</summary>
    /// <returns>False where another process owns the run now.</returns>
    internal static async Task<bool> TryCompleteAsync(
        NpgsqlConnection connection, Guid runId, Guid owner, LedgerTotals totals, byte[] ledgerHead, byte[] proof, bool isConsistent, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            UPDATE {LedgerSchema.RunTable}
            SET state = 'Completed', ended_at = clock_timestamp(), rows_read = $3, rows_loaded = $4, rows_skipped = $5, rows_quarantined = $6,
                cells_converted = $7, cells_quarantined = $8, ledger_head = $9, proof = $10, is_consistent = $11
            WHERE run_id = $1 AND owner = $2
            """, connection)
        {
            Parameters =
            {
                new() { Value = runId }, new() { Value = owner }, new() { Value = totals.RowsRead }, new() { Value = totals.RowsLoaded },
                new() { Value = totals.RowsSkipped }, new() { Value = totals.RowsQuarantined }, new() { Value = totals.CellsConverted },
                new() { Value = totals.CellsQuarantined }, new() { Value = ledgerHead }, new() { Value = proof }, new() { Value = isConsistent },
            },
        };
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>
    ///   Makes the caller the run's owner. It waits for a transaction that is just putting a chunk into the ledger; one that does so later
    ///   finds that it is the owner no more (<see cref="TryInsertChunkAsync"/>).
    /// </summary>
    internal static Task TakeOverAsync(NpgsqlConnection connection, Guid runId, Guid owner, CancellationToken cancellationToken)
        => ExecuteAsync(connection, $"UPDATE {LedgerSchema.RunTable} SET owner = $2 WHERE run_id = $1", cancellationToken, runId, owner);

    /// <summary>Says how far the run has come.</summary>
    /// <returns>False where another process owns the run now.</returns>
    internal static async Task<bool> TrySetStateAsync(
        NpgsqlConnection connection, Guid runId, Guid owner, MigrationState state, CancellationToken cancellationToken)
        => await ExecuteAsync(
            connection, $"UPDATE {LedgerSchema.RunTable} SET state = $2 WHERE run_id = $1 AND owner = $3", cancellationToken, runId, state.ToString(), owner) == 1;

    /// <summary>Puts an entry into the ledger, in the transaction of what it tells of.</summary>
    /// <returns>False where another process owns the run now.</returns>
    internal static async Task<bool> TryInsertChunkAsync(
        NpgsqlConnection connection, Guid runId, Guid owner, LedgerEntry entry, CancellationToken cancellationToken)
    {
        // FOR SHARE holds off a change of the owner until the commit.
        await using var command = new NpgsqlCommand(
            $"""
            INSERT INTO {LedgerSchema.ChunkTable}
                (run_id, chunk, lane, withdraws, previous_hash, hash, after_position, last_position, rows_read, rows_loaded, rows_skipped,
                 rows_quarantined, cells_converted, cells_quarantined, bytes, source_hash, row_keys, row_ids)
            SELECT run_id, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19
            FROM (SELECT run_id FROM {LedgerSchema.RunTable} WHERE run_id = $1 AND owner = $2 FOR SHARE) AS run
            """, connection);
        Add(NpgsqlDbType.Uuid, runId);
        Add(NpgsqlDbType.Uuid, owner);
        var row = entry.Row;
        Add(NpgsqlDbType.Integer, row.Chunk);
        Add(NpgsqlDbType.Integer, row.Lane);
        Add(NpgsqlDbType.Integer, row.Withdraws);
        Add(NpgsqlDbType.Bytea, entry.PreviousHash);
        Add(NpgsqlDbType.Bytea, entry.Hash);
        Add(NpgsqlDbType.Bytea, row.AfterPosition);
        Add(NpgsqlDbType.Bytea, row.LastPosition);
        foreach (var count in (long[])[row.RowsRead, row.RowsLoaded, row.RowsSkipped, row.RowsQuarantined, row.CellsConverted, row.CellsQuarantined, row.Bytes])
            Add(NpgsqlDbType.Bigint, count);
        Add(NpgsqlDbType.Bytea, row.SourceHash);
        Add(NpgsqlDbType.Bytea, entry.RowKeys);
        Add(NpgsqlDbType.Bytea, entry.RowIds);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;

        void Add(NpgsqlDbType type, object? value) => command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value ?? DBNull.Value });
    }

    /// <summary>Reads a run's entries in the order of their numbers, without the rows' keys.</summary>
    internal static Task<List<LedgerEntry>> ReadAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellationToken)
        => ReadAsync(connection, runId, chunk: null, cancellationToken);

    /// <summary>The entry of a chunk, where the ledger has it.</summary>
    internal static async Task<LedgerEntry?> FindAsync(NpgsqlConnection connection, Guid runId, int chunk, CancellationToken cancellationToken)
        => (await ReadAsync(connection, runId, chunk, cancellationToken)).SingleOrDefault();

    private static async Task<List<LedgerEntry>> ReadAsync(NpgsqlConnection connection, Guid runId, int? chunk, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT chunk, lane, withdraws, previous_hash, hash, after_position, last_position, rows_read, rows_loaded, rows_skipped,
                   rows_quarantined, cells_converted, cells_quarantined, bytes, source_hash, sha256(row_keys), sha256(coalesce(row_ids, ''))
            FROM {LedgerSchema.ChunkTable} WHERE run_id = $1 AND ($2 IS NULL OR chunk = $2) ORDER BY chunk
            """, connection)
        {
            Parameters = { new() { Value = runId }, new() { NpgsqlDbType = NpgsqlDbType.Integer, Value = (object?)chunk ?? DBNull.Value } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var entries = new List<LedgerEntry>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var row = new LedgerRow
            {
                Chunk = reader.GetInt32(0),
                Lane = reader.GetInt32(1),
                Withdraws = reader.IsDBNull(2) ? null : reader.GetInt32(2),
                AfterPosition = reader.IsDBNull(5) ? null : reader.GetFieldValue<byte[]>(5),
                LastPosition = reader.IsDBNull(6) ? null : reader.GetFieldValue<byte[]>(6),
                RowsRead = reader.GetInt64(7),
                RowsLoaded = reader.GetInt64(8),
                RowsSkipped = reader.GetInt64(9),
                RowsQuarantined = reader.GetInt64(10),
                CellsConverted = reader.GetInt64(11),
                CellsQuarantined = reader.GetInt64(12),
                Bytes = reader.GetInt64(13),
                SourceHash = reader.GetFieldValue<byte[]>(14),
                RowKeysHash = reader.GetFieldValue<byte[]>(15),
                RowIdsHash = reader.GetFieldValue<byte[]>(16),
            };
            entries.Add(new LedgerEntry(row, reader.GetFieldValue<byte[]>(3), reader.GetFieldValue<byte[]>(4)));
        }

        return entries;
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>A row of the ledger with its place in its lane's chain.</summary>
/// <param name="Row">What it says.</param>
/// <param name="PreviousHash">The hash before it in its lane.</param>
/// <param name="Hash">Its own.</param>
internal sealed record LedgerEntry(LedgerRow Row, byte[] PreviousHash, byte[] Hash)
{
    /// <summary>See <see cref="Migration.RowKeys"/>; not read back.</summary>
    internal ReadOnlyMemory<byte> RowKeys { get; private init; }

    /// <summary>See <see cref="Migration.RowKeys"/>; <see langword="null"/> in a table without rowids.</summary>
    internal ReadOnlyMemory<byte>? RowIds { get; private init; }

    /// <summary>The next entry of a lane.</summary>
    internal static LedgerEntry Create(byte[] previousHash, Guid runId, LedgerRow row, ReadOnlyMemory<byte> rowKeys, ReadOnlyMemory<byte>? rowIds)
        => new(row, previousHash, LedgerHash.Compute(previousHash, runId, row)) { RowKeys = rowKeys, RowIds = rowIds };
}
