using System.Threading.Channels;
using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>
///   Sends rows to the server in the background, in a transaction that the caller began, while the caller brings more: all that the
///   caller's thread does is to copy the row into a chunk. One chunk is filled, one judged, and one sent at a time.
/// </summary>
internal sealed class CopySender : IAsyncDisposable
{
    private const int ChunksAtOnce = 3;

    // Within a second of Ctrl+C the user has the prompt back.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(700);

    private readonly ChunkCopier _copier;
    private readonly JudgedChunk[] _judged;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<RowChunk> _full = Channel.CreateBounded<RowChunk>(new BoundedChannelOptions(ChunksAtOnce) { SingleReader = true, SingleWriter = true });
    private readonly Channel<RowChunk> _free = Channel.CreateBounded<RowChunk>(ChunksAtOnce);
    private readonly Task _sending;
    private RowChunk _filling = new();
    private int _chunks;

    /// <param name="copier">Sends the chunks; the sender alone uses its connection until it has completed.</param>
    /// <param name="settings">How rows are stored.</param>
    /// <param name="options">What to do with what cannot be stored.</param>
    internal CopySender(ChunkCopier copier, ConversionSettings settings, ImportOptions options)
    {
        _copier = copier;
        _judged = [new JudgedChunk(settings, options.Refuse, keepsRowKeys: false), new JudgedChunk(settings, options.Refuse, keepsRowKeys: false)];
        for (var i = 1; i < ChunksAtOnce; i++) _free.Writer.TryWrite(new RowChunk());
        _sending = Task.Run(SendAsync);
    }

    /// <summary>Whether nothing more is being sent, and the connection is the caller's again.</summary>
    internal bool HasEnded => _sending.IsCompleted;

    /// <summary>Ends when <see cref="HasEnded"/> becomes true.</summary>
    internal Task Ended => _sending;

    /// <summary>What became of the rows, once the sender has completed.</summary>
    internal ChunkCounts Counts { get; private set; }

    /// <summary>Takes a row. An error of one before it may be the answer.</summary>
    internal void Add(Conversation row, CancellationToken cancellationToken)
    {
        if (HasEnded) _sending.GetAwaiter().GetResult();
        var image = row.Image.Bytes;
        // A huge row is sent before the next is read: one of its kind at a time is memory enough.
        var isHuge = image.Length > RowChunk.FullLength;
        if (isHuge && _filling.Rows > 0) Send(cancellationToken);
        _filling.Add(image, row.RowId);
        if (!_filling.IsFull) return;
        Send(cancellationToken);
        if (isHuge) AwaitSent(cancellationToken);
    }

    /// <summary>Sends the rest and waits for the server's word that it has every row. The transaction stays open.</summary>
    internal async Task CompleteAsync()
    {
        if (_filling.Rows > 0) _full.Writer.TryWrite(_filling);
        _full.Writer.TryComplete();
        await _sending.WaitAsync(_stop.Token);
    }

    /// <summary>Ends the sending early; a completion under way then fails.</summary>
    internal void Stop() => _stop.Cancel();

    /// <summary>Stops sending; what was sent is not kept unless the sender had completed and the caller commits.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _full.Writer.TryComplete();
        // The error was given to whoever wrote or completed, or the caller stops for one of its own.
        await _sending.WaitAsync(Grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (HasEnded) _stop.Dispose();
    }

    private void Send(CancellationToken cancellationToken)
    {
        // There are no more chunks than the channel takes.
        _full.Writer.TryWrite(_filling);
        _filling = TakeFree(cancellationToken);
    }

    private void AwaitSent(CancellationToken cancellationToken)
    {
        var others = new RowChunk[ChunksAtOnce - 1];
        for (var i = 0; i < others.Length; i++) others[i] = TakeFree(cancellationToken);
        foreach (var chunk in others) _free.Writer.TryWrite(chunk);
    }

    private RowChunk TakeFree(CancellationToken cancellationToken)
    {
        if (_free.Reader.TryRead(out var chunk)) return chunk;
        try
        {
            return _free.Reader.ReadAsync(cancellationToken).AsTask().GetAwaiter().GetResult();
        }
        catch (ChannelClosedException)
        {
            _sending.GetAwaiter().GetResult();
            throw;
        }
    }

    private async Task SendAsync()
    {
        var copying = Task.CompletedTask;
        try
        {
            try
            {
                await foreach (var rows in _full.Reader.ReadAllAsync(_stop.Token))
                {
                    rows.Number = ++_chunks;
                    var judged = _judged[_chunks % _judged.Length];
                    judged.Judge(rows);
                    await copying;
                    copying = Task.Run(() => CopyAsync(judged));
                }
            }
            finally
            {
                // An error of the rows before goes first, and the connection is in use until this ends.
                await copying;
            }
        }
        catch (Exception exception)
        {
            // Tells the writer, who may be waiting for a chunk.
            _free.Writer.TryComplete(exception);
            throw;
        }
    }

    private async Task CopyAsync(JudgedChunk judged)
    {
        Counts += await _copier.CopyAsync(judged, _stop.Token);
        judged.Rows.Clear();
        _free.Writer.TryWrite(judged.Rows);
    }
}
