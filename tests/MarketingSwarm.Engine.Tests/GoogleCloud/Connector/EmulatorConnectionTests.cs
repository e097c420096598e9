using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.Connector;

/// <summary>The connector against the emulator's own instances: each test keeps one connector through what happens to the other side.</summary>
public sealed class EmulatorConnectionTests
{
    private const string Certificate = ":generateEphemeralCert";
    private const string Settings = "/connectSettings";

    [Fact]
    public async Task AHundredConnectionsAtOnceAskOnce()
    {
        await using var emulator = await RunningEmulator.StartAsync();
        var database = emulator.Resolve(emulator.CreateConnector());

        var connections = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => OpenAsync(database)));

        Assert.Equal(100L, await ScalarAsync(connections[0], "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'MarketingSwarm'"));
        Assert.Equal((1, 1), (emulator.CountRequests(Settings), emulator.CountRequests(Certificate)));
        foreach (var connection in connections) await connection.DisposeAsync();
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("forwarder")]
    public async Task AfterTheEmulatorsRestartTheNextConnectionWorks(string path)
    {
        await using var emulator = await RunningEmulator.StartAsync();
        var database = emulator.Resolve(emulator.CreateConnector(), $"?connector={path}");
        await using var before = await OpenAsync(database);
        Assert.Equal(1, await ScalarAsync(before, "SELECT 1"));

        await emulator.RestartAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => ScalarAsync(before, "SELECT 1"));
        await using var after = await OpenAsync(database);

        Assert.Equal(1, await ScalarAsync(after, "SELECT 1"));
        // What the certificate was made with outlived the restart, and so does the certificate.
        Assert.Equal(1, emulator.CountRequests(Certificate));
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("direct")]
    [InlineData("forwarder")]
    public async Task AfterAllCertificatesWereMadeAnewTheNextConnectionWorks(string path)
    {
        await using var emulator = await RunningEmulator.StartAsync();
        var database = emulator.Resolve(emulator.CreateConnector(), $"?connector={path}");
        await using var before = await OpenAsync(database);

        await emulator.SucceedAsync(HttpMethod.Post, "/db/resetSslConfig");
        await using var after = await OpenAsync(database);

        Assert.Equal(1, await ScalarAsync(after, "SELECT 1"));
        Assert.Equal(1, await ScalarAsync(before, "SELECT 1"));
        Assert.Equal((2, 2), (emulator.CountRequests(Settings), emulator.CountRequests(Certificate)));
    }

    [Fact]
    public async Task AServerAuthoritysRotationIsNotSeen()
    {
        await using var emulator = await RunningEmulator.StartAsync();
        await emulator.SucceedAsync(HttpMethod.Post, "/db/addServerCa");
        var database = emulator.Resolve(emulator.CreateConnector());
        await (await OpenAsync(database)).DisposeAsync();

        await emulator.SucceedAsync(HttpMethod.Post, "/db/rotateServerCa", "{}");
        await (await OpenAsync(database)).DisposeAsync();

        // The next authority was told before it was used: nothing had to be asked for again.
        Assert.Equal((1, 1), (emulator.CountRequests(Settings), emulator.CountRequests(Certificate)));
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("forwarder")]
    public async Task AfterTheCertificatesEndTheNextConnectionHasANewOne(string path)
    {
        await using var emulator = await RunningEmulator.StartAsync();
        var clock = new ManualClock();
        var database = emulator.Resolve(emulator.CreateConnector(clock), $"?connector={path}");
        await using var before = await OpenAsync(database);

        clock.Advance(TimeSpan.FromMinutes(61));
        await using var after = await OpenAsync(database);

        Assert.Equal((1, 1), (await ScalarAsync(before, "SELECT 1"), await ScalarAsync(after, "SELECT 1")));
        Assert.Equal(2, emulator.CountRequests(Certificate));
    }

    [Fact]
    public async Task RefusesAndSaysWhy()
    {
        await using var emulator = await RunningEmulator.StartAsync();
        foreach (var path in (string[])["auto", "direct", "forwarder"])
        {
            Assert.Equal("InstanceRegionWrong", await RefuseAsync(path, name: "p:europe-west1:db"));
            Assert.Equal("CloudResourceNotFound", await RefuseAsync(path, name: "p:us-central1:other"));
            Assert.Equal("IamLoginRefused", await RefuseAsync(path, "&iam=true&user=nobody@example.com", login: ""));
            Assert.Equal("AuthenticationFailed", await RefuseAsync(path, login: "postgres:not-it@"));
            await emulator.SetFaultsAsync("permission-missing=cloudsql.instances.connect");
            Assert.Equal("PermissionMissing", await RefuseAsync(path));
            await emulator.SetFaultsAsync();
        }

        await emulator.SucceedAsync(HttpMethod.Patch, "/db", """{"settings":{"activationPolicy":"NEVER"}}""");
        foreach (var path in (string[])["auto", "direct", "forwarder"]) Assert.Equal("InstanceNotRunning", await RefuseAsync(path));

        async Task<string> RefuseAsync(string path, string parameters = "", string? login = null, string name = "p:us-central1:db")
        {
            var database = emulator.Resolve(emulator.CreateConnector(), $"?connector={path}{parameters}", login, name);
            var error = await Assert.ThrowsAnyAsync<SwarmException>(() => OpenAsync(database));
            Assert.NotNull(error.RecommendedAction);
            return error.ErrorId!;
        }
    }

    private static Task<NpgsqlConnection> OpenAsync(SwarmDatabase database) => PostgresConnector.OpenAsync(database, TestContext.Current.CancellationToken);

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
