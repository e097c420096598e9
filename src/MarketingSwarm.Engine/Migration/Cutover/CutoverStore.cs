using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Engine.Migration.Cutover;

/// <summary>Reads and writes the target's record of cutovers, by which one that was interrupted is gone on with.</summary>
internal static class CutoverStore
{
    internal const string CutoverTable = LedgerSchema.Name + ".cutover";
    internal const string StepTable = LedgerSchema.Name + ".cutover_step";
    internal const string LateTable = LedgerSchema.Name + ".late";
    internal const string ConflictTable = LedgerSchema.Name + ".conflict";

    internal const string Definition = """
        CREATE TABLE IF NOT EXISTS swarm_migration.cutover (
            cutover_id uuid PRIMARY KEY,
            run_id uuid NOT NULL REFERENCES swarm_migration.run ON DELETE CASCADE,
            state text NOT NULL,
            source text NOT NULL,
            started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            attempts integer NOT NULL DEFAULT 0,
            generation integer,
            fenced_at timestamptz,
            fence_milliseconds double precision,
            backup_path text,
            backup_sha256 text,
            fence_backup_path text,
            fence_backup_sha256 text,
            source_root bytea,
            target_root bytea,
            is_proven boolean,
            switch_began_at timestamptz,
            late_rows bigint NOT NULL DEFAULT 0,
            rows_carried_back bigint NOT NULL DEFAULT 0);

        CREATE TABLE IF NOT EXISTS swarm_migration.cutover_step (
            cutover_id uuid NOT NULL REFERENCES swarm_migration.cutover ON DELETE CASCADE,
            step integer NOT NULL,
            state text NOT NULL,
            detail text NOT NULL,
            at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (cutover_id, step));

        CREATE TABLE IF NOT EXISTS swarm_migration.late (
            cutover_id uuid NOT NULL REFERENCES swarm_migration.cutover ON DELETE CASCADE,
            key bytea NOT NULL,
            row_id bigint,
            image bytea,
            PRIMARY KEY (cutover_id, key));

        CREATE TABLE IF NOT EXISTS swarm_migration.conflict (
            cutover_id uuid NOT NULL REFERENCES swarm_migration.cutover ON DELETE CASCADE,
            conflict integer GENERATED ALWAYS AS IDENTITY,
            key bytea NOT NULL,
            column_name text,
            reason text NOT NULL,
            base_row bytea,
            old_row bytea,
            new_value bytea,
            found_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            PRIMARY KEY (cutover_id, conflict));

        """;

    private const string Columns = """
        cutover_id, run_id, state, source, started_at, attempts, generation, fenced_at, fence_milliseconds, backup_path, backup_sha256, fence_backup_path,
        fence_backup_sha256, source_root, target_root, is_proven, late_rows, rows_carried_back, switch_began_at
        """;

