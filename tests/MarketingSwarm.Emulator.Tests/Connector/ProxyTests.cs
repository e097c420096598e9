using System.Net.Sockets;
using System.Text.RegularExpressions;
using MarketingSwarm.Emulator.Tests.CloudSql;
using Npgsql;

namespace MarketingSwarm.Emulator.Tests.Connector;

public sealed partial class ProxyTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    private const string Password = "it's \\ a: pässword";
    private const string IamOn = """{"databaseFlags":[{"name":"cloudsql.iam_authentication","value":"on"}]}""";
    private const string Account = "emulator@swarm-emulator.iam";

    private RunningEmulator Emulator => fixture.Emulator;

    [Fact]
    public async Task APasswordIsTheServersToJudge()
    {
        var project = await CreateAsync();
        await AddUserAsync(project, "app_user", "BUILT_IN", Password);
        using var client = await ConnectorClient.CreateAsync(Emulator, project, "db");
        Assert.Equal("app_user", await client.AskAsync("app_user", Password, "SELECT current_user"));
        Assert.Equal("28P01", await RefusalAsync(client, "app_user", "wrong"));
        Assert.Equal("3D000", await RefusalAsync(client, "app_user", Password, "nowhere"));
        // A certificate of Cloud IAM opens the way for users with passwords, too.
        using var named = await ConnectorClient.CreateAsync(Emulator, project, "db", Emulator.Token);
        Assert.Equal("app_user", await named.AskAsync("app_user", Password, "SELECT current_user"));
    }

    [Fact]
    public async Task WhatIsSentArrives()
    {
        var project = await CreateAsync();
        using var client = await ConnectorClient.CreateAsync(Emulator, project, "db");
        await using var connection = await client.OpenAsync("postgres", CloudSqlProject.RootPassword);
        await using (NpgsqlCommand create = new("CREATE TABLE t (id bigint, v text)", connection)) await create.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using (var writer = await connection.BeginBinaryImportAsync("COPY t FROM STDIN BINARY", TestContext.Current.CancellationToken))
        {
            for (var i = 0L; i < 20_000; i++)
            {
                await writer.StartRowAsync(TestContext.Current.CancellationToken);
                await writer.WriteAsync(i, TestContext.Current.CancellationToken);
                await writer.WriteAsync(new string((char)('a' + i % 26), 300), TestContext.Current.CancellationToken);
            }

            await writer.CompleteAsync(TestContext.Current.CancellationToken);
        }

        // The server itself, which is asked without the proxy, has what went through it.
        const string sum = "SELECT count(*) || ' ' || sum(id) || ' ' || md5(string_agg(v, '' ORDER BY id)) FROM t";
        Assert.Equal(await ConnectorClient.AskAsync(connection, sum), await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", sum));
        Assert.StartsWith("20000 199990000 ", await ConnectorClient.AskAsync(connection, sum), StringComparison.Ordinal);
        // And back, more than any buffer holds.
        Assert.Equal("6000000", (await ConnectorClient.AskAsync(connection, "SELECT string_agg(v, '') FROM t")).Length.ToString((IFormatProvider?)null));
    }

    [Fact]
    public async Task AUserOfCloudIamIsInByTheCertificateOrTheTokenAlone()
    {
        var project = await CreateAsync(IamOn);
        await AddUserAsync(project, Account, "CLOUD_IAM_SERVICE_ACCOUNT");
        using var named = await ConnectorClient.CreateAsync(Emulator, project, "db", Emulator.Token);
        Assert.Equal(Account, await named.AskAsync(Account, "ignored", "SELECT session_user"));
        var together = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => named.AskAsync(Account, null, "SELECT session_user")));
        Assert.All(together, user => Assert.Equal(Account, user));

        using var bare = await ConnectorClient.CreateAsync(Emulator, project, "db");
        Assert.Equal(Account, await bare.AskAsync(Account, Emulator.Token, "SELECT session_user"));
        Assert.Equal("28000", await RefusalAsync(bare, Account, "no token"));
        // On the server's own port it has no password that anybody knows.
        Assert.NotEqual(0, (await project.TryPsqlAsync("db", Account, Emulator.Token, "postgres", "SELECT 1")).ExitCode);

        // The user may have been made anew, or be another's password now: the proxy notices.
        await project.SucceedAsync(await Emulator.DeleteAsync(project.PathOf("db/users?name=" + Uri.EscapeDataString(Account))));
        await AddUserAsync(project, Account, "CLOUD_IAM_SERVICE_ACCOUNT");
        Assert.Equal(Account, await named.AskAsync(Account, null, "SELECT session_user"));
        Assert.Equal("3D000", await RefusalAsync(named, Account, null, "nowhere"));
    }

    [Fact]
    public async Task OnlyTheAccountItselfIsLetInByCloudIam()
    {
        var project = await CreateAsync();
        using var named = await ConnectorClient.CreateAsync(Emulator, project, "db", Emulator.Token);
        const string service = $"28000: Cloud SQL IAM service account authentication failed for user \"{Account}\"";
        Assert.Equal(service, (await RefusedAsync(named, Account, null)).Message);
        await AddUserAsync(project, Account, "CLOUD_IAM_SERVICE_ACCOUNT");
        // The flag is still off.
        Assert.Equal(service, (await RefusedAsync(named, Account, null)).Message);
        await project.SucceedAsync(await project.PatchAsync("db", IamOn));
        Assert.Equal(Account, await named.AskAsync(Account, null, "SELECT session_user"));
        await AddUserAsync(project, "somebody@example.com", "CLOUD_IAM_USER");
        Assert.Equal("28000: Cloud SQL IAM user authentication failed for user \"somebody@example.com\"", (await RefusedAsync(named, "somebody@example.com", null)).Message);
        try
        {
            await Emulator.SetFaultsAsync("permission-missing=cloudsql.instances.login");
            Assert.Equal(service, (await RefusedAsync(named, Account, null)).Message);
        }
        finally
        {
            await Emulator.SetFaultsAsync();
        }
    }

    [Fact]
    public async Task NobodyComesInWithoutTheInstancesOwnCertificate()
    {
        var project = await CreateAsync();
        await project.CreateAsync("other");
        using var client = await ConnectorClient.CreateAsync(Emulator, project, "db");
        using var other = await ConnectorClient.CreateAsync(Emulator, project, "other");
        await AssertShutOutAsync(client.With(null));
        await AssertShutOutAsync(client.With(other));
        Assert.Equal("postgres", await AskAsync(client));

        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/resetSslConfig")));
        await AssertShutOutAsync(client);
        using var anew = await ConnectorClient.CreateAsync(Emulator, project, "db");
        // The old client does not trust the new server, whichever certificate it has.
        await AssertShutOutAsync(client.With(anew));
        Assert.Equal("postgres", await AskAsync(anew));
    }

    [Fact]
    public async Task ACertificateThatEndsShutsOutNewConnectionsAndNoOldOne()
    {
        var project = await CreateAsync();
        using var client = await ConnectorClient.CreateAsync(Emulator, project, "db", validity: "5s");
        await using var old = await client.OpenAsync("postgres", CloudSqlProject.RootPassword);
        while (await IsInAsync(client)) await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.True(DateTime.UtcNow > DateTimeOffset.Parse(client.Certificate!["expirationTime"]!.GetValue<string>(), null).UtcDateTime);
        Assert.Equal("1000000", (await ConnectorClient.AskAsync(old, "SELECT repeat('x', 1000000)")).Length.ToString((IFormatProvider?)null));
        using var anew = await ConnectorClient.CreateAsync(Emulator, project, "db");
        Assert.Equal("postgres", await AskAsync(anew));
    }

    [Fact]
    public async Task AStoppedInstanceListensNoMoreAndAStartedOneDoesAgain()
    {
        var project = await CreateAsync();
        using var client = await ConnectorClient.CreateAsync(Emulator, project, "db");
        await project.SucceedAsync(await project.PatchAsync("db", """{"activationPolicy":"NEVER"}"""));
        using (Socket socket = new(SocketType.Stream, ProtocolType.Tcp))
            Assert.Equal(SocketError.ConnectionRefused, (await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(client.Address, client.Port, TestContext.Current.CancellationToken).AsTask())).SocketErrorCode);
        await project.SucceedAsync(await project.PatchAsync("db", """{"activationPolicy":"ALWAYS"}"""));
        Assert.Equal("postgres", await AskAsync(client));
    }

    [Fact]
    public async Task OpensslSeesTls13TheAuthorityAndTheInstancesName()
    {
        var openssl = Programs.Find("openssl");
        Assert.SkipWhen(openssl is null, "No openssl was found.");
        var project = await CreateAsync();
        using var client = await ConnectorClient.CreateAsync(Emulator, project, "db");
        using TempFolder folder = new();
        await File.WriteAllTextAsync(folder.File("ca.pem"), client.Settings["serverCaCert"]!["cert"]!.GetValue<string>(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("cert.pem"), client.Certificate!["cert"]!.GetValue<string>(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(folder.File("key.pem"), client.Key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        string[] common = ["s_client", "-connect", $"{client.Address}:{client.Port}", "-CAfile", folder.File("ca.pem"), "-verify_return_error"];
        string[] identity = ["-cert", folder.File("cert.pem"), "-key", folder.File("key.pem")];

        var seen = (await Programs.RunAsync(openssl!, [.. common, .. identity], "")).Output;
        Assert.Contains("TLSv1.3", seen, StringComparison.Ordinal);
        Assert.Contains("Verify return code: 0 (ok)", seen, StringComparison.Ordinal);
        Assert.Matches($@"subject=.*CN\s?=\s?{project.Name}:db", seen);
        var issued = await Programs.RunAsync(openssl!, ["x509", "-in", folder.File("cert.pem"), "-noout", "-issuer", "-ext", "extendedKeyUsage"]);
        Assert.Matches($@"Google Cloud SQL Signing CA {project.Name}:db", issued.Output);
        Assert.Contains("TLS Web Client Authentication", issued.Output, StringComparison.Ordinal);
        var old = await Programs.RunAsync(openssl!, [.. common, .. identity, "-tls1_2"], "");
        Assert.NotEqual(0, old.ExitCode);
        // With TLS 1.3 a client is refused after its part of the handshake: it is seen when the client reads. On Linux .NET sends no alert, and just ends.
        var bare = await Programs.RunAsync(openssl!, [.. common, "-ign_eof"], "");
        Assert.NotEqual(0, bare.ExitCode);
        Assert.Matches(End(), bare.Error);
    }

    [Fact]
    public async Task TheCertificatesOutliveTheEmulator()
    {
        PostgresPrograms.SkipWithout();
        using TempFolder folder = new();
        PostgresPrograms.LetThrough(folder);
        ConnectorClient client;
        await using (var emulator = await RunningEmulator.StartAsync(folder.File("state"), "--account", "rehearsal@example.com"))
        {
            CloudSqlProject project = new(emulator, "p");
            await project.CreateAsync("db", IamOn);
            await project.SucceedAsync(await emulator.SendAsync("POST", project.PathOf("db/users"), """{"name":"rehearsal@example.com","type":"CLOUD_IAM_USER"}"""));
            client = await ConnectorClient.CreateAsync(emulator, project, "db", emulator.Token);
            Assert.Equal("rehearsal@example.com", await client.AskAsync("rehearsal@example.com", null, "SELECT session_user"));
        }

        using (client)
        {
            await using var next = await RunningEmulator.StartAsync(folder.File("state"));
            CloudSqlProject project = new(next, "p");
            Assert.Equal(client.Port, await ConnectorClient.PortOfAsync(next, project, "db"));
            Assert.Equal("rehearsal@example.com", await client.AskAsync("rehearsal@example.com", null, "SELECT session_user"));
            await project.SucceedAsync(await next.DeleteAsync(project.PathOf("db")));
            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            await Assert.ThrowsAsync<SocketException>(() => socket.ConnectAsync(client.Address, client.Port, TestContext.Current.CancellationToken).AsTask());
            await next.StopAsync();
            Assert.DoesNotContain(next.Token, await next.ErrorsAsync(), StringComparison.Ordinal);
            Assert.DoesNotContain("exception", await next.ErrorsAsync(), StringComparison.OrdinalIgnoreCase);
        }
    }

    [GeneratedRegex("alert (certificate required|handshake failure|bad certificate|unknown ca|certificate unknown)|alert number|unexpected eof", RegexOptions.IgnoreCase)]
    private static partial Regex End();

    private static Task<string> AskAsync(ConnectorClient client) => client.AskAsync("postgres", CloudSqlProject.RootPassword, "SELECT current_user");

    /// <summary>The connection ends before PostgreSQL says a word.</summary>
    private static async Task AssertShutOutAsync(ConnectorClient client)
    {
        var error = await Assert.ThrowsAnyAsync<NpgsqlException>(() => AskAsync(client));
        Assert.IsNotType<PostgresException>(error);
    }

    private static async Task<bool> IsInAsync(ConnectorClient client)
    {
        try
        {
            await AskAsync(client);
            return true;
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
            return false;
        }
    }

    private static async Task<string> RefusalAsync(ConnectorClient client, string user, string? password, string database = "postgres")
        => (await RefusedAsync(client, user, password, database)).SqlState;

    private static Task<PostgresException> RefusedAsync(ConnectorClient client, string user, string? password, string database = "postgres")
        => Assert.ThrowsAsync<PostgresException>(() => client.AskAsync(user, password, "SELECT 1", database));

    private async Task<CloudSqlProject> CreateAsync(string settings = "{}")
    {
        PostgresPrograms.SkipWithout();
        CloudSqlProject project = new(Emulator, fixture.NewProject());
        await project.CreateAsync("db", settings);
        return project;
    }

    private async Task AddUserAsync(CloudSqlProject project, string name, string type, string? password = null)
    {
        var body = new System.Text.Json.Nodes.JsonObject { ["name"] = name, ["type"] = type };
        if (password is not null) body["password"] = password;
        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/users"), body.ToJsonString()));
    }
}
