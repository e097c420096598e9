using System.Text.Json.Nodes;

namespace MarketingSwarm.Emulator.Tests.CloudSql;

public sealed class InstancesApiTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    private RunningEmulator Emulator => fixture.Emulator;

    [Fact]
    public async Task AnInstanceIsAServerThatPsqlCanUse()
    {
        var project = Project();
        await project.CreateAsync("db", """{"databaseFlags":[{"name":"max_connections","value":"50"}],"ipConfiguration":{"privateNetwork":"projects/net/global/networks/default"}}""");
        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/databases"), """{"name":"marketing_swarm","charset":"UTF8","collation":"en_US.UTF8"}"""));
        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/users"), """{"name":"app_user","password":"it's \\ a: pass"}"""));

        Assert.Equal(
            "app_user|marketing_swarm|50|1",
            await project.PsqlAsync("db", "app_user", "it's \\ a: pass", "marketing_swarm", "CREATE TABLE t(a int); INSERT INTO t VALUES (1); SELECT current_user, current_database(), current_setting('max_connections'), a FROM t"));
        Assert.Equal("postgres", await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SELECT current_user"));
        Assert.NotEqual(0, (await project.TryPsqlAsync("db", "app_user", "wrong", "marketing_swarm", "SELECT 1")).ExitCode);

        var instance = (await project.GetAsync("db")).Body;
        Assert.Equal("RUNNABLE", instance["state"]!.GetValue<string>());
        Assert.Equal($"{project.Name}:us-central1:db", instance["connectionName"]!.GetValue<string>());
        Assert.Equal("ENTERPRISE", instance["settings"]!["edition"]!.GetValue<string>());
        Assert.Equal("10", instance["settings"]!["dataDiskSizeGb"]!.GetValue<string>());
        Assert.Equal(["PRIMARY", "PRIVATE"], instance["ipAddresses"]!.AsArray().Select(address => address!["type"]!.GetValue<string>()));
        Assert.Null(instance["rootPassword"]);
        Assert.Equal("sql#sslCert", instance["serverCaCert"]!["kind"]!.GetValue<string>());
        Assert.Equal(["app_user", "postgres"], Names(await project.GetAsync("db/users")));
        Assert.Equal(["marketing_swarm", "postgres"], Names(await project.GetAsync("db/databases")));
        var database = (await project.GetAsync("db/databases/marketing_swarm")).Body;
        Assert.Equal(("UTF8", "en_US.UTF8"), (database["charset"]!.GetValue<string>(), database["collation"]!.GetValue<string>()));
    }

    [Fact]
    public async Task BothSurfacesShowTheSameWithLinksOfTheirOwn()
    {
        var project = Project();
        await project.CreateAsync("db", password: null);
        var newer = (await project.GetAsync("db")).Body;
        var older = (await Emulator.GetAsync("/sql/v1beta4" + project.PathOf("db")["/v1".Length..])).Body;
        Assert.EndsWith($"/v1/projects/{project.Name}/instances/db", newer["selfLink"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.EndsWith($"/sql/v1beta4/projects/{project.Name}/instances/db", older["selfLink"]!.GetValue<string>(), StringComparison.Ordinal);
        newer.Remove("selfLink");
        older.Remove("selfLink");
        Assert.True(JsonNode.DeepEquals(newer, older));
    }

    [Fact]
    public async Task APatchMergesMessagesReplacesListsAndRaisesTheVersion()
    {
        var project = Project();
        await project.CreateAsync("db", """{"databaseFlags":[{"name":"max_connections","value":"50"}],"userLabels":{"team":"a"}}""");
        await project.SucceedAsync(await project.PatchAsync("db", """{"settingsVersion":"1","backupConfiguration":{"enabled":true,"startTime":"02:00"}}"""));
        await project.SucceedAsync(await project.PatchAsync(
            "db", """{"backupConfiguration":{"pointInTimeRecoveryEnabled":true},"databaseFlags":[{"name":"log_min_duration_statement","value":"500"}]}"""));

        var settings = (await project.GetAsync("db")).Body["settings"]!;
        Assert.Equal("3", settings["settingsVersion"]!.GetValue<string>());
        Assert.Equal("02:00", settings["backupConfiguration"]!["startTime"]!.GetValue<string>());
        Assert.True(settings["backupConfiguration"]!["enabled"]!.GetValue<bool>());
        Assert.True(settings["backupConfiguration"]!["pointInTimeRecoveryEnabled"]!.GetValue<bool>());
        Assert.Equal("a", settings["userLabels"]!["team"]!.GetValue<string>());
        Assert.Equal("log_min_duration_statement", Assert.Single(settings["databaseFlags"]!.AsArray())!["name"]!.GetValue<string>());
        Assert.Equal(
            "500ms", await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SHOW log_min_duration_statement"));
        Assert.NotEqual("50", await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SHOW max_connections"));

        await project.SucceedAsync(await project.PatchAsync("db", """{"databaseFlags":[]}"""));
        Assert.Null((await project.GetAsync("db")).Body["settings"]!["databaseFlags"]);
    }

    [Fact]
    public async Task AStaleVersionIsRefusedAndAnUpdateWantsOne()
    {
        var project = Project();
        await project.CreateAsync("db", password: null);
        await project.SucceedAsync(await project.PatchAsync("db", """{"settingsVersion":"1","userLabels":{"a":"b"}}"""));

        var stale = await project.PatchAsync("db", """{"settingsVersion":"1","userLabels":{"a":"c"}}""");
        AssertError(stale, 412, "staleData", "Condition does not match.");
        Assert.Equal("If-Match", stale.Body["error"]!["errors"]![0]!["location"]!.GetValue<string>());
        AssertError(await Emulator.SendAsync("PUT", project.PathOf("db"), """{"settings":{"tier":"db-f1-micro"}}"""), 400, "required", "Missing parameter: Settings version.");

        await project.SucceedAsync(await Emulator.SendAsync("PUT", project.PathOf("db"), """{"settings":{"tier":"db-g1-small","settingsVersion":"2"}}"""));
        var settings = (await project.GetAsync("db")).Body["settings"]!;
        Assert.Null(settings["userLabels"]);
        Assert.Equal(("db-g1-small", "3"), (settings["tier"]!.GetValue<string>(), settings["settingsVersion"]!.GetValue<string>()));
    }

    [Fact]
    public async Task OneOperationAtATimeHasAnInstance()
    {
        var project = Project();
        var create = await project.InsertAsync("db");
        Assert.Equal(("sql#operation", "CREATE"), (create.Body["kind"]!.GetValue<string>(), create.Body["operationType"]!.GetValue<string>()));
        AssertError(await Emulator.SendAsync("POST", project.PathOf("db/databases"), """{"name":"a"}"""), 409, "operationInProgress", "Operation failed because another operation was already in progress.");
        AssertError(await project.PatchAsync("db", """{"tier":"db-g1-small"}"""), 409, "operationInProgress", "Operation failed because another operation was already in progress.");
        AssertError(await project.InsertAsync("db"), 409, "instanceAlreadyExists", "The Cloud SQL instance already exists.");
        await project.SucceedAsync(create);

        // Whoever sees the end of one can begin the next at once.
        for (var i = 0; i < 10; i++) await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/databases"), $$"""{"name":"d{{i}}"}"""));
        var list = (await Emulator.GetAsync($"/v1/projects/{project.Name}/operations?instance=db&maxResults=3")).Body;
        Assert.Equal(3, list["items"]!.AsArray().Count);
        Assert.NotNull(list["nextPageToken"]);
        HashSet<string> names = [];
        for (string? token = ""; token is not null;)
        {
            var page = (await Emulator.GetAsync($"/v1/projects/{project.Name}/operations?instance=db&maxResults=3&pageToken={Uri.EscapeDataString(token)}")).Body;
            foreach (var operation in page["items"]!.AsArray()) Assert.True(names.Add(operation!["name"]!.GetValue<string>()));
            token = page["nextPageToken"]?.GetValue<string>();
        }

        Assert.Equal(11, names.Count);
    }

    [Theory]
    [InlineData("""{"name":"Bad_Name"}""", "invalid", "Invalid request: instance name (Bad_Name).")]
    [InlineData("""{"region":"mars-north1"}""", "invalid", "Invalid request: Invalid region (mars-north1).")]
    [InlineData("""{"settings":{"tier":"db-n1-standard-1"}}""", "invalid", "Invalid request: Only custom or shared-core instance Billing Tier type allowed for PostgreSQL database.")]
    [InlineData("""{"settings":{"tier":"db-perf-optimized-N-2","edition":"ENTERPRISE"}}""", "invalid", "Invalid request: Invalid Tier (db-perf-optimized-N-2) for (ENTERPRISE) Edition. Use a custom or shared-core Tier like db-custom-* instead.")]
    [InlineData("""{"databaseVersion":"POSTGRES_16"}""", "invalid", "Invalid request: Invalid Tier (db-f1-micro) for (ENTERPRISE_PLUS) Edition. Use a predefined Tier like db-perf-optimized-N-* instead.")]
    [InlineData("""{"settings":{"tier":"db-custom-3-7680"}}""", "invalid", "Invalid request: Invalid Tier (db-custom-3-7680): the number of CPUs must be 1 or an even number up to 96.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","dataDiskSizeGb":"9"}}""", "invalid", "Invalid request: Invalid disk size (9 GB) for Tier (db-f1-micro): from 10 to 3062.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","databaseFlags":[{"name":"no_such_flag","value":"1"}]}}""", "invalidFlagName", "Flag requested is not supported: no_such_flag.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","databaseFlags":[{"name":"max_connections","value":"many"}]}}""", "invalidFlagValue", "Value requested is not valid. Failed to set max_connections: many is not a number from 14 to 262143.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","backupConfiguration":{"enabled":true,"startTime":"25:00"}}}""", "invalid", "Invalid request: Invalid backup start time (25:00): HH:MM from 00:00 to 23:59, in UTC.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","backupConfiguration":{"backupRetentionSettings":{"retainedBackups":0}}}}""", "invalid", "Invalid request: The number of retained backups must be between 1 and 365.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","backupConfiguration":{"backupRetentionSettings":{"retainedBackups":400}}}}""", "invalid", "Invalid request: The number of retained backups must be between 1 and 365.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","backupConfiguration":{"transactionLogRetentionDays":8}}}""", "invalid", "Invalid request: The number of transaction log retention days must be between 1 and 7.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","backupConfiguration":{"transactionLogRetentionDays":6,"backupRetentionSettings":{"retainedBackups":5}}}}""", "invalid", "Invalid request: backup retention should be > transaction log retention.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","backupConfiguration":{"enabled":false,"pointInTimeRecoveryEnabled":true}}}""", "invalid", "Invalid request: Point-in-time recovery cannot be enabled when backups are disabled.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","ipConfiguration":{"privateNetwork":"projects/p/global/networks/other"}}}""", "invalid", "Invalid request: Incorrect Service Networking config for instance: PROJECT:db:NETWORK_NOT_PEERED.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","ipConfiguration":{"ipv4Enabled":false}}}""", "invalid", "Invalid request: At least one of Public IP or Private IP or PSC connectivity must be enabled.")]
    [InlineData("""{"settings":{"tier":"db-f1-micro","ipConfiguration":{"authorizedNetworks":[{"value":"10.0.0.0/8"}]}}}""", "invalid", "Invalid request: Non-routable or private authorized network (10.0.0.0/8) specified.")]
    public async Task WhatAnInstanceCannotBeIsRefusedAndNothingIsMade(string change, string reason, string message)
    {
        var project = Project();
        JsonObject body = new() { ["name"] = "db", ["region"] = "us-central1", ["databaseVersion"] = "POSTGRES_15", ["settings"] = new JsonObject { ["tier"] = "db-f1-micro" } };
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject()) body[name] = value?.DeepClone();
        AssertError(await Emulator.SendAsync("POST", project.PathOf(), body.ToJsonString()), 400, reason, message.Replace("PROJECT", project.Name, StringComparison.Ordinal));
        Assert.Null((await project.GetAsync("")).Body["items"]);
        Assert.Null((await Emulator.GetAsync($"/v1/projects/{project.Name}/operations")).Body["items"]);
    }

    [Fact]
    public async Task AProtectedInstanceStays()
    {
        var project = Project();
        await project.CreateAsync("db", """{"deletionProtectionEnabled":true}""", password: null);
        var refused = await Emulator.DeleteAsync(project.PathOf("db"));
        Assert.Equal(400, refused.Status);
        Assert.StartsWith("The instance is protected.", refused.Message, StringComparison.Ordinal);

        await project.SucceedAsync(await project.PatchAsync("db", """{"deletionProtectionEnabled":false}"""));
        await project.SucceedAsync(await Emulator.DeleteAsync(project.PathOf("db")));
        AssertError(await project.GetAsync("db"), 404, "instanceDoesNotExist", "The Cloud SQL instance does not exist.");
        // The name is free at once.
        await project.CreateAsync("db", password: null);
    }

    [Fact]
    public async Task ListsAreFilteredAndPaged()
    {
        var project = Project();
        foreach (var name in new[] { "c", "a", "b" }) await project.CreateAsync(name, $$$"""{"userLabels":{"name":"{{{name}}}"}}""", password: null);
        var first = (await Emulator.GetAsync(project.PathOf() + "?maxResults=2")).Body;
        Assert.Equal(["a", "b"], Names(first));
        var second = (await Emulator.GetAsync($"{project.PathOf()}?maxResults=2&pageToken={Uri.EscapeDataString(first["nextPageToken"]!.GetValue<string>())}")).Body;
        Assert.Equal(["c"], Names(second));
        Assert.Null(second["nextPageToken"]);
        Assert.Equal(["b"], Names((await Emulator.GetAsync(project.PathOf() + "?filter=settings.userLabels.name%3Db%20AND%20state%3DRUNNABLE")).Body));
        Assert.Equal(400, (await Emulator.GetAsync(project.PathOf() + "?filter=%3D%3D")).Status);
        Assert.Equal(400, (await Emulator.GetAsync(project.PathOf() + "?pageToken=garbage")).Status);
    }

    [Fact]
    public async Task TheActivationPolicyStopsAndStartsTheServer()
    {
        var project = Project();
        await project.CreateAsync("db");
        await project.SucceedAsync(await project.PatchAsync("db", """{"activationPolicy":"NEVER"}"""));
        Assert.NotEqual(0, (await project.TryPsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SELECT 1")).ExitCode);
        Assert.Equal("RUNNABLE", (await project.GetAsync("db")).Body["state"]!.GetValue<string>());
        AssertError(await project.GetAsync("db/users"), 400, "invalid", "Invalid request: Invalid request since instance is not running.");

        await project.SucceedAsync(await project.PatchAsync("db", """{"activationPolicy":"ALWAYS"}"""));
        var started = await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SELECT pg_postmaster_start_time()");
        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/restart")));
        Assert.NotEqual(started, await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SELECT pg_postmaster_start_time()"));
    }

    [Fact]
    public async Task ABackupBringsBackWhatWasThere()
    {
        var project = Project();
        await project.CreateAsync("db");
        await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "CREATE TABLE kept(a int); INSERT INTO kept VALUES (42)");
        var operation = await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/backupRuns"), """{"description":"before","location":"us"}"""));
        Assert.Equal("BACKUP_VOLUME", operation["operationType"]!.GetValue<string>());
        var id = operation["backupContext"]!["backupId"]!.GetValue<string>();
        var run = (await project.GetAsync($"db/backupRuns/{id}")).Body;
        Assert.Equal(("SUCCESSFUL", "ON_DEMAND", "before"), (run["status"]!.GetValue<string>(), run["type"]!.GetValue<string>(), run["description"]!.GetValue<string>()));

        await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "DROP TABLE kept");
        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/restoreBackup"), $$$"""{"restoreBackupContext":{"backupRunId":"{{{id}}}","instanceId":"db"}}"""));
        Assert.Equal("42", await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SELECT a FROM kept"));

        await project.SucceedAsync(await Emulator.DeleteAsync(project.PathOf($"db/backupRuns/{id}")));
        AssertError(await project.GetAsync($"db/backupRuns/{id}"), 404, "backupRunDoesNotExist", "The specified backup run does not exist.");
        AssertError(
            await Emulator.SendAsync("POST", project.PathOf("db/restoreBackup"), $$$"""{"restoreBackupContext":{"backupRunId":"{{{id}}}"}}"""), 404, "backupRunDoesNotExist",
            "The specified backup run does not exist.");
    }

    [Fact]
    public async Task UsersAreMadeChangedAndDeleted()
    {
        var project = Project();
        await project.CreateAsync("db");
        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/users"), """{"name":"a","password":"one"}"""));
        await project.PsqlAsync("db", "a", "one", "postgres", "SELECT 1");
        await project.SucceedAsync(await Emulator.SendAsync("PUT", project.PathOf("db/users?name=a"), """{"password":"two"}"""));
        await project.PsqlAsync("db", "a", "two", "postgres", "SELECT 1");
        // An insert of a built-in user that exists sets its password.
        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/users"), """{"name":"a","password":"three"}"""));
        await project.PsqlAsync("db", "a", "three", "postgres", "CREATE TABLE owned(a int)");

        var failed = await project.EndAsync(await Emulator.DeleteAsync(project.PathOf("db/users?name=a")));
        Assert.Equal("ERROR_RDBMS", failed["error"]!["errors"]![0]!["code"]!.GetValue<string>());
        await project.PsqlAsync("db", "a", "three", "postgres", "DROP TABLE owned");
        await project.SucceedAsync(await Emulator.DeleteAsync(project.PathOf("db/users?name=a")));
        AssertError(await Emulator.DeleteAsync(project.PathOf("db/users?name=a")), 404, "userDoesNotExist", "The specified user does not exist.");

        AssertError(
            await Emulator.SendAsync("POST", project.PathOf("db/users"), """{"name":"x@p.iam.gserviceaccount.com","type":"CLOUD_IAM_SERVICE_ACCOUNT"}"""), 400, "invalid",
            "Invalid request: Database username for Cloud IAM service account should be created without \".gserviceaccount.com\" suffix.");
        await project.SucceedAsync(await Emulator.SendAsync("POST", project.PathOf("db/users"), """{"name":"x@p.iam","type":"CLOUD_IAM_SERVICE_ACCOUNT"}"""));
        Assert.Equal("CLOUD_IAM_SERVICE_ACCOUNT", (await project.GetAsync("db/users/x%40p.iam")).Body["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task DatabasesAreThoseOfTheServer()
    {
        var project = Project();
        await project.CreateAsync("db");
        await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "CREATE DATABASE by_hand");
        Assert.Equal(["by_hand", "postgres"], Names(await project.GetAsync("db/databases")));
        AssertError(
            await Emulator.SendAsync("POST", project.PathOf("db/databases"), """{"name":"by_hand"}"""), 400, "invalid",
            "Invalid request: failed to create database by_hand. Detail: pq: database \"by_hand\" already exists.");
        await project.SucceedAsync(await Emulator.DeleteAsync(project.PathOf("db/databases/by_hand")));
        Assert.Equal(["postgres"], (await project.PsqlAsync("db", "postgres", CloudSqlProject.RootPassword, "postgres", "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'cloudsqladmin'")).Split('\n'));
        AssertError(await project.GetAsync("db/databases/by_hand"), 404, "databaseDoesNotExist", "The specified database does not exist.");
        Assert.Equal(400, (await Emulator.DeleteAsync(project.PathOf("db/databases/postgres"))).Status);
    }

    [Fact]
    public async Task FlagsAndTiersAreListed()
    {
        var flags = (await Emulator.GetAsync("/v1/flags?databaseVersion=POSTGRES_15")).Body["items"]!.AsArray();
        var connections = flags.Single(flag => flag!["name"]!.GetValue<string>() == "max_connections")!;
        Assert.Equal(("INTEGER", "262143", true), (connections["type"]!.GetValue<string>(), connections["maxValue"]!.GetValue<string>(), connections["requiresRestart"]!.GetValue<bool>()));
        Assert.Null((await Emulator.GetAsync("/v1/flags?databaseVersion=MYSQL_8_0")).Body["items"]);
        var tiers = (await Emulator.GetAsync("/sql/v1beta4/projects/p/tiers")).Body["items"]!.AsArray();
        Assert.Contains("db-f1-micro", tiers.Select(tier => tier!["tier"]!.GetValue<string>()));
    }

    private static void AssertError(Answer answer, int status, string reason, string message)
    {
        Assert.True(answer.Status == status, answer.ToString());
        var error = answer.Body["error"]!;
        Assert.Equal((message, reason, message), (error["message"]!.GetValue<string>(), error["errors"]![0]!["reason"]!.GetValue<string>(), error["errors"]![0]!["message"]!.GetValue<string>()));
    }

    private static IEnumerable<string> Names(Answer answer) => Names(answer.Body);

    private static IEnumerable<string> Names(JsonObject list) => list["items"]!.AsArray().Select(item => item!["name"]!.GetValue<string>());

    private CloudSqlProject Project()
    {
        PostgresPrograms.SkipWithout();
        return new CloudSqlProject(Emulator, fixture.NewProject());
    }
}
