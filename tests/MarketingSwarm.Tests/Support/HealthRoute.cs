using System.Net;
using System.Net.Sockets;

namespace MarketingSwarm.Tests;

/// <summary>The application's health route, which answers 200.</summary>
internal sealed class HealthRoute : IDisposable
{
    private readonly HttpListener _listener = new();

    internal HealthRoute()
    {
        using var socket = new TcpListener(IPAddress.Loopback, 0);
        socket.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)socket.LocalEndpoint).Port}/health");
        socket.Stop();
        _listener.Prefixes.Add(new Uri(Address, "/").ToString());
        _listener.Start();
        _ = AnswerAsync();
    }

    internal Uri Address { get; }

    public void Dispose() => _listener.Close();

    private async Task AnswerAsync()
    {
        while (true)
        {
            try
            {
                (await _listener.GetContextAsync()).Response.Close();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
