using System.Buffers;
using System.Threading.Channels;
using Npgsql;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>
///   Sends encoded rows to the server in the background, in a transaction that the caller began, while the caller encodes more. Rows
///   travel in slabs; every 32 MB a COPY statement ends and another begins, since only its end tells of an error.
/// </summary>
/// <remarks>
///   A raw COPY stream that is disposed in an error would keep the rows that it had sent: it is cancelled first, and all happens
///   inside a transaction that only the caller commits.
/// </remarks>
internal sealed class CopySender : IAsyncDisposable
{
    private const int SlabLength = 256 * 1024;
    private const int SlabsUnderway = 4;
    private const long SegmentLength = 32L << 20;

    // Within a second of Ctrl+C the user has the prompt back.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    // The signature, no flags, no header extension.
    private static readonly byte[] Header =
        [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    // A field count of -1.
    private static readonly byte[] Trailer = [0xFF, 0xFF];

    private readonly NpgsqlConnection _connection;
    private readonly string _statement;
    private readonly Func<Task> _cancelStatement;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<Slab> _slabs = Channel.CreateBounded<Slab>(new BoundedChannelOptions(SlabsUnderway) { SingleReader = true, SingleWriter = true });
    private readonly Task _sending;
    private CopySegment _segment = new();
    private Slab _slab;
    private long _segmentBytes;

    /// <param name="connection">An open connection in a transaction; the sender alone uses it until it has completed.</param>
    /// <param name="statement">A COPY … FROM STDIN (FORMAT binary).</param>
    /// <param name="cancelStatement">Has the server cancel what the connection runs, by another connection.</param>
    internal CopySender(NpgsqlConnection connection, string statement, Func<Task> cancelStatement)
    {
        _connection = connection;
        _statement = statement;
        _cancelStatement = cancelStatement;
        _slab = new Slab(_segment, SlabLength);
        _sending = Task.Run(SendAsync);
    }

    /// <summary>Whether nothing more is being sent, and the connection is the caller's again.</summary>
    internal bool HasEnded => _sending.IsCompleted;

    /// <summary>Ends when <see cref="HasEnded"/> becomes true.</summary>
    internal Task Ended => _sending;

    /// <summary>The rows given so far.</summary>
    internal long Rows { get; private set; }

    /// <summary>The segment whose COPY failed, after an error.</summary>
    internal CopySegment? FailedSegment { get; private set; }

    /// <summary>Gives room for a row of at most so many bytes.</summary>
    internal Span<byte> Reserve(int length, CancellationToken cancellationToken)
    {
        if (_slab.Length > 0 && _slab.Length + length > _slab.Buffer.Length) SendSlab(isLastOfSegment: false, cancellationToken);
        if (length > _slab.Buffer.Length)
        {
            _slab.Return();
            _slab = new Slab(_segment, length);
        }

        return _slab.Buffer.AsSpan(_slab.Length, length);
    }

    /// <summary>Takes the row that was written into the room reserved.</summary>
    internal void Take(int length, ReadOnlySpan<byte> id, CancellationToken cancellationToken)
    {
        _slab.Length += length;
        _segment.Add(id);
        _segmentBytes += length;
        Rows++;
        if (_segmentBytes < SegmentLength) return;
        SendSlab(isLastOfSegment: true, cancellationToken);
    }

    /// <summary>Sends the rest and waits for the server's word that it has every row. The transaction stays open.</summary>
    internal async Task CompleteAsync()
    {
        _slab.IsLastOfSegment = true;
        try
        {
            await _slabs.Writer.WriteAsync(_slab, _stop.Token);
        }
        catch (Exception exception) when (exception is ChannelClosedException or OperationCanceledException)
        {
            await _sending.WaitAsync(_stop.Token);
            throw;
        }

        _slabs.Writer.TryComplete();
        await _sending.WaitAsync(_stop.Token);
    }

    /// <summary>Ends the sending early; a completion under way then fails.</summary>
    internal void Stop() => _stop.Cancel();

    /// <summary>Stops sending; what was sent is not kept unless the sender had completed and the caller commits.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _slabs.Writer.TryComplete();
        // The error was given to whoever wrote or completed, or the caller stops for one of its own.
        await _sending.WaitAsync(Grace).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (HasEnded) _stop.Dispose();
    }

    private void SendSlab(bool isLastOfSegment, CancellationToken cancellationToken)
    {
        _slab.IsLastOfSegment = isLastOfSegment;
        if (!_slabs.Writer.TryWrite(_slab))
        {
            try
            {
                _slabs.Writer.WriteAsync(_slab, cancellationToken).AsTask().GetAwaiter().GetResult();
            }
            catch (ChannelClosedException)
            {
                _sending.GetAwaiter().GetResult();
                throw;
            }
        }

        if (isLastOfSegment)
        {
            _segment = new CopySegment();
            _segmentBytes = 0;
        }

        _slab = new Slab(_segment, SlabLength);
    }

    private async Task SendAsync()
    {
        var reader = _slabs.Reader;
        try
        {
            while (await reader.WaitToReadAsync(_stop.Token)) await SendSegmentAsync(reader);
        }
        catch (Exception exception)
        {
            // Tells the writer, who may be waiting for room.
            _slabs.Writer.TryComplete(exception);
            while (reader.TryRead(out var slab)) slab.Return();
            throw;
        }
    }

    private async Task SendSegmentAsync(ChannelReader<Slab> reader)
    {
        var stream = await _connection.BeginRawBinaryCopyAsync(_statement, _stop.Token);
        CopySegment? segment = null;
        try
        {
            await stream.WriteAsync(Header, _stop.Token);
            for (var isLast = false; !isLast;)
            {
                var slab = await reader.ReadAsync(_stop.Token);
                segment = slab.Segment;
                isLast = slab.IsLastOfSegment;
                try
                {
                    await stream.WriteAsync(slab.Buffer.AsMemory(0, slab.Length), _stop.Token);
                }
                finally
                {
                    slab.Return();
                }
            }

            await stream.WriteAsync(Trailer, _stop.Token);
        }
        catch
        {
            FailedSegment = segment;
            await CancelAsync(stream);
            throw;
        }

        try
        {
            // The server may wait for another session here, for one that has a row of the same id and has not committed, say; and the
            // stream's end hears no token.
            await using (_stop.Token.Register(() => _ = _cancelStatement())) await stream.DisposeAsync();
        }
        catch
        {
            FailedSegment = segment;
            throw;
        }
    }

    private async Task CancelAsync(NpgsqlRawCopyStream stream)
    {
        var cancelling = CancelStreamAsync(stream);
        // The server may wait for another session and not read what it is told.
        if (await Task.WhenAny(cancelling, Task.Delay(Patience)) != cancelling) await _cancelStatement();
        await cancelling;
    }

    private static async Task CancelStreamAsync(NpgsqlRawCopyStream stream)
    {
        try
        {
            await stream.CancelAsync();
            await stream.DisposeAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The connection is broken already: the server rolls back by itself, and the first error is the one to tell.
        }
    }

    private sealed class Slab(CopySegment segment, int length)
    {
        internal CopySegment Segment { get; } = segment;

        // A row larger than a slab has an array of its own, which is not kept.
        internal byte[] Buffer { get; } = length > SlabLength ? new byte[length] : ArrayPool<byte>.Shared.Rent(length);

        internal int Length { get; set; }

        internal bool IsLastOfSegment { get; set; }

        internal void Return()
        {
            if (Buffer.Length <= SlabLength) ArrayPool<byte>.Shared.Return(Buffer);
        }
    }
}
