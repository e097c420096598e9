using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.CloudSql;

/// <summary>A project of an emulator, used as a client of the Cloud SQL Admin API would.</summary>
internal sealed class CloudSqlProject(RunningEmulator emulator, string project)
{
    public const string RootPassword = "root's own pass word";

    public string Name => project;

    /// <summary>The path below the project's instances, for example <c>db/users</c>.</summary>
    public string PathOf(string below = "") => $"/v1/projects/{project}/instances{(below.Length == 0 ? "" : "/" + below)}";

    public Task<Answer> InsertAsync(string name, string settings = "{}", string? password = RootPassword)
    {
        var all = JsonNode.Parse(settings)!.AsObject();
        all["tier"] ??= "db-f1-micro";
        JsonObject body = new() { ["name"] = name, ["region"] = "us-central1", ["databaseVersion"] = "POSTGRES_15", ["settings"] = all };
        if (password is not null) body["rootPassword"] = password;
        return emulator.SendAsync("POST", PathOf(), body.ToJsonString());
    }

    /// <summary>Makes an instance and waits for it.</summary>
    public async Task CreateAsync(string name, string settings = "{}", string? password = RootPassword) => await SucceedAsync(await InsertAsync(name, settings, password));

    public Task<Answer> GetAsync(string below) => emulator.GetAsync(PathOf(below));

    public Task<Answer> PatchAsync(string name, string settings) => emulator.SendAsync("PATCH", PathOf(name), "{\"settings\":" + settings + "}");

    /// <summary>Waits for the end of the operation, which must succeed, and gives it.</summary>
    public async Task<JsonObject> SucceedAsync(Answer begun)
    {
        var operation = await EndAsync(begun);
        Assert.True(operation["error"] is null, operation.ToJsonString());
        return operation;
    }

    /// <summary>Waits for the end of the operation and gives it.</summary>
    public async Task<JsonObject> EndAsync(Answer begun)
    {
        Assert.True(begun.Status == 200, begun.ToString());
        return await EndAsync(begun.Body["name"]!.GetValue<string>());
    }

    /// <inheritdoc cref="EndAsync(Answer)"/>
    public async Task<JsonObject> EndAsync(string operation)
    {
        while (true)
        {
            var answer = await emulator.GetAsync($"/v1/projects/{project}/operations/{operation}");
            if (answer.Status != 200) throw new InvalidOperationException(answer.ToString());
            if (answer.Body["status"]!.GetValue<string>() == "DONE") return answer.Body;
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    public async Task<string> PsqlAsync(string instance, string user, string password, string database, string sql)
    {
        var result = await TryPsqlAsync(instance, user, password, database, sql);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output.TrimEnd('\n');
    }

    /// <summary>Asks the server at the address that the API tells.</summary>
    public async Task<ProgramResult> TryPsqlAsync(string instance, string user, string password, string database, string sql)
    {
        var host = (await GetAsync(instance)).Body["ipAddresses"]![0]!["ipAddress"]!.GetValue<string>();
        var (_, list) = await emulator.GetListAsync("/emulator/instances");
        var port = list.OfType<JsonObject>().Single(entry => entry["project"]!.GetValue<string>() == project && entry["instance"]!.GetValue<string>() == instance)["port"]!.GetValue<int>();
        return await PostgresPrograms.PsqlAsync(host, port, user, password, database, sql);
    }
}
