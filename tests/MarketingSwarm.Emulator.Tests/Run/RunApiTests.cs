using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.Run;

public sealed class RunApiTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    private const string Template = """{"template":{"containers":[{"image":"us-docker.pkg.dev/p/r/app:1"}]}}""";

    private readonly RunningEmulator _emulator = fixture.Emulator;
    private readonly string _project = fixture.NewProject();

    private string Location => $"/v2/projects/{_project}/locations/us-central1";

    private string Services => Location + "/services";

    private string Service => Services + "/app";

    [Fact]
    public async Task AServiceBecomesReady()
    {
        var begun = await _emulator.SendAsync("POST", Services + "?serviceId=app", Template);
        var early = await _emulator.GetAsync(Service);
        var done = await WaitAsync(begun);
        var ready = await _emulator.GetAsync(Service);

        Assert.Null(begun.Body["done"]);
        Assert.True(early.Body["reconciling"]!.GetValue<bool>());
        Assert.Equal("CONDITION_RECONCILING", early.Body["terminalCondition"]!["state"]!.GetValue<string>());
        Assert.Null(early.Body["latestReadyRevision"]);
        Assert.True(done["done"]!.GetValue<bool>());
        Assert.Equal("type.googleapis.com/google.cloud.run.v2.Service", done["response"]!["@type"]!.GetValue<string>());
        Assert.Null(ready.Body["reconciling"]);
        Assert.Equal("CONDITION_SUCCEEDED", ready.Body["terminalCondition"]!["state"]!.GetValue<string>());
        Assert.Equal(ready.Body["generation"]!.GetValue<string>(), ready.Body["observedGeneration"]!.GetValue<string>());
        Assert.Equal(ready.Body["latestCreatedRevision"]!.GetValue<string>(), ready.Body["latestReadyRevision"]!.GetValue<string>());
        Assert.EndsWith(".invalid", new Uri(ready.Body["uri"]!.GetValue<string>()).Host, StringComparison.Ordinal);
        Assert.Equal(8080, ready.Body["template"]!["containers"]![0]!["ports"]![0]!["containerPort"]!.GetValue<int>());
    }

    [Fact]
    public async Task AChangedTemplateMakesARevisionAndAnUnchangedOneDoesNot()
    {
        await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=app", Template));
        var first = await _emulator.GetAsync(Service);

        await WaitAsync(await _emulator.SendAsync("PATCH", Service + "?updateMask=labels", """{"labels":{"a":"b"}}"""));
        await WaitAsync(await _emulator.SendAsync("PATCH", Service + "?updateMask=template.timeout", """{"template":{"timeout":"60s"}}"""));
        var last = await _emulator.GetAsync(Service);
        var revisions = await _emulator.GetAsync(Service + "/revisions");
        var page = await _emulator.GetAsync(Service + "/revisions?pageSize=1");
        var revision = await _emulator.GetAsync("/v2/" + last.Body["latestReadyRevision"]!.GetValue<string>());

        Assert.Equal("3", last.Body["generation"]!.GetValue<string>());
        Assert.Equal("b", last.Body["labels"]!["a"]!.GetValue<string>());
        Assert.Equal("us-docker.pkg.dev/p/r/app:1", last.Body["template"]!["containers"]![0]!["image"]!.GetValue<string>());
        Assert.NotEqual(first.Body["latestReadyRevision"]!.GetValue<string>(), last.Body["latestReadyRevision"]!.GetValue<string>());
        Assert.Equal(2, revisions.Body["revisions"]!.AsArray().Count);
        Assert.Equal("60s", revisions.Body["revisions"]![0]!["timeout"]!.GetValue<string>());
        Assert.NotNull(page.Body["nextPageToken"]);
        Assert.Equal("60s", revision.Body["timeout"]!.GetValue<string>());
        Assert.Equal("app", revision.Body["service"]!.GetValue<string>());
    }

    [Fact]
    public async Task AStaleETagIsRefused()
    {
        await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=app", Template));
        var etag = JsonValue.Create((await _emulator.GetAsync(Service)).Body["etag"]!.GetValue<string>()).ToJsonString();

        var first = await _emulator.SendAsync("PATCH", Service + "?updateMask=labels", $$$"""{"etag":{{{etag}}},"labels":{"a":"b"}}""");
        var second = await _emulator.SendAsync("PATCH", Service + "?updateMask=labels", $$$"""{"etag":{{{etag}}},"labels":{"a":"c"}}""");

        Assert.Equal(200, first.Status);
        Assert.Equal((409, "ABORTED"), (second.Status, second.Code));
    }

    [Fact]
    public async Task ARevisionsNameCannotBeUsedForAnother()
    {
        const string Named = """{"template":{"revision":"app-one","containers":[{"image":"i"}]}}""";
        await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=app", Named));

        var same = await _emulator.SendAsync("PATCH", Service + "?updateMask=template", Named);
        var other = await _emulator.SendAsync("PATCH", Service + "?updateMask=template.containers", """{"template":{"containers":[{"image":"j"}]}}""");
        var unnamed = await _emulator.SendAsync("PATCH", Service + "?updateMask=template", """{"template":{"containers":[{"image":"j"}]}}""");
        var foreign = await _emulator.SendAsync("PATCH", Service + "?updateMask=template", """{"template":{"revision":"other-one","containers":[{"image":"j"}]}}""");

        Assert.Equal(200, same.Status);
        Assert.Equal((409, "ALREADY_EXISTS"), (other.Status, other.Code));
        Assert.Equal("Revision named 'app-one' with different configuration already exists.", other.Message);
        Assert.Equal(200, unnamed.Status);
        Assert.Equal(400, foreign.Status);
    }

    [Fact]
    public async Task ASecretMustExistAndBeOpenToTheServiceAccount()
    {
        const string Body = """
            {"template":{"serviceAccount":"app@p.iam.gserviceaccount.com","containers":[{"image":"i",
             "env":[{"name":"DB_PASS","valueSource":{"secretKeyRef":{"secret":"db-pass","version":"latest"}}}]}]}}
            """;
        var secrets = $"/v1/projects/{_project}/secrets";

        var missing = await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=app", Body));
        var failed = await _emulator.GetAsync(Service);
        await _emulator.SendAsync("POST", secrets + "?secretId=db-pass", """{"replication":{"automatic":{}}}""");
        await _emulator.SendAsync("POST", secrets + "/db-pass:addVersion", """{"payload":{"data":"c2VjcmV0"}}""");
        var closed = await WaitAsync(await _emulator.SendAsync("PATCH", Service + "?updateMask=template&forceNewRevision=true", Body));
        await _emulator.SendAsync(
            "POST", secrets + "/db-pass:setIamPolicy",
            """{"policy":{"bindings":[{"role":"roles/secretmanager.secretAccessor","members":["serviceAccount:app@p.iam.gserviceaccount.com"]}]}}""");
        var open = await WaitAsync(await _emulator.SendAsync("PATCH", Service + "?updateMask=template&forceNewRevision=true", Body));
        var ready = await _emulator.GetAsync(Service);

        Assert.Contains("/secrets/db-pass/versions/latest was not found", missing["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("CONDITION_FAILED", failed.Body["terminalCondition"]!["state"]!.GetValue<string>());
        Assert.Equal("SECRETS_ACCESS_CHECK_FAILED", failed.Body["terminalCondition"]!["reason"]!.GetValue<string>());
        Assert.Null(failed.Body["latestReadyRevision"]);
        Assert.Contains("Permission denied on secret", closed["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Null(open["error"]);
        Assert.Equal("CONDITION_SUCCEEDED", ready.Body["terminalCondition"]!["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task ACloudSqlInstanceMustExistInItsRegion()
    {
        PostgresPrograms.SkipWithout();
        var begun = await _emulator.SendAsync(
            "POST", $"/v1/projects/{_project}/instances",
            """{"name":"db","region":"us-central1","databaseVersion":"POSTGRES_15","settings":{"tier":"db-f1-micro","edition":"ENTERPRISE"}}""");
        var operation = begun.Body;
        while (operation["status"]!.GetValue<string>() != "DONE")
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            operation = (await _emulator.GetAsync($"/v1/projects/{_project}/operations/{begun.Body["name"]}")).Body;
        }

        var right = await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=app", Body($"{_project}:us-central1:db")));
        var region = await WaitAsync(await _emulator.SendAsync("PATCH", Service + "?updateMask=template", Body($"{_project}:europe-west3:db")));
        var missing = await WaitAsync(await _emulator.SendAsync("PATCH", Service + "?updateMask=template", Body($"{_project}:us-central1:none")));

        Assert.Null(operation["error"]);
        Assert.Null(right["error"]);
        Assert.EndsWith("is in the region us-central1.", region["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.EndsWith($"{_project}:us-central1:none does not exist.", missing["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);

        static string Body(string name) => new JsonObject
        {
            ["template"] = new JsonObject
            {
                ["volumes"] = new JsonArray(new JsonObject { ["name"] = "cloudsql", ["cloudSqlInstance"] = new JsonObject { ["instances"] = new JsonArray((JsonNode)name) } }),
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["image"] = "i",
                    ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "cloudsql", ["mountPath"] = "/cloudsql" }),
                }),
            },
        }.ToJsonString();
    }

    [Fact]
    public async Task WhatServedServesOnWhenARevisionFails()
    {
        await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=app", Template));
        var before = (await _emulator.GetAsync(Service)).Body["latestReadyRevision"]!.GetValue<string>();

        await WaitAsync(await _emulator.SendAsync(
            "PATCH", Service + "?updateMask=template.containers",
            """{"template":{"containers":[{"image":"i","env":[{"name":"A","valueSource":{"secretKeyRef":{"secret":"none"}}}]}]}}"""));
        var after = await _emulator.GetAsync(Service);

        Assert.Equal(before, after.Body["latestReadyRevision"]!.GetValue<string>());
        Assert.NotEqual(before, after.Body["latestCreatedRevision"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("?serviceId=App", Template)]
    [InlineData("", Template)]
    [InlineData("?serviceId=app", "{}")]
    [InlineData("?serviceId=app", """{"template":{"containers":[{}]}}""")]
    [InlineData("?serviceId=app", """{"template":{"containers":[{"image":"i","env":[{"name":"PORT","value":"1"}]}]}}""")]
    [InlineData("?serviceId=app", """{"template":{"containers":[{"image":"i","env":[{"name":"A"},{"name":"A"}]}]}}""")]
    [InlineData("?serviceId=app", """{"template":{"containers":[{"image":"i","volumeMounts":[{"name":"cloudsql","mountPath":"/cloudsql"}]}]}}""")]
    [InlineData("?serviceId=app", """{"template":{"containers":[{"image":"i"}],"volumes":[{"name":"cloudsql","cloudSqlInstance":{"instances":["marketing-swarm-db"]}}]}}""")]
    [InlineData("?serviceId=app", """{"template":{"annotations":{"run.googleapis.com/cloudsql-instances":"p:r:i"},"containers":[{"image":"i"}]}}""")]
    [InlineData("?serviceId=app", """{"template":{"containers":[{"image":"i"}]},"traffic":[{"type":"TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST","percent":50}]}""")]
    [InlineData("?serviceId=app", """{"template":{"containers":[{"image":"i"}]},"traffic":[{"type":"TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION","revision":"app-00001-abc","percent":100}]}""")]
    public async Task AWrongServiceIsRefused(string query, string body)
    {
        var answer = await _emulator.SendAsync("POST", Services + query, body);

        Assert.Equal((400, "INVALID_ARGUMENT"), (answer.Status, answer.Code));
    }

    [Fact]
    public async Task AServiceIsMadeOnceListedAndDeleted()
    {
        await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=app", Template));
        await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=web", Template));

        var again = await _emulator.SendAsync("POST", Services + "?serviceId=app", Template);
        var list = await _emulator.GetAsync(Services);
        var absent = await _emulator.SendAsync("PATCH", Services + "/none?updateMask=labels", "{}");
        var deleted = await WaitAsync(await _emulator.DeleteAsync(Service));

        Assert.Equal((409, "ALREADY_EXISTS"), (again.Status, again.Code));
        Assert.Equal(["app", "web"], list.Body["services"]!.AsArray().Select(service => service!["name"]!.GetValue<string>().Split('/')[^1]));
        Assert.Equal(404, absent.Status);
        Assert.NotNull(deleted["response"]!["deleteTime"]);
        Assert.Equal(404, (await _emulator.GetAsync(Service)).Status);
        Assert.Equal(404, (await _emulator.GetAsync(Service + "/revisions")).Status);
    }

    [Fact]
    public async Task AMaskDoesNotLeadIntoAList()
    {
        await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=app", Template));

        var answer = await _emulator.SendWrongAsync("PATCH", Service + "?updateMask=template.containers.image", Template);

        Assert.Equal((400, "INVALID_ARGUMENT"), (answer.Status, answer.Code));
        Assert.Equal("us-docker.pkg.dev/p/r/app:1", (await _emulator.GetAsync(Service)).Body["template"]!["containers"]![0]!["image"]!.GetValue<string>());
    }

    [Fact]
    public async Task ValidateOnlyChangesNothing()
    {
        var valid = await _emulator.SendAsync("POST", Services + "?serviceId=app&validateOnly=true", Template);
        var wrong = await _emulator.SendAsync("POST", Services + "?serviceId=app&validateOnly=true", "{}");

        Assert.Equal((200, 400), (valid.Status, wrong.Status));
        Assert.Equal(404, (await _emulator.GetAsync(Service)).Status);
    }

    [Fact]
    public async Task AServiceHasAPolicy()
    {
        await WaitAsync(await _emulator.SendAsync("POST", Services + "?serviceId=app", Template));

        await _emulator.SendAsync("POST", Service + ":setIamPolicy", """{"policy":{"bindings":[{"role":"roles/run.invoker","members":["allUsers"]}]}}""");
        await WaitAsync(await _emulator.SendAsync("PATCH", Service + "?updateMask=labels", """{"labels":{"a":"b"}}"""));
        var policy = await _emulator.GetAsync(Service + ":getIamPolicy");

        Assert.Equal("allUsers", policy.Body["bindings"]![0]!["members"]![0]!.GetValue<string>());
        Assert.Equal(404, (await _emulator.GetAsync(Services + "/none:getIamPolicy")).Status);
    }

    private async Task<JsonObject> WaitAsync(Answer begun)
    {
        Assert.True(begun.Status == 200, begun.ToString());
        var name = begun.Body["name"]!.GetValue<string>();
        var done = await _emulator.SendAsync("POST", $"/v2/{name}:wait", """{"timeout":"30s"}""");
        Assert.True(done.Body["done"]?.GetValue<bool>(), done.ToString());
        Assert.True(JsonNode.DeepEquals(done.Body, (await _emulator.GetAsync("/v2/" + name)).Body));
        return done.Body;
    }
}
