using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.Monitoring;

public sealed class MonitoringApiTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    private const string Filter =
        "resource.type = \"cloudsql_database\" AND resource.labels.database_id = \"p:marketing-swarm-db\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\"";

    private readonly RunningEmulator _emulator = fixture.Emulator;
    private readonly string _project = fixture.NewProject();

    private string Policies => $"/v3/projects/{_project}/alertPolicies";

    private string Channels => $"/v3/projects/{_project}/notificationChannels";

    [Fact]
    public async Task APolicyGetsNamesAndRecords()
    {
        var created = await _emulator.SendAsync("POST", Policies, Policy());
        var name = created.Body["name"]!.GetValue<string>();
        var read = await _emulator.GetAsync("/v3/" + name);

        Assert.True(created.Status == 200, created.ToString());
        Assert.StartsWith($"projects/{_project}/alertPolicies/", name, StringComparison.Ordinal);
        Assert.StartsWith(name + "/conditions/", created.Body["conditions"]![0]!["name"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.True(created.Body["enabled"]!.GetValue<bool>());
        Assert.NotNull(created.Body["creationRecord"]!["mutateTime"]);
        Assert.NotNull(created.Body["mutationRecord"]!["mutatedBy"]);
        Assert.Equal(Filter, created.Body["conditions"]![0]!["conditionThreshold"]!["filter"]!.GetValue<string>());
        Assert.True(JsonNode.DeepEquals(created.Body, read.Body));
    }

    [Theory]
    [InlineData("resource.type = \"cloudsql_database\" AND (metric.type = \"cloudsql.googleapis.com/database/up\") AND NOT resource.labels.region = \"us-east1\"")]
    [InlineData("resource.type=\"cloudsql_database\" metric.type=\"cloudsql.googleapis.com/database/postgresql/num_backends\" metric.labels.database = \"a b\"")]
    [InlineData("resource.type = \"gce_instance\" AND metric.type = starts_with(\"compute.googleapis.com/\")")]
    public async Task OtherFiltersAreTaken(string filter)
    {
        var answer = await _emulator.SendAsync("POST", Policies, Policy(threshold => threshold["filter"] = filter));

        Assert.True(answer.Status == 200, answer.ToString());
    }

    [Fact]
    public async Task NullIsAnAbsentField()
    {
        var body = JsonNode.Parse(Policy())!;
        body["documentation"] = null;
        body["conditions"]![0]!["conditionThreshold"]!["denominatorFilter"] = null;

        var created = await _emulator.SendWrongAsync("POST", Policies, body.ToJsonString());

        Assert.True(created.Status == 200, created.ToString());
        Assert.DoesNotContain("null", created.Body.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\"", 400, "must specify a restriction on \"resource.type\"")]
    [InlineData("resource.type = \"cloudsql_database\"", 400, "must specify a restriction on \"metric.type\"")]
    [InlineData("resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\" AND metric.value > 0.8", 400, "metric.value")]
    [InlineData("resource.type = \"cloudsql_database\" AND metric.type = ", 400, "Could not parse")]
    [InlineData("resource.type = \"cloudsql_database\" nonsense metric.type = \"cloudsql.googleapis.com/database/up\"", 400, "nonsense")]
    [InlineData("resource.type = \"cloudsql_database\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilisation\"", 404, "Cannot find metric")]
    [InlineData("", 400, "required")]
    public async Task AWrongFilterIsRefusedWithItsReason(string filter, int status, string reason)
    {
        var answer = await _emulator.SendAsync("POST", Policies, Policy(threshold => threshold["filter"] = filter));

        Assert.Equal(status, answer.Status);
        Assert.Contains(reason, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("duration", "\"90s\"")]
    [InlineData("duration", "null")]
    [InlineData("comparison", "\"COMPARISON_GE\"")]
    [InlineData("trigger", """{"count":0}""")]
    [InlineData("trigger", """{"count":1,"percent":50}""")]
    [InlineData("aggregations", """[{"alignmentPeriod":"30s","perSeriesAligner":"ALIGN_MEAN"}]""")]
    [InlineData("aggregations", """[{"perSeriesAligner":"ALIGN_MEAN"}]""")]
    [InlineData("aggregations", """[{"alignmentPeriod":"60s","crossSeriesReducer":"REDUCE_SUM"}]""")]
    public async Task AWrongConditionIsRefused(string field, string value)
    {
        // The document has no null; JSON's mapping takes it for an absent field.
        var answer = await _emulator.SendWrongAsync("POST", Policies, Policy(threshold => threshold[field] = JsonNode.Parse(value)));

        Assert.Equal((400, "INVALID_ARGUMENT"), (answer.Status, answer.Code));
        Assert.StartsWith("Field alert_policy.conditions[0].condition_threshold." + field, answer.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"combiner":"OR","conditions":[]}""", "display_name")]
    [InlineData("""{"displayName":"a","combiner":"OR"}""", "conditions")]
    [InlineData("""{"displayName":"a","conditions":[{"displayName":"c"}]}""", "combiner")]
    [InlineData("""{"displayName":"a","combiner":"OR","conditions":[{"displayName":"c"}]}""", "conditions[0]")]
    [InlineData("""{"displayName":"a","combiner":"OR","userLabels":{"Team":"x"}}""", "user_labels")]
    [InlineData("""{"displayName":"a","combiner":"OR","name":"projects/p/alertPolicies/1"}""", "name")]
    public async Task AWrongPolicyIsRefused(string body, string field)
    {
        var answer = await _emulator.SendAsync("POST", Policies, body);

        Assert.Equal((400, "INVALID_ARGUMENT"), (answer.Status, answer.Code));
        Assert.StartsWith("Field alert_policy." + field, answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUpdateChangesItsMaskAndKeepsNamedConditions()
    {
        var created = await _emulator.SendAsync("POST", Policies, Policy());
        var path = "/v3/" + created.Body["name"]!.GetValue<string>();
        var condition = created.Body["conditions"]![0]!;
        var kept = condition.DeepClone();
        kept["conditionThreshold"]!["thresholdValue"] = 0.9;
        var added = condition.DeepClone().AsObject();
        added.Remove("name");
        var conditions = new JsonObject { ["conditions"] = new JsonArray(kept, added) };
        var strange = new JsonObject { ["conditions"] = new JsonArray(condition.DeepClone()) };
        strange["conditions"]![0]!["name"] = path[4..] + "/conditions/1";

        var label = await _emulator.SendAsync("PATCH", path + "?updateMask=user_labels.team,enabled", """{"userLabels":{"team":"b","other":"x"},"enabled":false}""");
        var both = await _emulator.SendAsync("PATCH", path + "?updateMask=conditions", conditions.ToJsonString());
        var unknown = await _emulator.SendAsync("PATCH", path + "?updateMask=conditions", strange.ToJsonString());
        var whole = await _emulator.SendAsync("PATCH", path, Policy());

        Assert.Equal("""{"swarm":"cpu","team":"b"}""", label.Body["userLabels"]!.ToJsonString());
        Assert.False(label.Body["enabled"]!.GetValue<bool>());
        Assert.Equal(condition["name"]!.GetValue<string>(), both.Body["conditions"]![0]!["name"]!.GetValue<string>());
        Assert.Equal(0.9, both.Body["conditions"]![0]!["conditionThreshold"]!["thresholdValue"]!.GetValue<double>());
        Assert.NotEqual(condition["name"]!.GetValue<string>(), both.Body["conditions"]![1]!["name"]!.GetValue<string>());
        Assert.Equal((404, "NOT_FOUND"), (unknown.Status, unknown.Code));
        Assert.True(JsonNode.DeepEquals(created.Body["creationRecord"], whole.Body["creationRecord"]));
        Assert.Equal("""{"swarm":"cpu"}""", whole.Body["userLabels"]!.ToJsonString());
        Assert.Single(whole.Body["conditions"]!.AsArray());
    }

    [Fact]
    public async Task PoliciesAreFoundByNameAndByLabel()
    {
        await _emulator.SendAsync("POST", Policies, Policy(name: "CPU", label: "cpu"));
        await _emulator.SendAsync("POST", Policies, Policy(name: "Disk \"full\"", label: "disk"));
        await _emulator.SendAsync("POST", Policies, Policy(name: "Memory", label: "memory"));

        Assert.Equal(["CPU"], await NamesAsync("display_name=\"CPU\""));
        Assert.Equal(["Disk \"full\""], await NamesAsync("display_name = \"Disk \\\"full\\\"\""));
        Assert.Equal(["Memory"], await NamesAsync("user_labels.swarm='memory'"));
        Assert.Equal(["CPU", "Memory"], await NamesAsync("user_labels.swarm=\"memory\" OR user_labels.swarm=\"cpu\""));
        Assert.Equal(["CPU", "Memory"], await NamesAsync("user_labels:swarm AND NOT display_name:disk"));
        Assert.Equal([], await NamesAsync("display_name=\"cpu\""));
        Assert.Equal(400, (await _emulator.GetAsync(Policies + "?filter=display_name%3D")).Status);

        var first = await _emulator.GetAsync(Policies + "?pageSize=2&orderBy=display_name");
        var second = await _emulator.GetAsync($"{Policies}?pageSize=2&orderBy=display_name&pageToken={Uri.EscapeDataString(first.Body["nextPageToken"]!.GetValue<string>())}");
        Assert.Equal(["CPU", "Disk \"full\"", "Memory"], Names(first).Concat(Names(second)));
        Assert.Null(second.Body["nextPageToken"]);
    }

    [Fact]
    public async Task ADeletedPolicyIsGone()
    {
        var path = "/v3/" + (await _emulator.SendAsync("POST", Policies, Policy())).Body["name"]!.GetValue<string>();

        Assert.Equal("{}", (await _emulator.DeleteAsync(path)).Body.ToJsonString());
        Assert.Equal(404, (await _emulator.DeleteAsync(path)).Status);
        Assert.Equal(404, (await _emulator.GetAsync(path)).Status);
        Assert.Equal("{}", (await _emulator.GetAsync(Policies)).Body.ToJsonString());
    }

    [Fact]
    public async Task AChannelInUseIsDeletedByForceOnly()
    {
        var channel = await _emulator.SendAsync("POST", Channels, """{"type":"email","displayName":"On call","labels":{"email_address":"oncall@example.com"},"userLabels":{"team":"swarm"}}""");
        var name = channel.Body["name"]!.GetValue<string>();
        var policy = await _emulator.SendAsync("POST", Policies, Policy(channel: name));
        var path = "/v3/" + policy.Body["name"]!.GetValue<string>();

        var refused = await _emulator.DeleteAsync("/v3/" + name);
        var found = await _emulator.GetAsync(Channels + "?filter=" + Uri.EscapeDataString("type=\"email\" AND labels.email_address=\"oncall@example.com\""));
        var forced = await _emulator.DeleteAsync($"/v3/{name}?force=true");

        Assert.Equal(200, policy.Status);
        Assert.Equal((400, "FAILED_PRECONDITION"), (refused.Status, refused.Code));
        Assert.Equal(name, found.Body["notificationChannels"]![0]!["name"]!.GetValue<string>());
        Assert.Equal(200, forced.Status);
        Assert.Null((await _emulator.GetAsync(path)).Body["notificationChannels"]);
        Assert.Equal(404, (await _emulator.SendAsync("POST", Policies, Policy(channel: name))).Status);
    }

    [Theory]
    [InlineData("""{"type":"email","displayName":"a"}""")]
    [InlineData("""{"type":"email","labels":{"email_address":"nobody"}}""")]
    [InlineData("""{"type":"email","labels":{"email_address":"a@example.com","number":"1"}}""")]
    [InlineData("""{"type":"pigeon","labels":{"loft":"1"}}""")]
    public async Task AWrongChannelIsRefused(string body)
    {
        var answer = await _emulator.SendAsync("POST", Channels, body);

        Assert.Equal((400, "INVALID_ARGUMENT"), (answer.Status, answer.Code));
        Assert.StartsWith("Field notification_channel.", answer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AChannelIsUpdated()
    {
        var created = await _emulator.SendAsync("POST", Channels, """{"type":"email","labels":{"email_address":"a@example.com"}}""");
        var path = "/v3/" + created.Body["name"]!.GetValue<string>();

        var updated = await _emulator.SendAsync("PATCH", path + "?updateMask=labels,displayName", """{"displayName":"B","labels":{"email_address":"b@example.com"}}""");

        Assert.Equal("b@example.com", updated.Body["labels"]!["email_address"]!.GetValue<string>());
        Assert.Equal("B", updated.Body["displayName"]!.GetValue<string>());
        Assert.Equal(2, updated.Body["mutationRecords"]!.AsArray().Count);
    }

    [Fact]
    public async Task TheKindsOfChannelsAreDescribed()
    {
        var list = await _emulator.GetAsync($"/v3/projects/{_project}/notificationChannelDescriptors");
        var email = await _emulator.GetAsync($"/v3/projects/{_project}/notificationChannelDescriptors/email");

        Assert.Contains("email", list.Body["channelDescriptors"]!.AsArray().Select(kind => kind!["type"]!.GetValue<string>()));
        Assert.Equal("email_address", email.Body["labels"]![0]!["key"]!.GetValue<string>());
        Assert.Equal(404, (await _emulator.GetAsync($"/v3/projects/{_project}/notificationChannelDescriptors/pigeon")).Status);
    }

    private static List<string> Names(Answer answer)
        => [.. answer.Body["alertPolicies"]?.AsArray().Select(policy => policy!["displayName"]!.GetValue<string>()) ?? []];

    private static string Policy(Action<JsonObject>? change = null, string name = "Cloud SQL high CPU", string label = "cpu", string? channel = null)
    {
        var threshold = new JsonObject
        {
            ["filter"] = Filter,
            ["comparison"] = "COMPARISON_GT",
            ["thresholdValue"] = 0.8,
            ["duration"] = "300s",
            ["trigger"] = new JsonObject { ["count"] = 1 },
            ["aggregations"] = new JsonArray(new JsonObject { ["alignmentPeriod"] = "60s", ["perSeriesAligner"] = "ALIGN_MEAN" }),
        };
        change?.Invoke(threshold);
        var policy = new JsonObject
        {
            ["displayName"] = name,
            ["combiner"] = "OR",
            ["userLabels"] = new JsonObject { ["swarm"] = label },
            ["conditions"] = new JsonArray(new JsonObject { ["displayName"] = "CPU over 80 %", ["conditionThreshold"] = threshold }),
        };
        if (channel is not null) policy["notificationChannels"] = new JsonArray((JsonNode)channel);
        return policy.ToJsonString();
    }

    private async Task<List<string>> NamesAsync(string filter)
    {
        var answer = await _emulator.GetAsync($"{Policies}?orderBy=display_name&filter={Uri.EscapeDataString(filter)}");
        Assert.True(answer.Status == 200, answer.ToString());
        return Names(answer);
    }
}
