using System.Net.Security;
using System.Net.Sockets;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>Connects to an instance: TCP, then TLS with both sides' certificates.</summary>
internal static class InstanceDialer
{
    private const int KeepAliveSeconds = 30;

    // Whoever refuses does so at once.
    private static readonly TimeSpan ListeningTime = TimeSpan.FromSeconds(3);

    /// <exception cref="SwarmDatabaseException">The instance cannot be reached or is not who it should be; its <see cref="SwarmDatabaseException.Failure"/> says why.</exception>
    internal static async Task<SslStream> DialAsync(ConnectionInfo info, string address, int port, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        var socket = await ConnectAsync(info, address, port, timeout, limit.Token, cancellationToken).ConfigureAwait(false);
        return await SecureAsync(info, socket, address, port, timeout, limit.Token, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    ///   Listens for the reason why an instance ends connections. A client that speaks at once may lose it: in TLS 1.3 the refusal of its certificate crosses
    ///   with its first words, and what comes to a closed connection is answered by a reset.
    /// </summary>
    /// <returns>The refusal; <see langword="null"/> where none was heard.</returns>
    internal static async Task<SwarmDatabaseException?> FindRefusalAsync(ConnectionInfo info, string address, int port, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ListeningTime);
        try
        {
            var stream = await DialAsync(info, address, port, ListeningTime, limit.Token).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                // A server that takes the certificate waits for the first words; one that ends before them does not, whether it says so in an alert or not.
                var count = await stream.ReadAsync(new byte[1], limit.Token).ConfigureAwait(false);
                return count == 0 ? Errors.ClientCertificateRefused(info.Instance, address, port, new EndOfStreamException()) : null;
            }
        }
        catch (Exception exception) when (exception is SwarmException or IOException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var verified = new InstanceIdentity(info, isVerified: true);
            return InstanceErrors.Translate(exception, info, address, port, ListeningTime, verified) is SwarmDatabaseException
                { ErrorId: nameof(Errors.ClientCertificateRefused) or nameof(Errors.InstanceConnectionLost) }
                ? Errors.ClientCertificateRefused(info.Instance, address, port, exception) : null;
        }
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
