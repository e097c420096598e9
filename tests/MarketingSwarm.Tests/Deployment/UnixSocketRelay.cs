using System.Net.Sockets;

namespace MarketingSwarm.Tests.Deployment;

/// <summary>A Unix socket that leads to a server's port, as Cloud Run's does.</summary>
internal sealed class UnixSocketRelay : IAsyncDisposable
{
    private const int ServerPort = 5432;

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _host;
    private readonly Task _accepting;

    private UnixSocketRelay(string path, string host)
    {
        _host = host;
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    internal static UnixSocketRelay Start(string path, string host) => new(path, host);

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptAsync());
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket client)
    {
        using var server = new TcpClient();
        await server.ConnectAsync(_host, ServerPort);
        await using var near = new NetworkStream(client, ownsSocket: true);
        await using var far = server.GetStream();
        try
        {
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
        catch (IOException)
        {
            // One side has gone, and the other is closed with it.
        }
    }
}
