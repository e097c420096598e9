using System.Data;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.Connector;
using MarketingSwarm.Engine.Postgres;
using Npgsql;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.Connector;

public sealed class CloudSqlConnectorTests(PostgresServer postgres)
{
    [Theory]
    [InlineData("")]
    [InlineData("?connector=direct")]
    [InlineData("?connector=forwarder")]
    [InlineData("?ipType=public&connector=direct")]
    public async Task ConnectsByTheName(string parameters)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);

        await using (var connection = await OpenAsync(instance.Resolve(parameters)))
        {
            Assert.Equal($"{server.Name} {server.User}", await ScalarAsync(connection, "SELECT current_database() || ' ' || current_user"));
            Assert.Equal("1", server.Psql($"SELECT count(*) FROM pg_stat_activity WHERE datname = '{server.Name}' AND application_name = 'MarketingSwarm'"));
        }

        await server.WaitForSessionsAsync(0);
        Assert.Equal((1, 1), (instance.SettingsCount, instance.CertificateCount));
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("forwarder")]
    public async Task CancelsAStatement(string path)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        await using var connection = await OpenAsync(instance.Resolve($"?connector={path}"));
        await using var command = new NpgsqlCommand("SELECT pg_sleep(600)", connection);

        var running = command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        while (server.Psql($"SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND datname = '{server.Name}'") != "1") await Task.Yield();
        command.Cancel();

        var error = await Assert.ThrowsAsync<OperationCanceledException>(() => running);
        Assert.Equal("57014", Assert.IsType<PostgresException>(error.InnerException).SqlState);
        Assert.Equal(1, await ScalarAsync(connection, "SELECT 1"));
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("forwarder")]
    public async Task ManyRowsComeAndGo(string path)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        await using var connection = await OpenAsync(instance.Resolve($"?connector={path}"));
        await using (var make = new NpgsqlCommand("CREATE TABLE t (id int, text text)", connection)) await make.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await using (var writer = await connection.BeginTextImportAsync("COPY t FROM STDIN", TestContext.Current.CancellationToken))
        {
            for (var i = 0; i < 20_000; i++) await writer.WriteAsync($"{i}\t{new string((char)('a' + i % 26), 500)}\n");
        }

        Assert.Equal("20000 10000000", server.Psql("SELECT count(*) || ' ' || sum(length(text)) FROM t"));
        Assert.Equal(server.Psql("SELECT md5(string_agg(text, ',' ORDER BY id)) FROM t"), await ScalarAsync(connection, "SELECT md5(string_agg(text, ',' ORDER BY id)) FROM t"));
        await using var reader = await connection.BeginRawBinaryCopyAsync("COPY t TO STDOUT (FORMAT binary)", TestContext.Current.CancellationToken);
        using var all = new MemoryStream();
        await reader.CopyToAsync(all, TestContext.Current.CancellationToken);
        Assert.InRange(all.Length, 10_000_000, 11_000_000);
    }

    [Fact]
    public async Task AHundredAtOnceAskOnce()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        var connector = instance.CreateConnector();
        var database = instance.Resolve("", connector);

        var streams = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => DialAsync(connector, database)));

        Assert.Equal((1, 1, 100), (instance.SettingsCount, instance.CertificateCount, instance.FrontCount));
        foreach (var stream in streams) await stream.DisposeAsync();
    }

    [Fact]
    public async Task RenewsWhenLessThanFourMinutesAreLeft()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        var clock = new ManualClock();
        var database = instance.Resolve("", instance.CreateConnector(clock));

        await (await OpenAsync(database)).DisposeAsync();
        clock.Advance(TimeSpan.FromMinutes(55));
        await (await OpenAsync(database)).DisposeAsync();
        Assert.Equal(1, instance.CertificateCount);

        clock.Advance(TimeSpan.FromMinutes(2));
        await (await OpenAsync(database)).DisposeAsync();
        Assert.Equal(2, instance.CertificateCount);
    }

    [Fact]
    public async Task ACertificateServesToItsEndWhereItCannotBeRenewed()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        var clock = new ManualClock();
        var database = instance.Resolve("", instance.CreateConnector(clock));
        await (await OpenAsync(database)).DisposeAsync();

        instance.Refusal = (403, "notAuthorized");
        clock.Advance(TimeSpan.FromMinutes(57));
        await (await OpenAsync(database)).DisposeAsync();
        clock.Advance(TimeSpan.FromMinutes(4));
        var error = await Assert.ThrowsAsync<SwarmCloudException>(() => OpenAsync(database));

        Assert.Equal(SwarmCloudFailure.PermissionDenied, error.Failure);
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("forwarder")]
    public async Task ACertificateThatEndsDuringACopyDoesNotBreakIt(string path)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server) { CertificateLifetime = TimeSpan.FromSeconds(3) };
        var connector = instance.CreateConnector();
        var database = instance.Resolve($"?connector={path}", connector);
        await using var connection = await OpenAsync(database);
        var end = DateTime.UtcNow + TimeSpan.FromSeconds(3);
        await using (var make = new NpgsqlCommand("CREATE TABLE t (id int)", connection)) await make.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await using (var writer = await connection.BeginTextImportAsync("COPY t FROM STDIN", TestContext.Current.CancellationToken))
        {
            await writer.WriteAsync("1\n");
            await writer.FlushAsync(TestContext.Current.CancellationToken);
            // The condition is the time itself: the certificate's end.
            while (DateTime.UtcNow <= end) await Task.Delay(100, TestContext.Current.CancellationToken);
            await writer.WriteAsync("2\n");
        }

        Assert.Equal("2", server.Psql("SELECT count(*) FROM t"));
        Assert.Equal(1, instance.CertificateCount);
        await using var next = await OpenAsync(database);
        Assert.Equal(2, instance.CertificateCount);
        Assert.Equal(2L, await ScalarAsync(next, "SELECT count(*) FROM t"));
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("forwarder")]
    [InlineData("auto")]
    public async Task AfterARotationTheNextConnectionWorks(string path)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        var database = instance.Resolve($"?connector={path}", instance.CreateConnector());
        await (await OpenAsync(database)).DisposeAsync();

        instance.Rotate();
        await using var connection = await OpenAsync(database);

        Assert.Equal(1, await ScalarAsync(connection, "SELECT 1"));
        Assert.Equal(2, instance.CertificateCount);
    }

    [Fact]
    public async Task ARefusedCertificateIsNotAskedForWithoutEnd()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server) { TrustsOtherClients = true };
        var database = instance.Resolve("", instance.CreateConnector());

        for (var i = 0; i < 6; i++) await Assert.ThrowsAsync<SwarmDatabaseException>(() => OpenAsync(database));

        Assert.Equal(RefreshLimiter.Burst, instance.CertificateCount);
    }

    [Fact]
    public async Task TakesTheOtherWayWhereTheDriversDoesNotWorkAndRemembersIt()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server) { EndedAfterTls = 1 };
        var connector = instance.CreateConnector();
        var database = instance.Resolve("", connector);

        await using var first = await OpenAsync(database);
        await using var second = await OpenAsync(database);

        Assert.All([first, second], connection => Assert.StartsWith("/", connection.Host, StringComparison.Ordinal));
        Assert.Equal(3, instance.FrontCount);
        var folder = first.Host!;
        await first.CloseAsync();
        Assert.False(Directory.Exists(folder));
    }

    [Theory]
    [InlineData("direct")]
    [InlineData("forwarder")]
    public async Task LogsInByIam(string path)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        var user = $"app-{Guid.NewGuid():N}@my-project.iam";
        server.Psql($"CREATE ROLE \"{user}\" LOGIN PASSWORD 'iam'");
        try
        {
            await using var connection = await OpenAsync(instance.Resolve($"?iam=true&connector={path}&user={user}.gserviceaccount.com", login: ""));

            Assert.Equal(user, await ScalarAsync(connection, "SELECT current_user::text"));
            Assert.Equal(FakeInstance.Token, $"{instance.LastCertificateRequest!["access_token"]}");
        }
        finally
        {
            server.Psql($"DROP ROLE \"{user}\"");
        }
    }

    [Fact]
    public async Task ALoginByPasswordSendsNoToken()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        await (await OpenAsync(instance.Resolve(""))).DisposeAsync();

        Assert.Equal(["public_key"], instance.LastCertificateRequest!.Select(part => part.Key));
    }

    [Fact]
    public async Task SaysThatTheIamUserIsMissing()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => OpenAsync(instance.Resolve("?iam=true&user=nobody@example.com", login: "")));

        Assert.Equal(("IamLoginRefused", SwarmDatabaseFailure.AuthenticationFailed, "28P01"), (error.ErrorId, error.Failure, error.SqlState));
        Assert.Contains("'nobody@example.com'", error.Message, StringComparison.Ordinal);
        Assert.Contains("roles/cloudsql.instanceUser", error.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakesThePasswordFromSecretManagerAndReadsItAgainAfterARotation()
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server) { Secret = "first" };
        var user = $"user_{Guid.NewGuid():N}";
        server.Psql($"CREATE ROLE {user} LOGIN PASSWORD 'first'");
        try
        {
            var database = instance.Resolve("?passwordSecret=db-pass", instance.CreateConnector(), $"{user}@");
            Assert.False(database.HasPassword);
            await (await OpenAsync(database)).DisposeAsync();
            await (await OpenAsync(database)).DisposeAsync();
            Assert.Equal(1, instance.SecretCount);

            instance.Secret = "second";
            server.Psql($"ALTER ROLE {user} PASSWORD 'second'");
            await (await OpenAsync(database)).DisposeAsync();
            Assert.Equal(2, instance.SecretCount);

            instance.Secret = "wrong";
            server.Psql($"ALTER ROLE {user} PASSWORD 'third'");
            var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => OpenAsync(database));
            Assert.Equal(SwarmDatabaseFailure.AuthenticationFailed, error.Failure);
            Assert.DoesNotContain("wrong\"", error.ToString(), StringComparison.Ordinal);
        }
        finally
        {
            server.Psql($"DROP ROLE {user}");
        }
    }

    public static TheoryData<string, string, string> Refusals => new()
    {
        { "wrong common name", "InstanceNameWrong", "the common name 'my-project:other', not 'my-project:db'" },
        { "no common name", "InstanceNameWrong", "no common name" },
        { "other DNS name", "InstanceNameWrong", "is not for 'db.example.internal'" },
        { "other authority", "InstanceAuthorityUnknown", "its authority 'CN=Google Cloud SQL Root CA' is not the instance's ('CN=Another CA')" },
        { "expired server certificate", "InstanceCertificateExpired", "it is valid from" },
        // .NET's TLS gives no reason where it refuses a client on Linux; others do, see below.
        { "client certificate refused", "ClientCertificateRefused", "refused the client certificate" },
        { "expired client certificate", "ClientCertificateRefused", "refused the client certificate" },
        { "wrong region", "InstanceRegionWrong", "is in the region 'europe-west1', not in 'us-central1'" },
        { "stopped", "InstanceNotRunning", "is stopped" },
        { "in maintenance", "InstanceNotRunning", "MAINTENANCE" },
        { "stopped, certificate refused", "InstanceNotRunning", "is stopped" },
        { "stopped, request refused", "InstanceNotRunning", "is stopped" },
        { "request refused", "RequestRefused", "The fake says invalid" },
        { "no permission", "PermissionMissing", "cloudsql.instances.connect" },
        { "no such instance", "CloudResourceNotFound", "instance 'db'" },
        { "first generation", "InstanceGenerationUnknown", "FIRST_GEN" },
        { "MySQL", "InstanceNotPostgres", "MYSQL_8_0" },
        { "no address", "InstanceHasNoAddress", "no address" },
        { "no private address", "InstanceAddressMissing", "has no private address; it has a public one" },
        { "front closed", "InstanceConnectionRefused", "127.0.0.1" },
        { "wrong password", "AuthenticationFailed", "wrong password" },
        { "no database", "DatabaseNotFound", "no_such_database" },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task RefusesAndSaysWhy(string what, string errorId, string words)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        foreach (var path in (string[])["auto", "direct", "forwarder"])
        {
            await using var instance = new FakeInstance(server);
            var parameters = $"?connector={path}";
            string? login = null;
            switch (what)
            {
                case "wrong common name": instance.ServerSubject = "CN=my-project:other"; break;
                case "no common name": instance.ServerSubject = "O=Google"; break;
                case "other DNS name":
                    (instance.ServerSubject, instance.ServerDnsName) = ("CN=x", "other.example.internal");
                    instance.Settings["dnsName"] = "db.example.internal.";
                    break;
                case "other authority": instance.PublishesOtherAuthority = true; break;
                case "expired server certificate": instance.ServerLifetime = TimeSpan.FromDays(-1); break;
                case "client certificate refused": instance.TrustsOtherClients = true; break;
                // A clock that is behind takes it for valid, as this machine's might be.
                case "expired client certificate": instance.CertificateLifetime = TimeSpan.FromSeconds(-10); break;
                case "wrong region": instance.Settings["region"] = "europe-west1"; break;
                case "stopped": instance.ActivationPolicy = "NEVER"; instance.StopFront(); break;
                case "in maintenance": instance.State = "MAINTENANCE"; instance.StopFront(); break;
                case "stopped, certificate refused": instance.ActivationPolicy = "NEVER"; instance.Refusal = (409, "invalidState"); break;
                case "stopped, request refused": instance.ActivationPolicy = "NEVER"; instance.Refusal = (400, "invalid"); break;
                case "request refused": instance.Refusal = (400, "invalid"); break;
                case "no permission": instance.Refusal = (403, "notAuthorized"); break;
                case "no such instance": instance.Refusal = (404, "instanceDoesNotExist"); break;
                case "first generation": instance.Settings["backendType"] = "FIRST_GEN"; break;
                case "MySQL": instance.Settings["databaseVersion"] = "MYSQL_8_0"; break;
                case "no address": instance.Settings.Remove("ipAddresses"); break;
                case "no private address": parameters += "&ipType=private"; break;
                case "front closed": instance.StopFront(); break;
                case "wrong password": login = $"{server.User}:not-it@"; break;
                case "no database": parameters += "&dbname=no_such_database"; break;
            }

            var clock = new ManualClock();
            if (what == "expired client certificate") clock.Advance(TimeSpan.FromHours(-1));
            var error = await Assert.ThrowsAnyAsync<SwarmException>(() => OpenAsync(instance.Resolve(parameters, instance.CreateConnector(clock), login)));

            Assert.True(error.ErrorId == errorId, $"{path}: {error}");
            Assert.Contains(words, error.Message, StringComparison.Ordinal);
            Assert.NotNull(error.RecommendedAction);
            Assert.NotNull(error.Target);
            Assert.DoesNotContain(FakeInstance.Token, error.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("by DNS name")]
    [InlineData("by common name although it has a DNS name")]
    [InlineData("through an intermediate authority")]
    [InlineData("by one of two authorities")]
    public async Task AcceptsTheServer(string how)
    {
        await using var server = await postgres.CreateDatabaseAsync();
        await using var instance = new FakeInstance(server);
        switch (how)
        {
            case "by DNS name":
                (instance.ServerSubject, instance.ServerDnsName) = ("O=Google", "db.example.internal");
                instance.Settings["dnsName"] = "db.example.internal.";
                break;
            case "by common name although it has a DNS name":
                instance.Settings["dnsNames"] = new JsonArray(new JsonObject { ["name"] = "other.example.internal", ["connectionType"] = "PUBLIC" });
                break;
            case "through an intermediate authority":
                instance.HasIntermediate = true;
                break;
            default:
                instance.PublishesTwoAuthorities = true;
                break;
        }

        await using var connection = await OpenAsync(instance.Resolve(""));

        Assert.Equal(ConnectionState.Open, connection.State);
    }

    private static Task<NpgsqlConnection> OpenAsync(SwarmDatabase database) => PostgresConnector.OpenAsync(database, TestContext.Current.CancellationToken);

    private static Task<Stream> DialAsync(CloudSqlConnector connector, SwarmDatabase database)
    {
        Assert.True(InstanceName.TryParse(FakeInstance.ConnectionName, out var name));
        return connector.DialAsync(
            name, isIamLogin: false, CloudSqlAddressType.Auto, TimeSpan.FromSeconds(30), (ConnectorAccess)database.Cloud!, TestContext.Current.CancellationToken);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);
    }
}
