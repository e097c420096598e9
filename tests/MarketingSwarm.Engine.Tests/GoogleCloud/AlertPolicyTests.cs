using System.Net;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Monitoring;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

public sealed class AlertPolicyTests
{
    private const string Instance = """{"name":"db","project":"p","settings":{"tier":"db-f1-micro"}}""";
    private const string Made = """{"name":"projects/p/alertPolicies/1","displayName":"Cloud SQL High CPU","enabled":true,"userLabels":{"managed_by":"marketing-swarm","swarm_preset":"cpu","swarm_instance":"db"}}""";

    [Fact]
    public async Task AnAnswerThatWasLostIsLookedForBeforeTheRequestIsSentAgain()
    {
        using var transport = new FakeTransport(
            FakeTransport.Ok(Instance), FakeTransport.Ok(), FakeTransport.Json(HttpStatusCode.ServiceUnavailable, "{}"), FakeTransport.Ok($$"""{"alertPolicies":[{{Made}}]}"""));

        var policy = await ApplyAsync(transport);

        Assert.Equal("projects/p/alertPolicies/1", policy.Name);
        Assert.Equal(["GET", "GET", "POST", "GET"], transport.Sent.Select(sent => sent.Method.Method));
    }

    [Fact]
    public async Task WhatWasNotMadeIsAskedForAgain()
    {
        using var transport = new FakeTransport(
            FakeTransport.Ok(Instance), FakeTransport.Ok(), FakeTransport.Throws(new HttpRequestException(HttpRequestError.ResponseEnded)),
            // The filter of a server may be less exact than the labels are.
            FakeTransport.Ok("""{"alertPolicies":[{"name":"projects/p/alertPolicies/2","userLabels":{"managed_by":"marketing-swarm","swarm_preset":"cpu","swarm_instance":"db2"}}]}"""),
            FakeTransport.Ok(Made));

        var policy = await ApplyAsync(transport);

        Assert.Equal("projects/p/alertPolicies/1", policy.Name);
        Assert.Equal(["GET", "GET", "POST", "GET", "POST"], transport.Sent.Select(sent => sent.Method.Method));
        Assert.Equal(transport.Sent[2].Body, transport.Sent[4].Body);
    }

