using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Engine.Backups;

/// <summary>How a program of PostgreSQL's own reaches a database: as its name says, or, where that is a Cloud SQL instance's, through a proxy for as long as the program runs.</summary>
internal sealed class ServerWay : IDisposable
{
    private readonly InstanceProxy? _proxy;

    private ServerWay(SwarmDatabase database, InstanceProxy? proxy)
    {
        Database = database;
        _proxy = proxy;
    }

    /// <summary>The database by an address that the program understands, with its password.</summary>
    internal SwarmDatabase Database { get; }

    /// <exception cref="SwarmException">The instance cannot be reached, or its password cannot be read.</exception>
    internal static async Task<ServerWay> OpenAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        if (database.Cloud is not ConnectorAccess access) return new ServerWay(database, proxy: null);
        var known = await access.Connector.ResolvePasswordAsync(database, access, cancellationToken);
        if (database.InstanceConnectionName is not { } name) return new ServerWay(known, proxy: null);
        if (!InstanceName.TryParse(name, out var instance)) throw Errors.UrlInstanceInvalid(database.Url);
        using var api = access.CreateClient();
        var options = new ProxyOptions
        {
            // Nobody but its owner reaches a socket; at a port, anybody on this machine could log in by the owner's Google identity.
            UsesSocket = !OperatingSystem.IsWindows(),
            AddressType = database.AddressType ?? CloudSqlAddressType.Auto,
            IsIamLogin = database.IsIamLogin,
        };
        var proxy = await InstanceProxy.StartAsync(api, instance, options, access, cancellationToken);
        var place = proxy.Describe();
        return new ServerWay(
            new SwarmDatabase(DatabaseEngine.PostgreSql)
            {
                Host = place.Host,
                Port = place.Port,
                Database = known.Database,
                User = known.User,
                Password = known.Password,
                Tls = TlsMode.Disable,
                ConnectTimeout = known.ConnectTimeout,
            },
            proxy);
    }

    /// <summary>Ends the proxy.</summary>
    public void Dispose() => _proxy?.Dispose();
}
