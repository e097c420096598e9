using System.Diagnostics;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Proof;
using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Sqlite;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Takes the rows of a SQLite file to a PostgreSQL table: all of them accounted for, proven, and once. Killed at any moment, it goes on
///   from the target's ledger when it is run again.
/// </summary>
/// <remarks>
///   Open looks at both sides and changes nothing; then the plan is made; then Run loads. A table that is new is made in our own schema,
///   proven, and then published, so that nobody ever sees a part of it.
/// </remarks>
internal sealed class Migrator : IAsyncDisposable
{
    private readonly MigrationOptions _options;
    private readonly SqliteSource _source;
    private readonly TargetSession _session;
    private readonly Guid _owner;
    private readonly List<MigrationPhase> _phases = [];
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly string _tableSchema;
    private readonly DatabaseSchema? _table;
    private readonly Guid? _seenRun;
    private RunRecord? _run;
    private bool _isConsistent = true;
    private bool _isLocked;

    private Migrator(
        MigrationOptions options, SqliteSource source, TargetSession session, Guid owner, MigrationProgress progress, string tableSchema, DatabaseSchema? table, RunRecord? run)
    {
        _owner = owner;
        _options = options;
        _source = source;
        _session = session;
        _tableSchema = tableSchema;
        _table = table;
        _run = run;
        _seenRun = run?.RunId;
        Progress = progress;
    }

    /// <summary>How far it is.</summary>
    internal MigrationProgress Progress { get; }

    /// <summary>The source.</summary>
    internal SqliteSource Source => _source;

    /// <summary>What the target's columns take, for the plan.</summary>
    internal ConversionSettings Target => _table is null ? ConversionSettings.ForNewTable() : ConversionSettings.ForTarget(_table);

    /// <summary>The plan of a run that is there already, finished or not; <see langword="null"/> where there is none.</summary>
    internal MigrationPlan? FindBegunPlan() => _run is null ? null : PlanFile.FromJson(_run.Plan);

    /// <summary>Whether what a user decides is what the run that is there was begun with.</summary>
    /// <exception cref="SwarmDatabaseException">It is not.</exception>
    internal void CheckDecisions(PlanOptions wanted)
    {
        if (FindBegunPlan() is not { } begun) return;
        if (wanted.Policy != begun.Policy) throw Errors.MigrationSettingsChanged(_options.Destination, _run!.RunId, "policy");
        foreach (var (column, form) in wanted.Forms)
        {
            if (begun.GetColumn(column).Form != form) throw Errors.MigrationSettingsChanged(_options.Destination, _run!.RunId, $"form of {ConversationTable.NameOf(column)}");
        }

        foreach (var (column, units) in wanted.Units)
        {
            if (!units.ToHashSet().SetEquals(begun.GetColumn(column).ApprovedUnits!))
                throw Errors.MigrationSettingsChanged(_options.Destination, _run!.RunId, $"set of approved units of {ConversationTable.NameOf(column)}");
        }
    }

    /// <summary>Looks at both sides; changes nothing.</summary>
    /// <param name="options">What the user asked for.</param>
    /// <param name="progress">Told of errors that are waited out, here and later.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="SwarmException">One of them is not what it should be.</exception>
    internal static async Task<Migrator> OpenAsync(MigrationOptions options, MigrationProgress progress, CancellationToken cancellationToken)
    {
        if (options.Source.Engine != DatabaseEngine.Sqlite) throw Errors.MigrationSourceNotSqlite(options.Source);
        if (options.Destination.Engine != DatabaseEngine.PostgreSql) throw Errors.MigrationTargetNotPostgres(options.Destination);
        Migrator? migration = null;
        var owner = Guid.NewGuid();
        var session = new TargetSession(
            options.Destination, options.Retry, progress, (connection, token) => PrepareAsync(connection, options.Destination, owner, migration, token), isFirst: true);
        var source = SqliteSource.Open(options.Source, cancellationToken, new SqliteReadLimits { AllowsInconsistent = true });
        try
        {
            var (tableSchema, table, run) = await session.RunAsync(connection => LookAsync(connection, options, cancellationToken), cancellationToken);
            return migration = new Migrator(options, source, session, owner, progress, tableSchema, table, run);
        }
        catch (Exception exception)
        {
            source.Dispose();
            await session.DisposeAsync();
            throw PostgresErrors.Translate(exception, options.Destination);
        }
    }

