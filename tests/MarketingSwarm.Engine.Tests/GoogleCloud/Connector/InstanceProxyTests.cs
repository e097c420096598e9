using System.Net;
using System.Net.Sockets;
using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.Connector;

/// <summary>The proxy, by psql: another program, which knows nothing of Cloud SQL.</summary>
public sealed class InstanceProxyTests(PostgresServer postgres)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task PsqlConnectsThroughIt(bool usesSocket)
    {
        Assert.SkipWhen(usesSocket && OperatingSystem.IsWindows(), "psql on Windows knows no Unix sockets.");
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        using var proxy = await StartAsync(instance, new ProxyOptions { UsesSocket = usesSocket });
        var place = proxy.Describe();

        Assert.Equal($"{server.Name} {server.User}", Psql(place, server, "SELECT current_database() || ' ' || current_user"));
        Assert.Equal("3000000", Psql(place, server, "SELECT length(repeat('x', 3000000))"));
        Assert.Equal(1_000_000, Psql(place, server, "SELECT repeat('x', 1000000)").Length);

        // psql has ended, but the proxy notices a moment later.
        while (proxy.Describe().ConnectionCount > 0) await Task.Yield();
        var after = proxy.Describe();
        Assert.Equal((3, true), (after.TotalConnectionCount, after.IsRunning));
        Assert.InRange(after.BytesReceived, 1_000_000, 1_100_000);
        Assert.InRange(after.BytesSent, 200, 10_000);
        Assert.Null(after.LastError);
        if (!usesSocket || OperatingSystem.IsWindows()) return;
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(place.Host));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(place.Host, ".s.PGSQL.5432")));
    }

    [Fact]
    public async Task EndingItEndsItsConnectionsAndItsSocket()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        var proxy = await StartAsync(instance, new ProxyOptions { UsesSocket = true });
        var place = proxy.Describe();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(place.Host, ".s.PGSQL.5432")), TestContext.Current.CancellationToken);
        while (proxy.Describe().ConnectionCount == 0) await Task.Yield();

        proxy.Dispose();

        Assert.Equal(0, await client.ReceiveAsync(new byte[1], TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(place.Host));
        Assert.False(proxy.Describe().IsRunning);
        Assert.True(place.Host.Length <= SocketFolder.LongestSocketPath);
    }

    [Fact]
    public async Task TakesTheSocketOfAProcessThatCrashedAndNoOther()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        using var folder = new TempFolder();
        using (var crashed = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            // Bound and never closed properly: the file stays and nobody listens.
            crashed.Bind(new UnixDomainSocketEndPoint(folder.File("other")));
            File.Move(folder.File("other"), folder.File(".s.PGSQL.5432"));
        }

        using var proxy = await StartAsync(instance, new ProxyOptions { UsesSocket = true, SocketFolder = folder.Path });
        Assert.Equal("1", Psql(proxy.Describe(), server, "SELECT 1"));

        var error = await Assert.ThrowsAsync<SwarmConfigurationException>(() => StartAsync(instance, new ProxyOptions { UsesSocket = true, SocketFolder = folder.Path }));
        Assert.Equal("SocketNotUsable", error.ErrorId);
        Assert.Equal("1", Psql(proxy.Describe(), server, "SELECT 1"));
    }

    [Fact]
    public async Task SaysThatAPortOrAPathCannotBeHad()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var number = ((IPEndPoint)taken.LocalEndpoint).Port;
        using var folder = new TempFolder();

        var port = await Assert.ThrowsAsync<SwarmConfigurationException>(() => StartAsync(instance, new ProxyOptions { Port = number }));
        var path = await Assert.ThrowsAsync<SwarmConfigurationException>(
            () => StartAsync(instance, new ProxyOptions { UsesSocket = true, SocketFolder = folder.File(new string('x', 100)) }));
        instance.Refusal = (403, "notAuthorized");
        var permission = await Assert.ThrowsAsync<SwarmCloudException>(() => StartAsync(instance, new ProxyOptions()));

        Assert.Equal(("PortNotUsable", "SocketPathTooLong", SwarmCloudFailure.PermissionDenied), (port.ErrorId, path.ErrorId, permission.Failure));
        Assert.Contains($"port {number} of 127.0.0.1", port.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneConnectionsFailureIsNoOthers()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        using var proxy = await StartAsync(instance, new ProxyOptions());
        instance.ServerSubject = "CN=my-project:other";
        using (var client = new TcpClient())
        {
            await client.ConnectAsync(IPAddress.Loopback, proxy.Describe().Port, TestContext.Current.CancellationToken);
            Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1], TestContext.Current.CancellationToken));
        }

        // The client's connection ends a moment before the proxy has said why.
        while (proxy.Describe().LastError is null) await Task.Yield();
        Assert.Contains("'my-project:other'", proxy.Describe().LastError, StringComparison.Ordinal);
        instance.ServerSubject = "CN=my-project:db";
        Assert.Equal("1", Psql(proxy.Describe(), server, "SELECT 1"));
    }

    private static async Task<InstanceProxy> StartAsync(FakeInstance instance, ProxyOptions options)
    {
        var access = new ConnectorAccess(instance.Options, _ => null, instance.CreateConnector());
        Assert.True(InstanceName.TryParse(FakeInstance.ConnectionName, out var name));
        using var api = access.CreateClient();
        return await InstanceProxy.StartAsync(api, name, options, access, TestContext.Current.CancellationToken);
    }

    private static string Psql(CloudSqlProxy place, TestDatabase server, string sql)
    {
        var psql = Programs.Find("psql", PostgresCluster.ProgramFolder is { } folder ? [folder] : []);
        Assert.SkipWhen(psql is null, "psql was not found.");
        var result = Programs.Run(
            psql!, ["-X", "-A", "-t", "-q", "-h", place.Host, "-p", $"{place.Port}", "-U", server.User, "-d", server.Name, "-c", sql],
            environment: new Dictionary<string, string?> { ["PGPASSWORD"] = server.Password });
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output.TrimEnd('\n');
    }
}
