using System.Buffers.Binary;
using System.Text;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Postgres;
using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Reads a target's runs, ledger and residue, all of one moment. What comes as a sequence is read while it is taken, and never in memory
///   as a whole; one sequence at a time.
/// </summary>
internal sealed class LedgerReader : IDisposable
{
    private const string ChunkColumns = """
        c.chunk, c.lane, c.withdraws, c.previous_hash, c.hash, c.after_position, c.last_position, c.rows_read, c.rows_loaded, c.rows_skipped,
        c.rows_quarantined, c.cells_converted, c.cells_quarantined, c.bytes, c.source_hash, sha256(c.row_keys), sha256(coalesce(c.row_ids, '')), c.loaded_at
        """;

    private readonly NpgsqlConnection _connection;
    private readonly PostgresQuery _query;

    private LedgerReader(SwarmDatabase database, NpgsqlConnection connection)
    {
        _connection = connection;
        _query = new PostgresQuery(connection, database);
    }

    /// <summary>Connects, and begins a transaction that sees one moment.</summary>
    /// <returns><see langword="null"/> where the target has no ledger.</returns>
    /// <exception cref="SwarmConfigurationException">It is no PostgreSQL database.</exception>
    /// <exception cref="SwarmDatabaseException">It cannot be reached, or the user may not read the ledger.</exception>
    internal static async Task<LedgerReader?> OpenAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        if (database.Engine != DatabaseEngine.PostgreSql) throw Errors.NoLedgerInFiles(database);
        var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        var isWanted = false;
        try
        {
            await BeginAsync(connection, cancellationToken);
            isWanted = await IsReadableAsync(connection, database, cancellationToken);
            return isWanted ? new LedgerReader(database, connection) : null;
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
        finally
        {
            if (!isWanted) await connection.DisposeAsync();
        }
    }

    /// <summary>A reader on a connection of the caller's that is in a transaction; it is not to be disposed.</summary>
    /// <returns><see langword="null"/> where the target has no ledger.</returns>
    internal static async Task<LedgerReader?> OpenAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
        => await IsReadableAsync(connection, database, cancellationToken) ? new LedgerReader(database, connection) : null;

    /// <summary>Begins a transaction that only reads, and sees one moment however many statements it has.</summary>
    internal static async Task BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var begin = new NpgsqlCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", connection);
        await begin.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Reads the runs, newest first, and checks the ledger of each.</summary>
    internal IReadOnlyList<MigrationRun> ReadRuns(Guid? runId, CancellationToken cancellationToken)
    {
        var ledgers = new Dictionary<Guid, (LedgerCheck Check, int Chunks)>();
        foreach (var (id, row, previousHash, hash, _) in ReadRows(runId, cancellationToken))
        {
            var (check, chunks) = ledgers.TryGetValue(id, out var ledger) ? ledger : (new LedgerCheck(id), 0);
            check.Add(row, previousHash, hash);
            ledgers[id] = (check, chunks + 1);
        }

        var generations = ReadGenerations(runId, cancellationToken).GroupBy(entry => entry.RunId).ToDictionary(run => run.Key, run => run.Select(entry => entry.Entry).ToList());

        return
        [
            .. Query(
                $"""
                SELECT run_id, kind, state, source, table_schema, table_name, started_at, ended_at, rows_read + so_far.read, rows_loaded + so_far.loaded,
                       rows_skipped, rows_quarantined + so_far.quarantined, cells_converted + so_far.converted, cells_quarantined + so_far.cells, is_consistent, ledger_head
                FROM {LedgerSchema.RunTable} AS run, LATERAL (
                    -- The run's own counts are written when it ends.
                    SELECT coalesce(sum(rows_read), 0)::bigint AS read, coalesce(sum(rows_loaded), 0)::bigint AS loaded,
                           coalesce(sum(rows_quarantined), 0)::bigint AS quarantined, coalesce(sum(cells_converted), 0)::bigint AS converted,
                           coalesce(sum(cells_quarantined), 0)::bigint AS cells
                    FROM {LedgerSchema.ChunkTable} AS loaded WHERE loaded.run_id = run.run_id AND run.state IN ('Loading', 'Loaded') AND withdraws IS NULL
                    AND NOT EXISTS (SELECT FROM {LedgerSchema.ChunkTable} AS other WHERE other.run_id = run.run_id AND other.withdraws = loaded.chunk)) AS so_far
                WHERE $1 IS NULL OR run_id = $1 ORDER BY started_at DESC, run_id
                """,
                row => ReadRun(row, ledgers, generations), cancellationToken, OptionalRun(runId)),
        ];
    }