    /// <summary>The newest cutover of a run; <see langword="null"/> where there is none.</summary>
    internal static async Task<CutoverRecord?> FindAsync(NpgsqlConnection connection, Guid runId, CancellationToken cancellationToken)
    {
        if (!await LedgerSchema.HasCutoversAsync(connection, cancellationToken)) return null;
        await using var command = new NpgsqlCommand($"SELECT {Columns} FROM {CutoverTable} WHERE run_id = $1 ORDER BY started_at DESC LIMIT 1", connection)
        {
            Parameters = { new() { Value = runId } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? Read(reader) : null;
    }

    internal static Task InsertAsync(NpgsqlConnection connection, CutoverRecord record, CancellationToken cancellationToken) => ExecuteAsync(
        connection, $"INSERT INTO {CutoverTable} (cutover_id, run_id, state, source) VALUES ($1, $2, $3, $4)", cancellationToken,
        record.CutoverId, record.RunId, record.State.ToString(), record.Source);

    /// <summary>Writes how far it is, and adds a step to its history.</summary>
    internal static async Task UpdateAsync(NpgsqlConnection connection, CutoverRecord record, string detail, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            connection,
            $"""
            UPDATE {CutoverTable} SET state = $2, attempts = $3, generation = $4, fenced_at = $5, fence_milliseconds = $6, backup_path = $7, backup_sha256 = $8,
                fence_backup_path = $9, fence_backup_sha256 = $10, source_root = $11, target_root = $12, is_proven = $13, late_rows = $14, rows_carried_back = $15, switch_began_at = $16
            WHERE cutover_id = $1
            """, cancellationToken,
            record.CutoverId, record.State.ToString(), record.Attempts, record.Generation, record.FencedAt, record.Fence?.TotalMilliseconds, record.BackupPath,
            record.BackupSha256, record.FenceBackupPath, record.FenceBackupSha256, record.SourceRoot, record.TargetRoot, record.IsProven, record.LateRows, record.RowsCarriedBack, record.SwitchBeganAt);
        await ExecuteAsync(
            connection,
            $"INSERT INTO {StepTable} (cutover_id, step, state, detail) SELECT $1, coalesce(max(step), 0) + 1, $2, $3 FROM {StepTable} WHERE cutover_id = $1",
            cancellationToken, record.CutoverId, record.State.ToString(), detail);
    }

    /// <summary>The history.</summary>
    internal static async Task<List<CutoverStep>> ReadStepsAsync(NpgsqlConnection connection, Guid cutoverId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT state, detail, at FROM {StepTable} WHERE cutover_id = $1 ORDER BY step", connection) { Parameters = { new() { Value = cutoverId } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var steps = new List<CutoverStep>();
        while (await reader.ReadAsync(cancellationToken)) steps.Add(new CutoverStep(Enum.Parse<CutoverState>(reader.GetString(0)), reader.GetString(1), reader.GetDateTime(2)));
        return steps;
    }

    /// <summary>The rows changed on both sides.</summary>
    internal static async Task<List<CutoverConflict>> ReadConflictsAsync(NpgsqlConnection connection, Guid cutoverId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"SELECT key, column_name, reason, old_row, new_value, found_at FROM {ConflictTable} WHERE cutover_id = $1 ORDER BY conflict", connection) { Parameters = { new() { Value = cutoverId } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var conflicts = new List<CutoverConflict>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var key = reader.GetFieldValue<byte[]>(0);
            conflicts.Add(new CutoverConflict
            {
                Id = Delta.TargetIndex.GetName(key),
                Column = reader.IsDBNull(1) ? null : reader.GetString(1),
                Reason = reader.GetString(2),
                OldRow = reader.IsDBNull(3) ? null : new Conversation(reader.GetFieldValue<byte[]>(3), rowId: null),
                FoundAt = reader.GetDateTime(5),
            });
        }

        return conflicts;
    }

    /// <summary>The rows of the old file that were carried over since the fence, as they were then; <see langword="null"/> for one that was deleted.</summary>
    internal static async Task<List<LateRow>> ReadLateAsync(NpgsqlConnection connection, Guid cutoverId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT key, row_id, image FROM {LateTable} WHERE cutover_id = $1", connection) { Parameters = { new() { Value = cutoverId } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<LateRow>();
        while (await reader.ReadAsync(cancellationToken))
            rows.Add(new LateRow(reader.GetFieldValue<byte[]>(0), reader.IsDBNull(2) ? null : reader.GetFieldValue<byte[]>(2), reader.IsDBNull(1) ? null : reader.GetInt64(1)));
        return rows;
    }

    internal static Task SetLateAsync(NpgsqlConnection connection, Guid cutoverId, LateRow row, CancellationToken cancellationToken) => ExecuteAsync(
        connection, $"INSERT INTO {LateTable} VALUES ($1, $2, $3, $4) ON CONFLICT (cutover_id, key) DO UPDATE SET row_id = excluded.row_id, image = excluded.image", cancellationToken,
        cutoverId, row.Key, row.RowId, new Bytes(row.Image));

    internal static Task AddConflictAsync(
        NpgsqlConnection connection, Guid cutoverId, byte[] key, string? column, string reason, byte[]? baseRow, byte[]? oldRow, byte[]? newValue, CancellationToken cancellationToken) => ExecuteAsync(
        connection, $"INSERT INTO {ConflictTable} (cutover_id, key, column_name, reason, base_row, old_row, new_value) VALUES ($1, $2, $3, $4, $5, $6, $7)", cancellationToken,
        cutoverId, key, column, reason, new Bytes(baseRow), new Bytes(oldRow), new Bytes(newValue));

    private static CutoverRecord Read(NpgsqlDataReader row) => new()
    {
        CutoverId = row.GetGuid(0),
        RunId = row.GetGuid(1),
        State = Enum.Parse<CutoverState>(row.GetString(2)),
        Source = row.GetString(3),
        StartedAt = row.GetDateTime(4),
        Attempts = row.GetInt32(5),
        Generation = row.IsDBNull(6) ? null : row.GetInt32(6),
        FencedAt = row.IsDBNull(7) ? null : row.GetDateTime(7),
        Fence = row.IsDBNull(8) ? null : TimeSpan.FromMilliseconds(row.GetDouble(8)),
        BackupPath = row.IsDBNull(9) ? null : row.GetString(9),
        BackupSha256 = row.IsDBNull(10) ? null : row.GetString(10),
        FenceBackupPath = row.IsDBNull(11) ? null : row.GetString(11),
        FenceBackupSha256 = row.IsDBNull(12) ? null : row.GetString(12),
        SourceRoot = row.IsDBNull(13) ? null : row.GetFieldValue<byte[]>(13),
        TargetRoot = row.IsDBNull(14) ? null : row.GetFieldValue<byte[]>(14),
        IsProven = row.IsDBNull(15) ? null : row.GetBoolean(15),
        LateRows = row.GetInt64(16),
        RowsCarriedBack = row.GetInt64(17),
        SwitchBeganAt = row.IsDBNull(18) ? null : row.GetDateTime(18),
    };

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object?[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(value switch
            {
                Bytes bytes => new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Bytea, Value = (object?)bytes.Value ?? DBNull.Value },
                null => new NpgsqlParameter { Value = DBNull.Value },
                _ => new NpgsqlParameter { Value = value },
            });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private sealed record Bytes(byte[]? Value);
}

/// <summary>A cutover as the target has it.</summary>
internal sealed record CutoverRecord
{
    internal required Guid CutoverId { get; init; }