    /// <summary>Does a part of the work and notes how long it took.</summary>
    internal T Measure<T>(string phase, Func<T> work)
    {
        var started = Stopwatch.GetTimestamp();
        Progress.Begin(phase, totalRows: null);
        var result = work();
        _phases.Add(new MigrationPhase(phase, Stopwatch.GetElapsedTime(started)));
        return result;
    }

    /// <summary>Loads, proves and publishes, or goes on with it.</summary>
    /// <param name="measured">The plan, found to fit the source.</param>
    /// <param name="isApproved">Whether somebody approved the plan: a row that needs what it does not have is then an error.</param>
    /// <param name="cancellationToken">Ends the work; what is committed stays, and is gone on with.</param>
    internal async Task<MigrationSummary> RunAsync(MeasuredPlan measured, bool isApproved, CancellationToken cancellationToken)
    {
        var plan = measured.Plan;
        var settings = plan.ToSettings(Target, measured.ClashingRows);
        if (_options.OnUnrepresentable == UnrepresentableAction.Fail && plan.Rules.FirstOrDefault(rule => rule.Outcome != CellOutcome.Converted) is { } rule)
            throw Errors.PlanQuarantines(rule, plan.RowsQuarantined, plan.CellsQuarantined);
        try
        {
            await MeasureAsync("Initialize", () => InitializeAsync(PlanFile.ToJson(plan), cancellationToken));
            if (_run!.State == MigrationState.Completed) return await CheckCompletedAsync(settings, cancellationToken);
            var resumed = await LoadAsync(plan, isApproved, settings, cancellationToken);
            var proof = await FinishAsync(plan, settings, cancellationToken);
            return await SummarizeAsync(resumed, proof, cancellationToken);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, _options.Destination);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _source.Dispose();
        await _session.DisposeAsync();
    }

    private static async Task<(string TableSchema, DatabaseSchema? Table, RunRecord? Run)> LookAsync(
        NpgsqlConnection connection, MigrationOptions options, CancellationToken cancellationToken)
    {
        await PostgresTable.CheckEncodingAsync(connection, options.Destination, cancellationToken);
        var table = await PostgresSchemaReader.TryReadAsync(connection, options.Destination, countRows: false, cancellationToken);
        var schema = await TargetTable.FindSchemaAsync(connection, cancellationToken) ?? throw Errors.NoSchemaToCreateIn(options.Destination);
        var run = await FindRunAsync(connection, options.Destination, schema, cancellationToken);
        // A table that the run itself makes is looked at no more; one of somebody else's must take the rows unchanged.
        if (table is not null && run is not { State: MigrationState.Completed })
        {
            if (run is { IsNewTable: true }) throw Errors.TableAppearedMeanwhile(options.Destination, $"{schema}.{table.Table}", run.RunId);
            await PostgresTable.ReadTargetAsync(connection, options.Destination, cancellationToken);
        }

        return (schema, table, run);
    }

    // A run whose table somebody has dropped since is past: its rows are nowhere, and are loaded anew.
    private static async Task<RunRecord?> FindRunAsync(NpgsqlConnection connection, SwarmDatabase destination, string schema, CancellationToken cancellationToken)
    {
        var run = await Ledger.FindRunAsync(connection, destination, schema, cancellationToken);
        return run is { State: MigrationState.Completed } && !await TargetTable.ExistsAsync(connection, run.PublishedTable, cancellationToken) ? null : run;
    }

