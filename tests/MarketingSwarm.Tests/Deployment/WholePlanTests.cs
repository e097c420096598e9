using System.Globalization;

namespace MarketingSwarm.Tests.Deployment;

/// <summary>
///   The whole rollout at the prompt, from a project with nothing in it to a closed cutover, with an application that writes all the while. What it comes to is read by
///   psql and held against the application's own log.
/// </summary>
public sealed class WholePlanTests
{
    private const string Destination = "cloudsql://p1:us-central1:marketing-swarm-db/marketing_swarm?user=app_user&passwordSecret=db-pass";
    private const string Check = "Test-SwarmReadiness $source $destination -Service backend -Path $app -Endpoint $health -TestReport $tests -Certificate $certificate -SampleCount 5";

    private const int Rows = 500;

    /// <summary>Each phase of the plan, by one or two lines.</summary>
    private static readonly (string Phase, string Script)[] Phases =
    [
        ("2.1 the instance, its database, its user and the secret",
            "$null = New-SwarmCloudSqlInstance marketing-swarm-db -Tier db-g1-small -DatabaseFlag @{ max_connections = 50 } -Database marketing_swarm -GeneratePassword -SecretName db-pass -Confirm:$false"),
        ("2.2, 3, 4 and 6 the files of the deployment",
            "$null = New-SwarmDeployment marketing-swarm-db -Service backend -Path $app -ServiceAccount app@p1.iam.gserviceaccount.com"),
        ("4.3 who may read the secret and connect",
            "$null = Grant-SwarmSecretAccess db-pass serviceAccount:app@p1.iam.gserviceaccount.com -Confirm:$false\n$null = Grant-SwarmCloudSqlAccess serviceAccount:app@p1.iam.gserviceaccount.com -Confirm:$false"),
        ("the backups and the alerts",
            "$null = Set-SwarmBackupPolicy marketing-swarm-db -StartTime 02:00 -RetainedBackups 7 -PointInTimeRecovery -WarningAction Ignore -Confirm:$false\n$null = New-SwarmNotificationChannel ops@example.com -Confirm:$false | Set-SwarmAlertPolicy marketing-swarm-db -Preset Cpu -Confirm:$false"),
        ("1 the schema", "$null = Initialize-SwarmDatabase $destination -Confirm:$false"),
        ("8, day 2 the staging deployment", "$null = Publish-SwarmDeployment $app -Create -Confirm:$false"),
        ("5 the data", "$null = Invoke-SwarmMigration $source $destination -Confirm:$false"),
        ("8, day 4 the cutover",
            "$null = Publish-SwarmDeployment $app -Image img:2 -NoTraffic -Confirm:$false\n$null = Start-SwarmCutover $source $destination -Switch { $application.Pause(); $null = Publish-SwarmDeployment -Service backend -TrafficPercent 100 -Confirm:$false } -WatchMinutes 0 -AllowInFlight -Confirm:$false"),
        ("the report", "$null = New-SwarmMigrationReport $destination $certificate -Confirm:$false"),
    ];

    [Fact]
    public async Task FromAnEmptyProjectToAClosedCutover()
    {
        await using var emulator = await EmulatorServer.StartAsync();
        using var folder = new TempFolder();
        using var health = new HealthRoute();
        var source = folder.File("test_marketing_swarm.db");
        Directory.CreateDirectory(folder.File("app"));
        await File.WriteAllTextAsync(folder.File("results.xml"), """<testsuites><testsuite tests="12" failures="0" errors="0" skipped="1"/></testsuites>""", TestContext.Current.CancellationToken);
        (string, object?)[] variables =
        [
            ("source", source), ("destination", Destination), ("app", folder.File("app")), ("health", health.Address), ("tests", folder.File("results.xml")), ("certificate", folder.File("certificate.json")),
        ];
        PowerShellSession.Run($"$null = New-SwarmSampleDatabase $source -Count {Rows}", ("source", source)).EnsureSuccess();
        using var application = ApplicationWriter.Start(source, folder.File("writes.log"));
        application.WaitForWrites(10);
        variables = [.. variables, ("application", application)];

        var empty = emulator.Run("p1", "Test-SwarmReadiness $source $destination -Service backend -Path $app -SampleCount 5", variables).EnsureSuccess().Output;
        Assert.Equal("Instance", Text(Assert.Single(empty, box => Text(box, "IsNextStep") == "True"), "Name"));
        foreach (var (phase, script) in Phases)
        {
            var result = emulator.Run("p1", script, variables);
            Assert.True(result.AllErrors.Count == 0, $"{phase}: {string.Join('\n', result.AllErrors)}");
        }

        var boxes = emulator.Run("p1", Check, variables).EnsureSuccess().Output;
        // No container runs in the emulator, and so it has no requests to count errors of.
        Assert.Equal(["ErrorRate "], boxes.Where(box => Text(box, "Passed") != "True").Select(box => $"{Text(box, "Name")} {Text(box, "Passed")}"));
        Assert.Equal(24, boxes.Count);
        var criteria = emulator.Run("p1", "Test-SwarmMigration -Certificate $certificate", variables).EnsureSuccess().Output;
        Assert.NotEmpty(criteria);
        Assert.All(criteria, check => Assert.Equal("True", Text(check, "Passed")));

        // Without the module: every write that the application was told of is in PostgreSQL, cell by cell.
        var instance = await emulator.GetAsync("/v1/projects/p1/instances/marketing-swarm-db");
        var password = await emulator.GetSecretAsync("p1", "db-pass");
        var table = await PostgresPrograms.PsqlAsync($"{instance["ipAddresses"]![0]!["ipAddress"]}", 5432, "app_user", password, "marketing_swarm", ApplicationWriter.Query);
        Assert.True(table.ExitCode == 0, table.Error);
        Assert.True(table.Lines.Count > Rows, table.Output);
        Assert.Empty(application.FindLost(table.Output));
        // Its writers stand at the gate since the switch; they are counted only now, since each ends what it was about to write.
        var totals = application.Stop();
        Assert.True(totals is { Errors: 0, Writes: > 10 }, string.Join('\n', totals.Reasons));
        Assert.Empty(emulator.Violations);
    }

    private static string Text(System.Management.Automation.PSObject item, string name) => Convert.ToString(item.Properties[name].Value, CultureInfo.InvariantCulture) ?? "";
}
