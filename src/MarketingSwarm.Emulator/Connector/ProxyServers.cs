using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Connector;

/// <summary>The proxies before the instances' servers, which connectors and the Auth Proxy dial: one for each server that runs, on its address.</summary>
internal sealed class ProxyServers(IClusterHost clusters, InstanceCertificates certificates, IamLogins logins, Authentication authentication, EmulatorLog log) : IAsyncDisposable
{
    /// <summary>The port that connectors dial, whatever an instance says.</summary>
    public const int Port = 3307;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<ClusterId, TcpListener> _listeners = [];
    private readonly ConcurrentDictionary<Task, bool> _tasks = new();

    /// <summary>The port that the instance's proxy listens on; null where there is none.</summary>
    public int? PortOf(ClusterId id)
    {
        lock (_lock) return _listeners.TryGetValue(id, out var listener) ? EndPointOf(listener).Port : null;
    }

    /// <summary>Has the instance's proxy listen where and while its server does.</summary>
    public void Update(ClusterId id)
    {
        var address = clusters.Find(id) is { IsRunning: true } cluster ? IPAddress.Parse(cluster.Address.IPAddress) : null;
        lock (_lock)
        {
            if (_listeners.TryGetValue(id, out var listener))
            {
                if (EndPointOf(listener).Address.Equals(address)) return;
                _listeners.Remove(id);
                listener.Stop();
            }

            if (address is null || _stopping.IsCancellationRequested || TryListen(id, address) is not { } begun) return;
            _listeners.Add(id, begun);
            Follow(AcceptAsync(id, begun));
        }
    }

    /// <summary>Ends the proxies and their connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        lock (_lock)
        {
            foreach (var listener in _listeners.Values) listener.Stop();
            _listeners.Clear();
        }

        while (!_tasks.IsEmpty) await Task.WhenAll(_tasks.Keys);
        _stopping.Dispose();
    }

    private static IPEndPoint EndPointOf(TcpListener listener) => (IPEndPoint)listener.LocalEndpoint;

    private TcpListener? TryListen(ClusterId id, IPAddress address)
    {
        foreach (var port in (int[])[Port, 0])
        {
            TcpListener listener = new(address, port);
            try
            {
                listener.Start();
                if (port == 0) log.Write(string.Create(CultureInfo.InvariantCulture, $"{id}: port {Port} of {address} is taken; its proxy listens on port {EndPointOf(listener).Port}, where no connector looks."));
                return listener;
            }
            catch (SocketException e)
            {
                listener.Dispose();
                if (port == 0) log.Write($"{id}: its proxy cannot listen on {address}: {e.Message}");
            }
        }

        return null;
    }

    private async Task AcceptAsync(ClusterId id, TcpListener listener)
    {
        // Not in the lock of whoever begins it.
        await Task.Yield();
        while (true)
        {
            try
            {
                var socket = await listener.AcceptSocketAsync(_stopping.Token);
                Follow(new ProxyConnection(id, clusters, certificates, logins, authentication, log).RunAsync(socket, _stopping.Token));
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted)
            {
                // A client that gave up before its turn.
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
            {
                // It was stopped.
                return;
            }
        }
    }

    private void Follow(Task task)
    {
        _tasks[task] = true;
        _ = task.ContinueWith(
            ended =>
            {
                _tasks.TryRemove(ended, out _);
                if (ended.Exception is { } failure) log.Write($"The emulator failed in a proxy: {failure.InnerException}");
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
