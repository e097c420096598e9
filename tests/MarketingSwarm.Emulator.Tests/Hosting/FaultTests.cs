namespace MarketingSwarm.Emulator.Tests.Hosting;

/// <summary>The faults, each as a client meets it.</summary>
public sealed class FaultTests : IAsyncLifetime
{
    private const string Instances = "/v1/projects/p/instances";
    private const string Secrets = "/v1/projects/p/secrets";

    private readonly TempFolder _folder = new();
    private RunningEmulator _emulator = null!;

    public async ValueTask InitializeAsync()
    {
        PostgresPrograms.LetThrough(_folder);
        _emulator = await RunningEmulator.StartAsync(_folder.File("state"), "--seed", "7");
    }

    public async ValueTask DisposeAsync()
    {
        await _emulator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task ADisabledApiSaysHowToEnableIt()
    {
        await _emulator.SetFaultsAsync("api-disabled=sqladmin.googleapis.com");
        var refused = await _emulator.GetAsync(Instances);
        Assert.Equal((403, "PERMISSION_DENIED"), (refused.Status, refused.Code));
        Assert.Equal("accessNotConfigured", refused.Body["error"]!["errors"]![0]!["reason"]!.GetValue<string>());
        var info = refused.Body["error"]!["details"]![0]!;
        Assert.Equal("SERVICE_DISABLED", info["reason"]!.GetValue<string>());
        Assert.Equal("sqladmin.googleapis.com", info["metadata"]!["service"]!.GetValue<string>());
        Assert.Matches(@"^projects/\d{12}$", info["metadata"]!["consumer"]!.GetValue<string>());
        Assert.StartsWith("https://console.developers.google.com/apis/api/sqladmin.googleapis.com/overview?project=", info["metadata"]!["activationUrl"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(200, (await _emulator.GetAsync(Secrets)).Status);
    }

    [Fact]
    public async Task AMissingPermissionIsNamedInTheWayOfEachApi()
    {
        await _emulator.SetFaultsAsync("permission-missing=cloudsql.instances.list", "permission-missing=secretmanager.secrets.list");
        var sql = await _emulator.GetAsync(Instances);
        Assert.Equal(
            (403, "boss::NOT_AUTHORIZED: Not authorized to access resource. Possibly missing permission cloudsql.instances.list on resource projects/p."), (sql.Status, sql.Message));
        Assert.Equal("notAuthorized", sql.Body["error"]!["errors"]![0]!["reason"]!.GetValue<string>());

        var secrets = await _emulator.GetAsync(Secrets);
        Assert.Equal((403, "PERMISSION_DENIED"), (secrets.Status, secrets.Code));
        Assert.Null(secrets.Body["error"]!["errors"]);
        Assert.Equal("secretmanager.secrets.list", secrets.Body["error"]!["details"]![0]!["metadata"]!["permission"]!.GetValue<string>());
        Assert.Equal(404, (await _emulator.GetAsync(Instances + "/none")).Status);
    }

    [Fact]
    public async Task AnExpiredTokenIsRefusedUntilTheFaultIsTakenAway()
    {
        await _emulator.SetFaultsAsync("token-expired");
        var refused = await _emulator.GetAsync(Instances);
        Assert.Equal((401, "UNAUTHENTICATED"), (refused.Status, refused.Code));
        Assert.Equal("ACCESS_TOKEN_EXPIRED", refused.Body["error"]!["details"]![0]!["reason"]!.GetValue<string>());
        await _emulator.SetFaultsAsync();
        Assert.Equal(200, (await _emulator.GetAsync(Instances)).Status);
    }

    [Fact]
    public async Task PartsOfTheRequestsMeetTheirFaults()
    {
        await _emulator.SetFaultsAsync("429=20%", "503-before=20%");
        var statuses = new Dictionary<int, int>();
        for (var i = 0; i < 300; i++)
        {
            var answer = await _emulator.GetAsync(Instances);
            statuses[answer.Status] = statuses.GetValueOrDefault(answer.Status) + 1;
            if (answer.Status == 429) Assert.Equal(("RESOURCE_EXHAUSTED", "rateLimitExceeded"), (answer.Code, answer.Body["error"]!["errors"]![0]!["reason"]!.GetValue<string>()));
        }

        Assert.Equal([200, 429, 503], statuses.Keys.Order());
        // Five standard deviations of what 20 % and 16 % of 300 give.
        Assert.InRange(statuses[429], 26, 94);
        Assert.InRange(statuses[503], 17, 79);
    }

    [Fact]
    public async Task AnAnswerCanBeLostAfterItsEffectAndNotBefore()
    {
        await _emulator.SetFaultsAsync("503-after=100%");
        Assert.Equal(503, (await _emulator.SendAsync("POST", Secrets + "?secretId=kept", """{"replication":{"automatic":{}}}""")).Status);
        await _emulator.SetFaultsAsync("503-before=100%");
        Assert.Equal(503, (await _emulator.SendAsync("POST", Secrets + "?secretId=lost", """{"replication":{"automatic":{}}}""")).Status);
        await _emulator.SetFaultsAsync();
        Assert.Equal(200, (await _emulator.GetAsync(Secrets + "/kept")).Status);
        Assert.Equal(404, (await _emulator.GetAsync(Secrets + "/lost")).Status);
    }

    [Fact]
    public async Task AnOperationThatFailsIsDoneWithAnError()
    {
        await _emulator.SetFaultsAsync("operation-failure=100%");
        CloudSql.CloudSqlProject project = new(_emulator, "p");
        var operation = await project.EndAsync(await project.InsertAsync("db", password: null));
        Assert.Equal(("DONE", "INTERNAL_ERROR"), (operation["status"]!.GetValue<string>(), operation["error"]!["errors"]![0]!["code"]!.GetValue<string>()));
        Assert.Equal("FAILED", (await project.GetAsync("db")).Body["state"]!.GetValue<string>());
        Assert.Equal(409, (await project.PatchAsync("db", """{"tier":"db-g1-small"}""")).Status);
        await _emulator.SetFaultsAsync();
        await project.SucceedAsync(await _emulator.DeleteAsync(Instances + "/db"));
    }

    [Fact]
    public async Task LatencyHoldsARequestBack()
    {
        await _emulator.SetFaultsAsync("latency=300ms");
        var watch = System.Diagnostics.Stopwatch.StartNew();
        await _emulator.GetAsync(Instances);
        // A timer may be early by its own grain, never more.
        Assert.True(watch.ElapsedMilliseconds >= 280, $"{watch.ElapsedMilliseconds} ms");
    }

    [Theory]
    [InlineData("""["nonsense"]""", "Faults are: latency=200ms")]
    [InlineData("""["429=110%"]""", "from 0% to 100%")]
    [InlineData("""["429=ten"]""", "from 0% to 100%")]
    [InlineData("""["latency=soon"]""", "such as 200ms")]
    [InlineData("""[null]""", "not a JSON list of faults")]
    [InlineData("""{"429":"10%"}""", "not a JSON list of faults")]
    [InlineData("""not json""", "not a JSON list of faults")]
    public async Task WhatIsNoFaultIsRefusedAndChangesNothing(string body, string message)
    {
        await _emulator.SetFaultsAsync("latency=1ms");
        var refused = await _emulator.SendWrongAsync("PUT", "/emulator/faults", body);
        Assert.Equal(400, refused.Status);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.Equal(["latency=1ms"], (await _emulator.GetListAsync("/emulator/faults")).List.Select(fault => fault!.GetValue<string>()));
    }
}
