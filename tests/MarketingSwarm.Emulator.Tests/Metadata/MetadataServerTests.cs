using System.Net;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.Metadata;

public sealed class MetadataServerTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    private const string Account = "/computeMetadata/v1/instance/service-accounts/default";

    private readonly RunningEmulator _emulator = fixture.Emulator;

    [Fact]
    public async Task ItGivesTheTokenThatTheApisTake()
    {
        var (status, text, flavor) = await AskAsync(Account + "/token");
        var token = JsonNode.Parse(text)!;

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal("Google", flavor);
        Assert.Equal(_emulator.Token, token["access_token"]!.GetValue<string>());
        Assert.Equal("Bearer", token["token_type"]!.GetValue<string>());
        Assert.InRange(token["expires_in"]!.GetValue<int>(), 1, 3600);
    }

    [Fact]
    public async Task ItSaysWhoAsksAndWhereTheyAre()
    {
        var (_, project, _) = await AskAsync("/computeMetadata/v1/project/project-id");
        var (_, number, _) = await AskAsync("/computeMetadata/v1/project/numeric-project-id");
        var (_, email, _) = await AskAsync(Account + "/email");
        var (_, all, _) = await AskAsync(Account + "/?recursive=true");
        var (root, _, flavor) = await AskAsync("/");

        Assert.Equal((await _emulator.GetAsync("/v1/projects/" + project)).Body["projectNumber"]!.GetValue<string>(), number);
        Assert.EndsWith($"@{project}.iam.gserviceaccount.com", email, StringComparison.Ordinal);
        Assert.Equal(email, JsonNode.Parse(all)!["email"]!.GetValue<string>());
        Assert.Equal((HttpStatusCode.OK, "Google"), (root, flavor));
    }

    [Theory]
    [InlineData("/")]
    [InlineData(Account + "/token")]
    public async Task ItAnswersNobodyWhoMayNotMeanIt(string path)
    {
        var (bare, text, _) = await AskAsync(path, []);
        var (wrong, _, _) = await AskAsync(path, [("Metadata-Flavor", "Other")]);
        var (forwarded, _, _) = await AskAsync(path, [("Metadata-Flavor", "Google"), ("X-Forwarded-For", "10.0.0.1")]);
        var (elsewhere, _, _) = await AskAsync(path, [("Metadata-Flavor", "Google"), ("Host", "attacker.example")]);

        Assert.Equal([HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden], [bare, wrong, forwarded, elsewhere]);
        Assert.DoesNotContain(_emulator.Token, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatItLacksIsNotFound() => Assert.Equal(HttpStatusCode.NotFound, (await AskAsync(Account + "/identity?audience=a")).Status);

    private Task<(HttpStatusCode Status, string Text, string? Flavor)> AskAsync(string path) => AskAsync(path, [("Metadata-Flavor", "Google")]);

    private async Task<(HttpStatusCode Status, string Text, string? Flavor)> AskAsync(string path, (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        using var response = await _emulator.SendBareAsync(request);
        var flavor = response.Headers.TryGetValues("Metadata-Flavor", out var values) ? values.Single() : null;
        return (response.StatusCode, await response.Content.ReadAsStringAsync(), flavor);
    }
}
