using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

/// <summary>The process's proxy while it lives: keeps who was to be reached and everything it was told, and lets nobody through.</summary>
internal sealed class ConnectProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly IWebProxy _before = HttpClient.DefaultProxy;
    private readonly Task _loop;

    internal ConnectProxy()
    {
        _listener.Start();
        HttpClient.DefaultProxy = new WebProxy($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}") { BypassProxyOnLocal = true };
        _loop = Task.Run(AcceptAsync);
    }

    /// <summary>The heads of the requests, as they came.</summary>
    internal ConcurrentQueue<string> Heads { get; } = [];

    public async ValueTask DisposeAsync()
    {
        HttpClient.DefaultProxy = _before;
        _listener.Stop();
        await _loop;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }

            using (client)
            {
                var stream = client.GetStream();
                var head = new StringBuilder();
                var buffer = new byte[4096];
                while (!head.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer) is > 0 and var count)
                    head.Append(Encoding.Latin1.GetString(buffer, 0, count));
                Heads.Enqueue(head.ToString());
                await stream.WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray());
            }
        }
    }
}
