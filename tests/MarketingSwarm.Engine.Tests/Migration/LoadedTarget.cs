using System.Globalization;
using System.Text;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Sqlite;
using MarketingSwarm.Engine.Tests.Checks;
using MarketingSwarm.Engine.Tests.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Engine.Tests.Migration;

/// <summary>Loads a SQLite file into a PostgreSQL database row by row, with a run, its ledger and its residue: a migration as simple as can be.</summary>
internal sealed class LoadedTarget
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    internal required Guid RunId { get; init; }

    internal int Loaded { get; private set; }

    internal int Quarantined { get; private set; }

    internal int Cells { get; private set; }

    internal static async Task<LoadedTarget> LoadAsync(
        TestDatabase database, string path, ConversionPolicy? policy = null, TimestampForm createdAt = TimestampForm.Application,
        TimestampForm completedAt = TimestampForm.Application, TimestampForm[]? units = null, int chunkRows = 40, bool createsTable = true)
    {
        if (createsTable) await SchemaInitializer.ApplyAsync(database.ToSwarm(), Token);
        await using var connection = new NpgsqlConnection(
            $"Host={database.Host};Port={database.Port};Username={database.User};Password={database.Password};Database={database.Name};Pooling=false");
        await connection.OpenAsync(Token);
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await LedgerSchema.EnsureAsync(connection, Token);
            await transaction.CommitAsync(Token);
        }

        using var source = SqliteSource.Open(SqliteFiles.At(path), Token);
        var definition = SourceDefinition.Read(source, CancellationToken.None);
        var rows = SqliteFiles.ReadAll(path);
        ConversionSettings CreateSettings(IReadOnlySet<long>? clashing) => ConversionSettings.ForNewTable().With(
            policy ?? ConversionPolicy.Default, (createdAt, units ?? []), (completedAt, units ?? []), clashing);
        var target = new LoadedTarget { RunId = Guid.NewGuid() };
        var plan = $$"""{"columns": [{"column": "CreatedAt", "form": "{{createdAt}}"}, {"column": "completed_at", "form": "{{completedAt}}"}, {"column": "id"}]}""";
        await ExecuteAsync(
            connection,
            $"""
            INSERT INTO {LedgerSchema.RunTable} (run_id, kind, state, table_schema, table_name, is_new_table, source, source_definition, source_encoding, plan, module_version)
            VALUES ($1, 'Migration', 'Loading', 'public', 'conversations', true, $2, $3, $4, $5, '0')
            """, target.RunId, path, definition, source.Encoding, plan);
        // Rows of which one clashes are told apart by their rowids.
        await target.LoadAsync(connection, rows, CreateSettings(source.HasRowId ? FindClashes(rows, CreateSettings(new HashSet<long>())) : null), chunkRows);
        return target;
    }

    private async Task LoadAsync(NpgsqlConnection connection, List<Conversation> rows, ConversionSettings settings, int chunkRows)
    {
        var converter = new RowConverter(settings);
        var heads = new SortedDictionary<int, byte[]>();
        var times = new long[2];
        foreach (var (chunk, part) in rows.Chunk(chunkRows).Select((part, index) => (index + 1, part)))
        {
            var keys = new List<byte>();
            var ids = new List<byte>();
            var previous = 0L;
            var quarantined = 0;
            for (var number = 0; number < part.Length; number++)
            {
                var row = part[number];
                var verdict = converter.IsPlain(row.Image, row.RowId, times) ? null : converter.Judge(row.Image, row.RowId, times);
                if (verdict is not null) await KeepAsync(connection, row, chunk, number, verdict);
                if (verdict?.RowRule is not null)
                {
                    quarantined++;
                    continue;
                }

                var key = await InsertAsync(connection, row, verdict, times);
                var hash = new byte[RowKeys.KeyLength];
                RowKeys.WriteKey(key, hash);
                keys.AddRange(hash);
                if (row.RowId is not { } rowId) continue;
                var difference = new byte[10];
                ids.AddRange(difference.AsSpan(0, RowKeys.WriteRowId(rowId, previous, difference)));
                previous = rowId;
            }

            var entry = new LedgerRow
            {
                Chunk = chunk,
                Lane = 1 + chunk % 2,
                AfterPosition = chunk == 1 ? null : Encoding.UTF8.GetBytes($"{chunk - 1}"),
                LastPosition = Encoding.UTF8.GetBytes($"{chunk}"),
                RowsRead = part.Length,
                RowsLoaded = part.Length - quarantined,
                RowsQuarantined = quarantined,
                Bytes = part.Sum(row => row.Size),
                SourceHash = System.Security.Cryptography.SHA256.HashData([(byte)chunk]),
                RowKeysHash = System.Security.Cryptography.SHA256.HashData(keys.ToArray()),
                RowIdsHash = System.Security.Cryptography.SHA256.HashData(ids.ToArray()),
            };
            var last = heads.GetValueOrDefault(entry.Lane) ?? LedgerHash.CreateStart();
            heads[entry.Lane] = LedgerHash.Compute(last, RunId, entry);
            await ExecuteAsync(
                connection,
                $"""
                INSERT INTO {LedgerSchema.ChunkTable} (run_id, chunk, lane, previous_hash, hash, after_position, last_position, rows_read, rows_loaded, rows_skipped,
                    rows_quarantined, cells_converted, cells_quarantined, bytes, source_hash, row_keys, row_ids)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0, 0, $11, $12, $13, $14)
                """,
                RunId, entry.Chunk, entry.Lane, last, heads[entry.Lane], entry.AfterPosition, entry.LastPosition!, entry.RowsRead, entry.RowsLoaded,
                entry.RowsQuarantined, entry.Bytes, entry.SourceHash, keys.ToArray(), ids.Count == 0 ? null : ids.ToArray());
            Loaded += part.Length - quarantined;
            Quarantined += quarantined;
        }

        await ExecuteAsync(
            connection, $"UPDATE {LedgerSchema.RunTable} SET state = 'Completed', ended_at = now(), ledger_head = $2, rows_read = $3, rows_loaded = $4, rows_quarantined = $5 WHERE run_id = $1",
            RunId, LedgerHash.Join(heads.Values), (long)rows.Count, (long)Loaded, (long)Quarantined);
    }

    // Rows whose keys are the same once both are text; of each group one stays.
    private static HashSet<long> FindClashes(List<Conversation> rows, ConversionSettings settings)
    {
        var converter = new RowConverter(settings);
        var times = new long[2];
        var seen = new HashSet<string>();
        var clashing = new HashSet<long>();
        foreach (var row in rows)
        {
            var verdict = converter.Judge(row.Image, row.RowId, times);
            if (verdict.RowRule is not null) continue;
            var key = verdict.Find(ConversationColumn.Id)?.Stored ?? row.GetBytes(ConversationColumn.Id).ToArray();
            if (!seen.Add(Encoding.UTF8.GetString(key)) && row.RowId is { } rowId) clashing.Add(rowId);
        }

        return clashing;
    }

    private static async Task<byte[]> InsertAsync(NpgsqlConnection connection, Conversation row, RowVerdict? verdict, long[] times)
    {
        var values = new object?[ConversationTable.ColumnCount];
        byte[]? key = null;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var cell = verdict?.Find(column);
            var isNull = cell is null ? row.GetStorageClass(column) == StorageClass.Null : cell.Stored is null;
            if (isNull) continue;
            if (ConversationTable.IsTimestamp(column))
                values[(int)column] = cell is null ? times[column - ConversationColumn.CreatedAt] : System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(cell.Stored);
            else if (column == ConversationColumn.TotalCost)
                values[(int)column] = cell is null ? row.GetCell(column).Real : System.Buffers.Binary.BinaryPrimitives.ReadDoubleBigEndian(cell.Stored);
            else
                values[(int)column] = Encoding.UTF8.GetString(cell?.Stored ?? row.GetBytes(column).ToArray());
            if (column == ConversationColumn.Id) key = cell?.Stored ?? row.GetBytes(column).ToArray();
        }

        var parameters = Enumerable.Range(1, values.Length).Select(i => string.Create(CultureInfo.InvariantCulture, $"${i}"));
        await using var command = new NpgsqlCommand($"INSERT INTO conversations ({ConversationTable.ColumnList}) VALUES ({string.Join(", ", parameters)})", connection);
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.Add(new NpgsqlParameter
            {
                Value = values[i] ?? DBNull.Value,
                NpgsqlDbType = i is 4 or 5 ? NpgsqlDbType.Timestamp : i == 8 ? NpgsqlDbType.Double : NpgsqlDbType.Text,
            });
        }

        await command.ExecuteNonQueryAsync(Token);
        return key!;
    }

    private async Task KeepAsync(NpgsqlConnection connection, Conversation row, int chunk, int number, RowVerdict verdict)
    {
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var cell = verdict.Find(column);
            if (verdict.RowRule is null && cell is null) continue;
            var key = verdict.RowRule is not null ? null : Encoding.UTF8.GetString(verdict.Find(ConversationColumn.Id)?.Stored ?? row.GetBytes(ConversationColumn.Id).ToArray());
            var storageClass = row.GetStorageClass(column);
            var original = row.GetBytes(column).ToArray();
            if (storageClass is StorageClass.Integer or StorageClass.Real) Array.Reverse(original);
            await ExecuteAsync(
                connection,
                $"INSERT INTO {LedgerSchema.ResidueTable} ({LedgerSchema.ResidueColumns}) VALUES ($1, $2, $3, $4, $5::bigint, $6::text, $7, $8, $9, $10, $11::bytea, $12::bytea)",
                RunId, chunk, number, ConversationTable.NameOf(column), row.RowId, key, verdict.RowRule is null ? $"{cell!.Outcome}" : "RowQuarantined",
                $"{verdict.RowRule ?? cell!.Rule}", verdict.RowRule is null ? cell!.Reason : verdict.RowReason, $"{storageClass}",
                storageClass == StorageClass.Null ? null : original, verdict.RowRule is null ? cell!.Stored : null);
            Cells++;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object?[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        await command.ExecuteNonQueryAsync(Token);
    }
}
