using System.Diagnostics;
using MarketingSwarm.Engine.Migration.Cutover;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;
using Npgsql;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>
///   Keeps the table of a completed migration in step with its source, cycle by cycle: the source is read at one moment and every row
///   hashed; what differs from what the target has is written there, with the ledger, in one transaction.
/// </summary>
/// <remarks>
///   The application has no column that tells when a row was changed, and deletes rows: only a reading of all of them finds every change.
///   In WAL mode the source is read in one transaction, which locks nobody out. Otherwise it is read from a copy, where that can be made in
///   time, or in parts (<see cref="SqliteSource"/>).
/// </remarks>
internal sealed class Synchronizer : IAsyncDisposable
{
    // Fewer may be what the application does; more of a larger table look as if it were another file.
    private const int GreatestUnaskedDeletion = 10;

    private readonly SyncOptions _options;
    private readonly DeltaWriter _writer;
    private readonly SourceGate _gate;
    private readonly string _statePath;
    private RowIndex? _index;
    private string? _keptMark;
    private int _cycle;
    private int _mark;
    private bool _isKept;
    private long _cellsQuarantined;

    private Synchronizer(SyncOptions options, DeltaWriter writer, MigrationProgress progress)
    {
        _options = options;
        _writer = writer;
        _gate = new SourceGate(options.Source);
        _statePath = options.StatePath ?? SyncState.GetDefaultPath(writer.Run.RunId);
        Progress = progress;
    }

    /// <summary>How far the cycle is.</summary>
    internal MigrationProgress Progress { get; }

    /// <summary>The migration.</summary>
    internal RunRecord Run => _writer.Run;

    /// <summary>Writes to the target.</summary>
    internal DeltaWriter Writer => _writer;

    /// <summary>What the target has, once a cycle has run.</summary>
    internal RowIndex Index => _index!;

    /// <summary>Finds the migration, and makes this process the one that writes to it. Nothing is changed in either database's rows.</summary>
    /// <exception cref="SwarmException">There is no migration that is complete, it is another source's, or another process is at it.</exception>
    internal static async Task<Synchronizer> OpenAsync(SyncOptions options, MigrationProgress progress, CancellationToken cancellationToken)
    {
        if (options.Source.Engine != DatabaseEngine.Sqlite) throw Errors.MigrationSourceNotSqlite(options.Source);
        if (options.Destination.Engine != DatabaseEngine.PostgreSql) throw Errors.MigrationTargetNotPostgres(options.Destination);
        // Looked at first: what is wrong with it needs no server.
        SqliteSource.Open(options.Source, cancellationToken).Dispose();
        try
        {
            var writer = await DeltaWriter.OpenAsync(options.Destination, options.Retry, progress, options.Force, Check, cancellationToken);
            try
            {
                var cutover = options.IsCutover ? null : await writer.RunAsync(connection => CutoverStore.FindAsync(connection, writer.Run.RunId, cancellationToken), cancellationToken);
                if (cutover is { IsSwitched: true }) throw Errors.SyncAfterCutover(options.Destination, cutover.CutoverId, cutover.State);
                return new Synchronizer(options, writer, progress);
            }
            catch
            {
                await writer.DisposeAsync();
                throw;
            }
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, options.Destination);
        }