    /// <summary>Reads the generations: run by run, each in its order.</summary>
    internal IEnumerable<(Guid RunId, GenerationEntry Entry)> ReadGenerations(Guid? runId, CancellationToken cancellationToken)
        => Generations.Exist(_connection) ? Query(Generations.Statement, row => (row.GetGuid(0), Generations.Read(row)), cancellationToken, OptionalRun(runId)) : [];

    /// <summary>Reads the ledger: the runs newest first, the rows of each in the order of their numbers.</summary>
    internal IEnumerable<LedgerChunk> ReadChunks(Guid? runId, CancellationToken cancellationToken)
    {
        LedgerCheck? check = null;
        Guid? current = null;
        foreach (var (id, row, previousHash, hash, loadedAt) in ReadRows(runId, cancellationToken))
        {
            if (current != id) check = new LedgerCheck(id);
            current = id;
            yield return new LedgerChunk
            {
                RunId = id,
                Chunk = row.Chunk,
                Lane = row.Lane,
                Withdraws = row.Withdraws,
                RowsRead = row.RowsRead,
                RowsLoaded = row.RowsLoaded,
                RowsSkipped = row.RowsSkipped,
                RowsQuarantined = row.RowsQuarantined,
                CellsConverted = row.CellsConverted,
                CellsQuarantined = row.CellsQuarantined,
                Bytes = row.Bytes,
                LoadedAt = loadedAt,
                SourceHash = Convert.ToHexStringLower(row.SourceHash),
                PreviousHash = Convert.ToHexStringLower(previousHash),
                Hash = Convert.ToHexStringLower(hash),
                IsIntact = check!.Add(row, previousHash, hash),
            };
        }
    }

    /// <summary>
    ///   Reads the residue: the runs newest first, the cells of each in the order of reading. What was withdrawn again is not in it.
    /// </summary>
    internal IEnumerable<ResidueCell> ReadResidue(ResidueFilter filter, CancellationToken cancellationToken)
    {
        var parameters = new List<NpgsqlParameter>();
        var conditions = new List<string>
        {
            $"NOT EXISTS (SELECT FROM {LedgerSchema.ChunkTable} AS later WHERE later.run_id = cell.run_id AND later.withdraws = cell.chunk)",
        };
        if (filter.RunId is { } runId) conditions.Add($"cell.run_id = {Add(runId, NpgsqlDbType.Uuid)}");
        if (filter.Ids.Count > 0)
        {
            var keys = Add(filter.Ids.Select(id => Encoding.UTF8.GetBytes(id)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Bytea);
            // No key in the table has a NUL character, and no parameter can have one.
            conditions.Add($"""
                (cell.id = ANY ({Add(filter.Ids.Where(id => !id.Contains('\0', StringComparison.Ordinal)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text)}) OR cell.id IS NULL AND EXISTS (
                    SELECT FROM {LedgerSchema.ResidueTable} AS key
                    WHERE key.run_id = cell.run_id AND key.chunk = cell.chunk AND key.row_number = cell.row_number AND key.column_name = 'id' AND key.original = ANY ({keys})))
                """);
        }

        AddNames("column_name", [.. filter.Columns.Select(ConversationTable.NameOf)]);
        AddNames("outcome", [.. filter.Outcomes.Select(outcome => outcome.ToString())]);
        var columns = string.Join(", ", ConversationTable.ColumnNames.Select(name => $"'{name}'"));
        return Query(
            $"""
            SELECT cell.run_id, chunk, row_number, column_name, source_rowid, id, outcome, rule, reason, storage_class, original, stored
            FROM {LedgerSchema.ResidueTable} AS cell JOIN {LedgerSchema.RunTable} AS run ON run.run_id = cell.run_id
            WHERE {string.Join(" AND ", conditions)}
            ORDER BY run.started_at DESC, cell.run_id, chunk, row_number, array_position(ARRAY[{columns}], column_name)
            """,
            ReadCell, cancellationToken, [.. parameters]);

        string Add(object value, NpgsqlDbType type)
        {
            parameters.Add(new NpgsqlParameter { Value = value, NpgsqlDbType = type });
            return FormattableString.Invariant($"${parameters.Count}");
        }

        void AddNames(string column, string[] names)
        {
            if (names.Length > 0) conditions.Add($"cell.{column} = ANY ({Add(names, NpgsqlDbType.Array | NpgsqlDbType.Text)})");
        }
    }

    /// <summary>Runs a query and gives its rows while they are read.</summary>
    internal IEnumerable<T> Query<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params NpgsqlParameter[] parameters)
        => _query.Run(sql, read, cancellationToken, parameters);

