using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.ServiceNetworking;

public sealed class ServiceNetworkingApiTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    private const string Connections = "/v1/services/servicenetworking.googleapis.com/connections";

    private readonly RunningEmulator _emulator = fixture.Emulator;
    private readonly string _project = fixture.NewProject();

    [Fact]
    public async Task TheDefaultNetworkIsConnected()
    {
        var connections = await ListAsync(_emulator, "default");

        Assert.NotEmpty(Assert.Single(connections)!["reservedPeeringRanges"]!.AsArray());
    }

    [Fact]
    public async Task AConnectionIsMadeOnceChangedAndDeleted()
    {
        Assert.Empty(await ListAsync(_emulator, "vpc"));

        var created = await CreateAsync("vpc", "range-a");
        var same = await CreateAsync("vpc", "range-a");
        var other = await CreateAsync("vpc", "range-b");
        Assert.Equal("services/servicenetworking.googleapis.com", created["response"]!["service"]!.GetValue<string>());
        Assert.Null(same["error"]);
        Assert.Equal(9, other["error"]!["code"]!.GetValue<int>());
        Assert.Equal("""["range-a"]""", Assert.Single(await ListAsync(_emulator, "vpc"))!["reservedPeeringRanges"]!.ToJsonString());

        var patched = await DoneAsync(await _emulator.SendAsync("PATCH", Connections + "/-?force=true", Body("vpc", "range-b")));
        Assert.Null(patched["error"]);
        Assert.Equal("""["range-b"]""", Assert.Single(await ListAsync(_emulator, "vpc"))!["reservedPeeringRanges"]!.ToJsonString());

        await DoneAsync(await _emulator.SendAsync("POST", Connections + "/-", $$$"""{"consumerNetwork":"{{{Network("vpc")}}}"}"""));
        Assert.Empty(await ListAsync(_emulator, "vpc"));
    }

    [Fact]
    public async Task AnIdAndANumberAreTheSameProject()
    {
        var number = (await _emulator.GetAsync("/v1/projects/" + _project)).Body["projectNumber"]!.GetValue<string>();
        await CreateAsync("shared", "range-a");

        var answer = await _emulator.GetAsync($"{Connections}?network=projects/{number}/global/networks/shared");

        Assert.Equal($"projects/{number}/global/networks/shared", answer.Body["connections"]![0]!["network"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("""{"network":"default","reservedPeeringRanges":["a"]}""")]
    [InlineData("""{"network":"projects/1/global/networks/a"}""")]
    public async Task AWrongConnectionIsRefused(string body)
    {
        var answer = await _emulator.SendAsync("POST", Connections, body);

        Assert.Equal((400, "INVALID_ARGUMENT"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task AnotherServiceAndAnUnknownOperationAreNotFound()
    {
        Assert.Equal(404, (await _emulator.GetAsync("/v1/services/other.googleapis.com/connections?network=" + Network("a"))).Status);
        Assert.Equal(404, (await _emulator.GetAsync("/v1/operations/none")).Status);
    }

    [Fact]
    public async Task AConnectionInUseIsNotDeleted()
    {
        PostgresPrograms.SkipWithout();
        await CreateAsync("used", "range-a");
        var instance = new JsonObject
        {
            ["name"] = "db",
            ["region"] = "us-central1",
            ["databaseVersion"] = "POSTGRES_15",
            ["settings"] = new JsonObject
            {
                ["tier"] = "db-f1-micro",
                ["edition"] = "ENTERPRISE",
                ["ipConfiguration"] = new JsonObject { ["privateNetwork"] = Network("used") },
            },
        };

        var made = await _emulator.SendAsync("POST", $"/v1/projects/{_project}/instances", instance.ToJsonString());
        var deleted = await DoneAsync(await _emulator.SendAsync("POST", Connections + "/-", $$$"""{"consumerNetwork":"{{{Network("used")}}}"}"""));

        Assert.True(made.Status == 200, made.ToString());
        Assert.Equal(9, deleted["error"]!["code"]!.GetValue<int>());
        Assert.Contains("still using this connection", deleted["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Single(await ListAsync(_emulator, "used"));
    }

    [Fact]
    public async Task ANetworkCanBeginUnconnectedAndItsConnectionSurvivesARestart()
    {
        using var folder = new TempFolder();
        var state = folder.File("state");
        await using (var first = await RunningEmulator.StartAsync(state, "--unpeered"))
        {
            Assert.Empty(await ListAsync(first, "default"));
            await DoneAsync(first, await first.SendAsync("POST", Connections, Body("default", "range-a")));
            await first.KillAsync();
        }

        await using var second = await RunningEmulator.StartAsync(state, "--unpeered");
        Assert.Single(await ListAsync(second, "default"));
    }

    private string Network(string name) => $"projects/{_project}/global/networks/{name}";

    private string Body(string network, string range) => $$$"""{"network":"{{{Network(network)}}}","reservedPeeringRanges":["{{{range}}}"]}""";

    private async Task<JsonObject> CreateAsync(string network, string range) => await DoneAsync(await _emulator.SendAsync("POST", Connections, Body(network, range)));

    private Task<JsonObject> DoneAsync(Answer begun) => DoneAsync(_emulator, begun);

    private static async Task<JsonObject> DoneAsync(RunningEmulator emulator, Answer begun)
    {
        Assert.True(begun.Status == 200, begun.ToString());
        Assert.Null(begun.Body["done"]);
        while (true)
        {
            var operation = (await emulator.GetAsync("/v1/" + begun.Body["name"]!.GetValue<string>())).Body;
            if (operation["done"]?.GetValue<bool>() == true) return operation;
            await Task.Delay(20);
        }
    }

    private async Task<JsonArray> ListAsync(RunningEmulator emulator, string network)
    {
        var answer = await emulator.GetAsync($"{Connections}?network={Network(network)}");
        Assert.True(answer.Status == 200, answer.ToString());
        return answer.Body["connections"]?.AsArray() ?? [];
    }
}
