using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.Secrets;

public sealed class SecretsApiTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    private const string Automatic = """{"replication":{"automatic":{}}}""";

    private readonly RunningEmulator _emulator = fixture.Emulator;
    private readonly string _project = fixture.NewProject();

    private string Secrets => $"/v1/projects/{_project}/secrets";

    [Fact]
    public async Task ASecretIsMadeOnceAndNamedByTheProjectsNumber()
    {
        var project = await _emulator.GetAsync($"/v1/projects/{_project}");
        var number = project.Body["projectNumber"]!.GetValue<string>();

        var created = await _emulator.SendAsync("POST", Secrets + "?secretId=db-pass", """{"replication":{"automatic":{}},"labels":{"team":"swarm"}}""");
        var again = await _emulator.SendAsync("POST", Secrets + "?secretId=db-pass", Automatic);
        var byNumber = await _emulator.GetAsync($"/v1/projects/{number}/secrets/db-pass");

        Assert.Equal(200, created.Status);
        Assert.Equal($"projects/{number}/secrets/db-pass", created.Body["name"]!.GetValue<string>());
        Assert.Equal((409, "ALREADY_EXISTS"), (again.Status, again.Code));
        Assert.Equal($"Secret [projects/{number}/secrets/db-pass] already exists.", again.Message);
        Assert.True(JsonNode.DeepEquals(created.Body, byNumber.Body));
    }

    [Theory]
    [InlineData("?secretId=a%20b", Automatic)]
    [InlineData("", Automatic)]
    [InlineData("?secretId=a", "{}")]
    [InlineData("?secretId=a", """{"replication":{"automatic":{}},"labels":{"Team":"swarm"}}""")]
    [InlineData("?secretId=a", """{"replication":{"userManaged":{}}}""")]
    public async Task AWrongSecretIsRefused(string query, string body)
    {
        var answer = await _emulator.SendAsync("POST", Secrets + query, body);

        Assert.Equal((400, "INVALID_ARGUMENT"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task VersionsAreReadByNumberByLatestAndByAlias()
    {
        await CreateAsync("db-pass");
        await AddVersionAsync("db-pass", "one");
        var second = await AddVersionAsync("db-pass", "zwei ✓");
        await _emulator.SendAsync("PATCH", Secrets + "/db-pass?updateMask=version_aliases", """{"versionAliases":{"blue":"1"}}""");

        Assert.EndsWith("/secrets/db-pass/versions/2", second.Body["name"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("zwei ✓", await AccessAsync("db-pass", "latest"));
        Assert.Equal("one", await AccessAsync("db-pass", "1"));
        Assert.Equal("one", await AccessAsync("db-pass", "blue"));
        var missing = await _emulator.GetAsync(Secrets + "/db-pass/versions/3:access");
        Assert.Equal((404, "NOT_FOUND"), (missing.Status, missing.Code));
    }

    /// <summary>The checksums are those of RFC 3720, B.4, and of "The quick brown fox…", which others' tools give.</summary>
    [Theory]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", 0x8a9136aaL)]
    [InlineData("//////////////////////////////////////////8=", 0x62a8ab43L)]
    [InlineData("VGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZw==", 0x22620404L)]
    public async Task AChecksumIsVerifiedAndGivenBack(string data, long checksum)
    {
        await CreateAsync("s");
        var sum = checksum.ToString(CultureInfo.InvariantCulture);

        var added = await _emulator.SendAsync("POST", Secrets + "/s:addVersion", $$$"""{"payload":{"data":"{{{data}}}","dataCrc32c":"{{{sum}}}"}}""");
        var refused = await _emulator.SendAsync("POST", Secrets + "/s:addVersion", $$$"""{"payload":{"data":"{{{data}}}","dataCrc32c":"{{{checksum + 1}}}"}}""");
        var read = await _emulator.GetAsync(Secrets + "/s/versions/latest:access");

        Assert.True(added.Body["clientSpecifiedPayloadChecksum"]!.GetValue<bool>());
        Assert.Equal((400, "INVALID_ARGUMENT"), (refused.Status, refused.Code));
        Assert.Equal(sum, read.Body["payload"]!["dataCrc32c"]!.GetValue<string>());
        Assert.Equal(data, read.Body["payload"]!["data"]!.GetValue<string>());
        Assert.EndsWith("/versions/1", read.Body["name"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task APayloadHasAByteToSixtyFourKibibytes()
    {
        await CreateAsync("s");

        var largest = await AddVersionAsync("s", new string('x', 65536));
        var larger = await AddVersionAsync("s", new string('x', 65537));
        var empty = await AddVersionAsync("s", "");

        Assert.Equal(200, largest.Status);
        Assert.Equal((400, "INVALID_ARGUMENT"), (larger.Status, larger.Code));
        Assert.Equal((400, "INVALID_ARGUMENT"), (empty.Status, empty.Code));
        Assert.Equal(65536, (await AccessAsync("s", "latest")).Length);
    }

    [Fact]
    public async Task ADisabledVersionIsNotReadAndADestroyedOneIsGone()
    {
        await CreateAsync("s");
        await AddVersionAsync("s", "one");
        var version = Secrets + "/s/versions/1";

        Assert.Equal("DISABLED", (await _emulator.SendAsync("POST", version + ":disable", "{}")).Body["state"]!.GetValue<string>());
        var disabled = await _emulator.GetAsync(version + ":access");
        Assert.Equal((400, "FAILED_PRECONDITION"), (disabled.Status, disabled.Code));
        Assert.EndsWith("/versions/1] is in DISABLED state.", disabled.Message, StringComparison.Ordinal);

        Assert.Equal("ENABLED", (await _emulator.SendAsync("POST", version + ":enable", "{}")).Body["state"]!.GetValue<string>());
        Assert.Equal("one", await AccessAsync("s", "1"));

        var destroyed = await _emulator.SendAsync("POST", version + ":destroy", "{}");
        Assert.Equal("DESTROYED", destroyed.Body["state"]!.GetValue<string>());
        Assert.NotNull(destroyed.Body["destroyTime"]);
        Assert.Equal(400, (await _emulator.SendAsync("POST", version + ":enable", "{}")).Status);
        Assert.Equal(400, (await _emulator.GetAsync(Secrets + "/s/versions/latest:access")).Status);
    }

    [Fact]
    public async Task AnUpdateChangesWhatItsMaskNames()
    {
        await _emulator.SendAsync("POST", Secrets + "?secretId=s", """{"replication":{"automatic":{}},"labels":{"a":"1","b":"2"},"annotations":{"note":"n"}}""");

        var one = await _emulator.SendAsync("PATCH", Secrets + "/s?updateMask=labels.b", """{"labels":{"a":"9","b":"3"},"annotations":{}}""");
        var all = await _emulator.SendAsync("PATCH", Secrets + "/s?updateMask=labels", """{"labels":{"c":"4"}}""");
        var none = await _emulator.SendAsync("PATCH", Secrets + "/s", """{"labels":{}}""");
        var immutable = await _emulator.SendAsync("PATCH", Secrets + "/s?updateMask=replication", Automatic);
        var unknown = await _emulator.SendWrongAsync("PATCH", Secrets + "/s?updateMask=colour", "{}");

        Assert.Equal("""{"a":"1","b":"3"}""", one.Body["labels"]!.ToJsonString());
        Assert.Equal("n", one.Body["annotations"]!["note"]!.GetValue<string>());
        Assert.Equal("""{"c":"4"}""", all.Body["labels"]!.ToJsonString());
        Assert.Equal((400, 400, 400), (none.Status, immutable.Status, unknown.Status));
    }

    [Fact]
    public async Task AStaleETagIsRefused()
    {
        var created = await CreateAsync("s");
        var etag = created.Body["etag"]!.GetValue<string>();
        var stale = $$$"""{"labels":{"a":"1"},"etag":{{{JsonValue.Create(etag).ToJsonString()}}}}""";

        var first = await _emulator.SendAsync("PATCH", Secrets + "/s?updateMask=labels", stale);
        var second = await _emulator.SendAsync("PATCH", Secrets + "/s?updateMask=labels", stale);
        var delete = await _emulator.DeleteAsync(Secrets + "/s?etag=" + Uri.EscapeDataString(etag));
        var right = await _emulator.DeleteAsync(Secrets + "/s?etag=" + Uri.EscapeDataString(first.Body["etag"]!.GetValue<string>()));

        Assert.Equal((400, "FAILED_PRECONDITION"), (second.Status, second.Code));
        Assert.Equal((400, "FAILED_PRECONDITION"), (delete.Status, delete.Code));
        Assert.Equal((200, "{}"), (right.Status, right.Body.ToJsonString()));
        Assert.Equal(404, (await _emulator.GetAsync(Secrets + "/s")).Status);
    }

    [Fact]
    public async Task ListsComeInPagesNewestFirstAndFiltered()
    {
        for (var i = 1; i <= 5; i++)
            await _emulator.SendAsync("POST", $"{Secrets}?secretId=s{i}", $$$"""{"replication":{"automatic":{}},"labels":{"parity":"{{{(i % 2 == 0 ? "even" : "odd")}}}"}}""");

        List<string> names = [];
        string? token = null;
        do
        {
            var page = await _emulator.GetAsync($"{Secrets}?pageSize=2" + (token is null ? "" : "&pageToken=" + Uri.EscapeDataString(token)));
            Assert.Equal(5, page.Body["totalSize"]!.GetValue<int>());
            names.AddRange(page.Body["secrets"]!.AsArray().Select(secret => secret!["name"]!.GetValue<string>().Split('/')[^1]));
            token = page.Body["nextPageToken"]?.GetValue<string>();
        }
        while (token is not null);

        var even = await _emulator.GetAsync(Secrets + "?filter=" + Uri.EscapeDataString("labels.parity=even"));
        var empty = await _emulator.GetAsync(Secrets + "?filter=" + Uri.EscapeDataString("name:nothing"));
        Assert.Equal(["s5", "s4", "s3", "s2", "s1"], names);
        Assert.Equal(2, even.Body["secrets"]!.AsArray().Count);
        Assert.Equal("{}", empty.Body.ToJsonString());
        Assert.Equal(400, (await _emulator.GetAsync(Secrets + "?filter=" + Uri.EscapeDataString("labels.parity="))).Status);
        Assert.Equal(400, (await _emulator.GetAsync(Secrets + "?pageToken=nonsense")).Status);
    }

    [Fact]
    public async Task RegionalSecretsAreApartFromGlobalOnes()
    {
        var regional = $"/v1/projects/{_project}/locations/europe-west3/secrets";

        var created = await _emulator.SendAsync("POST", regional + "?secretId=s", "{}");
        var refused = await _emulator.SendAsync("POST", regional + "?secretId=t", Automatic);
        await _emulator.SendAsync("POST", regional + "/s:addVersion", """{"payload":{"data":"b25l"}}""");
        var read = await _emulator.GetAsync(regional + "/s/versions/latest:access");

        Assert.Contains("/locations/europe-west3/secrets/s", created.Body["name"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(400, refused.Status);
        Assert.Equal("b25l", read.Body["payload"]!["data"]!.GetValue<string>());
        Assert.Equal(404, (await _emulator.GetAsync(Secrets + "/s")).Status);
    }

    [Fact]
    public async Task APolicyIsWrittenWithItsETagOrNotAtAll()
    {
        await CreateAsync("s");
        var before = await _emulator.GetAsync(Secrets + "/s:getIamPolicy?options.requestedPolicyVersion=3");
        var etag = before.Body["etag"]!.GetValue<string>();
        var body = $$$"""{"policy":{"version":3,"etag":"{{{etag}}}","bindings":[{"role":"roles/secretmanager.secretAccessor","members":["user:a@example.com","user:a@example.com"]}]},"updateMask":"bindings,etag"}""";

        var first = await _emulator.SendAsync("POST", Secrets + "/s:setIamPolicy", body);
        var second = await _emulator.SendAsync("POST", Secrets + "/s:setIamPolicy", body);
        var after = await _emulator.GetAsync(Secrets + "/s:getIamPolicy?options.requestedPolicyVersion=3");

        Assert.Null(before.Body["bindings"]);
        Assert.Equal("""["user:a@example.com"]""", first.Body["bindings"]![0]!["members"]!.ToJsonString());
        Assert.Equal((409, "ABORTED"), (second.Status, second.Code));
        Assert.True(JsonNode.DeepEquals(first.Body, after.Body));
        Assert.NotEqual(etag, after.Body["etag"]!.GetValue<string>());
    }

    [Fact]
    public async Task ConditionalBindingsAreKeptByThoseWhoKnowThem()
    {
        await CreateAsync("s");
        const string Bindings = """
            [{"role":"roles/secretmanager.secretAccessor","members":["user:a@example.com"],"condition":{"title":"t","expression":"request.time < timestamp('2030-01-01T00:00:00Z')"}},
             {"role":"roles/secretmanager.secretAccessor","members":["user:b@example.com"]}]
            """;

        var old = await _emulator.SendAsync("POST", Secrets + "/s:setIamPolicy", $$$"""{"policy":{"version":1,"bindings":{{{Bindings}}}}}""");
        var set = await _emulator.SendAsync("POST", Secrets + "/s:setIamPolicy", $$$"""{"policy":{"version":3,"bindings":{{{Bindings}}}}}""");
        var third = await _emulator.GetAsync(Secrets + "/s:getIamPolicy?options.requestedPolicyVersion=3");
        var first = await _emulator.GetAsync(Secrets + "/s:getIamPolicy");
        var lossy = await _emulator.SendAsync("POST", Secrets + "/s:setIamPolicy", $$$"""{"policy":{{{first.Body.ToJsonString()}}}}""");

        Assert.Equal((400, 200), (old.Status, set.Status));
        Assert.Equal(2, third.Body["bindings"]!.AsArray().Count);
        Assert.Equal("t", third.Body["bindings"]![0]!["condition"]!["title"]!.GetValue<string>());
        Assert.Equal(1, first.Body["version"]!.GetValue<int>());
        Assert.Contains("_withcond_", first.Body["bindings"]![0]!["role"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(first.Body["bindings"]![0]!["condition"]);
        Assert.Equal((400, "INVALID_ARGUMENT"), (lossy.Status, lossy.Code));
    }

    [Theory]
    [InlineData("""{"policy":{"bindings":[{"role":"roles/viewer","members":["a@example.com"]}]}}""")]
    [InlineData("""{"policy":{"bindings":[{"role":"viewer","members":["user:a@example.com"]}]}}""")]
    [InlineData("""{"policy":{"version":2}}""")]
    [InlineData("{}")]
    public async Task AWrongPolicyIsRefused(string body)
    {
        await CreateAsync("s");

        Assert.Equal(400, (await _emulator.SendAsync("POST", Secrets + "/s:setIamPolicy", body)).Status);
    }

    [Fact]
    public async Task PermissionsAreTested()
    {
        await CreateAsync("s");

        var held = await _emulator.SendAsync("POST", Secrets + "/s:testIamPermissions", """{"permissions":["secretmanager.versions.access","run.services.get"]}""");

        Assert.Equal("""{"permissions":["secretmanager.versions.access"]}""", held.Body.ToJsonString());
    }

    [Fact]
    public async Task OfTwoWritersWithTheSameETagOneWins()
    {
        await CreateAsync("s");
        var etag = (await _emulator.GetAsync(Secrets + "/s:getIamPolicy")).Body["etag"]!.GetValue<string>();

        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _emulator.SendAsync(
            "POST", Secrets + "/s:setIamPolicy",
            $$$"""{"policy":{"etag":"{{{etag}}}","bindings":[{"role":"roles/secretmanager.viewer","members":["user:w{{{i}}}@example.com"]}]}}""")));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal(7, answers.Count(answer => answer.Code == "ABORTED"));
    }

    [Fact]
    public async Task WhatIsNoFieldIsRefused()
    {
        var answer = await _emulator.SendWrongAsync("POST", Secrets + "?secretId=s", """{"replication":{"automatic":{}},"colour":"red"}""");
        var parameter = await _emulator.SendWrongAsync("POST", Secrets + "?secretName=s", Automatic);

        Assert.Equal((400, "INVALID_ARGUMENT"), (answer.Status, answer.Code));
        Assert.Contains("Unknown name \"colour\"", answer.Message, StringComparison.Ordinal);
        Assert.Equal(400, parameter.Status);
    }

    private Task<Answer> CreateAsync(string secret) => _emulator.SendAsync("POST", $"{Secrets}?secretId={secret}", Automatic);

    private Task<Answer> AddVersionAsync(string secret, string value)
        => _emulator.SendAsync("POST", $"{Secrets}/{secret}:addVersion", $$$"""{"payload":{"data":"{{{Convert.ToBase64String(Encoding.UTF8.GetBytes(value))}}}"}}""");

    private async Task<string> AccessAsync(string secret, string version)
    {
        var answer = await _emulator.GetAsync($"{Secrets}/{secret}/versions/{version}:access");
        Assert.True(answer.Status == 200, answer.ToString());
        return Encoding.UTF8.GetString(Convert.FromBase64String(answer.Body["payload"]!["data"]!.GetValue<string>()));
    }
}
