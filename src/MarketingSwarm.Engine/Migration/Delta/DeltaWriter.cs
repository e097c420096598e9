using System.Buffers.Binary;
using System.Security.Cryptography;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>
///   Brings batches to the target: each in one transaction with its chunk of the ledger, its residue, its generation, and after reading
///   back what was written. The index is what the target has, after each transaction.
/// </summary>
internal sealed class DeltaWriter : IAsyncDisposable
{
    private const int Lane = 0;

    private readonly SwarmDatabase _database;
    private readonly TargetSession _session;
    private readonly Guid _owner = Guid.NewGuid();
    private readonly SortedDictionary<int, byte[]> _heads = [];
    private readonly string _tableSchema;
    private readonly bool _overwrites;
    private ChunkCopier? _copier;
    private ConversionSettings? _settings;
    private int _lastChunk;
    private byte[] _lastHash = [];

    private DeltaWriter(SwarmDatabase database, RetryPolicy retry, MigrationProgress progress, string tableSchema, RunRecord run, bool overwrites)
    {
        _database = database;
        _tableSchema = tableSchema;
        _overwrites = overwrites;
        Run = run;
        _session = new TargetSession(database, retry, progress, PrepareAsync, () => _copier?.BytesSent ?? 0);
    }

    internal RunRecord Run { get; }

    /// <summary>The last generation; 0 where there is none yet.</summary>
    internal int Generation { get; private set; }

    /// <summary>Whether the last one, or the load, left the target as the source was at one moment.</summary>
    internal bool IsConsistent { get; private set; }

    /// <summary>The ledger's head: what a saved index must have been made of.</summary>
    internal byte[] LedgerHead { get; private set; } = [];

    internal ConversionSettings Settings
    {
        get => _settings!;
        set
        {
            _settings = value;
            _copier = null;
        }
    }

    /// <summary>Connects, finds the run, and makes this process its owner.</summary>
    /// <exception cref="SwarmDatabaseException">There is no run to keep in step, another process is at it, or its ledger was changed.</exception>
    internal static async Task<DeltaWriter> OpenAsync(
        SwarmDatabase database, RetryPolicy retry, MigrationProgress progress, bool overwrites, Action<RunRecord> check, CancellationToken cancellationToken)
    {
        RunRecord run;
        DatabaseSchema table;
        string schema;
        await using (var connection = await PostgresConnector.OpenAsync(database, cancellationToken))
        {
            schema = await TargetTable.FindSchemaAsync(connection, cancellationToken) ?? throw Errors.NoSchemaToCreateIn(database);
            run = await Ledger.FindRunAsync(connection, database, schema, cancellationToken) ?? throw Errors.NothingToSync(database);
            if (run.State != MigrationState.Completed) throw Errors.MigrationNotComplete(database, run.RunId, run.State);
            check(run);
            if (!await TargetTable.ExistsAsync(connection, run.PublishedTable, cancellationToken)) throw Errors.NothingToSync(database);
            table = await PostgresTable.ReadTargetAsync(connection, database, cancellationToken);
        }

        var writer = new DeltaWriter(database, retry, progress, schema, run, overwrites);
        try
        {
            writer.Settings = PlanFile.FromJson(run.Plan).ToSettings(ConversionSettings.ForTarget(table), new HashSet<long>());
            await writer._session.RunAsync(connection => writer.TakeOverAsync(connection, cancellationToken), cancellationToken);
            return writer;
        }
        catch
        {
            await writer.DisposeAsync();
            throw;
        }
    }

    /// <summary>Does something on the writer's connection, again where it fails for a reason that passes.</summary>
    internal Task<T> RunAsync<T>(Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken) => _session.RunAsync(work, cancellationToken, isWatched: false);

    /// <summary>Brings a batch to the target, and the index up to date.</summary>
    /// <param name="batch">What to bring; empty only where the generation is to say that the target is whole now.</param>
    /// <param name="index">What the target has.</param>
    /// <param name="kind">Why.</param>
    /// <param name="whole">What the source has; <see langword="null"/> where the batch is a part of a delta that goes on.</param>
    /// <param name="isConsistent">Whether the target has then the source as it was at one moment.</param>
    /// <param name="mark">The pass.</param>
    /// <param name="cancellationToken">Ends the work; what was not committed is rolled back.</param>
    /// <param name="alongside">What else is written in the same transaction; told the generation.</param>
    /// <exception cref="SwarmException">A row was refused, or somebody else has written to the run's rows.</exception>
    internal async Task ApplyAsync(
        DeltaBatch batch, RowIndex index, GenerationKind kind, ChunkCounts? whole, bool isConsistent, int mark, CancellationToken cancellationToken,
        Func<NpgsqlConnection, int, Task>? alongside = null)
    {
        var judged = batch.Judge();
        var generation = await _session.RunAsync(
            connection => ApplyAsync(connection, batch, judged, index, kind, whole, isConsistent, alongside, cancellationToken), cancellationToken);
        _lastChunk = generation.Row.Chunk;
        _lastHash = generation.Hash;
        Generation = generation.Row.Number;
        IsConsistent = generation.Row.IsConsistent;
        LedgerHead = generation.Row.LedgerHead;
        foreach (var gone in batch.Deleted) index.Remove(gone.Key);
        foreach (var row in batch.Rows) index.Set(row.Key, row.Hash, row.HasResidue, mark);
    }