    // Every session that steers. Where the one before it was lost on the way, the server may still have it, with the lock.
    private static async Task PrepareAsync(
        NpgsqlConnection connection, SwarmDatabase database, Guid owner, Migrator? migration, CancellationToken cancellationToken)
    {
        var name = $"MarketingSwarm {owner}";
        await TargetLock.EndSessionsAsync(connection, name, cancellationToken);
        await TargetSession.LiftTimeoutsAsync(connection, name, cancellationToken);
        if (migration is { _isLocked: true }) await TargetLock.TakeAsync(connection, database, migration._tableSchema, cancellationToken);
    }

    private async Task LockAsync(CancellationToken cancellationToken)
    {
        await _session.RunAsync(
            async connection =>
            {
                await TargetLock.TakeAsync(connection, _options.Destination, _tableSchema, cancellationToken);
                // Another process may have come between the look and the lock.
                _run = await FindRunAsync(connection, _options.Destination, _tableSchema, cancellationToken);
            },
            cancellationToken);
        _isLocked = true;
        // Its rows would be stored by the rules of two plans.
        if (_run is { State: not MigrationState.Completed } begun && begun.RunId != _seenRun) throw Errors.MigrationBegunMeanwhile(_options.Destination, begun.RunId);
    }

    private async Task InitializeAsync(string planJson, CancellationToken cancellationToken)
    {
        await LockAsync(cancellationToken);
        if (_run is { } found)
        {
            if (found.Source != _options.Source.ToString()) throw Errors.MigrationOfOtherSource(_options.Destination, found.RunId, found.Source, found.State);
            if (found.State == MigrationState.Completed) return;
            await _session.RunAsync(
                async connection =>
                {
                    await TargetLock.EndSessionsAsync(connection, found.SessionName, cancellationToken);
                    await Ledger.TakeOverAsync(connection, found.RunId, _owner, cancellationToken);
                },
                cancellationToken);
            return;
        }

        var run = new RunRecord(Guid.CreateVersion7(), MigrationState.Loading, _tableSchema, IsNewTable: _table is null, _options.Source.ToString(), planJson);
        _run = await _session.RunAsync(
            async connection => await Ledger.FindRunAsync(connection, _options.Destination, _tableSchema, cancellationToken) is { } done && done.RunId == run.RunId
                ? done
                : await CreateRunAsync(connection, run, cancellationToken),
            cancellationToken);
    }

    private async Task<RunRecord> CreateRunAsync(NpgsqlConnection connection, RunRecord run, CancellationToken cancellationToken)
    {
        if (run.IsNewTable)
        {
            await using var privilege = new NpgsqlCommand("SELECT has_schema_privilege($1, 'CREATE')", connection) { Parameters = { new() { Value = run.TableSchema } } };
            if (!(bool)(await privilege.ExecuteScalarAsync(cancellationToken))!) throw Errors.TableCreationDenied(_options.Destination, run.TableSchema);
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await LedgerSchema.EnsureAsync(connection, cancellationToken);
            await Ledger.InsertRunAsync(connection, run, _owner, SourceDefinition.Read(_source, cancellationToken), _source.Encoding, cancellationToken);
            if (run.IsNewTable) await TargetTable.CreateAsync(connection, cancellationToken);
        }
        catch (PostgresException there) when (there.SqlState == PostgresErrorCodes.DuplicateTable)
        {
            throw Errors.OtherMigrationUnfinished(_options.Destination, there);
        }
        catch (PostgresException denied) when (denied.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw denied.MessageText.Contains("for database", StringComparison.Ordinal)
                ? Errors.LedgerCreationDenied(_options.Destination, denied)
                : Errors.LedgerAccessDenied(_options.Destination, denied.MessageText, denied);
        }

        await transaction.CommitAsync(cancellationToken);
        return run;
    }

