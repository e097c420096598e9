using System.Text.Json.Nodes;

namespace MarketingSwarm.Tests.CloudSql;

public sealed class ChaosTests
{
    private const string Provisioning =
        """
        New-SwarmCloudSqlInstance marketing-swarm-db -Tier db-f1-micro -NoBackup -DatabaseFlag @{ max_connections = 25 } -Database marketing_swarm -UserName app_user -GeneratePassword -SecretName db-pass -SecretAccessor serviceAccount:app@chaos.iam.gserviceaccount.com
        New-SwarmNotificationChannel ops@example.com | Set-SwarmAlertPolicy -Instance marketing-swarm-db
        """;

    // Google's APIs on a bad day: a lost answer may hide that the request was carried out.
    [Fact]
    public async Task OnABadDayEverythingIsMadeExactlyOnce()
    {
        await using var emulator = await EmulatorServer.StartAsync("--seed", "11");
        for (var run = 1; run <= Scale.Rows(5, 100); run++)
        {
            var project = $"chaos-{run}";
            await emulator.SetFaultsAsync("429=10%", "503-before=10%", "503-after=5%");

            emulator.Run(project, Provisioning).EnsureSuccess();

            await emulator.SetFaultsAsync();
            await AssertExactlyOneAsync(emulator, project);
            var version = await InstanceVersionAsync(emulator, project);
            await emulator.SetFaultsAsync("429=10%", "503-before=10%", "503-after=5%");

            emulator.Run(project, Provisioning).EnsureSuccess();

            await emulator.SetFaultsAsync();
            await AssertExactlyOneAsync(emulator, project);
            Assert.Equal(version, await InstanceVersionAsync(emulator, project));
            await AssertLoginAsync(emulator, project);
            emulator.Run(project, "Remove-SwarmCloudSqlInstance marketing-swarm-db -Confirm:$false").EnsureSuccess();
        }

        Assert.Empty(emulator.Violations);
    }

    private static async Task AssertExactlyOneAsync(EmulatorServer emulator, string project)
    {
        Assert.Equal(["marketing-swarm-db"], await NamesAsync($"/v1/projects/{project}/instances", "items"));
        Assert.Equal(["marketing_swarm"], (await NamesAsync($"/v1/projects/{project}/instances/marketing-swarm-db/databases", "items")).Where(name => name != "postgres"));
        Assert.Equal(["app_user"], (await NamesAsync($"/v1/projects/{project}/instances/marketing-swarm-db/users", "items")).Where(name => name != "postgres"));
        Assert.Single(await NamesAsync($"/v1/projects/{project}/secrets", "secrets"));
        Assert.Single(await NamesAsync($"/v1/projects/{project}/secrets/db-pass/versions", "versions"));
        Assert.Single(await NamesAsync($"/v3/projects/{project}/alertPolicies", "alertPolicies"));
        Assert.Single(await NamesAsync($"/v3/projects/{project}/notificationChannels", "notificationChannels"));
        var binding = Assert.Single((await emulator.GetAsync($"/v1/projects/{project}/secrets/db-pass:getIamPolicy"))["bindings"]!.AsArray())!;
        Assert.Equal("roles/secretmanager.secretAccessor", $"{binding["role"]}");
        Assert.Equal("serviceAccount:app@chaos.iam.gserviceaccount.com", $"{Assert.Single(binding["members"]!.AsArray())}");
        var operations = (await emulator.GetAsync($"/v1/projects/{project}/operations?instance=marketing-swarm-db"))["items"]!.AsArray();
        Assert.Equal(["CREATE", "CREATE_DATABASE", "CREATE_USER"], operations.Select(operation => $"{operation!["operationType"]}").Order());

        async Task<IEnumerable<string>> NamesAsync(string path, string field)
            => ((await emulator.GetAsync(path))[field] as JsonArray ?? []).Select(item => $"{item!["name"]}");
    }

    private static async Task<string> InstanceVersionAsync(EmulatorServer emulator, string project)
        => $"{(await emulator.GetAsync($"/v1/projects/{project}/instances/marketing-swarm-db"))["settings"]!["settingsVersion"]}";

    // What the secret holds is the user's password, and the user's database is there.
    private static async Task AssertLoginAsync(EmulatorServer emulator, string project)
    {
        var address = (await emulator.GetAsync($"/v1/projects/{project}/instances/marketing-swarm-db"))["ipAddresses"]![0]!["ipAddress"]!.ToString();
        var psql = Programs.Find("psql", PostgresCluster.ProgramFolder!)!;
        var result = await Programs.RunAsync(
            psql, ["-X", "-A", "-t", "-h", address, "-U", "app_user", "-d", "marketing_swarm", "-c", "SELECT current_user"], null,
            [new("PGPASSWORD", await emulator.GetSecretAsync(project, "db-pass")), new("PGCONNECT_TIMEOUT", "10")]);
        Assert.Equal("app_user", $"{result.Output}{result.Error}".Trim());
    }
}
