using System.Diagnostics;
using System.Security.Cryptography;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;
using Npgsql;
using SQLitePCL;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   Proves that a table and the residue of a run account for every row of a source, by code that shares nothing with the load: both
///   sides are brought into one form, hashed row by row and summed, and every cell that is not stored as it was is compared with its entry.
/// </summary>
internal static class MigrationProver
{
    private const int ReportInterval = 1024;
    private const int LargeRow = 64 * 1024;

    /// <summary>Reads both sides once; where they differ, once more in the order of the keys, to name what differs.</summary>
    /// <param name="source">The source as it was loaded. It is moved to a private copy where that is possible and it is not of one moment yet.</param>
    /// <param name="target">The target.</param>
    /// <param name="plan">What was loaded, and by which rules.</param>
    /// <param name="progress">Told the rows of the source read so far, on a thread of the proof's own.</param>
    /// <param name="cancellationToken">Ends the proof.</param>
    /// <param name="activity">Told of the connection and of what is read.</param>
    /// <param name="snapshot">The target as it was at a moment of the past (<see cref="OpenSnapshotAsync"/>); <see langword="null"/> for now.</param>
    internal static async Task<ProofResult> ProveAsync(
        SqliteSource source, SwarmDatabase target, ProofPlan plan, Action<long>? progress, CancellationToken cancellationToken, ConnectionActivity? activity = null,
        NpgsqlConnection? snapshot = null)
    {
        activity ??= new ConnectionActivity();
        var started = Stopwatch.GetTimestamp();
        var differences = new DifferenceList(plan.GreatestDifferences);
        try
        {
            await using var own = snapshot is null ? await OpenSnapshotAsync(target, plan.RunId, cancellationToken) : null;
            var connection = snapshot ?? own!;
            activity.ProcessId = connection.ProcessID;
            using var residue = await ResidueSpool.ReadAsync(connection, [plan.RunId], cancellationToken, activity);
            foreach (var name in residue.UnknownColumns)
                differences.Add(new ConversationDifference(DifferenceKind.ResidueExtra, null, null, name, null, null, "the table has no such column"));
            var condition = plan.IsSharedTable ? await ReadConditionAsync(connection, plan, cancellationToken) : "";

            _ = source.TryMakeStable(cancellationToken);
            var expected = new SourceDigest(source, plan, residue, differences, Report);
            var actual = new SetDigest();
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var reading = RunAsync(() => expected.Compute(stop.Token), stop);
            var hashing = RunAsync(() => HashTable(connection, plan.QualifiedTable, condition, actual, activity, stop.Token), stop);
            await AwaitBothAsync(reading, hashing);

            var isSame = expected.Digest.IsSame(actual);
            // It sorts both sides, and either may wait for the other.
            activity.IsPaused = true;
            // A source that was written between two of its ranges differs by that alone; what it says a third time names nothing.
            if (!isSame && source.IsConsistent) await NameDifferencesAsync(source, connection, plan, condition, residue, differences, cancellationToken);
            // Two sums that differ prove a difference even where the second reading did not meet it: the source may have changed meanwhile.
            return new ProofResult
            {
                Rows = expected.Digest.Count,
                RowsQuarantined = expected.RowsQuarantined,
                ResidueCells = residue.Cells,
                RowsInTable = actual.Count,
                RowsOfOthers = plan.IsSharedTable ? await CountOthersAsync(connection, plan, condition, cancellationToken) : 0,
                SourceDigest = Convert.ToHexStringLower(expected.Digest.ToArray()),
                TargetDigest = Convert.ToHexStringLower(actual.ToArray()),
                IsProven = isSame && differences.Count == 0,
                Differences = differences.First,
                DifferenceCount = differences.Count,
                Duration = Stopwatch.GetElapsedTime(started),
            };
        }
        catch (Exception exception) when (exception is not SwarmException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, target);
        }

