using System.Diagnostics;
using MarketingSwarm.Engine.Backups;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Proof;
using MarketingSwarm.Engine.Reports;
using MarketingSwarm.Engine.Sqlite;
using Npgsql;

namespace MarketingSwarm.Engine.Migration.Cutover;

/// <summary>
///   Takes an application from its SQLite file to the database that was kept in step with it. Each step is in the target's record before
///   the next begins: a process that is killed is gone on with by the next, and until the switch the application never notices.
/// </summary>
/// <remarks>
///   Between the fence's end and the switch the application writes to the old file again. That is no loss: whatever is written there after
///   the fence is carried over while the old file is watched. The proof by hashes is committed behind the fence; the one that reads both
///   sides anew, from the fence's backup and from a snapshot of the target, runs after the switch.
/// </remarks>
internal sealed class Cutover : IAsyncDisposable
{
    private const int RowsAtOnce = 200;

    private static readonly TimeSpan LockPatience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(250);

    private readonly CutoverOptions _options;
    private readonly Synchronizer _sync;
    private CutoverRecord _record;
    private NpgsqlConnection? _snapshot;
    private TimeSpan _lastScan;

    private Cutover(CutoverOptions options, Synchronizer sync, CutoverRecord record)
    {
        _options = options;
        _sync = sync;
        _record = record;
    }

    /// <summary>How far it is.</summary>
    internal CutoverState State => _record.State;

    internal MigrationProgress Progress => _sync.Progress;

    private SwarmDatabase Source => _options.Sync.Source;

    private SwarmDatabase Destination => _options.Sync.Destination;