        void Check(RunRecord run)
        {
            if (run.Source != options.Source.ToString() && !options.IsCopy) throw Errors.SyncOfOtherSource(options.Destination, run.RunId, run.Source, options.Source);
            if (options.Force && !run.IsNewTable) throw Errors.SharedTableNotForced(options.Destination, run.PublishedTable);
        }
    }

    /// <summary>Whether anybody may have written to the source since the last cycle.</summary>
    internal bool HasChanged() => _index is null ? _keptMark is null || !_gate.IsAt(_keptMark) : _gate.HasChanged();

    /// <summary>Brings the target up to date once.</summary>
    /// <param name="kind">What it is for.</param>
    /// <param name="cancellationToken">Ends the work; what was not committed is rolled back.</param>
    internal async Task<SyncResult> RunCycleAsync(GenerationKind kind, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var startedAt = DateTime.UtcNow;
        try
        {
            var isFirst = _index is null;
            if (isFirst) await LoadIndexAsync(cancellationToken);
            _cycle++;
            if (isFirst ? _writer.IsConsistent && _keptMark is not null && _gate.IsAt(_keptMark) : _writer.IsConsistent && !_gate.HasChanged())
            {
                if (isFirst) _gate.Note(cancellationToken);
                // The mark of another process is worth nothing where somebody has written between the look and the note.
                if (!isFirst || _gate.Mark == _keptMark) return Describe(new SyncTally { IsUnchanged = true, IsConsistent = true }, startedAt, started);
            }

            _gate.Note(cancellationToken);
            var tally = await ScanAndWriteAsync(kind, cancellationToken);
            _isKept = false;
            return Describe(tally, startedAt, started);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, _options.Destination);
        }
    }

    /// <summary>
    ///   Brings the target up to date while the caller holds every writer of the source off: read by several connections at once, and
    ///   committed in one transaction, also where nothing has changed.
    /// </summary>
    /// <param name="readers">How many connections read, 1 or more.</param>
    /// <param name="alongside">What else is written in that transaction; told the generation.</param>
    /// <param name="cancellationToken">Ends the work, as when the fence's budget is spent; what was not committed is rolled back.</param>
    internal async Task<SyncResult> RunFencedAsync(int readers, Func<NpgsqlConnection, int, Task> alongside, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var startedAt = DateTime.UtcNow;
        _cycle++;
        _gate.Note(cancellationToken);
        var tally = new SyncTally { Moment = started, IsConsistent = true };
        // Whoever holds the fence sees to its end.
        var limits = new SqliteReadLimits { BurstTime = TimeSpan.MaxValue, BurstLength = long.MaxValue, SnapshotTime = TimeSpan.Zero };
        var sources = new List<SqliteSource>();
        try
        {
            for (var i = 0; i < readers; i++) sources.Add(SqliteSource.Open(_options.Source, cancellationToken, limits));
            var keys = sources[0].HasRowId ? new KeyClashes(sources[0], _writer.Settings, _writer.Settings.Policy) : null;
            if (keys is { IsUnique: false }) throw Errors.CutoverNeedsUniqueKeys(_options.Source);
            if (keys is null && _writer.Settings.ConvertsKeys) UseClashes(null);
            var mark = ++_mark;
            var scans = await ScanInParallelAsync(sources, mark, cancellationToken);
            if (keys is not null && ChangesClashes(keys, Join(scans), cancellationToken)) scans = await ScanInParallelAsync(sources, mark = ++_mark, cancellationToken);
            var batch = scans[0].Batch;
            foreach (var scan in scans.Skip(1)) batch.AddAll(scan.Batch);
            var whole = scans.Aggregate(default(ChunkCounts), (sum, scan) => sum + scan.Counts);

            tally.ScanDuration = Stopwatch.GetElapsedTime(started);
            tally.Scanned = whole.Rows;
            _cellsQuarantined = whole.CellsQuarantined;
            batch.Deleted.AddRange(_index!.FindUnmarked(mark));
            CheckDeletion(batch.Deleted.Count);
            await WriteAsync(batch, GenerationKind.Final, whole, isConsistent: true, mark, tally, cancellationToken, alongside);
            _isKept = false;
            return Describe(tally, startedAt, started);
        }
        finally
        {
            foreach (var source in sources) source.Dispose();
        }

        static RowChunk Join(List<DeltaScan> scans)
        {
            var strangers = new RowChunk();
            foreach (var scan in scans)
            {
                for (var i = 0; i < scan.Strangers.Rows; i++) strangers.Add(scan.Strangers[i].Bytes, scan.Strangers.GetRowId(i));
            }

            return strangers;
        }
    }

    /// <summary>Writes the state for the next command; once more is needless until the next cycle.</summary>
    /// <exception cref="SwarmConfigurationException">It cannot be written; the next command reads the target instead.</exception>
    internal void SaveState()
    {
        if (_isKept || _index is null) return;
        SyncState.Write(_statePath, Run.RunId, _writer.LedgerHead, _writer.IsConsistent ? _gate.Mark : null, _index);
        _isKept = true;
    }

    public async ValueTask DisposeAsync()
    {
        _gate.Dispose();
        await _writer.DisposeAsync();
    }

    private async Task LoadIndexAsync(CancellationToken cancellationToken)
    {
        string? reason = null;
        if (!_options.Force && SyncState.TryRead(_statePath, Run.RunId, _writer.LedgerHead, out reason) is var (index, mark))
        {
            _keptMark = mark;
            await _writer.RunAsync(
                async connection =>
                {
                    await _writer.CheckUntouchedAsync(connection, index.Loaded, cancellationToken);
                    return true;
                },
                cancellationToken);
            _index = index;
            _isKept = true;
            return;
        }

        if (reason is not null) Progress.Tell($"The state in '{_statePath}' is not used: {reason}. The target is read instead.");
        Progress.Begin("Read", totalRows: null);
        _index = await _writer.RunAsync(
            async connection =>
            {
                var index = await TargetIndex.ReadAsync(connection, Run, _writer.Settings, takesOthers: _options.Force, Progress.Add, cancellationToken);
                if (!_options.Force) await _writer.CheckUntouchedAsync(connection, index.Loaded, cancellationToken);
                return index;
            },
            cancellationToken);
    }

    private async Task<SyncTally> ScanAndWriteAsync(GenerationKind kind, CancellationToken cancellationToken)
    {
        var scanStarted = Stopwatch.GetTimestamp();
        var tally = new SyncTally();
        Progress.Begin("Scan", _index!.Count);
        using var source = SqliteSource.Open(_options.Source, cancellationToken, new SqliteReadLimits { AllowsInconsistent = true });
        _ = source.TryMakeStable(cancellationToken);
        tally.Moment = Stopwatch.GetTimestamp();
        var keys = source.HasRowId ? new KeyClashes(source, _writer.Settings, _writer.Settings.Policy) : null;
        if (keys is { IsUnique: false }) UseClashes(keys.FindAll(cancellationToken));
        if (keys is null && _writer.Settings.ConvertsKeys) UseClashes(null);
        DeltaScan scan;
        while (true)
        {
            var batch = CreateBatch();
            var mark = ++_mark;
            scan = new DeltaScan(_index, _writer.Settings, mark, batch, full => Flush(full, mark));
            await Task.Run(() => scan.Run(source, null, null, Progress.Add, cancellationToken), CancellationToken.None);
            if (keys is not { IsUnique: true } || !ChangesClashes(keys, scan.Strangers, cancellationToken)) return await FinishAsync(source, scan, mark);
        }

        void Flush(DeltaBatch full, int mark)
        {
            WriteAsync(full, kind, whole: null, isConsistent: false, mark, tally, cancellationToken).GetAwaiter().GetResult();
            full.Clear();
        }

        async Task<SyncTally> FinishAsync(SqliteSource read, DeltaScan done, int mark)
        {
            tally.ScanDuration = Stopwatch.GetElapsedTime(scanStarted) - tally.WriteDuration;
            tally.IsConsistent = read.IsConsistent && !done.HasDuplicates;
            tally.Scanned = done.Counts.Rows;
            _cellsQuarantined = done.Counts.CellsQuarantined;
            tally.SourceLocked = read.LongestLock;
            done.Batch.Deleted.AddRange(_index.FindUnmarked(mark));
            CheckDeletion(done.Batch.Deleted.Count);
            // An empty generation says that the target is whole now, where the one before could not.
            if (!done.Batch.IsEmpty || (tally.IsConsistent && !_writer.IsConsistent))
                await WriteAsync(done.Batch, kind, done.Counts, tally.IsConsistent, mark, tally, cancellationToken);
            return tally;
        }
    }

    // Each its share of the rowids; a table without them is read by one.
    private async Task<List<DeltaScan>> ScanInParallelAsync(List<SqliteSource> sources, int mark, CancellationToken cancellationToken)
    {
        var greatest = sources[0].ReadGreatestRowId(cancellationToken) ?? 0;
        var shares = sources[0].HasRowId && greatest > sources.Count ? sources.Count : 1;
        var scans = new List<DeltaScan>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new List<Task>();
        for (var i = 0; i < shares; i++)
        {
            var scan = new DeltaScan(_index!, _writer.Settings, mark, CreateBatch(), flush: null);
            var source = sources[i];
            SourcePosition? after = i == 0 ? null : SourcePosition.OfRowId(greatest / shares * i);
            SourcePosition? last = i == shares - 1 ? null : SourcePosition.OfRowId(greatest / shares * (i + 1));
            scans.Add(scan);
            running.Add(Task.Run(() => RunOrStop(() => scan.Run(source, after, last, Progress.Add, stop.Token)), CancellationToken.None));
        }

        try
        {
            await Task.WhenAll(running);
        }
        catch (OperationCanceledException) when (running.Find(scan => scan.IsFaulted) is { } failed)
        {
            await failed;
        }

        return scans;

        // The one that fails ends the others.
        void RunOrStop(Action scan)
        {
            try
            {
                scan();
            }
            catch
            {
                stop.Cancel();
                throw;
            }
        }
    }

    private async Task WriteAsync(
        DeltaBatch batch, GenerationKind kind, ChunkCounts? whole, bool isConsistent, int mark, SyncTally tally, CancellationToken cancellationToken,
        Func<NpgsqlConnection, int, Task>? alongside = null)
    {
        var started = Stopwatch.GetTimestamp();
        var (rows, updated, deleted, bytes) = (batch.Rows.Count, batch.Rows.Count(row => row.IsKnown), batch.Deleted.Count, batch.Chunk.CellBytes);
        await _writer.ApplyAsync(batch, _index!, kind, whole, isConsistent, mark, cancellationToken, alongside);
        tally.Inserted += rows - updated;
        tally.Updated += updated;
        tally.Deleted += deleted;
        tally.Bytes += bytes;
        tally.WriteDuration += Stopwatch.GetElapsedTime(started);
    }

    private DeltaBatch CreateBatch()
        => new(_writer.Settings, _options.OnUnrepresentable == UnrepresentableAction.Fail ? Errors.RowCameUnrepresentable : null);

    // Which of the rows whose key is not text clash is known once all of them are: then the rows are judged anew.
    private bool ChangesClashes(KeyClashes keys, RowChunk strangers, CancellationToken cancellationToken)
    {
        var clashing = new List<long>();
        keys.FindIn(strangers, clashing, cancellationToken);
        if (_writer.Settings.ClashingRows.SetEquals(clashing)) return false;
        UseClashes([.. clashing]);
        return true;
    }

    private void UseClashes(HashSet<long>? clashing)
    {
        var settings = _writer.Settings;
        _writer.Settings = settings.With(
            settings.Policy, (settings.CreatedAtForm, settings.CreatedAtUnits), (settings.CompletedAtForm, settings.CompletedAtUnits), clashing);
    }

    private void CheckDeletion(long deleted)
    {
        if (deleted > GreatestUnaskedDeletion && deleted * 2 > _index!.Count && !_options.Force)
            throw Errors.SourceRowsGone(_options.Source, deleted, _index.Count);
    }

    private SyncResult Describe(SyncTally tally, DateTime startedAt, long started) => new()
    {
        Cycle = _cycle,
        RunId = Run.RunId,
        Source = _options.Source,
        Destination = _options.Destination,
        StartedAt = startedAt,
        IsUnchanged = tally.IsUnchanged,
        Scanned = tally.Scanned,
        Inserted = tally.Inserted,
        Updated = tally.Updated,
        Deleted = tally.Deleted,
        Quarantined = _index!.Count - _index.Loaded,
        CellsQuarantined = _cellsQuarantined,
        Bytes = tally.Bytes,
        Generation = _writer.Generation,
        IsConsistent = tally.IsConsistent,
        SourceLocked = tally.SourceLocked,
        ScanDuration = tally.ScanDuration,
        WriteDuration = tally.WriteDuration,
        Lag = tally.Moment == 0 ? TimeSpan.Zero : Stopwatch.GetElapsedTime(tally.Moment),
        Duration = Stopwatch.GetElapsedTime(started),
        Retries = Progress.Retries,
    };

    /// <summary>What a cycle adds up.</summary>
    private sealed class SyncTally
    {
        internal bool IsUnchanged { get; init; }

        internal bool IsConsistent { get; set; }

        /// <summary>When the source was as it was read.</summary>
        internal long Moment { get; set; }

        internal long Scanned { get; set; }

        internal long Inserted { get; set; }

        internal long Updated { get; set; }

        internal long Deleted { get; set; }

        internal long Bytes { get; set; }

        internal TimeSpan SourceLocked { get; set; }

        internal TimeSpan ScanDuration { get; set; }

        internal TimeSpan WriteDuration { get; set; }
    }
}
