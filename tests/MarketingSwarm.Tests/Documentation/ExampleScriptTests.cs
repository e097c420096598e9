using System.Text.Json;

namespace MarketingSwarm.Tests.Documentation;

/// <summary>The scripts of examples/, run in the Shell as a user runs them, against the emulator.</summary>
public sealed class ExampleScriptTests : IAsyncLifetime
{
    private const string Account = "app@p1.iam.gserviceaccount.com";
    private const string Destination = "cloudsql://p1:us-central1:marketing-swarm-db/marketing_swarm?user=app_user&passwordSecret=db-pass";

    private EmulatorServer _emulator = null!;

    public async ValueTask InitializeAsync() => _emulator = await EmulatorServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_emulator is not null) await _emulator.DisposeAsync();
    }

    [Fact]
    public async Task TheWayIsGoneByTheScriptsThereAndBack()
    {
        using var folder = new TempFolder();
        var source = folder.File("app.db");
        var application = Directory.CreateDirectory(folder.File("app")).FullName;
        PowerShellSession.Run("$null = New-SwarmSampleDatabase $path -Count 50", ("path", source)).EnsureSuccess();

        var provisioned = Run("provision.ps1", "-Project", "p1", "-ServiceAccount", Account, "-Email", "ops@example.com", "-Force");
        Assert.Contains(Destination, provisioned.Output, StringComparison.Ordinal);
        Assert.Contains("list prices of 2026-08-01", provisioned.Output, StringComparison.Ordinal);

        Run("migrate.ps1", source, Destination, "-Force");
        Assert.Contains("backups", Directory.EnumerateDirectories(folder.Path).Select(Path.GetFileName));
        _emulator.Run(
            "p1", $"$null = New-SwarmDeployment marketing-swarm-db -Path $path -Service backend -ServiceAccount {Account}; $null = Publish-SwarmDeployment $path -Create -Confirm:$false",
            ("path", application)).EnsureSuccess();
        // The old file is watched for long; the operator who wants to go back ends that with Ctrl+C.
        using (var cutover = Start("cutover.ps1", source, Destination, "-Application", application, "-Service", "backend", "-Image", "img:2", "-WatchMinutes", "30", "-AllowInFlight", "-Force"))
        {
            _ = cutover.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = cutover.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            while (State() is not ["Watching", "True"])
            {
                Assert.False(cutover.HasExited, cutover.HasExited ? await errors : "");
                await Task.Delay(100, TestContext.Current.CancellationToken);
            }

            cutover.Kill(entireProcessTree: true);
            await cutover.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var serving = _emulator.Run("p1", "(Get-SwarmDeployment backend).Traffic").EnsureSuccess().Output.Single();
        Assert.Equal("img:2", $"{serving.Properties["Image"].Value}");

        // What was written to the new side comes back with the rollback.
        var instance = await _emulator.GetAsync("/v1/projects/p1/instances/marketing-swarm-db");
        var written = await PostgresPrograms.PsqlAsync(
            $"{instance["ipAddresses"]![0]!["ipAddress"]}", 5432, "app_user", await _emulator.GetSecretAsync("p1", "db-pass"), "marketing_swarm",
            "INSERT INTO conversations (id, user_query) VALUES ('after-the-cutover', 'q')");
        Assert.True(written.ExitCode == 0, written.Error);
        Run("rollback.ps1", source, Destination, "-Service", "backend", "-Force");
        Assert.Equal(["51", "1"], Sqlite3.Run(source, "SELECT count(*) FROM conversations; SELECT count(*) FROM conversations WHERE id = 'after-the-cutover'"));
        Assert.NotEqual("img:2", $"{_emulator.Run("p1", "(Get-SwarmDeployment backend).Traffic").EnsureSuccess().Output.Single().Properties["Image"].Value}");

        ProgramResult Run(string script, params string[] arguments) => RunScript(expectedExitCode: 0, script, arguments);

        string[] State() => [.. _emulator.Run("p1", $"Get-SwarmCutover '{Destination}' | ForEach-Object {{ $_.State; $_.IsProven }}").EnsureSuccess().Output.Select(item => $"{item}")];
    }

    [Fact]
    public void TheNightlyCheckFindsABackupThatIsNotWhatTheDatabaseHad()
    {
        using var folder = new TempFolder();
        var source = folder.File("app.db");
        PowerShellSession.Run("$null = New-SwarmSampleDatabase $path -Count 30", ("path", source)).EnsureSuccess();

        var good = RunScript(0, "nightly-backup-check.ps1", source, "-Folder", folder.File("nightly"));
        Assert.Contains("30 rows restored, 0 missing or different", good.Output, StringComparison.Ordinal);
        Assert.Single(Directory.EnumerateFiles(folder.File("nightly"), "*.db"));

        // A folder that cannot be written to.
        File.WriteAllText(folder.File("taken"), "");
        Assert.NotEmpty(RunScript(1, "nightly-backup-check.ps1", source, "-Folder", folder.File("taken")).Error);
    }

    [Fact]
    public async Task TheRunbookNamesTheStepThatFailsAndGoesOnWhenItIsMended()
    {
        using var folder = new TempFolder();
        var source = folder.File("app.db");
        var log = folder.File("rollout.jsonl");
        var application = Directory.CreateDirectory(folder.File("app")).FullName;
        PowerShellSession.Run("$null = New-SwarmSampleDatabase $path -Count 60", ("path", source)).EnsureSuccess();
        var image = "img:1";
        (string Step, Func<Task> Break, Action Mend)[] faults =
        [
            Missing("instance", "cloudsql.instances.create"),
            Missing("backups", "cloudsql.instances.update"),
            Missing("alerts", "monitoring.alertPolicies.create"),
            ("files", () => File.WriteAllTextAsync(Path.Combine(application, "service.yaml"), "a: b: c"), () => File.Delete(Path.Combine(application, "service.yaml"))),
            Missing("access", "resourcemanager.projects.setIamPolicy"),
            Missing("schema", "cloudsql.instances.connect"),
            Missing("staging", "run.services.create"),
            ("backup", () => File.WriteAllTextAsync(folder.File("backups"), ""), () => File.Delete(folder.File("backups"))),
            // Once more, with the service there and an image of its own: the new revision gets no requests before the switch.
            ("backup", () => File.WriteAllTextAsync(folder.File("backups"), image = "img:2"), () => File.Delete(folder.File("backups"))),
            Missing("cutover", "run.services.update"),
            ("report", () => Task.FromResult(Directory.CreateDirectory(folder.File("certificate.json"))), () => Directory.Delete(folder.File("certificate.json"))),
        ];
        foreach (var (step, @break, mend) in faults)
        {
            await @break();
            var failed = RunBook(1);
            await _emulator.SetFaultsAsync();
            mend();
            var last = Entries(log)[^1];
            Assert.True(last.Step == step && last.State == "failed", $"{step}: {failed.Output}{failed.Error}");
            Assert.Contains($"The step '{step}' failed", failed.Error, StringComparison.Ordinal);
        }

        RunBook(0);
        var entries = Entries(log);
        Assert.Equal(
            ["instance", "backups", "alerts", "files", "access", "schema", "staging", "backup", "migrate", "sync", "readiness", "cutover", "report", "proof"],
            entries.TakeLast(14).Select(entry => entry.Step));
        Assert.All(entries.TakeLast(14), entry => Assert.Equal("done", entry.State));
        Assert.Equal(["60"], Sqlite3.Run(source, "SELECT count(*) FROM conversations"));
        var password = await _emulator.GetSecretAsync("p1", "db-pass");
        Assert.DoesNotContain(password, await File.ReadAllTextAsync(log, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        // And once more, when there is nothing left to do.
        RunBook(0);

        (string, Func<Task>, Action) Missing(string step, string permission) => (step, () => _emulator.SetFaultsAsync($"permission-missing={permission}"), () => { });

        ProgramResult RunBook(int exitCode) => RunScript(
            exitCode, "runbook.ps1", "-Source", source, "-Project", "p1", "-ServiceAccount", Account, "-Application", application, "-Email", "ops@example.com", "-WatchMinutes", "0.01",
            "-AllowInFlight", "-LogPath", log, "-Image", image);
    }

    [Fact]
    public void EveryScriptIsRunByATest()
    {
        var tested = string.Concat(File.ReadAllText(Path.Combine(Repository.Root, "tests", "MarketingSwarm.Tests", "Documentation", "ExampleScriptTests.cs")),
            File.ReadAllText(Path.Combine(Repository.Root, "tests", "MarketingSwarm.Tests", "Documentation", "ReadmeTests.cs")),
            File.ReadAllText(Path.Combine(Repository.Root, "tests", "MarketingSwarm.Tests", "Module", "PesterTests.cs")));
        Assert.All(
            Directory.EnumerateFiles(Path.Combine(Repository.Root, "examples"), "*.ps1").Select(Path.GetFileName),
            script => Assert.Contains($"\"{script}\"", tested, StringComparison.Ordinal));
    }

    private static List<(string Step, string State)> Entries(string log) =>
    [
        .. File.ReadAllLines(log).Select(line => JsonDocument.Parse(line).RootElement).Select(entry => (entry.GetProperty("step").GetString()!, entry.GetProperty("state").GetString()!)),
    ];

    private IEnumerable<KeyValuePair<string, string?>> Environment =>
    [
        new("NO_COLOR", "1"), new("SWARM_GOOGLE_ENDPOINT", _emulator.Endpoint.ToString()), new("SWARM_ACCESS_TOKEN", _emulator.Token), new("GOOGLE_CLOUD_PROJECT", "p1"),
        new("CLOUDSDK_COMPUTE_REGION", "us-central1"),
    ];

    private static string[] Command(string script, string[] arguments) => [ShellProcess.Program, Path.Combine(Repository.Root, "examples", script), .. arguments];

    private System.Diagnostics.Process Start(string script, params string[] arguments) => Programs.Start(ShellProcess.DotNet, Command(script, arguments), Environment);

    private ProgramResult RunScript(int expectedExitCode, string script, params string[] arguments)
    {
        // No answer to a question is ever there.
        var result = Programs.Run(ShellProcess.DotNet, Command(script, arguments), input: "", Environment);
        Assert.True(result.ExitCode == expectedExitCode, $"{script}: {result.ExitCode}\n{result.Output}\n{result.Error}");
        return result;
    }
}