    /// <summary>Looks whether the table has the run's rows and, where the run made it, no others; in the connection's transaction where it has one.</summary>
    /// <exception cref="SwarmDatabaseException">Somebody else has changed, added or deleted rows.</exception>
    internal async Task CheckUntouchedAsync(NpgsqlConnection connection, long expected, CancellationToken cancellationToken)
    {
        await using var count = new NpgsqlCommand(
            $"SELECT count(*) FILTER (WHERE {TargetIndex.Ours(Run.RunId)}), count(*) FROM {Run.PublishedTable} t", connection);
        await using var reader = await count.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (ours, all) = (reader.GetInt64(0), reader.GetInt64(1));
        await reader.CloseAsync();
        if (ours == expected && (all == ours || !Run.IsNewTable)) return;
        await using var find = new NpgsqlCommand($"SELECT id FROM {Run.PublishedTable} t WHERE NOT {TargetIndex.Ours(Run.RunId)} ORDER BY id COLLATE \"C\" LIMIT 1", connection);
        throw Errors.TargetChangedDuringSync(_database, Run.PublishedTable, expected, ours, all - ours, await find.ExecuteScalarAsync(cancellationToken) as string);
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private async Task<bool> TakeOverAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await LedgerSchema.EnsureAsync(connection, cancellationToken);
            await Ledger.TakeOverAsync(connection, Run.RunId, _owner, cancellationToken);
        }
        catch (PostgresException denied) when (denied.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Errors.LedgerAccessDenied(_database, denied.MessageText, denied);
        }

        var (entries, head) = (await Ledger.ReadAsync(connection, Run.RunId, cancellationToken), await ReadHeadAsync(connection, cancellationToken));
        var generations = await Generations.ReadAsync(connection, Run.RunId, cancellationToken);
        var check = new LedgerCheck(Run.RunId);
        foreach (var entry in entries)
        {
            check.Add(entry.Row, entry.PreviousHash, entry.Hash);
            _heads[entry.Row.Lane] = entry.Hash;
            _lastChunk = Math.Max(_lastChunk, entry.Row.Chunk);
        }

