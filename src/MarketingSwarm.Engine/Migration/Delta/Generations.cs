using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>Reads and writes the target's generations. Every change is made in a transaction of the caller's.</summary>
internal static class Generations
{
    private const string Columns = """
        generation, kind, chunk, rows, rows_loaded, rows_quarantined, cells_converted, cells_quarantined, inserted, updated, deleted, is_consistent,
        deleted_keys_hash, digest, ledger_head, previous_hash, hash
        """;

    /// <summary>Reads the generations of a run, or of all where the parameter is NULL.</summary>
    internal static readonly string Statement =
        $"SELECT run_id, {Columns}, committed_at FROM {LedgerSchema.GenerationTable} WHERE $1 IS NULL OR run_id = $1 ORDER BY run_id, generation";

    /// <summary>Reads a run's generations in their order; none where the ledger is older than generations are.</summary>
    internal static async Task<List<GenerationEntry>> ReadAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellationToken)
    {
        var entries = new List<GenerationEntry>();
        if (!await LedgerSchema.HasGenerationsAsync(connection, cancellationToken)) return entries;
        await using var command = new NpgsqlCommand(Statement, connection) { Parameters = { new() { Value = runId } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken)) entries.Add(Read(reader));
        return entries;
    }

    /// <summary>Whether the ledger has generations.</summary>
    internal static bool Exist(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand($"SELECT to_regclass('{LedgerSchema.GenerationTable}') IS NOT NULL", connection);
        return (bool)command.ExecuteScalar()!;
    }

    /// <summary>Reads a row of <see cref="Statement"/>; its columns come in their order.</summary>
    internal static GenerationEntry Read(NpgsqlDataReader reader) => new(
        new Generation
        {
            Number = reader.GetInt32(1),
            Kind = Enum.Parse<GenerationKind>(reader.GetString(2)),
            Chunk = reader.GetInt32(3),
            Rows = reader.GetInt64(4),
            RowsLoaded = reader.GetInt64(5),
            RowsQuarantined = reader.GetInt64(6),
            CellsConverted = reader.GetInt64(7),
            CellsQuarantined = reader.GetInt64(8),
            Inserted = reader.GetInt64(9),
            Updated = reader.GetInt64(10),
            Deleted = reader.GetInt64(11),
            IsConsistent = reader.GetBoolean(12),
            DeletedKeysHash = reader.GetFieldValue<byte[]>(13),
            Digest = reader.GetFieldValue<byte[]>(14),
            LedgerHead = reader.GetFieldValue<byte[]>(15),
            PreviousHash = reader.GetFieldValue<byte[]>(16),
        },
        reader.GetFieldValue<byte[]>(17), reader.GetDateTime(18));

    /// <summary>Writes a generation, and what the run's row says of the source from then on.</summary>
    internal static async Task InsertAsync(NpgsqlConnection connection, Guid runId, Generation row, CancellationToken cancellationToken)
    {
        await using var insert = new NpgsqlCommand(
            $"INSERT INTO {LedgerSchema.GenerationTable} (run_id, {Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)", connection);
        Add(insert, NpgsqlDbType.Uuid, runId);
        Add(insert, NpgsqlDbType.Integer, row.Number);
        Add(insert, NpgsqlDbType.Text, row.Kind.ToString());
        Add(insert, NpgsqlDbType.Integer, row.Chunk);
        foreach (var count in (long[])[row.Rows, row.RowsLoaded, row.RowsQuarantined, row.CellsConverted, row.CellsQuarantined, row.Inserted, row.Updated, row.Deleted])
            Add(insert, NpgsqlDbType.Bigint, count);
        Add(insert, NpgsqlDbType.Boolean, row.IsConsistent);
        foreach (var bytes in (byte[][])[row.DeletedKeysHash, row.Digest, row.LedgerHead, row.PreviousHash, row.ComputeHash(runId)]) Add(insert, NpgsqlDbType.Bytea, bytes);
        await insert.ExecuteNonQueryAsync(cancellationToken);

        await using var update = new NpgsqlCommand(
            $"""
            UPDATE {LedgerSchema.RunTable} SET rows_read = $2, rows_loaded = $3, rows_skipped = 0, rows_quarantined = $4, cells_converted = $5,
                cells_quarantined = $6, is_consistent = $7, ledger_head = $8, ended_at = clock_timestamp() WHERE run_id = $1
            """, connection);
        Add(update, NpgsqlDbType.Uuid, runId);
        foreach (var count in (long[])[row.Rows, row.RowsLoaded, row.RowsQuarantined, row.CellsConverted, row.CellsQuarantined]) Add(update, NpgsqlDbType.Bigint, count);
        Add(update, NpgsqlDbType.Boolean, row.IsConsistent);
        Add(update, NpgsqlDbType.Bytea, row.LedgerHead);
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether a run's generations are as they were written, one after another, and the last one is the ledger's end.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="entries">Its generations, in their order.</param>
    /// <param name="ledgerHead">The ledger's head as the run's row has it.</param>
    /// <param name="deltas">How many deltas the ledger's chunks have.</param>
    internal static bool AreIntact(Guid runId, IReadOnlyList<GenerationEntry> entries, byte[]? ledgerHead, int deltas)
    {
        if (entries.Count != deltas) return false;
        byte[]? previous = null;
        for (var i = 0; i < entries.Count; i++)
        {
            var (row, hash) = (entries[i].Row, entries[i].Hash);
            if (row.Number != i + 1 || (previous is not null && !previous.AsSpan().SequenceEqual(row.PreviousHash)) || !row.ComputeHash(runId).AsSpan().SequenceEqual(hash)) return false;
            previous = hash;
        }

        return entries.Count == 0 || (ledgerHead is not null && entries[^1].Row.LedgerHead.AsSpan().SequenceEqual(ledgerHead));
    }

    private static void Add(NpgsqlCommand command, NpgsqlDbType type, object value) => command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = type, Value = value });
}