    [Fact]
    public async Task AChangeSendsTheConditionsOfOthersBackAsTheyWere()
    {
        const string Existing = """
            {"name":"projects/p/alertPolicies/1","displayName":"Mine","enabled":true,"userLabels":{"managed_by":"marketing-swarm","swarm_preset":"cpu","swarm_instance":"db"},
             "conditions":[{"name":"c/1","conditionAbsent":{"filter":"x","field_of_tomorrow":[1]}},
              {"name":"c/2","displayName":"Named by hand","conditionThreshold":{"filter":"metric.type='cloudsql.googleapis.com/database/cpu/utilization'","thresholdValue":0.9,"field_of_tomorrow":{"a":1}}}]}
            """;
        using var transport = new FakeTransport(FakeTransport.Ok(Instance), FakeTransport.Ok($$"""{"alertPolicies":[{{Existing}}]}"""), FakeTransport.Ok(Existing));

        await ApplyAsync(transport, new AlertWish { Presets = [AlertPreset.Cpu], Threshold = 0.8 });

        var patch = transport.Sent[2];
        Assert.Equal("https://monitoring.googleapis.com/v3/projects/p/alertPolicies/1?updateMask=conditions", patch.Address.ToString());
        Assert.Equal(
            """{"conditions":[{"name":"c/1","conditionAbsent":{"filter":"x","field_of_tomorrow":[1]}},{"name":"c/2","displayName":"Named by hand","conditionThreshold":{"filter":"metric.type='cloudsql.googleapis.com/database/cpu/utilization'","thresholdValue":0.8,"field_of_tomorrow":{"a":1}}}]}""",
            GoogleJson.Parse(patch.Body!)!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Fact]
    public async Task ASecondPolicyForTheSameIsToldAndLeft()
    {
        using var transport = new FakeTransport(FakeTransport.Ok(Instance), FakeTransport.Ok($$"""{"alertPolicies":[{{Made.Replace("/1", "/2", StringComparison.Ordinal)}},{{Made}}]}"""));
        using var client = CloudTest.Client(transport);

        var plan = Assert.Single(await AlertPolicies.PlanAsync(client, "p", "db", new AlertWish { Presets = [AlertPreset.Memory, AlertPreset.Cpu] }, TestContext.Current.CancellationToken), one => one.Warnings.Count == 2);

        Assert.Contains(plan.Warnings, warning => warning.Contains("projects/p/alertPolicies/2", StringComparison.Ordinal));
        Assert.Equal("projects/p/alertPolicies/1", plan.Preview.Name);
    }

    // The table of https://cloud.google.com/sql/docs/postgres/flags, and what the flag says before it.
    [Theory]
    [InlineData("db-f1-micro", null, 25)]
    [InlineData("db-g1-small", null, 50)]
    [InlineData("db-custom-1-3840", null, 100)]
    [InlineData("db-custom-2-6144", null, 200)]
    [InlineData("db-custom-2-7680", null, 400)]
    [InlineData("db-custom-4-15360", null, 500)]
    [InlineData("db-custom-8-30720", null, 600)]
    [InlineData("db-custom-16-61440", null, 800)]
    [InlineData("db-custom-32-122880", null, 1000)]
    [InlineData("db-perf-optimized-N-2", null, 500)]
    [InlineData("db-f1-micro", "50", 50)]
    [InlineData("db-of-tomorrow", "70", 70)]
    public void ConnectionsAreKnownFromTheFlagOrTheTier(string tier, string? flag, int expected)
        => Assert.Equal(expected, AlertRule.GetMaxConnections(Describe(tier, flag)).Number);

    [Fact]
    public void ATierOfTomorrowIsAnErrorWithAnAction()
        => Assert.Equal("MaxConnectionsNotKnown", Assert.Throws<SwarmConfigurationException>(() => AlertRule.GetMaxConnections(Describe("db-of-tomorrow", null))).ErrorId);

    [Fact]
    public void ALongNameFitsALabelAndStaysItself()
    {
        var name = new string('a', 90);

        Assert.Equal("db", UserLabels.ToValue("db"));
        Assert.Equal(63, UserLabels.ToValue(name).Length);
        Assert.NotEqual(UserLabels.ToValue(name + "b"), UserLabels.ToValue(name + "c"));
        Assert.Matches("^[a-z0-9_-]+$", UserLabels.ToValue(name));
    }

    [Theory]
    [InlineData("projects/p/notificationChannels/1", "p", "1")]
    [InlineData("1", null, "1")]
    public void AChannelIsNamedByItsNameOrItsId(string name, string? project, string id)
    {
        var reference = new NotificationChannelReference(name);

        Assert.Equal((project, id, name), (reference.Project, reference.Id, reference.ToString()));
    }

    [Theory]
    [InlineData("projects/p/alertPolicies/1")]
    [InlineData("p/1")]
    [InlineData("projects//notificationChannels/1")]
    [InlineData(" ")]
    public void WhatNamesNoChannelIsRefused(string name) => Assert.ThrowsAny<ArgumentException>(() => new NotificationChannelReference(name));

    private static CloudSqlInstance Describe(string tier, string? flag) => new()
    {
        Project = "p",
        Name = "db",
        State = "RUNNABLE",
        Tier = tier,
        DatabaseFlags = flag is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["max_connections"] = flag },
        Json = "{}",
    };

    private static async Task<AlertPolicy> ApplyAsync(FakeTransport transport, AlertWish? wish = null)
    {
        using var client = CloudTest.Client(transport);
        var plans = await AlertPolicies.PlanAsync(client, "p", "db", wish ?? new AlertWish { Presets = [AlertPreset.Cpu] }, TestContext.Current.CancellationToken);
        return await Assert.Single(plans).ApplyAsync(client, TestContext.Current.CancellationToken);
    }
}