        void Report(long rows)
        {
            activity.Add();
            progress?.Invoke(rows);
        }
    }

    /// <summary>Connects, and keeps the target as it is now for as long as the connection is open.</summary>
    internal static async Task<NpgsqlConnection> OpenSnapshotAsync(SwarmDatabase target, Guid runId, CancellationToken cancellationToken)
    {
        var connection = await PostgresConnector.OpenAsync(target, cancellationToken);
        try
        {
            await TargetSession.LiftTimeoutsAsync(connection, RunRecord.GetSessionName(runId), cancellationToken);
            await BeginAsync(connection, cancellationToken);
            // The first query fixes the moment.
            await using var first = new NpgsqlCommand("SELECT 1", connection);
            await first.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Begins a transaction in which all is of one moment, and rows that a policy hides are an error.</summary>
    internal static async Task BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "SET row_security = off; SET standard_conforming_strings = on; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void HashTable(NpgsqlConnection connection, string table, string condition, SetDigest digest, ConnectionActivity activity, CancellationToken cancellationToken)
    {
        var where = condition.Length > 0 ? $" WHERE {condition}" : "";
        var stream = connection.BeginRawBinaryCopy($"COPY (SELECT {ConversationTable.ColumnList} FROM {table} t{where}) TO STDOUT (FORMAT binary)");
        using var stop = cancellationToken.Register(stream.Cancel);
        using var reader = new CopyOutReader(stream, ConversationTable.ColumnCount, activity);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var canonical = new CanonicalRow();
        Span<byte> hash = stackalloc byte[SetDigest.Length];
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            canonical.Clear();
            for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
            {
                if (reader.IsNull((int)column)) canonical.AddNull();
                else canonical.Add(GetKind(column), reader[(int)column]);
            }

            canonical.Hash(sha256, hash);
            digest.Add(hash);
        }
    }

    private static byte GetKind(ConversationColumn column)
        => ConversationTable.IsTimestamp(column) ? CanonicalRow.TimeKind : column == ConversationColumn.TotalCost ? CanonicalRow.RealKind : CanonicalRow.TextKind;

    private static async Task NameDifferencesAsync(
        SqliteSource source, NpgsqlConnection connection, ProofPlan plan, string condition, ResidueSpool residue, DifferenceList differences, CancellationToken cancellationToken)
    {
        using var left = OrderedSqliteRows.Open(source, RowScope.All, cancellationToken);
        using var right = await OrderedPostgresRows.OpenAsync(connection, plan.QualifiedTable, condition, RowScope.All, residue, cancellationToken);
        var comparer = new ConversationComparer(left, right, TimeEquality.Of(plan));
        foreach (var row in comparer.Compare())
        {
            foreach (var difference in row.ToDifferences()) differences.AddIfNew(difference);
        }
    }

    // The transactions that loaded the run's chunks. A row's xmin is the low half of its transaction's number.
    private static async Task<string> ReadConditionAsync(NpgsqlConnection connection, ProofPlan plan, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            SELECT coalesce(string_agg((c.xid::text::numeric % 4294967296)::text, ','), '') FROM {LedgerSchema.ChunkTable} c
            WHERE c.run_id = $1 AND c.withdraws IS NULL
                AND NOT EXISTS (SELECT FROM {LedgerSchema.ChunkTable} w WHERE w.run_id = c.run_id AND w.withdraws = c.chunk)
            """, connection)
        {
            Parameters = { new() { Value = plan.RunId } },
        };
        return $"t.xmin = ANY ('{{{(string)(await command.ExecuteScalarAsync(cancellationToken))!}}}'::xid[])";
    }

    private static async Task<long> CountOthersAsync(NpgsqlConnection connection, ProofPlan plan, string condition, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM {plan.QualifiedTable} t WHERE NOT ({condition})", connection);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    // The one that fails ends the other.
    private static Task RunAsync(Action work, CancellationTokenSource stop) => Task.Run(() =>
    {
        try
        {
            work();
        }
        catch
        {
            stop.Cancel();
            throw;
        }
    });

    private static async Task AwaitBothAsync(Task first, Task second)
    {
        var both = Task.WhenAll(first, second);
        await both.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // The cause, and not the stop that it led to.
        var cause = both.Exception?.InnerExceptions.FirstOrDefault(exception => exception is SwarmException)
            ?? both.Exception?.InnerExceptions.FirstOrDefault(exception => exception is not OperationCanceledException);
        if (cause is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
        await both;
    }

    /// <summary>Reads the source and adds up what the target must have.</summary>
    private sealed class SourceDigest(SqliteSource source, ProofPlan plan, ResidueSpool residue, DifferenceList differences, Action<long>? progress)
    {
        private readonly PlainCells _cells = new(plan);
        private readonly CanonicalRow _canonical = new();
        private readonly RowBuffer _special = new();
        private ResidueAudit? _audit;
        private IEnumerator<ResidueRow>? _byRowId;
        private ResidueRow? _next;
        private long _rows;

        internal SetDigest Digest { get; } = new();

        internal long RowsQuarantined { get; private set; }

        internal void Compute(CancellationToken cancellationToken)
        {
            _audit = new ResidueAudit(plan, _cells, differences.Add);
            try
            {
                if (source.HasRowId)
                {
                    _byRowId = residue.ReadByRowId().GetEnumerator();
                    Advance();
                }

                ConversationCell? after = null;
                using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
                while (!ReadRange(ref after, sha256, cancellationToken))
                {
                }

                while (_next is not null) ReportOrphan();
                if (!source.HasRowId)
                {
                    foreach (var orphan in residue.ReadUntaken()) _audit.ReportOrphan(orphan);
                }

                progress?.Invoke(_rows);
            }
            finally
            {
                _byRowId?.Dispose();
            }
        }

        // A file that is not of one moment is locked for a moment at a time only.
        private bool ReadRange(ref ConversationCell? after, IncrementalHash sha256, CancellationToken cancellationToken)
        {
            source.BeginRange(cancellationToken);
            try
            {
                var condition = after is null ? "" : $" WHERE {source.RangeKey} > ?1";
                var order = source.RangeKey is { } key ? $" ORDER BY {key}" : "";
                var handle = source.Handle;
                using var stop = cancellationToken.Register(() => raw.sqlite3_interrupt(handle));
                using var row = new SqliteCursor(
                    handle, $"SELECT {(source.HasRowId ? "rowid" : "NULL")}, {ConversationTable.ColumnList} FROM {ConversationTable.Name}{condition}{order}", source.Database, source.Encoding);
                if (after is { } position) row.Bind(position);
                long bytes = 0;
                while (row.Step())
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    AddRow(row, sha256);
                    bytes += _canonical.Bytes.Length;
                    // Large rows are told of one by one: whoever watches takes silence for the connection's end.
                    if (++_rows % ReportInterval == 0 || _canonical.Bytes.Length > LargeRow) progress?.Invoke(_rows);
                    if (source.RangeKey is null || !source.IsRangeSpent(bytes)) continue;
                    row.CopyTo(_special);
                    after = row.RowId is { } rowId ? ConversationCell.OfInteger(rowId) : _special.ToCell(ConversationColumn.Id);
                    return false;
                }

                return true;
            }
            finally
            {
                source.EndRange();
            }
        }

        private void AddRow(SqliteCursor row, IncrementalHash sha256)
        {
            _canonical.Clear();
            var entries = FindEntries(row);
            if (entries is not null || !_cells.TryAdd(row, _canonical))
            {
                row.CopyTo(_special);
                if (!_audit!.Examine(_special, entries, _canonical))
                {
                    RowsQuarantined++;
                    return;
                }
            }

            Span<byte> hash = stackalloc byte[SetDigest.Length];
            _canonical.Hash(sha256, hash);
            Digest.Add(hash);
        }

        private ResidueRow? FindEntries(SqliteCursor row)
        {
            if (residue.Rows == 0) return null;
            if (!source.HasRowId)
            {
                row.CopyTo(_special);
                return residue.Take(_special.ToCell(ConversationColumn.Id));
            }

            var rowId = row.RowId!.Value;
            while (_next is not null && (_next.RowId is not { } entry || entry < rowId)) ReportOrphan();
            if (_next is null || _next.RowId != rowId) return null;
            var found = _next;
            Advance();
            return found;
        }

        private void ReportOrphan()
        {
            _audit!.ReportOrphan(_next!);
            Advance();
        }

        private void Advance() => _next = _byRowId!.MoveNext() ? _byRowId.Current : null;
    }
}

/// <summary>The first differences, and the number of all. For one thread at a time.</summary>
internal sealed class DifferenceList(int greatest)
{
    private readonly List<ConversationDifference> _first = [];
    private readonly HashSet<(string?, long?, string?)> _cells = [];

    internal IReadOnlyList<ConversationDifference> First => _first;

    internal long Count { get; private set; }

    internal void Add(ConversationDifference difference)
    {
        Count++;
        if (_first.Count >= greatest) return;
        _first.Add(difference);
        _cells.Add(GetCell(difference));
    }

    /// <summary>Adds a difference of a cell unless one of it is there already.</summary>
    internal void AddIfNew(ConversationDifference difference)
    {
        if (!_cells.Contains(GetCell(difference))) Add(difference);
    }

    // Where a row has a rowid, its id may differ between the two readings.
    private static (string?, long?, string?) GetCell(ConversationDifference difference)
        => (difference.RowId is null ? difference.Id : null, difference.RowId, difference.Column);
}
