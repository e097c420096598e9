using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.Hosting;

/// <summary>Faults as the services other than Cloud SQL meet them: in the form of google.rpc, with what a client needs to say what is wrong.</summary>
public sealed class ServiceFaultTests
{
    private const string Secrets = "/v1/projects/p/secrets";
    private const string Automatic = """{"replication":{"automatic":{}}}""";

    [Fact]
    public async Task OperationsFail()
    {
        using var folder = new TempFolder();
        await using var emulator = await RunningEmulator.StartAsync(folder.File("state"), "--fault", "operation-failure=100%");
        const string Services = "/v2/projects/p/locations/us-central1/services";

        var service = await emulator.SendAsync("POST", Services + "?serviceId=app", """{"template":{"containers":[{"image":"i"}]}}""");
        var connection = await emulator.SendAsync(
            "POST", "/v1/services/servicenetworking.googleapis.com/connections", """{"network":"projects/1/global/networks/vpc","reservedPeeringRanges":["a"]}""");
        var run = await emulator.SendAsync("POST", $"/v2/{service.Body["name"]}:wait", """{"timeout":"30s"}""");
        JsonObject networking;
        do networking = (await emulator.GetAsync($"/v1/{connection.Body["name"]}")).Body;
        while (networking["done"] is null);

        Assert.Equal(13, run.Body["error"]!["code"]!.GetValue<int>());
        Assert.Equal("CONDITION_FAILED", (await emulator.GetAsync(Services + "/app")).Body["terminalCondition"]!["state"]!.GetValue<string>());
        Assert.Equal(13, networking["error"]!["code"]!.GetValue<int>());
        Assert.Equal("{}", (await emulator.GetAsync("/v1/services/servicenetworking.googleapis.com/connections?network=projects/1/global/networks/vpc")).Body.ToJsonString());
    }

    [Fact]
    public async Task AMissingPermissionAndADisabledApiAreNamed()
    {
        using var folder = new TempFolder();
        await using var emulator = await RunningEmulator.StartAsync(
            folder.File("state"), "--fault", "permission-missing=secretmanager.versions.access", "--fault", "api-disabled=monitoring.googleapis.com");
        await emulator.SendAsync("POST", Secrets + "?secretId=s", Automatic);
        await emulator.SendAsync("POST", Secrets + "/s:addVersion", """{"payload":{"data":"b25l"}}""");

        var access = await emulator.GetAsync(Secrets + "/s/versions/latest:access");
        var held = await emulator.SendAsync("POST", Secrets + "/s:testIamPermissions", """{"permissions":["secretmanager.versions.access","secretmanager.secrets.get"]}""");
        var policies = await emulator.GetAsync("/v3/projects/p/alertPolicies");

        Assert.Equal((403, "PERMISSION_DENIED"), (access.Status, access.Code));
        Assert.Equal("secretmanager.versions.access", Info(access, "IAM_PERMISSION_DENIED")["permission"]!.GetValue<string>());
        Assert.Contains("projects/p/secrets/s/versions/latest", Info(access, "IAM_PERMISSION_DENIED")["resource"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("""{"permissions":["secretmanager.secrets.get"]}""", held.Body.ToJsonString());
        Assert.Equal((403, "PERMISSION_DENIED"), (policies.Status, policies.Code));
        Assert.Equal("monitoring.googleapis.com", Info(policies, "SERVICE_DISABLED")["service"]!.GetValue<string>());
    }

    [Fact]
    public async Task AfterALostAnswerTheEffectIsThere()
    {
        using var folder = new TempFolder();
        var state = folder.File("state");
        await using (var emulator = await RunningEmulator.StartAsync(state, "--fault", "503-after=100%"))
        {
            var lost = await emulator.SendAsync("POST", Secrets + "?secretId=s", Automatic);
            Assert.Equal((503, "UNAVAILABLE"), (lost.Status, lost.Code));
        }

        await using (var emulator = await RunningEmulator.StartAsync(state, "--fault", "503-before=100%"))
        {
            Assert.Equal(503, (await emulator.DeleteAsync(Secrets + "/s")).Status);
        }

        await using (var emulator = await RunningEmulator.StartAsync(state))
        {
            Assert.Equal(200, (await emulator.GetAsync(Secrets + "/s")).Status);
            Assert.Equal(409, (await emulator.SendAsync("POST", Secrets + "?secretId=s", Automatic)).Status);
        }
    }

    private static JsonNode Info(Answer answer, string reason)
    {
        var detail = Assert.Single(answer.Body["error"]!["details"]!.AsArray(), detail => detail!["@type"]!.GetValue<string>().EndsWith("ErrorInfo", StringComparison.Ordinal));
        Assert.Equal(reason, detail!["reason"]!.GetValue<string>());
        return detail["metadata"]!;
    }
}
