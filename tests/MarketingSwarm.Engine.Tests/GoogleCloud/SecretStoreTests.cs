using System.Text;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.Secrets;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

/// <summary>Secrets are written once, whatever becomes of the answers.</summary>
public sealed class SecretStoreTests
{
    // RFC 3720, appendix B.4, and the check value of the catalogue of parametrised CRC algorithms (CRC-32/ISCSI).
    [Fact]
    public void TheChecksumIsCastagnolis()
    {
        Assert.Equal(0xE3069283u, Crc32C.Compute("123456789"u8));
        Assert.Equal(0x8A9136AAu, Crc32C.Compute(new byte[32]));
        Assert.Equal(0x46DD794Eu, Crc32C.Compute([.. Enumerable.Range(0, 32).Select(i => (byte)i)]));
        Assert.Equal(0u, Crc32C.Compute([]));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AVersionWhoseAnswerIsLostIsThereOnce(bool isDone)
    {
        var server = new SecretServer { LoseAnswersOfAdd = 1, IsLostAddDone = isDone };
        using var api = server.Transport.CreateClient();

        var outcome = await SecretStore.EnsureAsync(api, "p", "db-pass", "pä$$", TestContext.Current.CancellationToken);

        Assert.Equal(new SecretOutcome(CloudAction.Created, "1"), outcome);
        Assert.Equal("pä$$", Encoding.UTF8.GetString(Assert.Single(server.Versions)));
        Assert.Equal(isDone ? 1 : 2, server.Transport.Requests.Count(line => line.EndsWith(":addVersion", StringComparison.Ordinal)));

        Assert.Equal(new SecretOutcome(CloudAction.Present, "1"), await SecretStore.EnsureAsync(api, "p", "db-pass", "pä$$", TestContext.Current.CancellationToken));
        Assert.Equal(new SecretOutcome(CloudAction.Updated, "2"), await SecretStore.EnsureAsync(api, "p", "db-pass", "other", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task AGeneratedPasswordIsTheStoredOneAgainAndAgain()
    {
        var server = new SecretServer();
        using var api = server.Transport.CreateClient();

        var first = await SecretStore.EnsureGeneratedAsync(api, "p", "db-pass", TestContext.Current.CancellationToken);
        var second = await SecretStore.EnsureGeneratedAsync(api, "p", "db-pass", TestContext.Current.CancellationToken);

        Assert.Equal(CloudAction.Created, first.Outcome.Action);
        Assert.Equal(CloudAction.Present, second.Outcome.Action);
        Assert.Equal(first.Payload.GetText(), second.Payload.GetText());
        Assert.Equal(Encoding.UTF8.GetString(Assert.Single(server.Versions)), first.Payload.GetText());
    }

    [Fact]
    public async Task WhatWasDamagedOnTheWayIsRefused()
    {
        var transport = new ScriptedGoogle((_, _) => (200, """{"name":"projects/1/secrets/s/versions/4","payload":{"data":"YWJj","dataCrc32c":"1"}}"""));
        using var api = transport.CreateClient();
        var error = await Assert.ThrowsAsync<SwarmCloudException>(() => SecretStore.AccessAsync(api, "p", "s", "latest", TestContext.Current.CancellationToken));
        Assert.Equal("SecretDamaged", error.ErrorId);
    }

    [Theory]
    [InlineData("s", "", "SecretEmpty")]
    [InlineData("a/b", "x", "SecretNameMalformed")]
    [InlineData("s\n", "x", "SecretNameMalformed")]
    public async Task WhatSecretManagerDoesNotTakeIsNotSent(string name, string value, string errorId)
    {
        var server = new SecretServer();
        using var api = server.Transport.CreateClient();
        var error = await Assert.ThrowsAsync<SwarmConfigurationException>(() => SecretStore.EnsureAsync(api, "p", name, value, TestContext.Current.CancellationToken));
        Assert.Equal(errorId, error.ErrorId);
        Assert.Empty(server.Transport.Requests);
    }

    [Fact]
    public async Task TheLimitIsInBytes()
    {
        var server = new SecretServer();
        using var api = server.Transport.CreateClient();
        var largest = new string('é', SecretStore.LargestValue / 2);
        var error = await Assert.ThrowsAsync<SwarmConfigurationException>(() => SecretStore.EnsureAsync(api, "p", "s", largest + "x", TestContext.Current.CancellationToken));
        Assert.Equal("SecretTooLarge", error.ErrorId);
        Assert.Empty(server.Transport.Requests);
        Assert.Equal(CloudAction.Created, (await SecretStore.EnsureAsync(api, "p", "s", largest, TestContext.Current.CancellationToken)).Action);
    }

    [Fact]
    public void GeneratedPasswordsMeetAnyPolicyAndDiffer()
    {
        var made = Enumerable.Range(0, 500).Select(_ => GeneratedPassword.Create()).ToArray();
        Assert.Equal(500, made.Distinct().Count());
        Assert.All(made, password =>
        {
            Assert.Matches("^[A-Za-z0-9_][A-Za-z0-9_-]{31}$", password);
            Assert.Matches("[A-Z]", password);
            Assert.Matches("[a-z]", password);
            Assert.Matches("[0-9]", password);
            Assert.Matches("[_-]", password);
        });
    }

    private sealed class SecretServer
    {
        private bool _exists;

        public SecretServer() => Transport = new ScriptedGoogle(Answer);

        public ScriptedGoogle Transport { get; }

        public List<byte[]> Versions { get; } = [];

        public int LoseAnswersOfAdd { get; set; }

        public bool IsLostAddDone { get; init; }

        private (int Status, string Body) Answer(string line, JsonObject? body)
        {
            if (line.Contains("?secretId=", StringComparison.Ordinal))
            {
                if (_exists) return (409, ScriptedGoogle.Error(409, "ALREADY_EXISTS"));
                _exists = true;
                return (200, "{}");
            }

            if (!_exists) return (404, ScriptedGoogle.Error(404, "NOT_FOUND"));
            if (line.EndsWith(":addVersion", StringComparison.Ordinal))
            {
                var data = Convert.FromBase64String($"{body!["payload"]!["data"]}");
                Assert.Equal($"{Crc32C.Compute(data)}", $"{body["payload"]!["dataCrc32c"]}");
                var isLost = LoseAnswersOfAdd-- > 0;
                if (!isLost || IsLostAddDone) Versions.Add(data);
                return isLost ? (503, "<html>busy</html>") : (200, $$"""{"name":"projects/1/secrets/x/versions/{{Versions.Count}}"}""");
            }

            if (!line.EndsWith(":access", StringComparison.Ordinal)) return (200, "{}");
            return Versions.Count == 0 ? (404, ScriptedGoogle.Error(404, "NOT_FOUND"))
                : (200, $$"""{"name":"projects/1/secrets/x/versions/{{Versions.Count}}","payload":{"data":"{{Convert.ToBase64String(Versions[^1])}}","dataCrc32c":"{{Crc32C.Compute(Versions[^1])}}"} }""");
        }
    }
}
