using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Identity;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

[Collection(EnvironmentCollection.Name)]
public sealed class AccessTokensTests : IDisposable
{
    private static readonly Uri Google = new("https://sqladmin.googleapis.com/v1/projects/p/instances");

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AServiceAccountsKeySignsForATokenThatIsKept()
    {
        await using var server = TokenServer("token-of-the-key");
        using var key = RSA.Create(2048);
        var choice = Find(WriteKey(server, key));

        var first = await GetAsync(choice);
        var second = await GetAsync(Find(choice.Path!));

        Assert.Equal(("token-of-the-key", "token-of-the-key"), (first, second));
        var (method, _, _, body) = Assert.Single(server.Requests);
        Assert.Equal("POST", method);
        var assertion = Uri.UnescapeDataString(body.Split('&').Single(part => part.StartsWith("assertion=", StringComparison.Ordinal))["assertion=".Length..]);
        var parts = assertion.Split('.');
        Assert.True(key.VerifyData(Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"), FromBase64Url(parts[2]), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        var claims = JsonNode.Parse(FromBase64Url(parts[1]))!;
        Assert.Equal("runbook@p.iam.gserviceaccount.com", claims["iss"]!.ToString());
        Assert.Equal("https://www.googleapis.com/auth/cloud-platform", claims["scope"]!.ToString());
    }

    [Fact]
    public async Task ANewLoginCountsAtOnce()
    {
        await using var server = TokenServer("old");
        await using var other = TokenServer("new");
        using var key = RSA.Create(2048);
        var path = WriteKey(server, key);
        Assert.Equal("old", await GetAsync(Find(path)));

        WriteKey(other, key, account: "another@p.iam.gserviceaccount.com");

        Assert.Equal("new", await GetAsync(Find(path)));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task ATokenThatWasRefusedIsAskedForAnew()
    {
        var count = 0;
        await using var server = new LoopbackServer((_, _) => (200, Token($"token-{Interlocked.Increment(ref count)}")));
        using var key = RSA.Create(2048);
        var settings = CloudSettings.Resolve(new CloudOptions { CredentialFile = WriteKey(server, key) }, null, null, CloudTest.Variables());
        using var transport = new FakeTransport(FakeTransport.Json(HttpStatusCode.Unauthorized, "{}"), FakeTransport.Ok());
        using var client = CloudTest.Client(transport, settings: settings);

        await client.SendAsync(CloudTest.Post(), TestContext.Current.CancellationToken);

        Assert.Equal(["Bearer token-1", "Bearer token-2"], transport.Sent.Select(sent => sent.Authorization));
        Assert.Equal(transport.Sent[0].Body, transport.Sent[1].Body);
    }

    [Fact]
    public async Task AGivenTokenThatIsRefusedIsNotTriedTwice()
    {
        using var transport = new FakeTransport(FakeTransport.Json(HttpStatusCode.Unauthorized, """{"error":{"code":401,"message":"Invalid Credentials","errors":[{"reason":"authError"}]}}"""));
        using var client = CloudTest.Client(transport);

        var failure = await CloudTest.FailureAsync(client, CloudTest.Get());

        Assert.Equal("CredentialRejected", failure.ErrorId);
        Assert.Contains("about an hour", failure.RecommendedAction, StringComparison.Ordinal);
        Assert.Single(transport.Sent);
        Assert.DoesNotContain(CloudTest.Token, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ARevokedLoginIsNamed()
    {
        await using var server = new LoopbackServer((_, _) => (400, """{"error":"invalid_grant","error_description":"Token has been expired or revoked."}"""));
        using var key = RSA.Create(2048);
        var choice = Find(WriteKey(server, key));

        var failure = await Assert.ThrowsAsync<SwarmCloudException>(() => GetAsync(choice));

        Assert.Equal(("CredentialExpired", SwarmCloudFailure.CredentialRejected, "invalid_grant"), (failure.ErrorId, failure.Failure, failure.Reason));
        Assert.EndsWith("Token has been expired or revoked.", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("..", failure.Message, StringComparison.Ordinal);
        Assert.Null(failure.InnerException);
    }

    [Fact]
    public async Task ATokenServerThatIsNotThereIsAnError()
    {
        using var port = new ClosedPort();
        using var key = RSA.Create(2048);
        var path = WriteKey($"http://127.0.0.1:{port.Number}/token", key.ExportPkcs8PrivateKeyPem(), "runbook@p.iam.gserviceaccount.com");

        var failure = await Assert.ThrowsAsync<SwarmCloudException>(() => GetAsync(Find(path)));

        Assert.Equal("CredentialNotUsable", failure.ErrorId);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a key")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")]
    [InlineData("-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----\n")]
    public async Task AKeyThatIsNoneIsAnErrorWithoutTheKey(string key)
    {
        var path = WriteKey("http://127.0.0.1:9/token", key, "runbook@p.iam.gserviceaccount.com");

        var failure = await Assert.ThrowsAsync<SwarmCloudException>(() => GetAsync(Find(path)));

        Assert.Equal("CredentialNotUsable", failure.ErrorId);
        if (key.Length > 0) Assert.DoesNotContain(key, failure.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"service_account"}""")]
    [InlineData("""{"type":"service_account","client_email":{},"private_key":[]}""")]
    [InlineData("""{"type":"authorized_user"}""")]
    [InlineData("""{"type":"external_account"}""")]
    [InlineData("""{"type":"external_account","audience":"a","subject_token_type":"t","token_url":"https://sts.googleapis.com/v1/token","credential_source":{"file":"/no/such/file"}}""")]
    [InlineData("""{"type":"impersonated_service_account"}""")]
    [InlineData("""{"type":"external_account_authorized_user"}""")]
    public async Task AFileThatLacksWhatItNeedsIsAnError(string content)
    {
        File.WriteAllText(_folder.File("c.json"), content);

        var failure = await Assert.ThrowsAsync<SwarmCloudException>(() => GetAsync(Find(_folder.File("c.json"))));

        Assert.Equal("CredentialNotUsable", failure.ErrorId);
        Assert.False(string.IsNullOrEmpty(failure.RecommendedAction));
    }

    [Fact]
    public async Task WorkloadIdentityExchangesTheTokenOfItsFile()
    {
        await using var server = new LoopbackServer((_, _) => (200, """{"access_token":"federated","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","token_type":"Bearer","expires_in":3600}"""));
        File.WriteAllText(_folder.File("subject"), "subject-token-of-a-test");
        File.WriteAllText(_folder.File("c.json"), new JsonObject
        {
            ["type"] = "external_account",
            ["audience"] = "//iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/pool/providers/provider",
            ["subject_token_type"] = "urn:ietf:params:oauth:token-type:jwt",
            ["token_url"] = new Uri(server.Address, "v1/token").ToString(),
            ["credential_source"] = new JsonObject { ["file"] = _folder.File("subject") },
        }.ToJsonString());

        Assert.Equal("federated", await GetAsync(Find(_folder.File("c.json"))));

        Assert.Contains("subject_token=subject-token-of-a-test", Assert.Single(server.Requests).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheMachinesAccountComesFromTheMetadataServer()
    {
        await using var server = new LoopbackServer((request, _) => request.Headers["Metadata-Flavor"] == "Google" ? (200, Token("token-of-the-machine")) : (403, ""));
        using var scope = new EnvironmentScope(("GCE_METADATA_HOST", server.Address.Authority));
        var choice = CredentialChoice.Find(new CloudOptions(), CloudTest.Variables());

        Assert.Equal("token-of-the-machine", await GetAsync(choice));

        Assert.Contains(server.Requests, request => request.Path.StartsWith("/computeMetadata/v1/instance/service-accounts/default/token", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheQuotasProjectGoesAlong()
    {
        await using var server = TokenServer("t");
        using var key = RSA.Create(2048);
        var path = WriteKey(server, key);
        using var scope = new EnvironmentScope(("GOOGLE_CLOUD_QUOTA_PROJECT", "payer"));

        var token = await AccessTokens.GetAsync(Find(path), Google, isRejected: false, TestContext.Current.CancellationToken);

        Assert.Equal(["payer"], token.Headers["x-goog-user-project"]);
    }

    // The address, whether the credential comes from a file (else: a token of a session that has no address).
    [Theory]
    [InlineData("https://googleapis.com.evil.example/", true)]
    [InlineData("https://evilgoogleapis.com/", true)]
    [InlineData("https://sqladmin.googleapis.com:8443/", true)]
    [InlineData("https://evil.example/", true)]
    [InlineData("http://127.0.0.1:9020/", true)]
    [InlineData("http://localhost:9020/", true)]
    [InlineData("https://googleapis.com.evil.example/", false)]
    [InlineData("https://evilgoogleapis.com/", false)]
    [InlineData("http://127.0.0.1:9020/", false)]
    public async Task NoCredentialGoesToAnAddressThatIsNotGoogles(string address, bool isFile)
    {
        await using var server = TokenServer("must-not-be-asked-for");
        using var key = RSA.Create(2048);
        var path = WriteKey(server, key);
        foreach (var settings in new[]
        {
            CloudTest.Settings(Credential(new CloudOptions()), ("SWARM_GOOGLE_ENDPOINT", address)),
            CloudTest.Settings(Credential(new CloudOptions { Endpoint = new Uri(address) })),
            CloudTest.Settings(Credential(new CloudOptions()), ("CLOUDSDK_API_ENDPOINT_OVERRIDES_SQL", address)),
        })
        {
            using var transport = new FakeTransport(FakeTransport.Ok());
            using var client = CloudTest.Client(transport, settings: settings);

            var failure = await CloudTest.FailureAsync(client, CloudTest.Get());

            Assert.Equal("CredentialNotForAddress", failure.ErrorId);
            Assert.Empty(transport.Sent);
        }

        Assert.Empty(server.Requests);

        CloudOptions Credential(CloudOptions options) => isFile ? options with { CredentialFile = path } : options with { AccessToken = "hunter2" };
    }

    [Fact]
    public async Task TheMachinesAccountIsNotAskedForAnAddressThatIsNotGoogles()
    {
        await using var server = TokenServer("must-not-be-asked-for");
        using var scope = new EnvironmentScope(("GCE_METADATA_HOST", server.Address.Authority));
        using var transport = new FakeTransport(FakeTransport.Ok());
        using var client = CloudTest.Client(transport, settings: CloudTest.Settings(new CloudOptions(), ("SWARM_GOOGLE_ENDPOINT", "http://127.0.0.1:9020")));

        Assert.Equal("CredentialNotForAddress", (await CloudTest.FailureAsync(client, CloudTest.Get())).ErrorId);

        Assert.Empty(server.Requests);
        Assert.Empty(transport.Sent);
    }

    [Fact]
    public async Task TheTokenThatWasGivenForAnAddressGoesThere()
    {
        foreach (var settings in new[]
        {
            CloudTest.Settings(new CloudOptions(), ("SWARM_GOOGLE_ENDPOINT", "http://127.0.0.1:9020"), ("SWARM_ACCESS_TOKEN", "for-the-emulator")),
            CloudTest.Settings(new CloudOptions { Endpoint = new Uri("http://127.0.0.1:9020"), AccessToken = "for-the-emulator", IsTokenForEndpoint = true }),
        })
        {
            using var transport = new FakeTransport(FakeTransport.Ok());
            using var client = CloudTest.Client(transport, settings: settings);

            await client.SendAsync(CloudTest.Get("v1/projects/p/instances"), TestContext.Current.CancellationToken);

            var sent = Assert.Single(transport.Sent);
            Assert.Equal(("http://127.0.0.1:9020/v1/projects/p/instances", "Bearer for-the-emulator"), (sent.Address.ToString(), sent.Authorization));
        }
    }

    [Fact]
    public async Task ARedirectIsNotFollowed()
    {
        await using var elsewhere = new LoopbackServer((_, _) => (200, "{}"));
        await using var server = new LoopbackServer((_, _) => (307, ""), elsewhere.Address);
        using var client = new GoogleApiClient(
            CloudTest.Settings(new CloudOptions { Endpoint = server.Address, AccessToken = CloudTest.Token, IsTokenForEndpoint = true }), new RecordingTrace(), new InstantClock());

        await CloudTest.FailureAsync(client, CloudTest.Post());

        Assert.Single(server.Requests);
        Assert.Empty(elsewhere.Requests);
    }

    // Google's library sends a user's refresh token to Google's own address, whatever the file says.
    [Fact]
    public async Task AUsersLoginIsRenewedAtGooglesAddressOnly()
    {
        await using var elsewhere = TokenServer("must-not-be-asked-for");
        await using var proxy = new ConnectProxy();
        File.WriteAllText(_folder.File("login.json"), new JsonObject
        {
            ["type"] = "authorized_user",
            ["client_id"] = "1.apps.googleusercontent.com",
            ["client_secret"] = "hunter2",
            ["refresh_token"] = "1//hunter2",
            ["token_uri"] = elsewhere.Address.ToString(),
        }.ToJsonString());

        var failure = await Assert.ThrowsAsync<SwarmCloudException>(() => GetAsync(Find(_folder.File("login.json"))));

        Assert.Equal("CredentialNotUsable", failure.ErrorId);
        Assert.DoesNotContain("hunter2", failure.ToString(), StringComparison.Ordinal);
        Assert.NotEmpty(proxy.Heads);
        Assert.All(proxy.Heads, head => Assert.StartsWith("CONNECT oauth2.googleapis.com:443 HTTP/1.1\r\n", head, StringComparison.Ordinal));
        Assert.All(proxy.Heads, head => Assert.DoesNotContain("hunter2", head, StringComparison.Ordinal));
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task ImpersonationAsksWithTheTokenOfTheAccountBehindIt()
    {
        await using var server = TokenServer("of-the-account-behind-it");
        await using var proxy = new ConnectProxy();
        using var key = RSA.Create(2048);
        var choice = CredentialChoice.Find(
            new CloudOptions { CredentialFile = WriteKey(server, key), ImpersonateServiceAccount = "other@p.iam.gserviceaccount.com" }, CloudTest.Variables());

        var failure = await Assert.ThrowsAsync<SwarmCloudException>(() => GetAsync(choice));

        Assert.Equal("CredentialNotUsable", failure.ErrorId);
        Assert.Contains("other@p.iam.gserviceaccount.com, impersonated by service account runbook@p.iam.gserviceaccount.com", failure.Message, StringComparison.Ordinal);
        Assert.Single(server.Requests);
        Assert.NotEmpty(proxy.Heads);
        Assert.All(proxy.Heads, head => Assert.StartsWith("CONNECT iamcredentials.googleapis.com:443 HTTP/1.1\r\n", head, StringComparison.Ordinal));
    }

    // Plain http goes to loopback because nobody can listen there; through a proxy, everybody on the way could.
    [Fact]
    public async Task AProxyGetsNothingThatIsForThisMachine()
    {
        await using var proxy = new LoopbackServer((_, _) => (200, "{}"));
        await using var server = new LoopbackServer((_, _) => (200, """{"name":"direct"}"""));
        var before = HttpClient.DefaultProxy;
        HttpClient.DefaultProxy = new WebProxy(proxy.Address) { BypassProxyOnLocal = false };
        try
        {
            using var client = new GoogleApiClient(
                CloudTest.Settings(new CloudOptions { Endpoint = server.Address, AccessToken = CloudTest.Token, IsTokenForEndpoint = true }), new RecordingTrace(), new InstantClock());

            Assert.Equal("direct", (await client.SendAsync(CloudTest.Get(), TestContext.Current.CancellationToken)).Text("name"));

            Assert.Empty(proxy.Requests);
        }
        finally
        {
            HttpClient.DefaultProxy = before;
        }
    }

    private static LoopbackServer TokenServer(string token) => new((_, _) => (200, Token(token)));

    private static string Token(string token) => $$"""{"access_token":"{{token}}","expires_in":3600,"token_type":"Bearer"}""";

    private static CredentialChoice Find(string path) => CredentialChoice.Find(new CloudOptions { CredentialFile = path }, CloudTest.Variables());

    private static async Task<string> GetAsync(CredentialChoice choice)
        => (await AccessTokens.GetAsync(choice, Google, isRejected: false, TestContext.Current.CancellationToken)).AccessToken;

    private static byte[] FromBase64Url(string text) => Convert.FromBase64String(text.Replace('-', '+').Replace('_', '/').PadRight((text.Length + 3) / 4 * 4, '='));

    private string WriteKey(LoopbackServer server, RSA key, string account = "runbook@p.iam.gserviceaccount.com")
        => WriteKey(new Uri(server.Address, "token").ToString(), key.ExportPkcs8PrivateKeyPem(), account);

    private string WriteKey(string tokenUri, string privateKey, string account)
    {
        var path = _folder.File("key.json");
        File.WriteAllText(path, new JsonObject
        {
            ["type"] = "service_account",
            ["project_id"] = "p",
            ["private_key_id"] = "1",
            ["private_key"] = privateKey,
            ["client_email"] = account,
            ["client_id"] = "1",
            ["token_uri"] = tokenUri,
        }.ToJsonString());
        return path;
    }
}
