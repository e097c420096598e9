using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using MarketingSwarm.Engine.GoogleCloud.Identity;
using MarketingSwarm.Engine.GoogleCloud.Secrets;
using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>
///   Connects to Cloud SQL instances by their names, as Google's own connectors do in other languages: with a client certificate of an hour, over TLS 1.3,
///   the server's identity checked.
/// </summary>
internal sealed class CloudSqlConnector
{
    /// <summary>Where the front of every instance listens.</summary>
    internal const int ServerPort = 3307;

    private const int KeyBits = 2048;

    // Cloud SQL's IAM login takes any password, but drivers refuse to answer with none.
    private const string IamPassword = "iam";

    private readonly TimeProvider _clock;
    private readonly int _port;
    private readonly Lazy<Task<RSA>> _key = new(() => Task.Run(CreateKey));
    private readonly ConcurrentDictionary<CacheKey, ConnectionInfoCache> _caches = [];
    private readonly ConcurrentDictionary<string, ConnectorPath> _paths = [];
    private readonly ConcurrentDictionary<(Uri Address, string Project, SecretVersionName Secret), string> _passwords = [];

    /// <param name="clock">Tells when a certificate ends.</param>
    /// <param name="port">Where the instances' fronts listen.</param>
    internal CloudSqlConnector(TimeProvider clock, int port = ServerPort)
    {
        _clock = clock;
        _port = port;
    }

    /// <summary>The process's own: one key, and one certificate an instance and login, for all sessions.</summary>
    internal static CloudSqlConnector Shared { get; } = new(TimeProvider.System);

    internal int Port => _port;

