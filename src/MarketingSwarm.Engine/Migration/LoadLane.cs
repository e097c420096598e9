using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   One connection of a load: puts chunk after chunk into the table, each with its entry of the ledger and its residue in one transaction.
/// </summary>
internal sealed class LoadLane : IAsyncDisposable
{
    private readonly LoadContext _context;
    private readonly int _number;
    private readonly TargetSession _session;
    private ChunkCopier? _copier;
    private byte[] _head;
    private int _attempted = -1;

    /// <param name="context">What the lanes of a load share.</param>
    /// <param name="number">The lane's, from 1.</param>
    /// <param name="head">The hash of the last entry in its chain.</param>
    internal LoadLane(LoadContext context, int number, byte[] head)
    {
        _context = context;
        _number = number;
        _head = head;
        _session = new TargetSession(context.Database, context.Retry, context.Progress, PrepareAsync, () => _copier?.BytesSent ?? 0);
    }

    /// <summary>Connects, so that the first chunk need not wait for it.</summary>
    internal Task OpenAsync(CancellationToken cancellationToken) => _session.RunAsync(_ => Task.CompletedTask, cancellationToken);

    /// <summary>Loads a chunk. When it returns, the chunk is committed.</summary>
    /// <exception cref="SwarmException">A row was refused, or another process has taken the run over.</exception>
    internal async Task<LedgerRow> LoadAsync(LoadItem item, CancellationToken cancellationToken)
    {
        var entry = await _session.RunAsync(connection => LoadAsync(connection, item, cancellationToken), cancellationToken);
        _head = entry.Hash;
        return entry.Row;
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private async Task<LedgerEntry> LoadAsync(NpgsqlConnection connection, LoadItem item, CancellationToken cancellationToken)
    {
        // A commit whose answer was lost may have been carried out.
        var chunk = item.Rows.Rows;
        if (_attempted == chunk.Number
            && await Ledger.FindAsync(connection, _context.Run.RunId, chunk.Number, cancellationToken) is { } committed) return committed;
        _attempted = chunk.Number;

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var counts = await CopyAsync(item.Rows, cancellationToken);
        var row = new LedgerRow
        {
            Chunk = chunk.Number,
            Lane = _number,
            AfterPosition = item.After,
            LastPosition = item.Last,
            RowsRead = chunk.Rows,
            RowsLoaded = counts.Loaded,
            RowsQuarantined = counts.Quarantined,
            CellsConverted = counts.CellsConverted,
            CellsQuarantined = counts.CellsQuarantined,
            Bytes = chunk.CellBytes,
            SourceHash = item.SourceHash,
            RowKeysHash = RowKeys.Hash(item.Rows.RowKeys.Span),
            RowIdsHash = RowKeys.Hash(item.Rows.RowIds is { } ids ? ids.Span : []),
        };
        var entry = LedgerEntry.Create(_head, _context.Run.RunId, row, item.Rows.RowKeys, item.Rows.RowIds);
        if (!await Ledger.TryInsertChunkAsync(connection, _context.Run.RunId, _context.Owner, entry, cancellationToken))
            throw Errors.MigrationTakenOver(_context.Database, _context.Run.RunId);
        // From here on a stop comes too late: either answer is the truth, and the ledger has it.
        await transaction.CommitAsync(CancellationToken.None);
        return entry;
    }

    private async Task<ChunkCounts> CopyAsync(JudgedChunk rows, CancellationToken cancellationToken)
    {
        try
        {
            return await _copier!.CopyAsync(rows, cancellationToken);
        }
        catch (PostgresException refused) when (!RetryPolicy.IsTransient(refused))
        {
            throw ExplainRefusal(_context.Database, _context.Run.LoadTable, refused, _copier!.RefusedRow);
        }
    }

    /// <summary>The error for a row that the table refused.</summary>
    internal static Exception ExplainRefusal(SwarmDatabase database, string table, PostgresException refused, string? line)
    {
        // A duplicate's detail is "Key (id)=(c-1) already exists."
        var id = PostgresPatterns.DuplicateKey().Match(refused.Detail ?? "") is { Success: true } key ? key.Groups[1].Value : line;
        return refused.SqlState switch
        {
            PostgresErrorCodes.UniqueViolation => Errors.RowClashes(database, table, id, refused.MessageText, refused),
            PostgresErrorCodes.DiskFull => Errors.TargetDiskFull(database, refused.MessageText, refused),
            _ when refused.SqlState.StartsWith("23", StringComparison.Ordinal) || refused.SqlState.StartsWith("22", StringComparison.Ordinal)
                || refused.SqlState.StartsWith("P0", StringComparison.Ordinal) || refused.SqlState == PostgresErrorCodes.ProgramLimitExceeded
                => Errors.RowRefusedByTarget(database, table, id, refused.MessageText, refused.SqlState, refused),
            _ => refused,
        };
    }

    private async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        // The connection before this one may be lost here and alive at the server: it may hold keys, or be about to commit.
        var name = FormattableString.Invariant($"{_context.Run.SessionName} {_number:00}");
        await TargetLock.EndSessionsAsync(connection, name, cancellationToken);
        await TargetSession.LiftTimeoutsAsync(connection, name, cancellationToken);
        await PostgresTable.UseLz4Async(connection, cancellationToken);
        _copier = new ChunkCopier(_context.Database, connection, _context.Run.LoadTable, _context.Settings, _context.Run.RunId);
    }
}

/// <summary>Rows to load.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="After">Where their range begins, exclusive; <see langword="null"/> at the source's beginning.</param>
/// <param name="Last">Where it ends, inclusive.</param>
/// <param name="SourceHash">The hash of the rows as they were read.</param>
internal sealed record LoadItem(JudgedChunk Rows, byte[]? After, byte[] Last, byte[] SourceHash);