    // Returns the rows that earlier attempts had loaded.
    private async Task<long> LoadAsync(MigrationPlan plan, bool isApproved, ConversionSettings settings, CancellationToken cancellationToken)
    {
        var run = _run!;
        var entries = await _session.RunAsync(connection => Ledger.ReadAsync(connection, run.RunId, cancellationToken), cancellationToken);
        var context = new LoadContext
        {
            Database = _options.Destination,
            Run = run,
            Owner = _owner,
            Settings = settings,
            ApprovedPlan = isApproved ? plan : null,
            OnUnrepresentable = _options.OnUnrepresentable,
            Retry = _options.Retry,
            Progress = Progress,
        };
        var rows = new SourceRows(_source);
        var loader = new ChunkLoader(context, rows, _options.Connections);
        var kept = LedgerTotals.ListLoaded(entries);
        if (kept.Count > 0)
        {
            var stale = Measure("Check", () => ChunkLoader.FindStale(rows, kept, Progress, cancellationToken));
            foreach (var chunk in stale) entries.Add(await WithdrawAsync(run, chunk, entries, cancellationToken));
            kept = LedgerTotals.ListLoaded(entries);
        }

        try
        {
            Progress.Begin("Load", plan.Rows);
            Progress.Add(kept.Sum(row => row.RowsRead), kept.Sum(row => row.Bytes));
            await MeasureAsync("Load", () => loader.LoadAsync(kept, entries, cancellationToken));
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var reason = PostgresErrors.Translate(exception, _options.Destination);
            if (reason is not SwarmException error) throw;
            throw Errors.LoadStopped(error, run.RunId, run.LoadTable, kept.Sum(row => row.RowsLoaded) + context.RowsLoaded);
        }

        return kept.Sum(row => row.RowsRead);
    }

    private Task<LedgerEntry> WithdrawAsync(RunRecord run, LedgerRow chunk, List<LedgerEntry> entries, CancellationToken cancellationToken)
    {
        const int Lane = 0;
        var row = new LedgerRow
        {
            Chunk = entries.Max(entry => entry.Row.Chunk) + 1,
            Lane = Lane,
            Withdraws = chunk.Chunk,
            SourceHash = chunk.SourceHash,
            RowKeysHash = RowKeys.Hash([]),
            RowIdsHash = RowKeys.Hash([]),
        };
        var next = LedgerEntry.Create(ChunkLoader.GetHead(entries, Lane), run.RunId, row, default, null);
        return _session.RunAsync(
            async connection =>
            {
                if (await Ledger.FindAsync(connection, run.RunId, row.Chunk, cancellationToken) is { } committed) return committed;
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                var deleted = await TargetTable.DeleteChunkAsync(connection, run, chunk.Chunk, cancellationToken);
                if (deleted != chunk.RowsLoaded) throw Errors.ChunkRowsChanged(_options.Destination, run.LoadTable, chunk.Chunk, chunk.RowsLoaded, deleted);
                if (!await Ledger.TryInsertChunkAsync(connection, run.RunId, _owner, next, cancellationToken))
                    throw Errors.MigrationTakenOver(_options.Destination, run.RunId);
                await transaction.CommitAsync(CancellationToken.None);
                return next;
            },
            cancellationToken);
    }

    private async Task<ProofResult> FinishAsync(MigrationPlan plan, ConversionSettings settings, CancellationToken cancellationToken)
    {
        var run = _run!;
        // The proof may move the source to a copy, which is of one moment; what was loaded is not for that.
        _isConsistent = _source.IsConsistent;
        if (!await _session.RunAsync(connection => Ledger.TrySetStateAsync(connection, run.RunId, _owner, MigrationState.Loaded, cancellationToken), cancellationToken))
            throw Errors.MigrationTakenOver(_options.Destination, run.RunId);
        Progress.Begin("Verify", plan.Rows);
        var proof = await MeasureAsync("Verify", () => ProveAsync(run, run.LoadTable, !run.IsNewTable, settings, cancellationToken));
        // What was written to the source between two of its ranges is no fault of the load's.
        if (!proof.IsProven && _isConsistent && _source.IsConsistent)
            throw Errors.MigrationNotProven(_options.Destination, run, proof.DifferenceCount, DescribeFirst(proof));
        // No session of a lane's may hold the table, not even one that the server has not yet found dead.
        await _session.RunAsync(connection => TargetLock.EndSessionsAsync(connection, run.SessionName, cancellationToken), cancellationToken);
        if (run.IsNewTable)
            await MeasureAsync("Index", () => _session.RunAsync(connection => TargetTable.IndexAsync(connection, cancellationToken), cancellationToken));
        await MeasureAsync("Analyze", () => _session.RunAsync(connection => TargetTable.AnalyzeAsync(connection, run.LoadTable, cancellationToken), cancellationToken));
        await MeasureAsync("Publish", () => _session.RunAsync(connection => CompleteAsync(connection, run, proof, cancellationToken), cancellationToken));
        return proof;
    }

