using System.Net.Security;
using System.Net.Sockets;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>Connects to an instance: TCP, then TLS with both sides' certificates.</summary>
internal static class InstanceDialer
{
    private const int KeepAliveSeconds = 30;

    /// <exception cref="SwarmDatabaseException">The instance cannot be reached or is not who it should be; its <see cref="SwarmDatabaseException.Failure"/> says why.</exception>
    internal static async Task<SslStream> DialAsync(ConnectionInfo info, string address, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var socket = await ConnectAsync(info, address, port, timeout, limit.Token, cancellationToken).ConfigureAwait(false);
        return await SecureAsync(info, socket, address, port, timeout, limit.Token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The first half: TCP.</summary>
    internal static async Task<Socket> ConnectAsync(
        ConnectionInfo info, string address, int port, TimeSpan timeout, CancellationToken limit, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            await socket.ConnectAsync(address, port, limit).ConfigureAwait(false);
            return socket;
        }
        catch (Exception exception)
        {
            socket.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw InstanceErrors.Translate(exception, info, address, port, timeout, identity: null);
        }
    }

    /// <summary>The second half: TLS. The socket is closed where it fails.</summary>
    internal static async Task<SslStream> SecureAsync(
        ConnectionInfo info, Socket socket, string address, int port, TimeSpan timeout, CancellationToken limit, CancellationToken cancellationToken)
    {
        var identity = new InstanceIdentity(info);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true), leaveInnerStreamOpen: false);
        try
        {
            var options = new SslClientAuthenticationOptions();
            identity.Configure(options);
            await stream.AuthenticateAsClientAsync(options, limit).ConfigureAwait(false);
            return stream;
        }
        catch (Exception exception)
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            throw InstanceErrors.Translate(exception, info, address, port, timeout, identity);
        }
    }
}
