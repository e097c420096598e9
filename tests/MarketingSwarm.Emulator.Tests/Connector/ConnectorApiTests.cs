using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Tests.CloudSql;

namespace MarketingSwarm.Emulator.Tests.Connector;

public sealed class ConnectorApiTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    private RunningEmulator Emulator => fixture.Emulator;

    [Fact]
    public async Task BothSurfacesTellWhatAConnectorWantsToKnow()
    {
        var project = Project();
        await project.CreateAsync("db", """{"ipConfiguration":{"privateNetwork":"projects/net/global/networks/default"}}""");
        var settings = (await project.GetAsync("db/connectSettings")).Body;
        var older = (await Emulator.GetAsync("/sql/v1beta4" + project.PathOf("db/connectSettings")["/v1".Length..])).Body;
        Assert.True(JsonNode.DeepEquals(settings, older));
        Assert.Equal(
            "sql#connectSettings us-central1 POSTGRES_15 SECOND_GEN",
            string.Join(' ', new[] { "kind", "region", "databaseVersion", "backendType" }.Select(name => settings[name]!.ToString())));
        Assert.Equal(["PRIMARY", "PRIVATE"], settings["ipAddresses"]!.AsArray().Select(address => address!["type"]!.GetValue<string>()));
        var instance = (await project.GetAsync("db")).Body;
        Assert.True(JsonNode.DeepEquals(settings["serverCaCert"], instance["serverCaCert"]));
        using var authority = X509Certificate2.CreateFromPem(settings["serverCaCert"]!["cert"]!.GetValue<string>());
        Assert.Equal("Google Cloud SQL Server CA", authority.GetNameInfo(X509NameType.SimpleName, forIssuer: false));
        Assert.Equal(authority.Thumbprint, settings["serverCaCert"]!["sha1Fingerprint"]!.GetValue<string>(), ignoreCase: true);
    }

    [Fact]
    public async Task ACertificateIsForTheKeyThatWasSentAndForTheTimeThatWasAskedFor()
    {
        var project = Project();
        await project.CreateAsync("db");
        using var key = RSA.Create(2048);
        var pem = key.ExportSubjectPublicKeyInfoPem();
        var labelled = pem.Replace("PUBLIC KEY", "RSA PUBLIC KEY", StringComparison.Ordinal);
        foreach (var (text, validity, expected) in new[] { (pem, null, 3600), (labelled, "120s", 120), (pem, "1.5s", 2) })
        {
            var before = DateTime.UtcNow;
            var answer = await ConnectorClient.IssueAsync(Emulator, project, "db", text, validity: validity);
            Assert.True(answer.Status == 200, answer.ToString());
            using var certificate = X509Certificate2.CreateFromPem(answer.Body["ephemeralCert"]!["cert"]!.GetValue<string>());
            using var certified = certificate.GetRSAPublicKey()!;
            Assert.Equal(key.ExportSubjectPublicKeyInfo(), certified.ExportSubjectPublicKeyInfo());
            Assert.InRange((certificate.NotAfter.ToUniversalTime() - before).TotalSeconds, expected - 2, expected + 60);
            Assert.Equal(certificate.NotAfter.ToUniversalTime(), DateTimeOffset.Parse(answer.Body["ephemeralCert"]!["expirationTime"]!.GetValue<string>(), null).UtcDateTime);
            Assert.Equal("", certificate.GetNameInfo(X509NameType.EmailName, forIssuer: false));
        }

        var login = await ConnectorClient.IssueAsync(Emulator, project, "db", pem, Emulator.Token);
        using var named = X509Certificate2.CreateFromPem(login.Body["ephemeralCert"]!["cert"]!.GetValue<string>());
        Assert.Equal("emulator@swarm-emulator.iam.gserviceaccount.com", named.GetNameInfo(X509NameType.EmailName, forIssuer: false));
        Assert.Equal("invalid", Reason(await ConnectorClient.IssueAsync(Emulator, project, "db", pem, "another token"), 400));
        Assert.Equal("invalid", Reason(await ConnectorClient.IssueAsync(Emulator, project, "db", pem, validity: "0s"), 400));
        Assert.Equal("invalid", Reason(await ConnectorClient.IssueAsync(Emulator, project, "db", "no key"), 400));
        using var small = RSA.Create(1024);
        Assert.Equal("invalid", Reason(await ConnectorClient.IssueAsync(Emulator, project, "db", small.ExportSubjectPublicKeyInfoPem()), 400));
        Assert.Equal("required", Reason(await Emulator.SendAsync("POST", project.PathOf("db:generateEphemeralCert"), "{}"), 400));
    }

    [Fact]
    public async Task AnInstanceThatIsNotThereOrStoppedGivesNoCertificate()
    {
        var project = Project();
        using var key = RSA.Create(2048);
        var pem = key.ExportSubjectPublicKeyInfoPem();
        Assert.Equal("instanceDoesNotExist", Reason(await project.GetAsync("db/connectSettings"), 404));
        Assert.Equal("instanceDoesNotExist", Reason(await ConnectorClient.IssueAsync(Emulator, project, "db", pem), 404));
        Assert.Equal("instanceDoesNotExist", Reason(await Emulator.SendAsync("POST", project.PathOf("db/rotateServerCa"), "{}"), 404));
        await project.CreateAsync("db", """{"activationPolicy":"NEVER"}""", password: null);
        Assert.Equal(200, (await project.GetAsync("db/connectSettings")).Status);
        var stopped = await ConnectorClient.IssueAsync(Emulator, project, "db", pem);
        Assert.Equal("Invalid request: Invalid request since instance is not running.", stopped.Message);
    }

    [Fact]
    public async Task APermissionThatIsMissingIsNamed()
    {
        await using FaultScope faults = new(Emulator);
        var project = Project();
        await project.CreateAsync("db");
        using var key = RSA.Create(2048);
        await Emulator.SetFaultsAsync("permission-missing=cloudsql.instances.connect");
        Assert.Equal(200, (await project.GetAsync("db/connectSettings")).Status);
        var refused = await ConnectorClient.IssueAsync(Emulator, project, "db", key.ExportSubjectPublicKeyInfoPem());
        Assert.Equal(
            (403, "boss::NOT_AUTHORIZED: Not authorized to access resource. Possibly missing permission cloudsql.instances.connect on resource instances/db."),
            (refused.Status, refused.Message));
    }

    [Fact]
    public async Task AServerAuthorityIsToldBeforeItIsUsed()
    {
        var project = Project();
        await project.CreateAsync("db");
        Assert.Equal("invalid", Reason(await Emulator.SendAsync("POST", project.PathOf("db/rotateServerCa"), "{}"), 400));
        var before = (await project.GetAsync("db/listServerCas")).Body;
        Assert.Single(before["certs"]!.AsArray());
        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/addServerCa")));

        using var early = await ConnectorClient.CreateAsync(Emulator, project, "db");
        var added = (await project.GetAsync("db/listServerCas")).Body;
        Assert.Equal(2, added["certs"]!.AsArray().Count);
        Assert.Equal(before["activeVersion"]!.ToString(), added["activeVersion"]!.ToString());
        var next = added["certs"]![1]!["sha1Fingerprint"]!.GetValue<string>();
        var asked = await Emulator.SendAsync("POST", project.PathOf("db/rotateServerCa"), $$$"""{"rotateServerCaContext":{"nextVersion":"{{{next}}}"}}""");
        Assert.Equal("UPDATE", (await project.SucceedAsync(asked))["operationType"]!.GetValue<string>());
        Assert.Equal(next, (await project.GetAsync("db/listServerCas")).Body["activeVersion"]!.GetValue<string>());
        Assert.Equal(next, (await project.GetAsync("db")).Body["serverCaCert"]!["sha1Fingerprint"]!.GetValue<string>());
        // Who trusted both goes on.
        Assert.Equal("postgres", await early.AskAsync("postgres", CloudSqlProject.RootPassword, "SELECT current_user"));
    }

    private static string Reason(Answer answer, int status)
    {
        Assert.Equal(status, answer.Status);
        return answer.Body["error"]!["errors"]![0]!["reason"]!.GetValue<string>();
    }

    private CloudSqlProject Project()
    {
        PostgresPrograms.SkipWithout();
        return new CloudSqlProject(Emulator, fixture.NewProject());
    }

    private sealed class FaultScope(RunningEmulator emulator) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await emulator.SetFaultsAsync();
    }
}