    /// <summary>Opens one connection of its own to a database that an instance or Secret Manager has a part in.</summary>
    /// <exception cref="SwarmDatabaseException">The instance cannot be reached or refuses.</exception>
    /// <exception cref="SwarmCloudException">Google could not be asked, or refused.</exception>
    internal async Task<NpgsqlConnection> OpenAsync(SwarmDatabase database, ConnectorAccess access, CancellationToken cancellationToken)
    {
        using var api = access.CreateClient();
        if (database.PasswordSecret is null || database.HasPassword) return await OpenAsync(database, api, cancellationToken).ConfigureAwait(false);

        var (password, wasKnown) = await FindPasswordAsync(database, api, isRefused: false, cancellationToken).ConfigureAwait(false);
        try
        {
            return await OpenAsync(database.WithPassword(password), api, cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmDatabaseException exception) when (wasKnown && exception.Failure == SwarmDatabaseFailure.AuthenticationFailed)
        {
            // It may have been changed since it was read.
            var (changed, _) = await FindPasswordAsync(database, api, isRefused: true, cancellationToken).ConfigureAwait(false);
            if (changed == password) throw;
            return await OpenAsync(database.WithPassword(changed), api, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The database with the password by which a program of another maker logs in.</summary>
    /// <inheritdoc cref="OpenAsync(SwarmDatabase, ConnectorAccess, CancellationToken)"/>
    internal async Task<SwarmDatabase> ResolvePasswordAsync(SwarmDatabase database, ConnectorAccess access, CancellationToken cancellationToken)
    {
        if (database.IsIamLogin) return database.WithPassword(IamPassword);
        if (database.PasswordSecret is null || database.HasPassword) return database;
        using var api = access.CreateClient();
        var (password, _) = await FindPasswordAsync(database, api, isRefused: false, cancellationToken).ConfigureAwait(false);
        return database.WithPassword(password);
    }

    /// <summary>Connects to an instance for whoever speaks PostgreSQL's protocol through it.</summary>
    /// <inheritdoc cref="OpenAsync(SwarmDatabase, ConnectorAccess, CancellationToken)"/>
    internal async Task<Stream> DialAsync(
        InstanceName instance, bool isIamLogin, CloudSqlAddressType addressType, TimeSpan timeout, ConnectorAccess access, CancellationToken cancellationToken)
    {
        using var api = access.CreateClient();
        return await RunAsync<Stream>(
            api, instance, isIamLogin, addressType,
            async info => await InstanceDialer.DialAsync(info, info.GetAddress(addressType), _port, timeout, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What it takes to connect to an instance, asked for where it is not known.</summary>
    internal async Task<ConnectionInfo> GetInfoAsync(IGoogleApi api, InstanceName instance, bool isIamLogin, CancellationToken cancellationToken)
    {
        var refresher = new ConnectionInfoRefresher(api, instance, isIamLogin, _key);
        var (info, _) = await GetCache(api.Settings, instance, isIamLogin).GetAsync(refresher.RefreshAsync, cancellationToken).ConfigureAwait(false);
        return info;
    }

    /// <summary>What it takes to connect to an instance, asked for anew: what is known may be from before something was changed.</summary>
    internal Task<ConnectionInfo> AskAsync(IGoogleApi api, InstanceName instance, bool isIamLogin, CancellationToken cancellationToken)
        => new ConnectionInfoRefresher(api, instance, isIamLogin, _key).RefreshAsync(cancellationToken);

    /// <summary>Reads the secret that a database names for its password, whether its value is known or not.</summary>
    internal Task ReadSecretAsync(SwarmDatabase database, GoogleApiClient api, CancellationToken cancellationToken)
        => FindPasswordAsync(database, api, isRefused: true, cancellationToken);

    /// <summary>The instance's state as Google tells it; <see langword="null"/> where it does not.</summary>
    internal Task<string?> FindStateAsync(IGoogleApi api, InstanceName instance, CancellationToken cancellationToken)
        => new ConnectionInfoRefresher(api, instance, isIamLogin: false, _key).FindStateAsync(cancellationToken);

    private async Task<NpgsqlConnection> OpenAsync(SwarmDatabase database, IGoogleApi api, CancellationToken cancellationToken)
    {
        if (database.InstanceConnectionName is null) return await PostgresConnector.OpenServerAsync(database, cancellationToken).ConfigureAwait(false);
        if (!InstanceName.TryParse(database.InstanceConnectionName, out var instance)) throw Errors.UrlInstanceInvalid(database.Url);
        return await RunAsync(
            api, instance, database.IsIamLogin, database.AddressType ?? CloudSqlAddressType.Auto, info => ConnectAsync(database, info, api, instance, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Connects with what is known of the instance; where that fails and it was known before, once more with what Google says now.</summary>
    private async Task<T> RunAsync<T>(
        IGoogleApi api, InstanceName instance, bool isIamLogin, CloudSqlAddressType addressType, Func<ConnectionInfo, Task<T>> connect, CancellationToken cancellationToken)
    {
        var cache = GetCache(api.Settings, instance, isIamLogin);
        var refresher = new ConnectionInfoRefresher(api, instance, isIamLogin, _key);
        ConnectionInfo? tried = null;
        SwarmDatabaseException? problem = null;
        while (true)
        {
            var (info, wasKnown) = await cache.GetAsync(refresher.RefreshAsync, cancellationToken).ConfigureAwait(false);
            if (!ReferenceEquals(info, tried))
            {
                try
                {
                    return await connect(info).ConfigureAwait(false);
                }
                catch (SwarmDatabaseException exception) when (IsOfTheWay(exception))
                {
                    cache.Doubt(info);
                    problem = exception;
                }

                if (wasKnown && tried is null)
                {
                    tried = info;
                    continue;
                }
            }

            if (await refresher.FindStateAsync(cancellationToken).ConfigureAwait(false) is { } state && state != "RUNNABLE") throw Errors.InstanceNotRunning(instance, state);
            if (problem!.ErrorId == nameof(Errors.InstanceConnectionLost))
                problem = await InstanceDialer.FindRefusalAsync(info, info.GetAddress(addressType), _port, cancellationToken).ConfigureAwait(false) ?? problem;
            throw problem;
        }
    }

    /// <summary>Whether the connection failed on its way, so that another certificate or address may help; what PostgreSQL itself said is final.</summary>
    private static bool IsOfTheWay(SwarmDatabaseException exception) => exception.SqlState is null && exception.Failure != SwarmDatabaseFailure.AuthenticationFailed;

    private async Task<NpgsqlConnection> ConnectAsync(SwarmDatabase database, ConnectionInfo info, IGoogleApi api, InstanceName instance, CancellationToken cancellationToken)
    {
        var key = instance.ToString();
        var path = database.ConnectorPath != ConnectorPath.Auto ? database.ConnectorPath : _paths.GetValueOrDefault(key);
        if (path == ConnectorPath.Forwarder) return await ForwardAsync(database, info, api, instance, cancellationToken).ConfigureAwait(false);
        try
        {
            var connection = await ConnectDirectlyAsync(database, info, api, instance, cancellationToken).ConfigureAwait(false);
            if (path == ConnectorPath.Auto) _paths[key] = ConnectorPath.Direct;
            return connection;
        }
        catch (SwarmDatabaseException exception) when (path == ConnectorPath.Auto && IsOfTheDriver(exception))
        {
            // It may be the driver's way to speak TLS that does not work here.
            try
            {
                var connection = await ForwardAsync(database, info, api, instance, cancellationToken).ConfigureAwait(false);
                _paths[key] = ConnectorPath.Forwarder;
                return connection;
            }
            catch (SwarmDatabaseException refused) when (refused.SqlState is not null)
            {
                _paths[key] = ConnectorPath.Forwarder;
                throw;
            }
        }
    }

    private static bool IsOfTheDriver(SwarmDatabaseException exception)
        => exception.ErrorId is nameof(Errors.InstanceTlsFailed) or nameof(Errors.InstanceConnectionLost) or nameof(Errors.ConnectorNotSupported);

    /// <summary>The driver speaks TLS to the instance itself.</summary>
    private async Task<NpgsqlConnection> ConnectDirectlyAsync(
        SwarmDatabase database, ConnectionInfo info, IGoogleApi api, InstanceName instance, CancellationToken cancellationToken)
    {
        var address = info.GetAddress(database.AddressType ?? CloudSqlAddressType.Auto);
        var cache = GetCache(api.Settings, instance, database.IsIamLogin);
        InstanceIdentity? identity = null;
        var builder = CreateBuilder(database);
        builder.ConnectionStringBuilder.Host = address;
        builder.ConnectionStringBuilder.Port = _port;
        builder.ConnectionStringBuilder.SslMode = SslMode.Require;
        builder.ConnectionStringBuilder.SslNegotiation = SslNegotiation.Direct;
        builder.UseSslClientAuthenticationOptionsCallback(options =>
        {
            // To cancel a statement the driver connects once more, perhaps hours later: with what is known then.
            identity = new InstanceIdentity(identity is null ? info : cache.Current ?? info);
            identity.Configure(options);
        });
        try
        {
            return await PostgresConnector.ConnectAsync(builder.Build(), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.IsOfTheLogin(exception)
                ? PostgresErrors.Translate(exception, database)
                : InstanceErrors.Translate(exception, info, address, _port, database.ConnectTimeout, identity);
        }
    }

    /// <summary>The driver speaks to a socket of this process, which lives as long as the connection.</summary>
    private async Task<NpgsqlConnection> ForwardAsync(
        SwarmDatabase database, ConnectionInfo info, IGoogleApi api, InstanceName instance, CancellationToken cancellationToken)
    {
        var address = info.GetAddress(database.AddressType ?? CloudSqlAddressType.Auto);
        var settings = api.Settings;
        Stream? first = await InstanceDialer.DialAsync(info, address, _port, database.ConnectTimeout, cancellationToken).ConfigureAwait(false);
        SocketForwarder? forwarder = null;
        try
        {
            // Nobody else of this machine can enter the folder; a port is for the systems that have no Unix sockets.
            forwarder = SocketFolder.TryCreate() is { } folder
                ? SocketForwarder.Listen(folder, DialForAsync)
                : SocketForwarder.Listen(new IPEndPoint(IPAddress.Loopback, 0), DialForAsync);
            var builder = CreateBuilder(database);
            builder.ConnectionStringBuilder.Host = forwarder.EndPoint is IPEndPoint ? "127.0.0.1" : Path.GetDirectoryName(forwarder.EndPoint.ToString());
            builder.ConnectionStringBuilder.Port = forwarder.EndPoint is IPEndPoint { Port: var port } ? port : SocketFolder.SocketNumber;
            builder.ConnectionStringBuilder.SslMode = SslMode.Disable;
            var connection = await PostgresConnector.ConnectAsync(builder.Build(), cancellationToken).ConfigureAwait(false);
            var ours = forwarder;
            connection.StateChange += (_, change) =>
            {
                if (change.CurrentState is System.Data.ConnectionState.Closed or System.Data.ConnectionState.Broken) ours.Dispose();
            };
            return connection;
        }
        catch (Exception exception)
        {
            var reason = forwarder?.LastError;
            forwarder?.Dispose();
            if (Interlocked.Exchange(ref first, null) is { } unused) await unused.DisposeAsync().ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (PostgresErrors.IsOfTheLogin(exception)) throw PostgresErrors.Translate(exception, database);
            var verified = new InstanceIdentity(info, isVerified: true);
            throw InstanceErrors.Translate(reason ?? exception, info, address, _port, database.ConnectTimeout, verified);
        }

        // The first connection is made already; another one cancels a statement of it, perhaps hours later.
        async Task<Stream> DialForAsync(CancellationToken stop)
        {
            if (Interlocked.Exchange(ref first, null) is { } dialled) return dialled;
            var known = GetCache(settings, instance, database.IsIamLogin).Current ?? info;
            return await InstanceDialer.DialAsync(known, known.GetAddress(database.AddressType ?? CloudSqlAddressType.Auto), _port, database.ConnectTimeout, stop).ConfigureAwait(false);
        }
    }

    private static NpgsqlDataSourceBuilder CreateBuilder(SwarmDatabase database)
    {
        var builder = PostgresConnector.CreateBuilder(database, database.IsIamLogin ? IamPassword : database.Password ?? "");
        // PostgreSQL behind the front sees another TLS session than the driver, or none.
        builder.ConnectionStringBuilder.ChannelBinding = ChannelBinding.Disable;
        return builder;
    }

    private async Task<(string Password, bool WasKnown)> FindPasswordAsync(SwarmDatabase database, GoogleApiClient api, bool isRefused, CancellationToken cancellationToken)
    {
        var secret = SecretVersionName.Parse(database.PasswordSecret!, database.Url);
        var project = secret.Project ?? (InstanceName.TryParse(database.InstanceConnectionName ?? "", out var instance) ? instance.Project : api.Settings.RequireProject());
        var key = (api.Settings.GetAddress(GoogleApi.SecretManager), project, secret);
        if (!isRefused && _passwords.TryGetValue(key, out var known)) return (known, true);
        var payload = await SecretStore.AccessAsync(api, project, secret.Name, secret.Version, cancellationToken).ConfigureAwait(false);
        var password = payload.GetText();
        _passwords[key] = password;
        return (password, false);
    }

    private ConnectionInfoCache GetCache(CloudSettings settings, InstanceName instance, bool isIamLogin)
    {
        var key = new CacheKey(settings.GetAddress(GoogleApi.CloudSqlAdmin), instance, isIamLogin, settings.Credential);
        if (_caches.TryGetValue(key, out var cache)) return cache;
        // Each new access token is a new login; what came with the old ones goes when it has ended.
        foreach (var (old, ended) in _caches)
        {
            if (ended.IsEnded) _caches.TryRemove(old, out _);
        }

        return _caches.GetOrAdd(key, _ => new ConnectionInfoCache(_clock));
    }

    private static RSA CreateKey()
    {
        // .NET makes TLS 1.3 on macOS by its newer library alone (https://github.com/dotnet/runtime/issues/117428), unless it was told otherwise.
        const string networkFramework = "System.Net.Security.UseNetworkFramework";
        if (OperatingSystem.IsMacOS() && !AppContext.TryGetSwitch(networkFramework, out _)) AppContext.SetSwitch(networkFramework, true);
        var key = RSA.Create(KeyBits);
        // It is made when it is first used, which is not to happen in two threads.
        _ = key.ExportSubjectPublicKeyInfo();
        return key;
    }

    private sealed record CacheKey(Uri Address, InstanceName Instance, bool IsIamLogin, CredentialChoice Credential);
}