        if (!check.IsComplete(head) || !Generations.AreIntact(Run.RunId, generations, head, check.Deltas)) throw Errors.LedgerChanged(_database, Run.RunId);
        Generation = generations.Count;
        LedgerHead = head!;
        _lastHash = generations.Count > 0 ? generations[^1].Hash : head!;
        IsConsistent = generations.Count > 0 ? generations[^1].Row.IsConsistent : Run.IsConsistent;
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private async Task<byte[]?> ReadHeadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT ledger_head FROM {LedgerSchema.RunTable} WHERE run_id = $1", connection) { Parameters = { new() { Value = Run.RunId } } };
        return await command.ExecuteScalarAsync(cancellationToken) as byte[];
    }

    // Every session: the one before it may be lost here and alive at the server, with the lock.
    private async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var name = $"MarketingSwarm {_owner}";
        await TargetLock.EndSessionsAsync(connection, name, cancellationToken);
        await TargetSession.LiftTimeoutsAsync(connection, name, cancellationToken);
        await TargetLock.TakeAsync(connection, _database, _tableSchema, cancellationToken);
        // A process that was killed may have left one that still writes.
        await TargetLock.EndSessionsAsync(connection, Run.SessionName, cancellationToken);
        await PostgresTable.UseLz4Async(connection, cancellationToken);
        _copier = null;
    }

    private async Task<GenerationEntry> ApplyAsync(
        NpgsqlConnection connection, DeltaBatch batch, JudgedChunk judged, RowIndex index, GenerationKind kind, ChunkCounts? whole, bool isConsistent,
        Func<NpgsqlConnection, int, Task>? alongside, CancellationToken cancellationToken)
    {
        var number = Generation + 1;
        // A commit whose answer was lost may have been carried out.
        if (await FindAsync(connection, number, cancellationToken) is { } committed) return committed;
        batch.Chunk.Number = _lastChunk + 1;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var changed = batch.Rows.Where(row => row.IsKnown).ToList();
        await DeleteAsync(connection, [.. changed.Select(row => row.Key), .. batch.Deleted.Select(row => row.Key)], cancellationToken);
        await DeleteResidueAsync(
            connection, [.. changed.Where(row => row.HadResidue).Select(row => row.Key), .. batch.Deleted.Where(row => row.HasResidue).Select(row => row.Key)], cancellationToken);
        var counts = await CopyAsync(connection, judged, cancellationToken);
        if (batch.Rows.Count > 0 && await TargetIndex.FindDifferenceAsync(connection, Run, Settings, batch.Chunk.Number, batch.Rows, cancellationToken) is { } wrong)
            throw Errors.RowArrivedOtherwise(_database, Run.PublishedTable, wrong);
        var entry = CreateChunk(batch, judged, counts);
        if (!await Ledger.TryInsertChunkAsync(connection, Run.RunId, _owner, entry, cancellationToken)) throw Errors.MigrationTakenOver(_database, Run.RunId);
        var loaded = index.Loaded + batch.Rows.Count(row => row.IsLoaded && !row.IsKnown) - batch.Deleted.Count(row => !RowForm.IsQuarantined(row.Key));
        var rows = index.Count + batch.Rows.Count(row => !row.IsKnown) - batch.Deleted.Count;
        if (whole is { } all)
        {
            await CheckUntouchedAsync(connection, loaded, cancellationToken);
            // Rows read = rows loaded + rows quarantined.
            if (isConsistent && (all.Rows != rows || all.Loaded != loaded)) throw Errors.CountsDiffer(_database, all.Rows, rows);
            await CheckResidueAsync(connection, all, isConsistent, cancellationToken);
        }

        var heads = new SortedDictionary<int, byte[]>(_heads) { [Lane] = entry.Hash };
        var generation = new Generation
        {
            Number = number,
            Kind = kind,
            Chunk = batch.Chunk.Number,
            Rows = rows,
            RowsLoaded = loaded,
            RowsQuarantined = rows - loaded,
            CellsConverted = whole?.CellsConverted ?? counts.CellsConverted,
            CellsQuarantined = whole?.CellsQuarantined ?? counts.CellsQuarantined,
            Inserted = batch.Rows.Count - changed.Count,
            Updated = changed.Count,
            Deleted = batch.Deleted.Count,
            IsConsistent = whole is not null && isConsistent,
            DeletedKeysHash = HashKeys(batch.Deleted),
            Digest = index.ComputeDigest(batch),
            LedgerHead = LedgerHash.Join(heads.Values),
            PreviousHash = _lastHash,
        };
        await Generations.InsertAsync(connection, Run.RunId, generation, cancellationToken);
        if (alongside is not null) await alongside(connection, number);
        // From here on a stop comes too late: either answer is the truth, and the ledger has it.
        await transaction.CommitAsync(CancellationToken.None);
        _heads[Lane] = entry.Hash;
        return new GenerationEntry(generation, generation.ComputeHash(Run.RunId), DateTime.UtcNow);
    }

    private async Task<GenerationEntry?> FindAsync(NpgsqlConnection connection, int number, CancellationToken cancellationToken)
    {
        var found = (await Generations.ReadAsync(connection, Run.RunId, cancellationToken)).FirstOrDefault(entry => entry.Row.Number == number);
        if (found is null) return null;
        // Nobody else has written it: nobody else has had the lock.
        if (!found.Row.PreviousHash.AsSpan().SequenceEqual(_lastHash)) throw Errors.LedgerChanged(_database, Run.RunId);
        _heads[Lane] = (await Ledger.FindAsync(connection, Run.RunId, found.Row.Chunk, cancellationToken))!.Hash;
        return found;
    }

    private async Task DeleteAsync(NpgsqlConnection connection, List<byte[]> keys, CancellationToken cancellationToken)
    {
        var names = keys.Where(key => !RowForm.IsQuarantined(key)).Select(key => TargetIndex.GetName(key)).ToArray();
        if (names.Length == 0) return;
        var ours = _overwrites ? "" : $" AND {TargetIndex.Ours(Run.RunId)}";
        await using var delete = new NpgsqlCommand($"DELETE FROM {Run.PublishedTable} t WHERE id = ANY ($1){ours}", connection) { Parameters = { new() { Value = names } } };
        if (await delete.ExecuteNonQueryAsync(cancellationToken) == names.Length) return;
        await using var find = new NpgsqlCommand(
            $"SELECT k FROM unnest($1) k WHERE EXISTS (SELECT FROM {Run.PublishedTable} t WHERE t.id = k) LIMIT 1", connection) { Parameters = { new() { Value = names } } };
        // What the run had there and was deleted just now is back only once the transaction is.
        throw Errors.RowChangedInTarget(_database, Run.PublishedTable, await find.ExecuteScalarAsync(cancellationToken) as string);
    }

    private async Task DeleteResidueAsync(NpgsqlConnection connection, List<byte[]> keys, CancellationToken cancellationToken)
    {
        var names = keys.Where(key => !RowForm.IsQuarantined(key)).Select(key => TargetIndex.GetName(key)).ToArray();
        await DeleteAsync("id = ANY ($2)", names);
        var quarantined = keys.Where(key => RowForm.IsQuarantined(key)).ToList();
        await DeleteAsync("id IS NULL AND source_rowid = ANY ($2)", quarantined.Select(key => RowForm.GetRowId(key)).OfType<long>().ToArray());
        await DeleteAsync(
            $"""
            (chunk, row_number) IN (SELECT chunk, row_number FROM {LedgerSchema.ResidueTable}
                WHERE run_id = $1 AND column_name = 'id' AND id IS NULL AND source_rowid IS NULL AND original = ANY ($2))
            """, quarantined.Where(key => RowForm.GetRowId(key) is null).Select(key => RowForm.GetSourceKey(key)).ToArray());

        async Task DeleteAsync(string condition, Array values)
        {
            if (values.Length == 0) return;
            await using var delete = new NpgsqlCommand($"DELETE FROM {LedgerSchema.ResidueTable} WHERE run_id = $1 AND {condition}", connection)
            {
                Parameters = { new() { Value = Run.RunId }, new() { Value = values } },
            };
            await delete.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task<ChunkCounts> CopyAsync(NpgsqlConnection connection, JudgedChunk judged, CancellationToken cancellationToken)
    {
        _copier ??= new ChunkCopier(_database, connection, Run.PublishedTable, Settings, Run.RunId);
        try
        {
            return await _copier.CopyAsync(judged, cancellationToken);
        }
        catch (PostgresException refused) when (!RetryPolicy.IsTransient(refused))
        {
            throw LoadLane.ExplainRefusal(_database, Run.PublishedTable, refused, _copier.RefusedRow);
        }
    }

    private async Task CheckResidueAsync(NpgsqlConnection connection, ChunkCounts all, bool isConsistent, CancellationToken cancellationToken)
    {
        if (!isConsistent) return;
        await using var count = new NpgsqlCommand(
            $"""
            SELECT count(*) FROM {LedgerSchema.ResidueTable} r WHERE run_id = $1
                AND NOT EXISTS (SELECT FROM {LedgerSchema.ChunkTable} w WHERE w.run_id = r.run_id AND w.withdraws = r.chunk)
            """, connection) { Parameters = { new() { Value = Run.RunId } } };
        var entries = (long)(await count.ExecuteScalarAsync(cancellationToken))!;
        if (entries != all.Entries) throw Errors.ResidueMissingAfterLoad(_database, all.Entries, entries);
    }

    private LedgerEntry CreateChunk(DeltaBatch batch, JudgedChunk judged, ChunkCounts counts)
    {
        var row = new LedgerRow
        {
            Chunk = batch.Chunk.Number,
            Lane = Lane,
            RowsRead = counts.Rows,
            RowsLoaded = counts.Loaded,
            RowsQuarantined = counts.Quarantined,
            CellsConverted = counts.CellsConverted,
            CellsQuarantined = counts.CellsQuarantined,
            Bytes = batch.Chunk.CellBytes,
            SourceHash = batch.Chunk.ComputeHash(),
            RowKeysHash = RowKeys.Hash(judged.RowKeys.Span),
            RowIdsHash = RowKeys.Hash(judged.RowIds is { } ids ? ids.Span : []),
        };
        return LedgerEntry.Create(_heads.GetValueOrDefault(Lane) ?? LedgerHash.CreateStart(), Run.RunId, row, judged.RowKeys, judged.RowIds);
    }

    private static byte[] HashKeys(List<RowIndex.Entry> deleted)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> length = stackalloc byte[4];
        foreach (var row in deleted)
        {
            BinaryPrimitives.WriteInt32BigEndian(length, row.Key.Length);
            hash.AppendData(length);
            hash.AppendData(row.Key);
        }

        return hash.GetHashAndReset();
    }
}