    public void Dispose() => _connection.Dispose();

    /// <summary>A cell's original as the residue has it.</summary>
    internal static ConversationCell ReadOriginal(StorageClass storageClass, byte[]? original) => storageClass switch
    {
        StorageClass.Integer => ConversationCell.OfInteger(BinaryPrimitives.ReadInt64BigEndian(original)),
        StorageClass.Real => ConversationCell.OfReal(BinaryPrimitives.ReadDoubleBigEndian(original)),
        StorageClass.Text => ConversationCell.OfText(original),
        StorageClass.Blob => ConversationCell.OfBlob(original),
        _ => ConversationCell.OfNull(),
    };

    /// <summary>A nullable parameter for a run.</summary>
    internal static NpgsqlParameter OptionalRun(Guid? runId) => new() { NpgsqlDbType = NpgsqlDbType.Uuid, Value = (object?)runId ?? DBNull.Value };

    // to_regclass would not say that it is the right that is missing: it fails on a schema that the user may not use.
    private static async Task<bool> IsReadableAsync(NpgsqlConnection connection, SwarmDatabase database, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT pg_get_userbyid(s.nspowner), has_schema_privilege(s.oid, 'USAGE') AND coalesce(has_table_privilege(t.oid, 'SELECT'), true), t.oid IS NOT NULL
            FROM pg_namespace s LEFT JOIN pg_class t ON t.relnamespace = s.oid AND t.relname = 'residue' WHERE s.nspname = $1
            """, connection)
        {
            Parameters = { new() { Value = LedgerSchema.Name } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken)) return false;
        return reader.GetBoolean(1) ? reader.GetBoolean(2) : throw Errors.LedgerNotReadable(database, reader.GetString(0));
    }

    private IEnumerable<(Guid RunId, LedgerRow Row, byte[] PreviousHash, byte[] Hash, DateTime LoadedAt)> ReadRows(Guid? runId, CancellationToken cancellationToken)
        => Query(
            $"""
            SELECT run.run_id, {ChunkColumns}
            FROM {LedgerSchema.ChunkTable} AS c JOIN {LedgerSchema.RunTable} AS run ON run.run_id = c.run_id
            WHERE $1 IS NULL OR run.run_id = $1 ORDER BY run.started_at DESC, run.run_id, c.chunk
            """,
            ReadRow, cancellationToken, OptionalRun(runId));

    private static (Guid, LedgerRow, byte[], byte[], DateTime) ReadRow(NpgsqlDataReader row)
    {
        // In the order of the columns: they come one after another.
        var id = row.GetGuid(0);
        var chunk = row.GetInt32(1);
        var lane = row.GetInt32(2);
        var withdraws = row.IsDBNull(3) ? (int?)null : row.GetInt32(3);
        var previousHash = row.GetFieldValue<byte[]>(4);
        var hash = row.GetFieldValue<byte[]>(5);
        var entry = new LedgerRow
        {
            Chunk = chunk,
            Lane = lane,
            Withdraws = withdraws,
            AfterPosition = row.IsDBNull(6) ? null : row.GetFieldValue<byte[]>(6),
            LastPosition = row.IsDBNull(7) ? null : row.GetFieldValue<byte[]>(7),
            RowsRead = row.GetInt64(8),
            RowsLoaded = row.GetInt64(9),
            RowsSkipped = row.GetInt64(10),
            RowsQuarantined = row.GetInt64(11),
            CellsConverted = row.GetInt64(12),
            CellsQuarantined = row.GetInt64(13),
            Bytes = row.GetInt64(14),
            SourceHash = row.GetFieldValue<byte[]>(15),
            RowKeysHash = row.GetFieldValue<byte[]>(16),
            RowIdsHash = row.GetFieldValue<byte[]>(17),
        };
        return (id, entry, previousHash, hash, row.GetDateTime(18));
    }

    private static MigrationRun ReadRun(NpgsqlDataReader row, Dictionary<Guid, (LedgerCheck Check, int Chunks)> ledgers, Dictionary<Guid, List<GenerationEntry>> generations)
    {
        var id = row.GetGuid(0);
        var kind = Enum.Parse<RunKind>(row.GetString(1));
        // A run without chunks has an empty ledger.
        var (check, chunks) = ledgers.TryGetValue(id, out var ledger) ? ledger : (new LedgerCheck(id), 0);
        var deltas = generations.GetValueOrDefault(id);
        return new MigrationRun
        {
            RunId = id,
            Kind = kind,
            // An import is one transaction: what can be seen of it is complete.
            State = kind == RunKind.Import ? MigrationState.Completed : Enum.Parse<MigrationState>(row.GetString(2)),
            Source = row.GetString(3),
            Table = $"{row.GetString(4)}.{row.GetString(5)}",
            StartedAt = row.GetDateTime(6),
            EndedAt = row.IsDBNull(7) ? null : row.GetDateTime(7),
            RowsRead = row.GetInt64(8),
            RowsLoaded = row.GetInt64(9),
            RowsSkipped = row.GetInt64(10),
            RowsQuarantined = row.GetInt64(11),
            CellsConverted = row.GetInt64(12),
            CellsQuarantined = row.GetInt64(13),
            IsConsistent = row.GetBoolean(14),
            Chunks = chunks,
            Generation = deltas?.Count ?? 0,
            IsLedgerIntact = IsIntact(row.IsDBNull(15) ? null : row.GetFieldValue<byte[]>(15)),
        };

        bool IsIntact(byte[]? head) => check.IsComplete(head) && Generations.AreIntact(id, deltas ?? [], head, check.Deltas);
    }

    private static ResidueCell ReadCell(NpgsqlDataReader row)
    {
        var runId = row.GetGuid(0);
        var chunk = row.GetInt32(1);
        var rowNumber = row.GetInt32(2);
        _ = ConversationTable.TryFind(row.GetString(3), out var column);
        var rowId = row.IsDBNull(4) ? (long?)null : row.GetInt64(4);
        var id = row.IsDBNull(5) ? null : row.GetString(5);
        var outcome = Enum.Parse<CellOutcome>(row.GetString(6));
        var rule = Enum.Parse<ConversionRule>(row.GetString(7));
        var reason = row.GetString(8);
        var storageClass = Enum.Parse<StorageClass>(row.GetString(9));
        var original = ReadOriginal(storageClass, row.IsDBNull(10) ? null : row.GetFieldValue<byte[]>(10));
        return new ResidueCell
        {
            RunId = runId,
            Chunk = chunk,
            RowNumber = rowNumber,
            RowId = rowId,
            Id = id,
            Column = column,
            Outcome = outcome,
            Rule = rule,
            Reason = reason,
            Original = original,
            Stored = ReadStored(column, row.IsDBNull(11) ? null : row.GetFieldValue<byte[]>(11)),
        };
    }

    private static object? ReadStored(ConversationColumn column, byte[]? stored)
    {
        if (stored is null) return null;
        if (ConversationTable.IsTimestamp(column)) return SwarmTimestamp.ToDateTime(BinaryPrimitives.ReadInt64BigEndian(stored));
        return column == ConversationColumn.TotalCost ? BinaryPrimitives.ReadDoubleBigEndian(stored) : Encoding.UTF8.GetString(stored);
    }
}