    internal required Guid RunId { get; init; }

    internal required CutoverState State { get; init; }

    internal required string Source { get; init; }

    internal DateTime StartedAt { get; init; }

    /// <summary>How often the fence was raised.</summary>
    internal int Attempts { get; init; }

    /// <summary>The ledger's generation that has the source as it was behind the fence.</summary>
    internal int? Generation { get; init; }

    internal DateTime? FencedAt { get; init; }

    /// <summary>How long writers were held off, the one time that counted.</summary>
    internal TimeSpan? Fence { get; init; }

    /// <summary>The backup taken before anything else.</summary>
    internal string? BackupPath { get; init; }

    internal string? BackupSha256 { get; init; }

    /// <summary>The backup of the file behind the fence.</summary>
    internal string? FenceBackupPath { get; init; }

    internal string? FenceBackupSha256 { get; init; }

    /// <summary>The Merkle root of the fenced source's rows, judged anew from the backup.</summary>
    internal byte[]? SourceRoot { get; init; }

    /// <summary>The Merkle root of the target's rows, read back from the snapshot of that moment.</summary>
    internal byte[]? TargetRoot { get; init; }

    /// <summary>Whether that proof found both sides the same.</summary>
    internal bool? IsProven { get; init; }

    /// <summary>When the operator's switch was begun for the first time: from then on the application may be on the new side.</summary>
    internal DateTime? SwitchBeganAt { get; init; }

    /// <summary>Whether the application is on the new side, or may be: the source's rows must not be put in the place of the target's any more.</summary>
    internal bool IsSwitched => State is CutoverState.Switched or CutoverState.Watching or CutoverState.Closed || (State == CutoverState.Proven && SwitchBeganAt is not null);

    /// <summary>Rows written to the old file after the fence and carried over.</summary>
    internal long LateRows { get; init; }

    /// <summary>Rows written to the old file by a rollback.</summary>
    internal long RowsCarriedBack { get; init; }

    /// <summary>Whether it can be gone on with.</summary>
    internal bool IsOpen => State is not (CutoverState.Closed or CutoverState.Aborted or CutoverState.RolledBack);
}
