using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;
using static MarketingSwarm.Engine.Tests.GoogleCloud.CloudSql.CloudSqlAnswers;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.CloudSql;

public sealed class InstancePatchTests
{
    private static readonly TimeSpan Timeout = TimeSpan.FromMinutes(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task WhatIsAsWantedIsNotSent()
    {
        var transport = new FakeTransport(Instance("""{"settingsVersion":"4","tier":"db-f1-micro","databaseFlags":[{"name":"a","value":"1"}]}"""));
        var patch = await PlanAsync(transport, WantedSetting.Value("tier", "db-f1-micro"), WantedSetting.Flag("a", "1"), WantedSetting.Value("deletionProtectionEnabled", false));

        var result = await patch.ApplyAsync(Timeout, Token);

        Assert.Null(patch.Request);
        Assert.Equal(3, patch.Unchanged.Count);
        Assert.Empty(result.Differences);
        Assert.Null(result.Operation);
        Assert.Equal(HttpMethod.Get, Assert.Single(transport.Sent).Method);
    }

    [Fact]
    public async Task AListIsSentWholeUnderTheVersionThatWasRead()
    {
        var transport = new FakeTransport(
            Instance("""{"settingsVersion":"4","tier":"t","databaseFlags":[{"name":"a","value":"1"},{"name":"b","value":"2"}]}"""),
            Operation("UPDATE", "RUNNING"), Operation("UPDATE", "DONE"),
            Instance("""{"settingsVersion":"5","tier":"t","databaseFlags":[{"name":"a","value":"1"},{"name":"c","value":"3"}]}"""));
        var patch = await PlanAsync(transport, WantedSetting.Flag("c", "3"), WantedSetting.Flag("b", null));

        var result = await patch.ApplyAsync(Timeout, Token);

        var sent = Assert.Single(transport.Of(HttpMethod.Patch));
        Assert.True(JsonNode.DeepEquals(
            sent.Body(),
            JsonNode.Parse("""{"settings":{"settingsVersion":"4","databaseFlags":[{"name":"a","value":"1"},{"name":"c","value":"3"}]}}""")), sent.Body);
        Assert.Equal([new("databaseFlags.c", null, "3"), new("databaseFlags.b", "2", null)], result.Differences);
        Assert.Equal("DONE", result.Operation!["status"]!.ToString());
    }

    [Fact]
    public async Task AnothersChangeOfAnotherSettingIsKept()
    {
        var transport = new FakeTransport(
            Instance("""{"settingsVersion":"4","databaseFlags":[{"name":"a","value":"1"}]}"""),
            Stale, Operations(),
            Instance("""{"settingsVersion":"5","databaseFlags":[{"name":"a","value":"1"},{"name":"theirs","value":"x"}]}"""),
            Operation("UPDATE", "DONE"),
            Instance("""{"settingsVersion":"6","databaseFlags":[{"name":"a","value":"9"},{"name":"theirs","value":"x"}]}"""));
        var patch = await PlanAsync(transport, WantedSetting.Flag("a", "9"));

        await patch.ApplyAsync(Timeout, Token);

        var second = transport.Of(HttpMethod.Patch)[1].Body()["settings"]!;
        Assert.Equal("5", second["settingsVersion"]!.ToString());
        Assert.True(JsonNode.DeepEquals(second["databaseFlags"], JsonNode.Parse("""[{"name":"theirs","value":"x"},{"name":"a","value":"9"}]""")), second.ToJsonString());
    }

    [Fact]
    public async Task AnothersChangeOfTheSameSettingIsNotWrittenOver()
    {
        var transport = new FakeTransport(
            Instance("""{"settingsVersion":"4","tier":"db-f1-micro"}"""), Stale, Operations(), Instance("""{"settingsVersion":"5","tier":"db-custom-2-7680"}"""));
        var patch = await PlanAsync(transport, WantedSetting.Value("tier", "db-g1-small"));

        var exception = await Assert.ThrowsAsync<SwarmCloudException>(() => patch.ApplyAsync(Timeout, Token));

        Assert.Equal("SettingChangedMeanwhile", exception.ErrorId);
        Assert.Contains("from 'db-f1-micro' to 'db-custom-2-7680'", exception.Message, StringComparison.Ordinal);
        Assert.Single(transport.Of(HttpMethod.Patch));
    }

    [Fact]
    public async Task ARequestWhoseAnswerWasLostIsRecognisedInItsOwnEcho()
    {
        var transport = new FakeTransport(
            Instance("""{"settingsVersion":"4","tier":"a"}"""),
            Unavailable, Stale,
            Operations(OperationJson("UPDATE", "RUNNING")), Operation("UPDATE", "DONE"),
            Instance("""{"settingsVersion":"5","tier":"b"}"""));
        var patch = await PlanAsync(transport, WantedSetting.Value("tier", "b"));

        var result = await patch.ApplyAsync(Timeout, Token);

        Assert.Equal([new("tier", "a", "b")], result.Differences);
        Assert.Equal(2, transport.Of(HttpMethod.Patch).Length);
        Assert.All(transport.Of(HttpMethod.Patch), sent => Assert.Equal("4", sent.Body()["settings"]!["settingsVersion"]!.ToString()));
    }

    [Fact]
    public async Task AnotherOperationIsWaitedFor()
    {
        var transport = new FakeTransport(
            Instance("""{"settingsVersion":"4","tier":"a"}"""),
            Busy, Operations(OperationJson("BACKUP_VOLUME", "RUNNING")), Operation("BACKUP_VOLUME", "DONE", "it may fail"),
            Operation("UPDATE", "DONE"), Instance("""{"settingsVersion":"5","tier":"b"}"""));
        var patch = await PlanAsync(transport, WantedSetting.Value("tier", "b"));

        await patch.ApplyAsync(Timeout, Token);

        Assert.Equal(2, transport.Of(HttpMethod.Patch).Length);
    }

    [Fact]
    public async Task AChangeWithoutEffectIsAnError()
    {
        var transport = new FakeTransport(
            Instance("""{"settingsVersion":"4","tier":"a"}"""), Operation("UPDATE", "DONE"), Instance("""{"settingsVersion":"5","tier":"a"}"""));
        var patch = await PlanAsync(transport, WantedSetting.Value("tier", "b"));

        var exception = await Assert.ThrowsAsync<SwarmCloudException>(() => patch.ApplyAsync(Timeout, Token));

        Assert.Equal("SettingWithoutEffect", exception.ErrorId);
    }

    [Fact]
    public async Task ItGivesUpAfterThreeTries()
    {
        var transport = new FakeTransport(
            Instance("""{"settingsVersion":"1","tier":"a"}"""), Stale, Operations(), Instance("""{"settingsVersion":"2","tier":"a"}"""),
            Stale, Operations(), Instance("""{"settingsVersion":"3","tier":"a"}"""), Stale);
        var patch = await PlanAsync(transport, WantedSetting.Value("tier", "b"));

        var exception = await Assert.ThrowsAsync<SwarmCloudException>(() => patch.ApplyAsync(Timeout, Token));

        Assert.Equal(SwarmCloudFailure.StaleVersion, exception.Failure);
        Assert.Equal(["1", "2", "3"], transport.Of(HttpMethod.Patch).Select(sent => sent.Body()["settings"]!["settingsVersion"]!.ToString()));
    }

    [Fact]
    public async Task NetworksAreReplacedOnlyAsTheyWereRead()
    {
        var wanted = new InstanceSettings { Networks = ["203.0.113.0/24"], ReplaceNetworks = true };
        var transport = new FakeTransport(
            Instance("""{"settingsVersion":"1","ipConfiguration":{"authorizedNetworks":[{"value":"198.51.100.7","name":"old"}]}}"""),
            Stale, Operations(),
            Instance("""{"settingsVersion":"2","ipConfiguration":{"authorizedNetworks":[{"value":"198.51.100.7","name":"old"},{"value":"192.0.2.1"}]}}"""));
        var patch = await InstancePatch.PlanAsync(CloudTest.Client(transport), "p", "i", wanted.Plan, Token);

        var exception = await Assert.ThrowsAsync<SwarmCloudException>(() => patch.ApplyAsync(Timeout, Token));

        Assert.Equal("""[{"value":"203.0.113.0/24"}]""", patch.Request!.Body!["settings"]!["ipConfiguration"]!["authorizedNetworks"]!.ToJsonString());
        Assert.Equal("SettingChangedMeanwhile", exception.ErrorId);
        Assert.Contains("192.0.2.1/32", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tier", null, true)]
    [InlineData("edition", null, true)]
    [InlineData("activationPolicy", "NEVER", true)]
    [InlineData("activationPolicy", "ALWAYS", false)]
    [InlineData("databaseFlags.max_connections", "50", true)]
    [InlineData("databaseFlags.cloudsql.iam_authentication", "on", true)]
    [InlineData("databaseFlags.log_min_duration_statement", "1000", false)]
    [InlineData("deletionProtectionEnabled", "true", false)]
    public void ItIsKnownWhatRestartsTheServer(string setting, string? after, bool isRestart)
        => Assert.Equal(isRestart ? [setting] : [], InstanceRules.GetRestartReasons([new SettingDifference(setting, "before", after)]));

    private static Task<InstancePatch> PlanAsync(FakeTransport transport, params WantedSetting[] changes)
        => InstancePatch.PlanAsync(CloudTest.Client(transport), "p", "i", _ => changes, Token);
}
