using System.Buffers.Binary;
using Npgsql;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>
///   One COPY … FROM STDIN (FORMAT binary) under way: tuples are gathered in a slab and sent when it is full; a value larger than that
///   goes to the socket in pieces from where it lies.
/// </summary>
/// <remarks>
///   A raw COPY stream that is disposed in an error would keep the rows that it had sent: here it is cancelled first, unless it was
///   completed, and all happens inside a transaction that only the caller commits.
/// </remarks>
internal sealed class CopyStream : IAsyncDisposable
{
    // How long the server is given to read a cancellation in the stream before it is told by another connection.
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    // The signature, no flags, no header extension.
    private static readonly byte[] Header =
        [(byte)'P', (byte)'G', (byte)'C', (byte)'O', (byte)'P', (byte)'Y', (byte)'\n', 0xFF, (byte)'\r', (byte)'\n', 0, 0, 0, 0, 0, 0, 0, 0, 0];

    // A field count of -1.
    private static readonly byte[] Trailer = [0xFF, 0xFF];

    private readonly NpgsqlRawCopyStream _stream;
    private readonly byte[] _slab;
    private readonly Func<Task> _cancelStatement;
    private readonly BytesSent? _sent;
    private int _length;
    private bool _isClosed;

    private CopyStream(NpgsqlRawCopyStream stream, byte[] slab, Func<Task> cancelStatement, BytesSent? sent)
    {
        _stream = stream;
        _sent = sent;
        _slab = slab;
        _cancelStatement = cancelStatement;
        Header.CopyTo(slab, 0);
        _length = Header.Length;
    }

    /// <summary>Begins the statement.</summary>
    /// <param name="connection">An open connection in a transaction.</param>
    /// <param name="statement">A COPY … FROM STDIN (FORMAT binary).</param>
    /// <param name="slab">Room to gather tuples in.</param>
    /// <param name="cancelStatement">Has the server cancel what the connection runs, by another connection.</param>
    /// <param name="cancellationToken">Ends the wait for the server's answer.</param>
    /// <param name="sent">Told of what was sent.</param>
    internal static async Task<CopyStream> BeginAsync(
        NpgsqlConnection connection, string statement, byte[] slab, Func<Task> cancelStatement, CancellationToken cancellationToken, BytesSent? sent = null)
        => new(await connection.BeginRawBinaryCopyAsync(statement, cancellationToken), slab, cancelStatement, sent);

    /// <summary>What is left of the slab.</summary>
    internal Span<byte> Room => _slab.AsSpan(_length);

    /// <summary>Takes what was written into <see cref="Room"/>.</summary>
    internal void Advance(int length) => _length += length;

    /// <summary>Sends the slab.</summary>
    internal async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        if (_length == 0) return;
        await SendAsync(_slab.AsMemory(0, _length), cancellationToken);
        _length = 0;
    }

    /// <summary>Writes a field of bytes.</summary>
    internal async ValueTask WriteFieldAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (Room.Length < 4 + bytes.Length) await FlushAsync(cancellationToken);
        BinaryPrimitives.WriteInt32BigEndian(Room, bytes.Length);
        _length += 4;
        if (Room.Length < bytes.Length)
        {
            await FlushAsync(cancellationToken);
            for (; bytes.Length > _slab.Length; bytes = bytes[_slab.Length..]) await SendAsync(bytes[.._slab.Length], cancellationToken);
        }

        bytes.Span.CopyTo(Room);
        _length += bytes.Length;
    }

    /// <summary>Writes a field of NULL.</summary>
    internal async ValueTask WriteNullAsync(CancellationToken cancellationToken)
    {
        if (Room.Length < 4) await FlushAsync(cancellationToken);
        BinaryPrimitives.WriteInt32BigEndian(Room, -1);
        _length += 4;
    }

    /// <summary>Sends the rest and waits for the server's word that it has every tuple.</summary>
    internal async Task CompleteAsync(CancellationToken cancellationToken)
    {
        if (Room.Length < Trailer.Length) await FlushAsync(cancellationToken);
        Trailer.CopyTo(Room);
        _length += Trailer.Length;
        await FlushAsync(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        _isClosed = true;
        // The server may wait for another session here, for one that has a row of the same id and has not committed, say; and the
        // stream's end hears no token.
        await using (cancellationToken.Register(() => _ = _cancelStatement())) await _stream.DisposeAsync();
    }

    /// <summary>Cancels the statement unless it was completed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isClosed) return;
        _isClosed = true;
        var cancelling = CancelStreamAsync();
        // The server may wait for another session and not read what it is told.
        if (await Task.WhenAny(cancelling, Task.Delay(Patience)) != cancelling) await _cancelStatement();
        await cancelling;
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(bytes, cancellationToken);
        _sent?.Add(bytes.Length);
    }

    private async Task CancelStreamAsync()
    {
        try
        {
            await _stream.CancelAsync();
            await _stream.DisposeAsync();
        }
        catch (Exception exception) when (exception is NpgsqlException or IOException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // The connection is broken already: the server rolls back by itself, and the first error is the one to tell.
        }
    }
}

/// <summary>Counts what is sent, for another thread to look at.</summary>
internal sealed class BytesSent
{
    private long _bytes;

    internal long Bytes => Interlocked.Read(ref _bytes);

    internal void Add(int bytes) => Interlocked.Add(ref _bytes, bytes);
}