    /// <summary>Finds the migration and the cutover that has begun, or begins one.</summary>
    /// <param name="options">What the user asked for.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="begins">Whether one is begun where there is none to go on with.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="SwarmException">There is no complete migration of this source, or its cutover is done.</exception>
    internal static async Task<Cutover> OpenAsync(CutoverOptions options, MigrationProgress progress, bool begins, CancellationToken cancellationToken)
    {
        var sync = await Synchronizer.OpenAsync(options.Sync with { IsCutover = true }, progress, cancellationToken);
        try
        {
            var found = await sync.Writer.RunAsync(connection => CutoverStore.FindAsync(connection, sync.Run.RunId, cancellationToken), cancellationToken);
            if (found is { State: CutoverState.Closed }) throw Errors.CutoverClosed(options.Sync.Destination, found.CutoverId);
            if (found is not { IsOpen: true } && !begins) throw Errors.NoCutover(options.Sync.Destination);
            return new Cutover(options, sync, found is { IsOpen: true } ? found : await BeginAsync(sync, options, cancellationToken));
        }
        catch (Exception exception)
        {
            await sync.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, options.Sync.Destination);
        }
    }

    /// <summary>Goes on until both sides are proven the same, or is there already.</summary>
    /// <exception cref="SwarmException">The fence's budget was spent again and again, no quiet moment came, or the target was changed; the application has not noticed.</exception>
    internal Task RunToProvenAsync(CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            if (State is CutoverState.Switched or CutoverState.Watching) return;
            // Where the switch was begun, the application may be on the new side: nothing goes back then. Otherwise the fence is raised anew.
            if (State == CutoverState.Proven && (_record.IsSwitched || await IsTargetInUseAsync(cancellationToken))) return;
            if (_record.BackupPath is null || !File.Exists(_record.BackupPath)) await BackUpAsync(cancellationToken);
            for (var attempt = 1; ; attempt++)
            {
                await CatchUpAsync(cancellationToken);
                await AwaitQuietMomentAsync(cancellationToken);
                if (await TryFenceAsync(cancellationToken)) return;
                if (attempt >= _options.Attempts) throw Errors.FenceBudgetSpent(Source, _options.Budget, attempt, Predict());
                // A moment for the writers that were held off.
                await Task.Delay(_options.Budget < TimeSpan.FromSeconds(1) ? _options.Budget : TimeSpan.FromSeconds(1), cancellationToken);
            }
        },
        cancellationToken);

    /// <summary>Notes that the operator's switch is about to run, so that the target is kept as it is now for the proof.</summary>
    internal Task PrepareSwitchAsync(CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            if (!await IsTargetInUseAsync(cancellationToken)) _snapshot ??= await MigrationProver.OpenSnapshotAsync(Destination, _record.RunId, cancellationToken);
            if (_record.SwitchBeganAt is null)
            {
                await SetAsync(_record with { SwitchBeganAt = DateTime.UtcNow }, "the switch is run", cancellationToken);
                return;
            }

            // It has failed, or its process was killed: what the application has written to the old file since is there before it comes.
            using var late = await OpenLateAsync(cancellationToken);
            await CarryAsync(late, cancellationToken);
        },
        cancellationToken);

    /// <summary>Notes that the application uses the new database.</summary>
    internal Task MarkSwitchedAsync(CancellationToken cancellationToken) => GuardAsync(
        () => SetAsync(_record with { State = CutoverState.Switched }, "the switch has run", cancellationToken), cancellationToken);

    /// <summary>Proves the fenced state anew, watches the old file and carries late writes over, until the time is over.</summary>
    internal Task WatchAsync(CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            await SetAsync(_record with { State = CutoverState.Watching }, FormattableString.Invariant($"the old file is watched for {_options.Watch.TotalMinutes:0.##} minutes"), cancellationToken);
            using var late = await OpenLateAsync(cancellationToken);
            var sourceRoot = MerkleTree.ComputeRoot(late.FencedHashes);
            // What is late already comes first: somebody may wait for it.
            await CarryAsync(late, cancellationToken);
            await ProveAsync(sourceRoot, cancellationToken);
            var started = Stopwatch.GetTimestamp();
            using var gate = new SourceGate(Source);
            gate.Note(cancellationToken);
            await CarryAsync(late, cancellationToken);
            while (Stopwatch.GetElapsedTime(started) < _options.Watch)
            {
                var left = _options.Watch - Stopwatch.GetElapsedTime(started);
                if (left > TimeSpan.Zero) await Task.Delay(left < _options.Interval ? left : _options.Interval, cancellationToken);
                if (!gate.HasChanged()) continue;
                gate.Note(cancellationToken);
                await CarryAsync(late, cancellationToken);
            }

            // The last look comes after the time is over.
            await CarryAsync(late, cancellationToken);
            await SetAsync(
                _record with { State = CutoverState.Closed }, FormattableString.Invariant($"{_record.LateRows} late rows were carried over"), cancellationToken);
        },
        cancellationToken);

    /// <summary>Carries over what is late now, once.</summary>
    internal Task CarryLateAsync(CancellationToken cancellationToken) => GuardAsync(
        async () =>
        {
            using var late = await OpenLateAsync(cancellationToken);
            await CarryAsync(late, cancellationToken);
        },
        cancellationToken);

    /// <summary>Gives it up before the switch. Nothing is to be done in the source: a fence ends with its process.</summary>
    internal Task AbortAsync(CancellationToken cancellationToken) => GuardAsync(
        () => SetAsync(_record with { State = CutoverState.Aborted }, "given up before the switch", cancellationToken), cancellationToken);

    /// <summary>Makes the old file what the target is: rows written there since are carried back. What the target keeps out stays as it is in the file.</summary>
    /// <param name="cancellationToken">Ends the work; what was committed to the file stays.</param>
    /// <returns>The rows written to the file.</returns>
    internal async Task<long> CarryBackAsync(CancellationToken cancellationToken)
    {
        var rows = 0L;
        await GuardAsync(
            async () =>
            {
                // What the old file has of its own goes over first, or it would be lost.
                if (_record.FenceBackupPath is not null)
                {
                    using var late = await OpenLateAsync(cancellationToken);
                    await CarryAsync(late, cancellationToken);
                }

                rows = await new CarryBack(Source, Destination, _sync.Run, _sync.Writer.Settings).RunAsync(cancellationToken);
                _record = _record with { RowsCarriedBack = _record.RowsCarriedBack + rows };
                await SetAsync(_record, FormattableString.Invariant($"{rows} rows were carried back to the old file"), cancellationToken);
            },
            cancellationToken);
        return rows;
    }

    /// <summary>Ends a rollback.</summary>
    internal Task MarkRolledBackAsync(CancellationToken cancellationToken) => GuardAsync(
        () => SetAsync(_record with { State = CutoverState.RolledBack }, "the application uses the old file again", cancellationToken), cancellationToken);

    /// <summary>Backs the source up before anything else is done.</summary>
    internal async Task<DatabaseBackup> BackUpAsync(CancellationToken cancellationToken)
    {
        using var source = SqliteBackup.Open(Source, cancellationToken);
        var backup = source.Complete(_options.BackupFolder, BackupPurpose.Requested, _options.Budget, report: null, cancellationToken);
        _record = _record with { BackupPath = backup.Path, BackupSha256 = backup.Sha256, State = State is CutoverState.Planned ? CutoverState.Loaded : State };
        await SetAsync(_record, $"backed up to {backup.Path}", cancellationToken);
        return backup;
    }

    /// <summary>What there is to say of it.</summary>
    internal async Task<CutoverResult> DescribeAsync(CancellationToken cancellationToken)
        => await _sync.Writer.RunAsync(connection => DescribeAsync(connection, Destination, _record, cancellationToken), cancellationToken);

    /// <inheritdoc cref="DescribeAsync(CancellationToken)"/>
    internal static async Task<CutoverResult> DescribeAsync(NpgsqlConnection connection, SwarmDatabase destination, CutoverRecord record, CancellationToken cancellationToken) => new()
    {
        CutoverId = record.CutoverId,
        RunId = record.RunId,
        State = record.State,
        Source = record.Source,
        Destination = destination,
        StartedAt = record.StartedAt,
        Attempts = record.Attempts,
        FencedAt = record.FencedAt,
        Fence = record.Fence,
        Generation = record.Generation,
        BackupPath = record.BackupPath,
        FenceBackupPath = record.FenceBackupPath,
        IsProven = record.IsProven,
        LateRows = record.LateRows,
        RowsCarriedBack = record.RowsCarriedBack,
        Conflicts = await CutoverStore.ReadConflictsAsync(connection, record.CutoverId, cancellationToken),
        Steps = await CutoverStore.ReadStepsAsync(connection, record.CutoverId, cancellationToken),
    };

    /// <summary>Reads the newest cutover of a database's newest migration, by anybody who may read the ledger.</summary>
    /// <returns><see langword="null"/> where there is none.</returns>
    internal static async Task<CutoverResult?> ReadAsync(SwarmDatabase destination, CancellationToken cancellationToken)
    {
        if (destination.Engine != DatabaseEngine.PostgreSql) throw Errors.NoLedgerInFiles(destination);
        try
        {
            await using var connection = await PostgresConnector.OpenAsync(destination, cancellationToken);
            var schema = await TargetTable.FindSchemaAsync(connection, cancellationToken);
            if (schema is null || await Ledger.FindRunAsync(connection, destination, schema, cancellationToken) is not { } run) return null;
            var record = await CutoverStore.FindAsync(connection, run.RunId, cancellationToken);
            return record is null ? null : await DescribeAsync(connection, destination, record, cancellationToken);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, destination);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_snapshot is not null) await _snapshot.DisposeAsync();
        await _sync.DisposeAsync();
    }

    private static async Task<CutoverRecord> BeginAsync(Synchronizer sync, CutoverOptions options, CancellationToken cancellationToken)
    {
        var record = new CutoverRecord
        {
            CutoverId = Guid.CreateVersion7(),
            RunId = sync.Run.RunId,
            State = CutoverState.Planned,
            Source = options.Sync.Source.ToString(),
            StartedAt = DateTime.UtcNow,
        };
        return await sync.Writer.RunAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await CutoverStore.InsertAsync(connection, record, cancellationToken);
                await CutoverStore.UpdateAsync(connection, record, "begun", cancellationToken);
                await transaction.CommitAsync(CancellationToken.None);
                return record;
            },
            cancellationToken);
    }

    private async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        if (State != CutoverState.CatchingUp) await SetAsync(_record with { State = CutoverState.CatchingUp }, "bringing deltas over", cancellationToken);
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var result = await WhenFreeAsync(() => _sync.RunCycleAsync(GenerationKind.Delta, cancellationToken), cancellationToken);
            if (!result.IsUnchanged) _lastScan = result.ScanDuration;
            // One that was read in parts is put right behind the fence; small it must be.
            if (result.Changes <= _options.GreatestDelta) return;
            if (Stopwatch.GetElapsedTime(started) > _options.Patience) throw Errors.DeltasStayLarge(Source, result.Changes, _options.GreatestDelta, _options.Patience);
        }
    }

    // In rollback-journal mode writers that follow one another closely may keep a reader out for long. It keeps nobody out while it waits.
    private async Task<T> WhenFreeAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await work();
            }
            catch (SwarmDatabaseException locked) when (locked.Failure == SwarmDatabaseFailure.Locked && Stopwatch.GetElapsedTime(started) < LockPatience)
            {
                Progress.Tell($"{locked.Message} It is tried again.");
                await Task.Delay(Random.Shared.Next(50, 250), cancellationToken);
            }
        }
    }

    private async Task AwaitQuietMomentAsync(CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var inFlight = await WhenFreeAsync(
                () => Task.FromResult(QuietMoment.CountInFlight(Source, _options.InFlightAge, DateTime.UtcNow, cancellationToken)), cancellationToken);
            if (inFlight == 0 || _options.AllowsInFlight)
            {
                var detail = inFlight == 0 ? "no conversation is in flight" : FormattableString.Invariant($"{inFlight} conversations are in flight, which was allowed");
                await SetAsync(_record with { State = CutoverState.Ready }, FormattableString.Invariant($"{detail}; a fence of {Predict().TotalMilliseconds:0} ms is expected"), cancellationToken);
                return;
            }

            if (Stopwatch.GetElapsedTime(started) > _options.Patience) throw Errors.NoQuietMoment(Source, inFlight, _options.InFlightAge, _options.Patience);
            Progress.Begin("Wait", totalRows: null);
            await Task.Delay(Poll, cancellationToken);
            // What was written meanwhile need not wait for the fence.
            if (_sync.HasChanged()) await WhenFreeAsync(() => _sync.RunCycleAsync(GenerationKind.Delta, cancellationToken), cancellationToken);
        }
    }

    // By the last delta: reading is shared among the readers, and the rest is a few round trips.
    private TimeSpan Predict() => _lastScan / Readers + TimeSpan.FromMilliseconds(100);

    private static int Readers => Math.Clamp(Environment.ProcessorCount, 1, 4);

    private async Task<bool> TryFenceAsync(CancellationToken cancellationToken)
    {
        // The record is what a killed process leaves: the fence itself ends with it.
        await SetAsync(_record with { State = CutoverState.Fenced, Attempts = _record.Attempts + 1 }, FormattableString.Invariant($"attempt {_record.Attempts + 1}"), cancellationToken);
        FencedBackup? backup = null;
        try
        {
            using var fence = await WhenFreeAsync(() => Task.FromResult(Fence.Raise(Source, _options.Budget, cancellationToken)), cancellationToken);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, fence.Expired);
            try
            {
                var fencedAt = DateTime.UtcNow;
                backup = FencedBackup.Open(Source, limit.Token);
                // In rollback-journal mode a reader would keep writers out as the fence does: the copy is made behind it.
                if (!backup.OutlivesFence) backup.Copy(_options.BackupFolder, limit.Token);
                await _sync.RunFencedAsync(
                    Readers,
                    async (connection, generation) =>
                    {
                        _record = _record with { Generation = generation, FencedAt = fencedAt, State = CutoverState.FinalDelta, FenceBackupPath = null, FenceBackupSha256 = null, IsProven = null, SwitchBeganAt = null };
                        await CutoverStore.UpdateAsync(connection, _record, "both sides are the same", limit.Token);
                        fence.ThrowIfSpent();
                    },
                    limit.Token);
                fence.Release();
                _record = _record with { Fence = fence.Held };
            }
            catch (OperationCanceledException) when (fence.Expired.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                await SetAsync(
                    _record with { State = CutoverState.CatchingUp }, FormattableString.Invariant($"the fence was taken down after its budget of {_options.Budget.TotalMilliseconds:0} ms"), cancellationToken);
                return false;
            }

            if (backup.OutlivesFence) backup.Copy(_options.BackupFolder, cancellationToken);
            var copy = backup.Complete(cancellationToken);
            await SetAsync(
                _record with { State = CutoverState.Proven, FenceBackupPath = copy.Path, FenceBackupSha256 = copy.Sha256 },
                FormattableString.Invariant($"writers were held off for {_record.Fence!.Value.TotalMilliseconds:0} ms; the fenced file is backed up to {copy.Path}"), cancellationToken);
            return true;
        }
        finally
        {
            backup?.Dispose();
        }
    }

    private async Task<bool> IsTargetInUseAsync(CancellationToken cancellationToken) => await _sync.Writer.RunAsync(
        async connection =>
        {
            await using var count = new NpgsqlCommand(
                $"""
                SELECT EXISTS (SELECT FROM {_sync.Run.PublishedTable} t WHERE NOT {TargetIndex.Ours(_record.RunId)})
                    OR (SELECT count(*) FROM {_sync.Run.PublishedTable} t WHERE {TargetIndex.Ours(_record.RunId)}) <> (SELECT rows_loaded FROM {LedgerSchema.RunTable} WHERE run_id = $1)
                """, connection) { Parameters = { new() { Value = _record.RunId } } };
            return _sync.Run.IsNewTable && (bool)(await count.ExecuteScalarAsync(cancellationToken))!;
        },
        cancellationToken);

    private async Task<LateRows> OpenLateAsync(CancellationToken cancellationToken)
    {
        if (_record.FenceBackupPath is not { } path || !File.Exists(path)) throw Errors.FenceBackupGone(_record.FenceBackupPath ?? "");
        // It is what a row was before: another file's rows would be merged wrongly.
        if (BackupStore.Find(path).Sha256 != _record.FenceBackupSha256) throw Errors.FenceBackupGone(path);
        var carried = await _sync.Writer.RunAsync(connection => CutoverStore.ReadLateAsync(connection, _record.CutoverId, cancellationToken), cancellationToken);
        return LateRows.Open(Source, new SwarmDatabase(DatabaseEngine.Sqlite) { Path = path }, _sync.Run, _record.CutoverId, _sync.Writer.Settings, carried, cancellationToken);
    }

    private async Task CarryAsync(LateRows late, CancellationToken cancellationToken)
    {
        var rows = await WhenFreeAsync(() => Task.FromResult(late.Find(cancellationToken)), cancellationToken);
        // Short transactions: the application is at the table.
        foreach (var some in rows.Chunk(RowsAtOnce))
        {
            await _sync.Writer.RunAsync(
                connection => late.CarryAsync(
                    connection, some,
                    async tally =>
                    {
                        _record = _record with { LateRows = _record.LateRows + tally.Rows };
                        await CutoverStore.UpdateAsync(
                            connection, _record, FormattableString.Invariant($"{tally.Rows} late rows were carried over{(tally.Conflicts > 0 ? $", {tally.Conflicts} of them in conflict" : "")}"), cancellationToken);
                    },
                    cancellationToken),
                cancellationToken);
        }
    }

    private async Task ProveAsync(byte[] sourceRoot, CancellationToken cancellationToken)
    {
        if (_snapshot is null) return;
        var settings = _sync.Writer.Settings;
        var plan = new ProofPlan
        {
            RunId = _record.RunId,
            QualifiedTable = _sync.Run.PublishedTable,
            CreatedAtForm = settings.CreatedAtForm,
            CompletedAtForm = settings.CompletedAtForm,
            CreatedAtUnits = settings.CreatedAtUnits,
            CompletedAtUnits = settings.CompletedAtUnits,
            Policy = settings.Policy,
            IsSharedTable = !_sync.Run.IsNewTable,
        };
        Progress.Begin("Verify", totalRows: null);
        using var source = SqliteSource.Open(new SwarmDatabase(DatabaseEngine.Sqlite) { Path = _record.FenceBackupPath }, cancellationToken);
        var proof = await MigrationProver.ProveAsync(source, Destination, plan, rows => Progress.Set(rows), cancellationToken, snapshot: _snapshot);
        // For the certificate: each side's own, the source's judged by the plan, the target's read back with its residue.
        var targetRoot = MerkleTree.ComputeRoot(TargetIndex.Read(_snapshot, _sync.Run, settings, takesOthers: false, null, cancellationToken).Entries.Select(entry => entry.Hash));
        await _snapshot.DisposeAsync();
        _snapshot = null;
        await SetAsync(
            _record with { IsProven = proof.IsProven, SourceRoot = sourceRoot, TargetRoot = targetRoot },
            proof.IsProven ? FormattableString.Invariant($"both sides of the fenced state were read anew: {proof.Rows} rows are the same") : $"both sides of the fenced state were read anew: {proof.DifferenceCount} differences", cancellationToken);
        if (!proof.IsProven) throw Errors.MigrationNotProven(Destination, _sync.Run, proof.DifferenceCount, proof.Differences is [var first, ..] ? first.ToString() : "the sums of the rows' hashes");
    }

    private async Task SetAsync(CutoverRecord record, string detail, CancellationToken cancellationToken)
    {
        await _sync.Writer.RunAsync(
            async connection =>
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await CutoverStore.UpdateAsync(connection, record, detail, cancellationToken);
                await transaction.CommitAsync(CancellationToken.None);
                return true;
            },
            cancellationToken);
        _record = record;
    }

    private async Task GuardAsync(Func<Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work();
        }
        catch (Exception exception) when (exception is not SwarmException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, Destination);
        }
    }
}
