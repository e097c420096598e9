using System.Globalization;
using MarketingSwarm.Engine.GoogleCloud.Connector;
using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.Connector;

/// <summary>The same with an instance's front of another maker: OpenSSL by Python, which tells a client why it is refused.</summary>
public sealed class PythonFrontTests(PostgresServer postgres)
{
    private const string Front =
        """
        import socket, ssl, threading
        folder, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(folder + '/server.pem', folder + '/server.key')
        context.load_verify_locations(folder + '/clients.pem')
        listener = socket.create_server(('127.0.0.1', 0))

        def copy(source, target):
            try:
                while data := source.recv(65536): target.sendall(data)
            except OSError:
                pass
            finally:
                for one in (source, target):
                    try: one.shutdown(socket.SHUT_RDWR)
                    except OSError: pass

        def serve(client):
            try:
                secure = context.wrap_socket(client, server_side=True)
            except (ssl.SSLError, OSError):
                client.close()
                return
            server = socket.create_connection((host, port))
            threading.Thread(target=copy, args=(secure, server), daemon=True).start()
            copy(server, secure)

        def accept():
            while True:
                client, _ = listener.accept()
                threading.Thread(target=serve, args=(client,), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        print('ready')
        print(listener.getsockname()[1])
        sys.stdin.read()
        """;

    [Theory]
    [InlineData("auto")]
    [InlineData("direct")]
    [InlineData("forwarder")]
    public async Task Connects(string path)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        using var folder = new TempFolder();
        using var front = Start(instance, server, folder, trustsClients: true, out var port);

        await using var connection = await OpenAsync(instance, path, port);
        await using var command = new NpgsqlCommand("SELECT current_database()::text", connection);

        Assert.Equal(server.Name, await command.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("auto", false)]
    [InlineData("direct", false)]
    [InlineData("forwarder", false)]
    [InlineData("auto", true)]
    [InlineData("direct", true)]
    [InlineData("forwarder", true)]
    public async Task SaysThatItWasRefused(string path, bool hasExpired)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        using var folder = new TempFolder();
        using var front = Start(instance, server, folder, trustsClients: hasExpired, out var port);
        var clock = new ManualClock();
        if (hasExpired)
        {
            // This machine's clock is behind, and takes it for valid.
            instance.CertificateLifetime = TimeSpan.FromSeconds(-10);
            clock.Advance(TimeSpan.FromHours(-1));
        }

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => OpenAsync(instance, path, port, clock));

        Assert.Equal(("ClientCertificateRefused", SwarmDatabaseFailure.TlsFailed), (error.ErrorId, error.Failure));
        Assert.Contains("clock", error.RecommendedAction, StringComparison.Ordinal);
    }

    private static RunningPython Start(FakeInstance instance, TestDatabase server, TempFolder folder, bool trustsClients, out int port)
    {
        var (clients, certificate, key) = instance.ExportFront(trustsClients);
        File.WriteAllText(folder.File("clients.pem"), clients);
        File.WriteAllText(folder.File("server.pem"), certificate);
        File.WriteAllText(folder.File("server.key"), key);
        var front = RunningPython.Start(Front, folder.Path, server.Host, server.Port.ToString(CultureInfo.InvariantCulture));
        port = int.Parse(front.ReadLine(), CultureInfo.InvariantCulture);
        return front;
    }

    private static Task<NpgsqlConnection> OpenAsync(FakeInstance instance, string path, int port, TimeProvider? clock = null)
        => PostgresConnector.OpenAsync(instance.Resolve($"?connector={path}", new CloudSqlConnector(clock ?? TimeProvider.System, port)), TestContext.Current.CancellationToken);
}
