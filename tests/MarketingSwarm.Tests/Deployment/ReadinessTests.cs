using System.Globalization;
using System.Management.Automation;

namespace MarketingSwarm.Tests.Deployment;

/// <summary>Boxes of the checklist that are opened from outside are found open.</summary>
public sealed class ReadinessTests : IAsyncLifetime
{
    private const string Destination = "cloudsql://p1:us-central1:db/swarm?user=app_user&passwordSecret=db-pass";
    private const string Account = "app@p1.iam.gserviceaccount.com";
    private const string Prepare =
        $$"""
        $null = New-SwarmCloudSqlInstance db -Tier db-g1-small -DatabaseFlag @{ max_connections = 50 } -Database swarm -GeneratePassword -SecretName db-pass -Confirm:$false
        $null = New-SwarmDeployment db -Service app -Path $path -ServiceAccount {{Account}} -Database swarm
        $null = Grant-SwarmSecretAccess db-pass serviceAccount:{{Account}} -Confirm:$false
        $null = Grant-SwarmCloudSqlAccess serviceAccount:{{Account}} -Confirm:$false
        $null = New-SwarmSampleDatabase $source -Count 20
        $null = Initialize-SwarmDatabase $destination -Confirm:$false
        $null = Publish-SwarmDeployment $path -Create -Confirm:$false
        """;

    private const string Look = "Test-SwarmReadiness $source $destination -Service app -Path $path -SampleCount 5";

    private EmulatorServer _emulator = null!;

    public async ValueTask InitializeAsync() => _emulator = await EmulatorServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_emulator is not null) await _emulator.DisposeAsync();
    }

    [Fact]
    public async Task WhatIsOpenedFromOutsideIsFoundWithTheCommandThatClosesIt()
    {
        using var folder = new TempFolder();
        (string, object?)[] variables = [("source", folder.File("app.db")), ("destination", Destination), ("path", folder.Path)];
        var ready = _emulator.Run("p1", $"{Prepare}\n{Look} -Day 1, 2\n{Look} -Day 1 -Quiet\n{Look} -Day 2 -Quiet", variables).EnsureSuccess().Output;
        Assert.Equal(["IntegrationTests", "Endpoint"], Open(ready));
        Assert.Equal([true, false], ready.TakeLast(2).Select(item => (bool)item.BaseObject));

        // Each fault by the service's own API.
        await _emulator.PatchAsync("/v1/projects/p1/instances/db", """{"settings":{"backupConfiguration":{"enabled":false,"pointInTimeRecoveryEnabled":false},"databaseFlags":[{"name":"max_connections","value":"40"}]}}""");
        while ((bool?)(await _emulator.GetAsync("/v1/projects/p1/instances/db"))["settings"]!["backupConfiguration"]!["enabled"] == true) await Task.Delay(20, TestContext.Current.CancellationToken);
        await _emulator.PostAsync("/v1/projects/p1/secrets/db-pass:setIamPolicy", """{"policy":{"bindings":[]}}""");
        await _emulator.PostAsync("/v1/projects/p1:setIamPolicy", """{"policy":{"bindings":[{"role":"roles/viewer","members":["serviceAccount:app@p1.iam.gserviceaccount.com"]}]}}""");
        File.Delete(folder.File("backend/utils/database_config.py"));
        var found = _emulator.Run("p1", $"{Look} -Day 1, 2", variables).EnsureSuccess().Output;
        Assert.Equal(["Backups", "SecretAccess", "Roles", "Code", "IntegrationTests", "Endpoint", "Connections"], Open(found));
        Assert.Equal("Backups", Assert.Single(found, box => (bool)box.Properties["IsNextStep"].Value).Properties["Name"].Value);
        Assert.Contains("42 connections, of 32", Actual(found, "Connections"), StringComparison.Ordinal);

        // The commands that it names close the boxes.
        foreach (var name in (string[])["SecretAccess", "Roles", "Code", "Backups"])
        {
            var command = $"{found.Single(box => $"{box.Properties["Name"].Value}" == name).Properties["Command"].Value}";
            _emulator.Run("p1", $"$ConfirmPreference = 'None'; $null = {command}", variables).EnsureSuccess();
        }

        Assert.Equal(["IntegrationTests", "Endpoint", "Connections"], Open(_emulator.Run("p1", $"{Look} -Day 1, 2", variables).EnsureSuccess().Output));
        Assert.Empty(_emulator.Violations);
    }

    [Fact]
    public void AnEmptyProjectHasAnOpenBoxForEachStepAndNoError()
    {
        using var folder = new TempFolder();
        var output = _emulator.Run(
            "p1", $"$null = New-SwarmSampleDatabase $source -Count 5\n{Look}", ("source", folder.File("app.db")), ("destination", Destination), ("path", folder.Path)).EnsureSuccess().Output;
        Assert.Equal(24, output.Count);
        Assert.Equal(["SourceDatabase"], output.Where(box => box.Properties["Passed"].Value is true).Select(box => $"{box.Properties["Name"].Value}"));
        Assert.All(output.Where(box => box.Properties["Passed"].Value is false), box => Assert.False(string.IsNullOrEmpty($"{box.Properties["Command"].Value}"), $"{box}"));
        Assert.Equal("project 'p1' has no instance 'db'", Actual(output, "Instance"));
    }

    [Theory]
    [InlineData("""<testsuite tests="3" failures="0" errors="0" skipped="1"/>""", true)]
    [InlineData("""<testsuites><testsuite tests="3" failures="1" errors="0"/></testsuites>""", false)]
    [InlineData("""<testsuite tests="3" failures="0" errors="1"/>""", false)]
    [InlineData("""<testsuite tests="0" failures="0" errors="0"/>""", false)]
    [InlineData("""<testsuite tests="2" failures="0" errors="0" skipped="2"/>""", false)]
    [InlineData("""<test-run total="4" failed="0" skipped="0"/>""", true)]
    [InlineData("""<test-results total="4" failures="1" errors="0" not-run="0"/>""", false)]
    [InlineData("""<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><ResultSummary><Counters total="2" failed="0"/></ResultSummary></TestRun>""", true)]
    [InlineData("<html/>", false)]
    [InlineData("not xml", false)]
    public void AReportOfTestsTicksItsBoxOnlyWhereAllPassed(string report, bool isTicked)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("r.xml"), report);
        var output = PowerShellSession.Run(
            "Test-SwarmReadiness $source postgresql://127.0.0.1:1/x -Day 2 -TestReport $report -Project p1", ("source", folder.File("app.db")), ("report", folder.File("r.xml"))).EnsureSuccess().Output;
        Assert.Equal(isTicked, output.Single(box => $"{box.Properties["Name"].Value}" == "IntegrationTests").Properties["Passed"].Value);
    }

    private static string Actual(IEnumerable<PSObject> boxes, string name) => Convert.ToString(boxes.Single(box => $"{box.Properties["Name"].Value}" == name).Properties["Actual"].Value, CultureInfo.InvariantCulture)!;

    private static IEnumerable<string> Open(IEnumerable<PSObject> boxes)
        => boxes.Where(box => box.Properties["Name"] is not null && box.Properties["Passed"].Value is not true).Select(box => $"{box.Properties["Name"].Value}");
}
