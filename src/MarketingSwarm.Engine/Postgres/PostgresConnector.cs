using MarketingSwarm.Engine.GoogleCloud.Connector;
using Npgsql;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>Opens connections to PostgreSQL as a <see cref="SwarmDatabase"/> says.</summary>
internal static class PostgresConnector
{
    /// <summary>Opens one connection of its own, without a pool.</summary>
    /// <exception cref="SwarmDatabaseException">The server cannot be reached or refuses; its <see cref="SwarmDatabaseException.Failure"/> says why.</exception>
    internal static Task<NpgsqlConnection> OpenAsync(SwarmDatabase database, CancellationToken cancellationToken)
        => database.Cloud is ConnectorAccess access ? access.Connector.OpenAsync(database, access, cancellationToken) : OpenServerAsync(database, cancellationToken);

    /// <summary>Opens a connection to a server whose address is known.</summary>
    /// <inheritdoc cref="OpenAsync"/>
    internal static async Task<NpgsqlConnection> OpenServerAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        var certificate = new ServerCertificate(database);
        try
        {
            return await ConnectAsync(CreateSource(database, certificate), cancellationToken);
        }
        catch (Exception exception)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (certificate.Refusal is { } refusal) throw Errors.TlsCertificateRefused(database, refusal, exception);
            throw PostgresErrors.Translate(exception, database);
        }
    }

    /// <summary>Opens a connection of a source, which goes with it. What is thrown is the driver's.</summary>
    internal static async Task<NpgsqlConnection> ConnectAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        var connection = source.CreateConnection();
        var opening = connection.OpenAsync(cancellationToken);
        try
        {
            // Npgsql hears a stop only once the server has answered for the first time, and one behind a firewall never does.
            await opening.WaitAsync(cancellationToken);
        }
        catch
        {
            var closing = CloseAsync(opening, connection, source);
            if (!cancellationToken.IsCancellationRequested) await closing;
            throw;
        }

        // Npgsql keeps every source that is not given back; a connection without a pool needs its source no more once it is open.
        await source.DisposeAsync();
        return connection;
    }

    // Where the user stopped, this goes on by itself until the connection's time is over.
    private static async Task CloseAsync(Task opening, NpgsqlConnection connection, NpgsqlDataSource source)
    {
        await opening.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await connection.DisposeAsync();
        await source.DisposeAsync();
    }

    private static NpgsqlDataSource CreateSource(SwarmDatabase database, ServerCertificate certificate)
    {
        var verifies = database.Tls is TlsMode.VerifyCA or TlsMode.VerifyFull;
        // Always given, if only as the empty string: Npgsql would otherwise send PGPASSWORD to a host that the environment did not name.
        var builder = CreateBuilder(database, database.Password ?? "");
        var settings = builder.ConnectionStringBuilder;
        settings.Host = database.Host;
        settings.Port = database.Port!.Value;
        settings.SslMode = database.Tls switch
        {
            TlsMode.Disable => SslMode.Disable,
            TlsMode.Allow => SslMode.Allow,
            TlsMode.Prefer => SslMode.Prefer,
            // The certificate is checked here, where a mode asks for it.
            _ => SslMode.Require,
        };
        settings.SslNegotiation = SslNegotiation.Postgres;
        settings.SslCertificate = database.TlsCertificate;
        settings.SslKey = database.TlsKey;
        settings.SslPassword = database.TlsKeyPassword;
        if (verifies)
        {
            var authorities = certificate.ReadAuthorities();
            builder.UseSslClientAuthenticationOptionsCallback(options => certificate.Configure(options, authorities));
        }

        return builder.Build();
    }

    /// <summary>All that a connection of this module has, wherever it leads to.</summary>
    /// <param name="database">The database, its name and who logs in.</param>
    /// <param name="password">The password; empty where there is none.</param>
    internal static NpgsqlDataSourceBuilder CreateBuilder(SwarmDatabase database, string password)
    {
        var builder = new NpgsqlDataSourceBuilder();
        var settings = builder.ConnectionStringBuilder;
        settings.Database = database.Database;
        settings.Username = database.User;
        settings.Timeout = (int)Math.Ceiling(database.ConnectTimeout.TotalSeconds);
        // A statement may take as long as it needs; Ctrl+C ends it.
        settings.CommandTimeout = 0;
        settings.Pooling = false;
        settings.ApplicationName = "MarketingSwarm";
        settings.ClientEncoding = "UTF8";
        // Always given, if only to say again what is said: Npgsql would otherwise take PGOPTIONS, which the application's driver does not know.
        settings.Options = database.ServerOptions ?? "-c client_encoding=UTF8";
        // The key in a duplicate-key error; it names the row to the user who loads it.
        settings.IncludeErrorDetail = true;
        settings.GssEncryptionMode = GssEncryptionMode.Disable;
        settings.TcpKeepAlive = true;
        settings.WriteBufferSize = 65536;
        settings.ReadBufferSize = 65536;
        builder.UsePasswordProvider(_ => password, (_, _) => ValueTask.FromResult(password));
        return builder;
    }
}
