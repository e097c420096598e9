using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Tests.CloudSql;
using MarketingSwarm.Emulator.Tests.Connector;

namespace MarketingSwarm.Emulator.Tests.Peers;

/// <summary>Clients that nobody here wrote use the emulator unchanged; what they send and get is checked against the discovery documents where they are.</summary>
public sealed class PeerTests(EmulatorFixture fixture, NodePeers peers) : IClassFixture<EmulatorFixture>, IClassFixture<NodePeers>
{
    private const string Secret = "pässword with 'quotes' and $igns";

    [Fact]
    public async Task GooglesSecretManagerClientWritesAndReadsASecret()
    {
        var project = fixture.NewProject();

        var found = await RunAsync("secret-manager.mjs", project, ("PEER_SECRET", Secret));

        var number = (await fixture.Emulator.GetAsync("/v1/projects/" + project)).Body["projectNumber"]!.GetValue<string>();
        Assert.Equal($"projects/{number}/secrets/db-pass", Text(found, "name"));
        Assert.Equal($"projects/{number}/secrets/db-pass/versions/1", Text(found, "version"));
        Assert.Equal(Secret, Text(found, "value"));
        Assert.Equal("other", Text(found, "label"));
        Assert.Equal("""["serviceAccount:app@example.iam.gserviceaccount.com"]""", found["members"]!.ToJsonString());
        Assert.Equal("DISABLED", Text(found, "state"));
        Assert.Single(found["secrets"]!.AsArray());
        Assert.Single(found["versions"]!.AsArray());
        Assert.Equal("409 409 400 404", string.Join(' ', new[] { "again", "stale", "closed", "missing" }.Select(name => Text(found, name))));
    }

    [Fact]
    public async Task GooglesAuthenticationFindsTheMetadataServer()
    {
        using var empty = new TempFolder();

        // Nothing else that could give a credential is left.
        var found = await RunAsync(
            "metadata.mjs", fixture.NewProject(),
            ("GCE_METADATA_HOST", fixture.Emulator.Address.Authority), ("CLOUDSDK_CONFIG", empty.Path), ("HOME", empty.Path), ("GOOGLE_APPLICATION_CREDENTIALS", ""),
            ("PEER_TOKEN", ""));

        var project = Text(found, "project");
        Assert.Equal("Compute", Text(found, "kind"));
        Assert.Equal($"emulator@{project}.iam.gserviceaccount.com", Text(found, "account"));
        Assert.Equal("200", Text(found, "status"));
    }

    [Theory]
    [InlineData("v1beta4")]
    [InlineData("v1")]
    public async Task GooglesCloudSqlClientMakesADatabaseAndAUserWhomPsqlLogsIn(string version)
    {
        PostgresPrograms.SkipWithout();
        var project = fixture.NewProject();

        var found = await RunAsync("sqladmin.mjs", project, ("PEER_VERSION", version), ("PEER_SECRET", Secret));

        Assert.Equal("""["CREATE","CREATE_DATABASE","CREATE_USER"]""", found["types"]!.ToJsonString());
        Assert.Equal($"409 RUNNABLE {project}:us-central1:peer-db", string.Join(' ', new[] { "again", "state", "connectionName" }.Select(name => Text(found, name))));
        Assert.Equal("""["peer-db"]""", found["instances"]!.ToJsonString());
        Assert.Contains("marketing_swarm", found["databases"]!.AsArray().Select(name => name!.ToString()));
        Assert.Contains("app_user", found["users"]!.AsArray().Select(name => name!.ToString()));

        var (_, running) = await fixture.Emulator.GetListAsync("/emulator/instances");
        var port = running.Single(entry => entry!["project"]!.GetValue<string>() == project)!["port"]!.GetValue<int>();
        var made = await PsqlAsync(Secret, "CREATE TABLE t (a text); INSERT INTO t VALUES ('é'); SELECT current_user, a, current_setting('max_connections') FROM t");
        var refused = await PsqlAsync("another password", "SELECT 1");
        Assert.Equal((0, "app_user|é|50\n"), (made.ExitCode, made.Output));
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("password authentication failed", refused.Error, StringComparison.Ordinal);

        Task<ProgramResult> PsqlAsync(string password, string sql) => PostgresPrograms.PsqlAsync(Text(found, "address"), port, "app_user", password, "marketing_swarm", sql);
    }

    [Fact]
    public async Task GooglesConnectorConnectsByItsInstancesNameWithAPasswordAndByCloudIam()
    {
        PostgresPrograms.SkipWithout();
        const string account = "emulator@swarm-emulator.iam";
        CloudSqlProject project = new(fixture.Emulator, fixture.NewProject());
        await project.CreateAsync("db", """{"databaseFlags":[{"name":"cloudsql.iam_authentication","value":"on"}]}""");
        JsonObject user = new() { ["name"] = "app_user", ["password"] = Secret };
        await project.SucceedAsync(await fixture.Emulator.SendAsync("POST", project.PathOf("db/users"), user.ToJsonString()));
        await project.SucceedAsync(await fixture.Emulator.SendAsync(
            "POST", project.PathOf("db/users"), $$"""{"name":"{{account}}","type":"CLOUD_IAM_SERVICE_ACCOUNT"}"""));
        var port = await ConnectorClient.PortOfAsync(fixture.Emulator, project, "db");
        Assert.SkipWhen(port != 3307, "Port 3307 of the instance's address is taken, and no other is dialled.");

        var found = await RunAsync(
            "cloud-sql-connector.mjs", project.Name, ("PEER_INSTANCE", $"{project.Name}:us-central1:db"), ("PEER_SECRET", Secret), ("PEER_ACCOUNT", account));

        Assert.Equal("app_user 1000000", Text(found, "password"));
        Assert.Equal("28P01", Text(found, "wrong"));
        Assert.Equal(account + " 1000000", Text(found, "iam"));
        Assert.Equal("28000", Text(found, "stranger"));
        Assert.Equal("EBADSQLADMINREGION", Text(found, "region"));
    }

    private static string Text(JsonObject found, string name) => found[name]!.ToString();

    private async Task<JsonObject> RunAsync(string script, string project, params (string Name, string Value)[] environment)
    {
        if (DiscoveryValidator.TryLoad() is not { } validator) return await peers.RunAsync(script, fixture.Emulator.Address, fixture.Emulator.Token, project, environment);
        await using var proxy = new DiscoveryProxy(validator, fixture.Emulator.Address);
        var found = await peers.RunAsync(script, proxy.Address, fixture.Emulator.Token, project, environment);
        Assert.NotEmpty(proxy.Exchanges);
        Assert.Empty(proxy.Violations);
        return found;
    }
}
