using System.Net;
using System.Net.Sockets;

namespace MarketingSwarm.Testing;

/// <summary>A loopback proxy before a server: it can cut what goes through it, or let one direction of it fall silent.</summary>
public sealed class TcpProxy : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly Lock _gate = new();
    private readonly List<Link> _links = [];

    public TcpProxy(int target)
    {
        _target = target;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Resets every connection that there is (RST to both sides). New ones go through.</summary>
    public void Reset() => ForEach(link => link.Reset());

    /// <summary>From now on nothing of what the clients of today's connections send reaches the server, and nobody is told.</summary>
    public void SilenceClients() => ForEach(link => link.IsClientSilent = true);

    /// <summary>From now on nothing of what the server sends on today's connections reaches the clients, and nobody is told.</summary>
    public void SilenceServer() => ForEach(link => link.IsServerSilent = true);

    public void Dispose()
    {
        _listener.Dispose();
        Reset();
    }

    private void ForEach(Action<Link> action)
    {
        lock (_gate)
        {
            foreach (var link in _links) action(link);
        }
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptSocketAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                return;
            }

            _ = ServeAsync(client);
        }
    }

    private async Task ServeAsync(Socket client)
    {
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        var link = new Link(client, server);
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, _target);
        }
        catch (SocketException)
        {
            link.Reset();
            return;
        }

        lock (_gate) _links.Add(link);
        await Task.WhenAll(PumpAsync(client, server, () => link.IsClientSilent), PumpAsync(server, client, () => link.IsServerSilent));
        // A silent connection stays as it is: its end would tell.
        if (link.IsClientSilent || link.IsServerSilent) return;
        lock (_gate) _links.Remove(link);
        client.Dispose();
        server.Dispose();
    }

    private static async Task PumpAsync(Socket from, Socket to, Func<bool> isSilent)
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var length = await from.ReceiveAsync(buffer);
                // What is silent hides the end of a connection, too.
                if (isSilent()) return;
                if (length == 0) break;
                for (var sent = 0; sent < length;) sent += await to.SendAsync(buffer.AsMemory(sent, length - sent));
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // One side is gone, and the other is told.
            from.Dispose();
            to.Dispose();
        }
    }

    private sealed class Link(Socket client, Socket server)
    {
        internal volatile bool IsClientSilent;
        internal volatile bool IsServerSilent;

        internal void Reset()
        {
            foreach (var socket in (Socket[])[client, server])
            {
                try
                {
                    socket.LingerState = new LingerOption(enable: true, seconds: 0);
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
                {
                    // It is closed already.
                }

                socket.Dispose();
            }
        }
    }
}
