using System.Buffers;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>Takes connections at a socket of this machine and passes what goes through them on to an instance, and back.</summary>
internal sealed class SocketForwarder : IDisposable
{
    private const int BufferSize = 64 * 1024;
    private const int Backlog = 128;

    // How long an instance may take to say the rest after its client has gone.
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(5);

    private readonly Socket _listener;
    private readonly SocketFolder? _folder;
    private readonly Func<CancellationToken, Task<Stream>> _dial;
    private readonly CancellationTokenSource _end = new();
    private int _activeCount;
    private long _totalCount;
    private long _bytesSent;
    private long _bytesReceived;
    private int _isDisposed;

    private SocketForwarder(Socket listener, SocketFolder? folder, Func<CancellationToken, Task<Stream>> dial)
    {
        _listener = listener;
        _folder = folder;
        _dial = dial;
        EndPoint = listener.LocalEndPoint!;
    }

    /// <summary>Where it listens.</summary>
    internal EndPoint EndPoint { get; }

    internal int ActiveCount => Volatile.Read(ref _activeCount);

    /// <summary>The connections so far, those that failed included.</summary>
    internal long TotalCount => Interlocked.Read(ref _totalCount);

    /// <summary>Bytes from the clients to the instance, without TLS.</summary>
    internal long BytesSent => Interlocked.Read(ref _bytesSent);

    /// <summary>Bytes from the instance to the clients, without TLS.</summary>
    internal long BytesReceived => Interlocked.Read(ref _bytesReceived);

    /// <summary>Why the last connection failed; <see langword="null"/> where none did.</summary>
    internal Exception? LastError { get; private set; }

    internal bool IsListening => Volatile.Read(ref _isDisposed) == 0;

    /// <summary>Listens at an address; port 0 takes a free one.</summary>
    /// <exception cref="SocketException">The address or the port cannot be had.</exception>
    internal static SocketForwarder Listen(IPEndPoint endPoint, Func<CancellationToken, Task<Stream>> dial)
        => Listen(new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp), endPoint, null, dial);

    /// <summary>Listens at the Unix socket of a folder, which goes with the forwarder.</summary>
    /// <exception cref="SocketException">Another program listens there.</exception>
    internal static SocketForwarder Listen(SocketFolder folder, Func<CancellationToken, Task<Stream>> dial)
        => Listen(new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified), new UnixDomainSocketEndPoint(folder.SocketPath), folder, dial);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _end.Cancel();
        _listener.Dispose();
        _folder?.Dispose();
    }

    private static SocketForwarder Listen(Socket listener, EndPoint endPoint, SocketFolder? folder, Func<CancellationToken, Task<Stream>> dial)
    {
        try
        {
            // Elsewhere no other program can take a port that is in use.
            if (OperatingSystem.IsWindows() && listener.AddressFamily != AddressFamily.Unix) listener.ExclusiveAddressUse = true;
            listener.Bind(endPoint);
            listener.Listen(Backlog);
        }
        catch
        {
            listener.Dispose();
            throw;
        }

        var forwarder = new SocketForwarder(listener, folder, dial);
        _ = forwarder.AcceptAsync();
        return forwarder;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync(_end.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException exception)
            {
                // The client went before it was taken, or the process is out of descriptors: the next one may do better.
                LastError = exception;
                if (!IsListening) return;
                await Task.Delay(TimeSpan.FromMilliseconds(10)).ConfigureAwait(false);
                continue;
            }

            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        Interlocked.Increment(ref _activeCount);
        Interlocked.Increment(ref _totalCount);
        try
        {
            if (client.AddressFamily != AddressFamily.Unix) client.NoDelay = true;
            var local = new NetworkStream(client, ownsSocket: true);
            await using (local.ConfigureAwait(false))
            {
                var server = await _dial(_end.Token).ConfigureAwait(false);
                await using (server.ConfigureAwait(false)) await PassAsync(local, server, client).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is SwarmException or IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One connection's end is no other's.
            if (IsListening && exception is not OperationCanceledException) LastError = exception;
        }
        finally
        {
            client.Dispose();
            Interlocked.Decrement(ref _activeCount);
        }
    }

    private async Task PassAsync(NetworkStream local, Stream server, Socket client)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var sending = CopyAsync(local, server, count => Interlocked.Add(ref _bytesSent, count), end.Token);
        var receiving = CopyAsync(server, local, count => Interlocked.Add(ref _bytesReceived, count), end.Token);
        var first = await Task.WhenAny(sending, receiving).ConfigureAwait(false);
        if (first == sending)
        {
            // The instance may have more to say, if only why it ended the connection.
            if (sending.IsCompletedSuccessfully && server is SslStream secure) await ((Task)secure.ShutdownAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            end.CancelAfter(FarewellTime);
        }
        else
        {
            await end.CancelAsync().ConfigureAwait(false);
        }

        await ((Task)receiving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await end.CancelAsync().ConfigureAwait(false);
        await ((Task)sending).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        // Said before the client hears of the end: it asks why.
        var problem = receiving.Exception?.InnerException ?? sending.Exception?.InnerException;
        if (problem is not null) LastError = problem;
        else if (receiving.IsCompletedSuccessfully) client.Shutdown(SocketShutdown.Send);
    }

    private static async Task CopyAsync(Stream source, Stream target, Action<int> count, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int read;
            while ((read = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                await target.WriteAsync(buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
                count(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
