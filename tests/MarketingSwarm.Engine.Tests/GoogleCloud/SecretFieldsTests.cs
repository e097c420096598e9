using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

public sealed class SecretFieldsTests
{
    private const string Secret = "hunter2-of-a-test";

    [Theory]
    [InlineData("""{"password":"SECRET"}""")]
    [InlineData("""{"rootPassword":"SECRET","name":"i"}""")]
    [InlineData("""{"payload":{"data":"SECRET","dataCrc32c":"SECRET"}}""")]
    [InlineData("""{"items":[{"name":"a"},{"password":"SECRET"},[{"access_token":"SECRET"}]]}""")]
    [InlineData("""{"PASSWORD":"SECRET","AccessToken":"SECRET"}""")]
    [InlineData("""{"a":{"b":{"c":{"private_key":"SECRET"}}}}""")]
    [InlineData("""{"token":"SECRET","refresh_token":"SECRET","id_token":"SECRET"}""")]
    public void NoSecretIsLeft(string json)
    {
        var node = JsonNode.Parse(json.Replace("SECRET", Secret, StringComparison.Ordinal))!;

        var masked = SecretFields.Mask(node).ToJsonString();

        Assert.DoesNotContain(Secret, masked, StringComparison.Ordinal);
        Assert.Contains("***", masked, StringComparison.Ordinal);
        Assert.Contains(Secret, node.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsNoSecretStays()
    {
        const string Json = """{"name":"app_user","settings":{"tier":"db-f1-micro","settingsVersion":"7"},"passwordPolicy":{"status":{"locked":true}},"kind":"sql#user"}""";

        Assert.Equal(Json, SecretFields.Mask(JsonNode.Parse(Json)!).ToJsonString());
    }

    [Fact]
    public void ARequestIsShownAsItIsSentButForItsSecrets()
    {
        var request = CloudTest.Post("v1/projects/p/instances/i/users", new JsonObject { ["name"] = "app_user", ["password"] = Secret });

        var shown = request.Describe(new Uri("https://sqladmin.googleapis.com/"));

        Assert.StartsWith("POST https://sqladmin.googleapis.com/v1/projects/p/instances/i/users", shown, StringComparison.Ordinal);
        Assert.Equal("""{"name":"app_user","password":"***"}""", JsonNode.Parse(shown[shown.IndexOf('{', StringComparison.Ordinal)..])!.ToJsonString());
    }

    [Fact]
    public async Task NothingThatIsTracedHoldsASecret()
    {
        var trace = new RecordingTrace();
        using var transport = new FakeTransport(FakeTransport.Ok($$"""{"payload":{"data":"{{Secret}}"},"name":"shown"}"""));
        using var client = CloudTest.Client(transport, trace: trace);

        await client.SendAsync(CloudTest.Post(body: new JsonObject { ["name"] = "sent", ["rootPassword"] = Secret }), TestContext.Current.CancellationToken);

        Assert.Contains(Secret, transport.Sent[0].Body, StringComparison.Ordinal);
        var text = string.Join('\n', trace.Lines);
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain(CloudTest.Token, text, StringComparison.Ordinal);
        Assert.Contains("sent", text, StringComparison.Ordinal);
        Assert.Contains("shown", text, StringComparison.Ordinal);
    }
}
