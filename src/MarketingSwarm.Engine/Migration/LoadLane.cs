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
        _session = new TargetSession(context.Database, context.Retry, context.Progress, PrepareAsync);
    }

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
        if (_attempted == item.Chunk.Number
            && await Ledger.FindAsync(connection, _context.Run.RunId, item.Chunk.Number, cancellationToken) is { } committed) return committed;
        _attempted = item.Chunk.Number;

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var counts = await _copier!.CopyAsync(item.Chunk, cancellationToken);
        var row = new LedgerRow
        {
            Chunk = item.Chunk.Number,
            Lane = _number,
            AfterPosition = item.After,
            LastPosition = item.Last,
            RowsRead = item.Chunk.Rows,
            RowsLoaded = counts.RowsLoaded,
            RowsQuarantined = counts.RowsQuarantined,
            CellsConverted = counts.CellsConverted,
            CellsQuarantined = counts.CellsQuarantined,
            Bytes = item.Chunk.CellBytes,
            SourceHash = item.SourceHash,
            RowKeysHash = RowKeys.Hash(counts.RowKeys),
            RowIdsHash = RowKeys.Hash(counts.RowIds),
        };
        var entry = LedgerEntry.Create(_head, _context.Run.RunId, row, counts.RowKeys, counts.RowIds);
        if (!await Ledger.TryInsertChunkAsync(connection, _context.Run.RunId, _context.Owner, entry, cancellationToken))
            throw Errors.MigrationTakenOver(_context.Database, _context.Run.RunId);
        // From here on a stop comes too late: either answer is the truth, and the ledger has it.
        await transaction.CommitAsync(CancellationToken.None);
        return entry;
    }

    private async Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using (var settings = new NpgsqlCommand(
            """
            SELECT set_config('application_name', $1, false), set_config('statement_timeout', '0', false),
                   set_config('idle_in_transaction_session_timeout', '0', false);
            """, connection)
        {
            Parameters = { new() { Value = _context.Run.SessionName } },
        })
        {
            await settings.ExecuteNonQueryAsync(cancellationToken);
        }

        await PostgresTable.UseLz4Async(connection, cancellationToken);
        _copier = _context.CreateCopier(connection);
    }
}

/// <summary>Rows to load.</summary>
/// <param name="Chunk">The rows.</param>
/// <param name="After">Where their range begins, exclusive; <see langword="null"/> at the source's beginning.</param>
/// <param name="Last">Where it ends, inclusive.</param>
/// <param name="SourceHash">The hash of the rows as they were read.</param>
internal sealed record LoadItem(RowChunk Chunk, byte[]? After, byte[] Last, byte[] SourceHash);
