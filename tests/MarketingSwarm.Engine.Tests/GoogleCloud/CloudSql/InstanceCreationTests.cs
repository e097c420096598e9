using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;
using static MarketingSwarm.Engine.Tests.GoogleCloud.CloudSql.CloudSqlAnswers;

namespace MarketingSwarm.Engine.Tests.GoogleCloud.CloudSql;

public sealed class InstanceCreationTests
{
    private const string Same = """{"tier":"db-f1-micro","edition":"ENTERPRISE","databaseFlags":[{"name":"max_connections","value":"50"},{"name":"other","value":"1"}],"backupConfiguration":{"enabled":true}}""";

    private static readonly InstanceSpecification Specification = new()
    {
        Project = "p",
        Name = "i",
        Region = "us-central1",
        DatabaseVersion = "POSTGRES_15",
        Tier = "db-f1-micro",
        Edition = "ENTERPRISE",
        NoBackup = true,
        Flags = new Dictionary<string, string> { ["max_connections"] = "50" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnInstanceThatWasMadeAlthoughTheAnswerWasLostIsNotAskedForAgain()
    {
        var (creation, transport) = Create(stamp => [Unavailable, Stamped(stamp), Operations(OperationJson("CREATE", "RUNNING"))]);

        var operation = await creation.StartAsync(Token);

        Assert.Equal("op-1", operation!["name"]!.ToString());
        Assert.Single(transport.Of(HttpMethod.Post));
    }

    [Fact]
    public async Task AnInstanceThatWasNotMadeIsAskedForAgain()
    {
        var (creation, transport) = Create(_ => [Unavailable, Missing, Operation("CREATE", "PENDING")]);

        await creation.StartAsync(Token);

        var sent = transport.Of(HttpMethod.Post);
        Assert.Equal(2, sent.Length);
        Assert.Equal(sent[0].Body, sent[1].Body);
    }

    [Fact]
    public async Task OurOwnInstanceFoundByTheSecondRequestIsSuccess()
    {
        var (creation, transport) = Create(stamp => [Unavailable, Missing, Exists, Stamped(stamp, """{"tier":"as Google sees fit"}"""), Operations()]);

        Assert.Null(await creation.StartAsync(Token));
        Assert.Equal(2, transport.Of(HttpMethod.Post).Length);
    }

    [Fact]
    public async Task SomebodyElsesInstanceIsComparedAndEachDifferenceNamed()
    {
        var (creation, _) = Create(_ => [Exists, Instance("""{"tier":"db-g1-small","edition":"ENTERPRISE","databaseFlags":[{"name":"max_connections","value":"20"}]}""")]);

        var exception = await Assert.ThrowsAsync<SwarmConfigurationException>(() => creation.StartAsync(Token));

        Assert.Equal("InstanceDiffers", exception.ErrorId);
        Assert.Contains("tier is 'db-g1-small', not 'db-f1-micro'; databaseFlags.max_connections is '20', not '50'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Set-SwarmCloudSqlInstance i -Project p -Tier db-f1-micro -DatabaseFlag @{'max_connections'='50'}", exception.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ANameThatIsHeldWithoutAnInstanceIsExplained()
    {
        var (creation, _) = Create(_ => [Exists, Missing]);
        Assert.Equal("InstanceNameTaken", (await Assert.ThrowsAsync<SwarmCloudException>(() => creation.StartAsync(Token))).ErrorId);
    }

    [Fact]
    public async Task AnInstanceAsAskedIsFoundThoughItHasMore()
    {
        var (creation, transport) = Create(_ => [Instance(Same)]);

        Assert.NotNull(await creation.FindAsync(Token));
        Assert.Single(transport.Sent);
    }

    [Fact]
    public async Task AFailedInstanceIsToldWithItsReason()
    {
        var (creation, _) = Create(_ => [Instance(Same, "FAILED"), Operations(OperationJson("CREATE", "DONE", "Failed to create subnetwork."))]);

        var exception = await Assert.ThrowsAsync<SwarmCloudException>(() => creation.FindAsync(Token));

        Assert.Equal("InstanceFailed", exception.ErrorId);
        Assert.Contains("[INTERNAL_ERROR] Failed to create subnetwork.", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Remove-SwarmCloudSqlInstance i -Project p", exception.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnInstanceThatIsBeingMadeIsWaitedFor()
    {
        var (creation, transport) = Create(_ => [Operations(), Instance(Same, "PENDING_CREATE"), Instance(Same, "PENDING_CREATE"), Instance(Same)]);

        var instance = await creation.WaitAsync(null, Token);

        Assert.Equal("RUNNABLE", instance["state"]!.ToString());
        Assert.Equal(4, transport.Sent.Count);
    }

    [Theory]
    [InlineData("i", "Invalid request: Invalid region (moon-base1).", "RegionUnknown")]
    [InlineData("region", "Invalid request: Invalid Tier (x).", "RequestRefused")]
    public async Task AnUnknownRegionIsToldFromOtherRefusals(string name, string message, string expected)
    {
        var transport = new FakeTransport(Error(400, "invalid", message));
        var creation = new InstanceCreation(CloudTest.Client(transport), Specification with { Name = name }, TimeSpan.FromHours(1));

        Assert.Equal(expected, (await Assert.ThrowsAsync<SwarmCloudException>(() => creation.StartAsync(Token))).ErrorId);
    }

    [Fact]
    public void TheEditionIsAlwaysSentAndThePasswordNeverShown()
    {
        var request = (Specification with { RootPassword = "s3cret-of-root", Network = "projects/p/global/networks/default", NoPublicAddress = true }).ToRequest("stamp");

        var settings = request.Body!["settings"]!;
        Assert.Equal("ENTERPRISE", settings["edition"]!.ToString());
        Assert.Equal("""{"ipv4Enabled":false,"privateNetwork":"projects/p/global/networks/default"}""", settings["ipConfiguration"]!.ToJsonString());
        Assert.Equal("10", settings["dataDiskSizeGb"]!.GetValue<string>());
        Assert.Equal("s3cret-of-root", request.Body["rootPassword"]!.ToString());
        Assert.DoesNotContain("s3cret-of-root", request.Describe(new Uri("https://sqladmin.googleapis.com/")), StringComparison.Ordinal);
    }

    private static (InstanceCreation Creation, FakeTransport Transport) Create(Func<string, Func<HttpRequestMessage, HttpResponseMessage>[]> answers)
    {
        InstanceCreation? creation = null;
        Func<HttpRequestMessage, HttpResponseMessage>[]? script = null;
        // The stamp is known when the first request is made.
        var turn = 0;
        var transport = new FakeTransport(request =>
        {
            script ??= answers(creation!.Request.Body!["settings"]!["userLabels"]![InstanceSpecification.StampLabel]!.ToString());
            return script[turn++](request);
        });
        creation = new InstanceCreation(CloudTest.Client(transport), Specification, TimeSpan.FromHours(1));
        return (creation, transport);
    }

    private static Func<HttpRequestMessage, HttpResponseMessage> Stamped(string stamp, string settings = Same)
    {
        var labelled = JsonNode.Parse(settings)!;
        labelled["userLabels"] = new JsonObject { [InstanceSpecification.StampLabel] = stamp };
        return Instance(labelled.ToJsonString(), "PENDING_CREATE");
    }
}
