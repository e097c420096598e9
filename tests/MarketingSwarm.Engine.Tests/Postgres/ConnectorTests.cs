using System.Net;
using System.Net.Sockets;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Tests.Configuration;
using Npgsql;

namespace MarketingSwarm.Engine.Tests.Postgres;

public sealed class ConnectorTests(PostgresServer postgres) : IDisposable
{
    private readonly Naming _naming = new();

    public void Dispose() => _naming.Dispose();

    [Fact]
    public async Task OpensOverTcp()
    {
        await using var server = await postgres.CreateDatabaseAsync();

        await using var connection = await OpenAsync(server.Url);

        Assert.Equal(server.Name, await ScalarAsync(connection, "SELECT current_database()"));
        Assert.Equal("MarketingSwarm UTF8", await ScalarAsync(connection, "SELECT current_setting('application_name') || ' ' || current_setting('client_encoding')"));
    }

    [Fact]
    public async Task OpensAUnixSocket()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        Assert.SkipWhen(server.SocketFolder is null, "The server's socket is not on this machine.");

        await using var connection = await OpenAsync($"postgresql://{server.User}:{server.Password}@/{server.Name}?host={server.SocketFolder}&port={server.Port}");

        Assert.Equal("t", await ScalarAsync(connection, "SELECT CASE WHEN inet_client_addr() IS NULL THEN 't' ELSE 'f' END"));
    }

    [Fact]
    public async Task TakesAnyPassword()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        const string password = "p@ss w/rd:%+?#&'\"\\é€";
        var user = $"user_{Guid.NewGuid():N}@corp";
        server.Psql($"CREATE ROLE \"{user}\" LOGIN PASSWORD '{password.Replace("'", "''", StringComparison.Ordinal)}'");
        try
        {
            await using (var connection = await OpenAsync(server.GetUrl(user, password)))
                Assert.Equal(user, await ScalarAsync(connection, "SELECT current_user::text"));

            _naming.WritePgPass($"{server.Host}:{server.Port}:*:{user}:{password.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal)}\n");
            await using (await OpenAsync($"postgresql://{Uri.EscapeDataString(user)}@{server.Host}:{server.Port}/{server.Name}"))
            {
            }
        }
        finally
        {
            server.Psql($"DROP ROLE \"{user}\"");
        }
    }

    [Fact]
    public async Task SaysThatThePasswordIsWrong()
    {
        await using var server = await postgres.CreateDatabaseAsync();

        var error = await RefuseAsync(server.GetUrl(server.User, "wr0ng"));

        Assert.Equal(("AuthenticationFailed", SwarmDatabaseFailure.AuthenticationFailed, "28P01"), (error.ErrorId, error.Failure, error.SqlState));
        Assert.Contains($"'{server.User}'", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng", Naming.TextOf(error), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatNoPasswordWasGiven()
    {
        await using var server = await postgres.CreateDatabaseAsync();

        var error = await RefuseAsync($"postgresql://{server.User}@{server.Host}:{server.Port}/{server.Name}");

        Assert.Equal("AuthenticationFailed", error.ErrorId);
        Assert.Contains("no password was given", error.Message, StringComparison.Ordinal);
        Assert.Contains("-Credential", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatTheDatabaseIsMissing()
    {
        await using var server = await postgres.CreateDatabaseAsync();

        var error = await RefuseAsync(server.Url.Replace(server.Name, "no_such_database", StringComparison.Ordinal));

        Assert.Equal(("DatabaseNotFound", SwarmDatabaseFailure.DatabaseNotFound, "3D000"), (error.ErrorId, error.Failure, error.SqlState));
        Assert.Contains("'no_such_database'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatNothingListens()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        // Bound and not listening: nobody else can have the port, and whoever connects is refused.
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        var error = await RefuseAsync($"postgresql://u:p@127.0.0.1:{port}/db");

        Assert.Equal(("ConnectionRefused", SwarmDatabaseFailure.ConnectionRefused), (error.ErrorId, error.Failure));
        Assert.Contains($"127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatTheSocketIsMissing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix sockets.");

        var error = await RefuseAsync($"postgresql://u:p@/db?host={_naming.Folder.Path}");

        Assert.Equal(("ConnectionRefused", SwarmDatabaseFailure.ConnectionRefused), (error.ErrorId, error.Failure));
        Assert.Contains($"'{_naming.Folder.Path}/.s.PGSQL.5432'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatTheHostIsUnknown()
    {
        // The top-level domain 'invalid' never exists (RFC 2606).
        var error = await RefuseAsync("postgresql://u:p@db.invalid/db");

        Assert.Equal(("HostUnreachable", SwarmDatabaseFailure.HostUnreachable), (error.ErrorId, error.Failure));
        Assert.Contains("'db.invalid'", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sslmode=disable")]
    [InlineData("sslmode=prefer")]
    [InlineData("sslmode=require")]
    public async Task SaysThatNobodyAnswers(string parameters)
    {
        using var listener = Listen(out var port);

        var error = await RefuseAsync($"postgresql://u:p@127.0.0.1:{port}/db?connect_timeout=1&{parameters}");

        Assert.Equal(("ConnectionTimeout", SwarmDatabaseFailure.Timeout), (error.ErrorId, error.Failure));
        Assert.Contains("within 1 s", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatTheServerIsNoPostgres()
    {
        using var listener = Listen(out var port);
        var answer = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
            await client.GetStream().WriteAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
            await client.GetStream().CopyToAsync(Stream.Null, TestContext.Current.CancellationToken);
        }, TestContext.Current.CancellationToken);

        var error = await RefuseAsync($"postgresql://u:p@127.0.0.1:{port}/db?sslmode=require");

        Assert.Equal(SwarmDatabaseFailure.Other, error.Failure);
        Assert.Contains($"127.0.0.1:{port}", error.Message, StringComparison.Ordinal);
        await answer;
    }

    [Fact]
    public async Task SaysThatTheServerOffersNoTls()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        Assert.SkipWhen(server.Psql("SHOW ssl") == "on", "The server has TLS.");

        var error = await RefuseAsync(server.Url + "?sslmode=require");

        Assert.Equal(("TlsNotOffered", SwarmDatabaseFailure.TlsFailed), (error.ErrorId, error.Failure));
        await using var connection = await OpenAsync(server.Url + "?sslmode=prefer");
    }

    [Fact]
    public async Task HonoursTheOptionsOfTheUrl()
    {
        await using var server = await postgres.CreateDatabaseAsync();

        await using var connection = await OpenAsync(server.Url + "?options=-c%20search_path%3Dapp");

        Assert.Equal("app", await ScalarAsync(connection, "SHOW search_path"));
    }

    [Fact]
    public async Task StopsWaitingForAServerWhenTheUserStops()
    {
        using var listener = Listen(out var port);
        using var stop = new CancellationTokenSource();
        var opening = PostgresConnector.OpenAsync(_naming.Resolve($"postgresql://u:p@127.0.0.1:{port}/db?connect_timeout=1000"), stop.Token);
        using var client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening);
    }

    [Fact]
    public async Task StopsAStatementOnTheServer()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var connection = await OpenAsync(server.Url);
        using var stop = new CancellationTokenSource();
        var sleeping = ScalarAsync(connection, "SELECT pg_sleep(1000)::text", stop.Token);
        const string running = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep(1000)%'";
        while (server.Psql(running) != "1") await Task.Yield();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sleeping);
        Assert.Equal("0", server.Psql(running));
        Assert.Equal("1", await ScalarAsync(connection, "SELECT '1'"));
    }

    private static TcpListener Listen(out int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        port = ((IPEndPoint)listener.LocalEndpoint).Port;
        return listener;
    }

    private Task<NpgsqlConnection> OpenAsync(string url) => PostgresConnector.OpenAsync(_naming.Resolve(url), TestContext.Current.CancellationToken);

    private async Task<SwarmDatabaseException> RefuseAsync(string url)
    {
        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(async () => await (await OpenAsync(url)).DisposeAsync());
        Assert.NotNull(error.RecommendedAction);
        Assert.IsType<SwarmDatabase>(error.Target);
        return error;
    }

    internal static async Task<string?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken? cancellationToken = null)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (string?)await command.ExecuteScalarAsync(cancellationToken ?? TestContext.Current.CancellationToken);
    }
}
