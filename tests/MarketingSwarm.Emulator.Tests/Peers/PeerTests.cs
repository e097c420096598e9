using System.Text.Json.Nodes;

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
