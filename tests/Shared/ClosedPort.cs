using System.Net;
using System.Net.Sockets;

namespace MarketingSwarm.Testing;

/// <summary>A port of the loopback interface that refuses connections: taken, so that no other process gets it, and not listened at.</summary>
public sealed class ClosedPort : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public ClosedPort() => _socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    public int Number => ((IPEndPoint)_socket.LocalEndPoint!).Port;

    public void Dispose() => _socket.Dispose();
}
