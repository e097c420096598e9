using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.CloudSql;

/// <summary>The emulator ends, as its user wants it or as a power failure does, and another goes on with its state.</summary>
public sealed class RestartTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task AKilledEmulatorsInstancesGoOnUnderTheNextOne()
    {
        var emulator = await StartAsync();
        CloudSqlProject project = new(emulator, "p");
        await project.CreateAsync("db");
        await project.SucceedAsync(await emulator.SendAsync("POST", project.PathOf("db/users"), """{"name":"a","password":"pw"}"""));
        var before = (await project.GetAsync("db")).Body;
        before.Remove("selfLink");
        await emulator.KillAsync();

        await using var next = await StartAsync();
        project = new(next, "p");
        var after = (await project.GetAsync("db")).Body;
        after.Remove("selfLink");
        Assert.True(JsonNode.DeepEquals(before, after), after.ToJsonString());
        Assert.Equal("a", await project.PsqlAsync("db", "a", "pw", "postgres", "SELECT current_user"));
        await project.SucceedAsync(await project.PatchAsync("db", """{"settingsVersion":"1","tier":"db-g1-small"}"""));
        await emulator.DisposeAsync();
    }

    [Fact]
    public async Task AStoppedEmulatorStopsItsServersAndTheNextOneStartsThem()
    {
        ProgramResult refused;
        await using (var emulator = await StartAsync())
        {
            CloudSqlProject first = new(emulator, "p");
            await first.CreateAsync("db");
            var address = (await first.GetAsync("db")).Body["ipAddresses"]![0]!["ipAddress"]!.GetValue<string>();
            var port = (await emulator.GetListAsync("/emulator/instances")).List[0]!["port"]!.GetValue<int>();
            await emulator.StopAsync();
            refused = await PostgresPrograms.PsqlAsync(address, port, "postgres", CloudSqlProject.RootPassword, "postgres", "SELECT 1");
            Assert.DoesNotContain("exception", await emulator.ErrorsAsync(), StringComparison.OrdinalIgnoreCase);
        }

        Assert.NotEqual(0, refused.ExitCode);
        await using var next = await StartAsync();
        CloudSqlProject project = new(next, "p");
        Assert.Equal("1", await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SELECT 1"));
    }

    /// <summary>Whenever it is killed, the instance is whole or FAILED afterwards, and can be changed or deleted.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(100, false)]
    [InlineData(400, false)]
    [InlineData(400, true)]
    [InlineData(800, true)]
    public async Task ACreationThatWasCutShortIsFinishedOrFailed(int milliseconds, bool withPassword)
    {
        var emulator = await StartAsync();
        var begun = await new CloudSqlProject(emulator, "p").InsertAsync("db", password: withPassword ? CloudSqlProject.RootPassword : null);
        Assert.Equal("PENDING", begun.Body["status"]!.GetValue<string>());
        // Not a condition to wait for: each time is another moment of the work to be cut at.
        await Task.Delay(milliseconds, TestContext.Current.CancellationToken);
        await emulator.KillAsync();

        await using (var next = await StartAsync())
        {
            CloudSqlProject project = new(next, "p");
            var operation = await project.EndAsync(begun.Body["name"]!.GetValue<string>());
            var state = (await project.GetAsync("db")).Body["state"]!.GetValue<string>();
            Assert.Equal(operation["error"] is null ? "RUNNABLE" : "FAILED", state);
            // Only the password, which is not kept, is a reason not to go on.
            if (!withPassword) Assert.Equal("RUNNABLE", state);
            if (state == "RUNNABLE") await project.SucceedAsync(await next.SendAsync("POST", project.PathOf("db/databases"), """{"name":"a"}"""));
            else Assert.Contains("password", operation["error"]!["errors"]![0]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
            await project.SucceedAsync(await next.DeleteAsync(project.PathOf("db")));
            await project.CreateAsync("db", password: null);
        }

        await emulator.DisposeAsync();
    }

    [Theory]
    [InlineData("DELETE", "", "")]
    [InlineData("PATCH", "", """{"settings":{"databaseFlags":[{"name":"max_connections","value":"60"}]}}""")]
    [InlineData("POST", "/databases", """{"name":"late"}""")]
    [InlineData("POST", "/users", """{"name":"late","password":"pw"}""")]
    [InlineData("POST", "/backupRuns", "{}")]
    [InlineData("POST", "/restart", null)]
    public async Task AnOperationThatWasCutShortEnds(string method, string path, string? body)
    {
        var emulator = await StartAsync();
        CloudSqlProject project = new(emulator, "p");
        await project.CreateAsync("db");
        var begun = await emulator.SendAsync(method, project.PathOf("db" + path), body is "" ? null : body);
        await emulator.KillAsync();

        await using (var next = await StartAsync())
        {
            project = new(next, "p");
            var operation = await project.EndAsync(begun.Body["name"]!.GetValue<string>());
            if (method == "DELETE")
            {
                Assert.Null(operation["error"]);
                Assert.Equal(404, (await project.GetAsync("db")).Status);
            }
            else
            {
                if (path != "/users") Assert.Null(operation["error"]);
                Assert.Equal("RUNNABLE", (await project.GetAsync("db")).Body["state"]!.GetValue<string>());
                if (method == "PATCH") Assert.Equal("60", await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SHOW max_connections"));
                if (path == "/databases") Assert.Equal("late", await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "late", "SELECT current_database()"));
                if (path == "/users") Assert.Equal(operation["error"] is null, (await project.TryPsqlAsync("db", "late", "pw", "postgres", "SELECT 1")).ExitCode == 0);
                if (path == "/backupRuns") Assert.Equal("SUCCESSFUL", Assert.Single((await project.GetAsync("db/backupRuns")).Body["items"]!.AsArray())!["status"]!.GetValue<string>());
                await project.SucceedAsync(await next.DeleteAsync(project.PathOf("db")));
            }
        }

        await emulator.DisposeAsync();
    }

    [Fact]
    public async Task NoPasswordIsInTheStateOrTheLog()
    {
        string[] secrets = ["Root-Secret-4711", "User-Secret-4712", "New-Secret-4713", "Wrong-Secret-4714"];
        await using var emulator = await StartAsync();
        CloudSqlProject project = new(emulator, "p");
        await project.CreateAsync("db", password: secrets[0]);
        await project.SucceedAsync(await emulator.SendAsync("POST", project.PathOf("db/users"), $$"""{"name":"a","password":"{{secrets[1]}}"}"""));
        await project.SucceedAsync(await emulator.SendAsync("PUT", project.PathOf("db/users?name=a"), $$"""{"password":"{{secrets[2]}}"}"""));
        Assert.Equal(400, (await emulator.SendWrongAsync("POST", project.PathOf("db/users"), $$"""{"name":"b","password":["{{secrets[3]}}"]}""")).Status);
        Assert.Equal(400, (await emulator.SendWrongAsync("POST", project.PathOf("db/users"), $$"""{"name":"b","password":"{{secrets[3]}}""")).Status);
        var answers = $"{await project.GetAsync("db")} {await project.GetAsync("db/users")} {await emulator.GetAsync("/v1/projects/p/operations")}";
        await emulator.StopAsync();

        var log = await emulator.ErrorsAsync();
        Assert.Contains("POST /v1/projects/p/instances/db/users 200", log, StringComparison.Ordinal);
        var files = Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories);
        Assert.Contains(files, file => file.EndsWith("emulator.log", StringComparison.Ordinal));
        foreach (var secret in secrets.Append(emulator.Token))
        {
            Assert.DoesNotContain(secret, answers, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, log, StringComparison.Ordinal);
            var bytes = System.Text.Encoding.UTF8.GetBytes(secret);
            foreach (var file in files.Where(file => Path.GetFileName(file) != "token"))
                Assert.False(File.ReadAllBytes(file).AsSpan().IndexOf(bytes) >= 0, $"{file} holds {secret}");
        }
    }

    private Task<RunningEmulator> StartAsync()
    {
        PostgresPrograms.SkipWithout();
        PostgresPrograms.LetThrough(_folder);
        return RunningEmulator.StartAsync(_folder.File("state"));
    }
}
