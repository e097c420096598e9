using Npgsql;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>Opens connections to PostgreSQL as a <see cref="SwarmDatabase"/> says.</summary>
internal static class PostgresConnector
{
    /// <summary>Opens one connection of its own, without a pool.</summary>
    /// <exception cref="SwarmDatabaseException">The server cannot be reached or refuses; its <see cref="SwarmDatabaseException.Failure"/> says why.</exception>
    internal static async Task<NpgsqlConnection> OpenAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            // Not disposed here: it has no pool, and the connection that leaves it needs nothing of it later.
            var source = CreateSource(database);
            connection = source.CreateConnection();
            await connection.OpenAsync(cancellationToken);
            return connection;
        }
        catch (Exception exception)
        {
            if (connection is not null) await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }

    private static NpgsqlDataSource CreateSource(SwarmDatabase database)
    {
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = database.Host,
            Port = database.Port!.Value,
            Database = database.Database,
            Username = database.User,
            SslMode = database.Tls switch
            {
                TlsMode.Disable => SslMode.Disable,
                TlsMode.Allow => SslMode.Allow,
                TlsMode.Prefer => SslMode.Prefer,
                TlsMode.Require => SslMode.Require,
                TlsMode.VerifyCA => SslMode.VerifyCA,
                _ => SslMode.VerifyFull,
            },
            RootCertificate = database.TlsRootCertificate,
            SslCertificate = database.TlsCertificate,
            SslKey = database.TlsKey,
            Timeout = (int)Math.Ceiling(database.ConnectTimeout.TotalSeconds),
            // A statement may take as long as it needs; Ctrl+C ends it.
            CommandTimeout = 0,
            Pooling = false,
            ApplicationName = "MarketingSwarm",
            ClientEncoding = "UTF8",
            // The key in a duplicate-key error; it names the row to the user who loads it.
            IncludeErrorDetail = true,
            GssEncryptionMode = GssEncryptionMode.Disable,
            TcpKeepAlive = true,
            WriteBufferSize = 65536,
            ReadBufferSize = 65536,
        };

        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        // Always given, if only as the empty string: Npgsql would otherwise send PGPASSWORD to a host that the environment did not name.
        builder.UsePasswordProvider(_ => database.Password ?? "", (_, _) => ValueTask.FromResult(database.Password ?? ""));
        return builder.Build();
    }
}
