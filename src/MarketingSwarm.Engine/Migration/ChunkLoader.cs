using System.Runtime.ExceptionServices;
using System.Threading.Channels;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   Reads what the ledger does not have and loads it over several connections: one thread reads and hashes, each connection converts,
///   sorts and sends. The chunks in flight bound the memory, whatever the source's size.
/// </summary>
internal sealed class ChunkLoader
{
    private readonly LoadContext _context;
    private readonly SourceRows _rows;
    private readonly int _connections;
    private readonly Channel<LoadItem> _read;
    private readonly Channel<LoadItem> _judged;
    private readonly Channel<JudgedChunk> _free;
    private int _lastNumber;

    internal ChunkLoader(LoadContext context, SourceRows rows, int connections)
    {
        _context = context;
        _rows = rows;
        _connections = connections;
        Func<Conversation, ConversationColumn, string, Exception>? refuse = context.OnUnrepresentable == UnrepresentableAction.Fail ? Errors.RowCameUnrepresentable : null;
        // A chunk a connection, one that is being judged and one that is being filled.
        _read = Channel.CreateBounded<LoadItem>(1);
        _judged = Channel.CreateBounded<LoadItem>(1);
        _free = Channel.CreateBounded<JudgedChunk>(connections + 2);
        for (var i = 0; i < connections + 2; i++) _free.Writer.TryWrite(new JudgedChunk(context.Settings, refuse, keepsRowKeys: true, context.ApprovedPlan));
    }

    /// <summary>Reads the ranges of the ledger's chunks again and finds those that are no longer what was loaded.</summary>
    internal static List<LedgerRow> FindStale(
        SourceRows source, IReadOnlyList<LedgerRow> chunks, MigrationProgress progress, CancellationToken cancellationToken)
    {
        var stale = new List<LedgerRow>();
        var rows = new RowChunk();
        foreach (var chunk in chunks)
        {
            rows.Clear();
            var last = SourcePosition.FromBytes(chunk.LastPosition!);
            var isAtEnd = source.Read(rows, ToPosition(chunk.AfterPosition), last, cancellationToken);
            // A full chunk ends at its last row without looking for another.
            var isWhole = isAtEnd || SourceRows.GetLast(rows).CompareTo(last) == 0;
            if (!isWhole || !rows.ComputeHash().AsSpan().SequenceEqual(chunk.SourceHash)) stale.Add(chunk);
            progress.Add(rows.Rows, rows.CellBytes);
        }

        return stale;
    }

    /// <summary>Whether the source has rows that lie in none of the ledger's chunks.</summary>
    internal static bool HasGaps(SourceRows source, IReadOnlyList<LedgerRow> chunks, CancellationToken cancellationToken)
    {
        var rows = new RowChunk();
        byte[]? position = null;
        foreach (var chunk in chunks)
        {
            if (!AreSame(position, chunk.AfterPosition)) source.Read(rows, ToPosition(position), ToPosition(chunk.AfterPosition), cancellationToken);
            if (rows.Rows > 0) return true;
            position = chunk.LastPosition;
        }

        source.Read(rows, ToPosition(position), null, cancellationToken);
        return rows.Rows > 0;
    }

    /// <summary>Loads every row of the source that lies in none of the ledger's chunks.</summary>
    /// <param name="chunks">The chunks that the table has, in the order of their ranges.</param>
    /// <param name="entries">The whole ledger, from which the lanes' chains go on.</param>
    /// <param name="cancellationToken">Ends the load; what is committed stays.</param>
    internal async Task LoadAsync(IReadOnlyList<LedgerRow> chunks, IReadOnlyList<LedgerEntry> entries, CancellationToken cancellationToken)
    {
        _lastNumber = entries.Count == 0 ? 0 : entries.Max(entry => entry.Row.Chunk);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = Task.Run(() => ReadGapsAsync(chunks, stop.Token), CancellationToken.None);
        var lanes = Enumerable.Range(1, _connections).Select(number => Task.Run(() => RunLaneAsync(number, GetHead(entries, number), stop.Token), CancellationToken.None));
        var judging = Task.Run(() => JudgeAsync(stop.Token), CancellationToken.None);
        List<Task> tasks = [reading, judging, .. lanes];
        Exception? first = null;
        while (tasks.Count > 0)
        {
            var ended = await Task.WhenAny(tasks);
            tasks.Remove(ended);
            if (ended.IsCompletedSuccessfully) continue;
            // The others end for that one's sake; theirs is not the error to tell.
            first ??= ended.Exception?.InnerException ?? new OperationCanceledException(stop.Token);
            await stop.CancelAsync();
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (first is not null) ExceptionDispatchInfo.Throw(first);
    }

    /// <summary>The last hash of a lane's chain.</summary>
    internal static byte[] GetHead(IReadOnlyList<LedgerEntry> entries, int lane)
        => entries.LastOrDefault(entry => entry.Row.Lane == lane)?.Hash ?? LedgerHash.CreateStart();

    private async Task RunLaneAsync(int number, byte[] head, CancellationToken cancellationToken)
    {
        await using var lane = new LoadLane(_context, number, head);
        await lane.OpenAsync(cancellationToken);
        await foreach (var item in _judged.Reader.ReadAllAsync(cancellationToken))
        {
            var row = await lane.LoadAsync(item, cancellationToken);
            _context.AddLoaded(row);
            _context.Progress.Add(row.RowsRead, row.Bytes);
            _free.Writer.TryWrite(item.Rows);
        }
    }

    private async Task JudgeAsync(CancellationToken cancellationToken)
    {
        await foreach (var item in _read.Reader.ReadAllAsync(cancellationToken))
        {
            item.Rows.Judge(item.Rows.Rows);
            await _judged.Writer.WriteAsync(item, cancellationToken);
        }

        _judged.Writer.Complete();
    }

    private async Task ReadGapsAsync(IReadOnlyList<LedgerRow> chunks, CancellationToken cancellationToken)
    {
        byte[]? position = null;
        foreach (var chunk in chunks)
        {
            if (!AreSame(position, chunk.AfterPosition)) await ReadGapAsync(position, chunk.AfterPosition, cancellationToken);
            position = chunk.LastPosition;
        }

        await ReadGapAsync(position, null, cancellationToken);
        _read.Writer.Complete();
    }

    private async Task ReadGapAsync(byte[]? after, byte[]? end, CancellationToken cancellationToken)
    {
        for (var isAtEnd = false; !isAtEnd;)
        {
            var judged = await _free.Reader.ReadAsync(cancellationToken);
            var chunk = judged.Rows;
            chunk.Clear();
            isAtEnd = _rows.Read(chunk, ToPosition(after), ToPosition(end), cancellationToken);
            if (chunk.Rows == 0)
            {
                _free.Writer.TryWrite(judged);
                return;
            }

            chunk.Number = ++_lastNumber;
            var last = isAtEnd && end is not null ? end : SourceRows.GetLast(chunk).ToBytes();
            await _read.Writer.WriteAsync(new LoadItem(judged, after, last, chunk.ComputeHash()), cancellationToken);
            after = last;
        }
    }

    private static SourcePosition? ToPosition(byte[]? bytes) => bytes is null ? null : SourcePosition.FromBytes(bytes);

    private static bool AreSame(byte[]? left, byte[]? right)
        => left is null ? right is null : right is not null && left.AsSpan().SequenceEqual(right);
}