    private static string DescribeFirst(ProofResult proof) => proof.Differences is [var first, ..] ? first.ToString() : "the sums of the rows' hashes";

    private Task<ProofResult> ProveAsync(RunRecord run, string table, bool isShared, ConversionSettings settings, CancellationToken cancellationToken)
    {
        var plan = new ProofPlan
        {
            RunId = run.RunId,
            QualifiedTable = table,
            CreatedAtForm = settings.CreatedAtForm,
            CompletedAtForm = settings.CompletedAtForm,
            CreatedAtUnits = settings.CreatedAtUnits,
            CompletedAtUnits = settings.CompletedAtUnits,
            Policy = settings.Policy,
            IsSharedTable = isShared,
        };
        // The proof only reads: one that fails for a reason that passes is made again.
        return _session.RunAsync(_ => ProveWatchedAsync(plan, cancellationToken), cancellationToken, isWatched: false);
    }

    // The proof has a connection of its own.
    private async Task<ProofResult> ProveWatchedAsync(ProofPlan plan, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var activity = new ConnectionActivity();
        var proving = MigrationProver.ProveAsync(_source, _options.Destination, plan, rows => Progress.Set(rows), stop.Token, activity);
        try
        {
            return await StallWatch.AwaitAsync(proving, () => activity.ProcessId, _options.Destination, () => activity.Count, cancellationToken);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    private async Task CompleteAsync(NpgsqlConnection connection, RunRecord run, ProofResult proof, CancellationToken cancellationToken)
    {
        // Done already, where the answer to the commit was lost.
        if (await Ledger.FindRunAsync(connection, _options.Destination, _tableSchema, cancellationToken) is { State: MigrationState.Completed }) return;
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var entries = await Ledger.ReadAsync(connection, run.RunId, cancellationToken);
        var heads = entries.GroupBy(entry => entry.Row.Lane).OrderBy(lane => lane.Key).Select(lane => lane.Last().Hash);
        var totals = LedgerTotals.Of(LedgerTotals.ListLoaded(entries), _options.Destination);
        if (!await Ledger.TryCompleteAsync(
            connection, run.RunId, _owner, totals, LedgerHash.Join(heads), Convert.FromHexString(proof.TargetDigest), _isConsistent, cancellationToken))
        {
            throw Errors.MigrationTakenOver(_options.Destination, run.RunId);
        }

        try
        {
            if (run.IsNewTable) await TargetTable.PublishAsync(connection, run, cancellationToken);
        }
        catch (PostgresException clash) when (clash.SqlState is PostgresErrorCodes.DuplicateTable)
        {
            throw Errors.TableAppearedMeanwhile(_options.Destination, run.PublishedTable, run.RunId);
        }

        await transaction.CommitAsync(CancellationToken.None);
    }

    // A process that was killed between the publishing and its last word finds the run complete when it is started again.
    private async Task<MigrationSummary> CheckCompletedAsync(ConversionSettings settings, CancellationToken cancellationToken)
    {
        var run = _run!;
        var entries = await _session.RunAsync(connection => Ledger.ReadAsync(connection, run.RunId, cancellationToken), cancellationToken);
        if ((await _session.RunAsync(connection => Generations.ReadAsync(connection, run.RunId, cancellationToken), cancellationToken)).LastOrDefault() is { } last)
            return await CheckSyncedAsync(last.Row, settings, cancellationToken);
        var chunks = LedgerTotals.ListLoaded(entries);
        var rows = new SourceRows(_source);
        var changed = Measure("Check", () => ChunkLoader.FindStale(rows, chunks, Progress, cancellationToken).Count + (ChunkLoader.HasGaps(rows, chunks, cancellationToken) ? 1 : 0));
        if (changed > 0) throw Errors.SourceChangedSinceMigration(_options.Source, run.RunId, changed);
        // Others may have written to the table since: that is told, and is no failure of this run.
        var proof = await MeasureAsync("Verify", () => ProveAsync(run, run.PublishedTable, isShared: true, settings, cancellationToken));
        return Summarize(run, LedgerTotals.Of(chunks, _options.Destination), resumed: chunks.Sum(row => row.RowsRead), run.IsConsistent, proof);
    }

    // The ranges of the load are not what the table has any more: the proof compares all of it.
    private async Task<MigrationSummary> CheckSyncedAsync(Generation last, ConversionSettings settings, CancellationToken cancellationToken)
    {
        var run = _run!;
        var proof = await MeasureAsync("Verify", () => ProveAsync(run, run.PublishedTable, isShared: true, settings, cancellationToken));
        if (!proof.IsProven) throw Errors.SourceChangedSinceSync(_options.Source, run.RunId, last.Number, proof.DifferenceCount, DescribeFirst(proof));
        var totals = new LedgerTotals(last.Rows, last.RowsLoaded, 0, last.RowsQuarantined, last.CellsConverted, last.CellsQuarantined, Bytes: 0);
        return Summarize(run, totals, resumed: last.Rows, last.IsConsistent, proof);
    }

    private async Task<MigrationSummary> SummarizeAsync(long resumed, ProofResult proof, CancellationToken cancellationToken)
    {
        var run = _run! with { State = MigrationState.Completed };
        var entries = await _session.RunAsync(connection => Ledger.ReadAsync(connection, run.RunId, cancellationToken), cancellationToken);
        return Summarize(run, LedgerTotals.Of(LedgerTotals.ListLoaded(entries), _options.Destination), resumed, _isConsistent, proof);
    }

    private MigrationSummary Summarize(RunRecord run, LedgerTotals totals, long resumed, bool isConsistent, ProofResult proof) => new()
    {
        RunId = run.RunId,
        Source = _options.Source,
        Destination = _options.Destination,
        Table = run.PublishedTable,
        State = run.State,
        Read = totals.RowsRead,
        Loaded = totals.RowsLoaded,
        Skipped = totals.RowsSkipped,
        Quarantined = totals.RowsQuarantined,
        CellsConverted = totals.CellsConverted,
        CellsQuarantined = totals.CellsQuarantined,
        Bytes = totals.Bytes,
        RowsResumed = resumed,
        IsConsistent = isConsistent,
        Proof = proof,
        IsProven = proof.IsProven,
        Digest = proof.TargetDigest,
        Retries = Progress.Retries,
        Phases = [.. _phases],
        Duration = Stopwatch.GetElapsedTime(_started),
        ExitCode = totals.RowsQuarantined + totals.CellsQuarantined > 0 || !isConsistent || !proof.IsProven ? 2 : 0,
    };

    private async Task<T> MeasureAsync<T>(string phase, Func<Task<T>> work)
    {
        var started = Stopwatch.GetTimestamp();
        if (Progress.Phase != phase) Progress.Begin(phase, totalRows: null);
        var result = await work();
        _phases.Add(new MigrationPhase(phase, Stopwatch.GetElapsedTime(started)));
        return result;
    }

    private Task<bool> MeasureAsync(string phase, Func<Task> work) => MeasureAsync(
        phase,
        async () =>
        {
            await work();
            return true;
        });
}
