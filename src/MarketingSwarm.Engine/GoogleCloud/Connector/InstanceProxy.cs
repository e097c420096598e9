using System.Net;
using System.Net.Sockets;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>Where a proxy listens, and how it connects.</summary>
internal sealed record ProxyOptions
{
    internal IPAddress Address { get; init; } = IPAddress.Loopback;

    /// <summary>The TCP port; 0 for a free one.</summary>
    internal int Port { get; init; }

    /// <summary>Whether it listens at a Unix socket, in <see cref="SocketFolder"/> or a folder of its own.</summary>
    internal bool UsesSocket { get; init; }

    internal string? SocketFolder { get; init; }

    /// <summary>The number in the name of a socket in <see cref="SocketFolder"/>.</summary>
    internal int SocketNumber { get; init; } = Connector.SocketFolder.SocketNumber;

    internal CloudSqlAddressType AddressType { get; init; }

    internal bool IsIamLogin { get; init; }
}

/// <summary>Takes the connections of other programs to an instance, each over a TLS connection of its own, until it is ended.</summary>
internal sealed class InstanceProxy : IDisposable
{
    private static int _lastId;

    private readonly InstanceName _instance;
    private readonly ProxyOptions _options;
    private readonly SocketForwarder _forwarder;
    private readonly int _id = Interlocked.Increment(ref _lastId);
    private readonly DateTime _startTime = DateTime.UtcNow;

    private InstanceProxy(InstanceName instance, ProxyOptions options, SocketForwarder forwarder)
        => (_instance, _options, _forwarder) = (instance, options, forwarder);

    /// <summary>Listens for an instance that was found to be reachable by the session's identity.</summary>
    /// <exception cref="SwarmConfigurationException">Nothing can listen there, or the instance is not what its name says.</exception>
    /// <exception cref="SwarmCloudException">Google could not be asked, or refused.</exception>
    internal static async Task<InstanceProxy> StartAsync(
        IGoogleApi api, InstanceName instance, ProxyOptions options, ConnectorAccess access, CancellationToken cancellationToken)
    {
        var info = await access.Connector.GetInfoAsync(api, instance, options.IsIamLogin, cancellationToken).ConfigureAwait(false);
        _ = info.GetAddress(options.AddressType);
        // What is known of the instance may be from before it was stopped.
        if (await access.Connector.FindStateAsync(api, instance, cancellationToken).ConfigureAwait(false) is { } state && state != "RUNNABLE")
            throw Errors.InstanceNotRunning(instance, state);
        return new InstanceProxy(instance, options, Listen(options, DialAsync));

        Task<Stream> DialAsync(CancellationToken stop)
            => access.Connector.DialAsync(instance, options.IsIamLogin, options.AddressType, SwarmDatabase.DefaultConnectTimeout, access, stop);
    }

    /// <summary>How it is now.</summary>
    internal CloudSqlProxy Describe()
    {
        var tcp = _forwarder.EndPoint as IPEndPoint;
        return new CloudSqlProxy
        {
            Id = _id,
            Project = _instance.Project,
            Instance = _instance.Name,
            ConnectionName = _instance.ToString(),
            Host = tcp?.Address.ToString() ?? Path.GetDirectoryName(_forwarder.EndPoint.ToString())!,
            Port = tcp?.Port ?? _options.SocketNumber,
            IsIamLogin = _options.IsIamLogin,
            StartTime = _startTime,
            IsRunning = _forwarder.IsListening,
            ConnectionCount = _forwarder.ActiveCount,
            TotalConnectionCount = _forwarder.TotalCount,
            BytesSent = _forwarder.BytesSent,
            BytesReceived = _forwarder.BytesReceived,
            LastError = _forwarder.LastError?.Message,
        };
    }

    public void Dispose() => _forwarder.Dispose();

    private static SocketForwarder Listen(ProxyOptions options, Func<CancellationToken, Task<Stream>> dial)
    {
        if (!options.UsesSocket)
        {
            if (options.Port > IPEndPoint.MaxPort) throw Errors.PortNotUsable(options.Address, options.Port, FormattableString.Invariant($"ports end at {IPEndPoint.MaxPort}"));
            var endPoint = new IPEndPoint(options.Address, options.Port);
            try
            {
                return SocketForwarder.Listen(endPoint, dial);
            }
            catch (SocketException exception)
            {
                throw Errors.PortNotUsable(endPoint.Address, endPoint.Port, exception.Message);
            }
        }

        var folder = (options.SocketFolder is { } named ? SocketFolder.Use(named, options.SocketNumber) : SocketFolder.TryCreate())
            ?? throw Errors.SocketNotUsable(Path.GetTempPath(), "this system has no Unix sockets, or the path is too long for one");
        try
        {
            folder.RemoveStale();
            return SocketForwarder.Listen(folder, dial);
        }
        catch (SocketException exception)
        {
            throw Errors.SocketNotUsable(folder.SocketPath, exception.Message);
        }
    }
}
