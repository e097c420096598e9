using System.Text.RegularExpressions;

namespace MarketingSwarm.Tests.Documentation;

/// <summary>What the README tells a user to run, run.</summary>
public sealed partial class ReadmeTests(PostgresServer postgres)
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    [Fact]
    public async Task EveryPowerShellLineRuns()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        // As root, the emulator's servers run as another user, who must reach their folder.
        PostgresPrograms.LetThrough(folder);
        // The reader's own database and clone stand where the README has an example's.
        var lines = string.Join('\n', PowerShellBlocks().Select(block => block.Groups[1].Value))
            .Replace("postgresql://app_user@localhost/marketing_swarm", database.Url, StringComparison.Ordinal)
            .Replace("./artifacts/module/MarketingSwarm/MarketingSwarm.psd1", Repository.ModuleManifest, StringComparison.Ordinal);
        Assert.Contains(database.Url, lines, StringComparison.Ordinal);
        Assert.Contains(Repository.ModuleManifest, lines, StringComparison.Ordinal);

        var result = PowerShellSession.Run($"$null = $ExecutionContext.SessionState.Path.SetLocation($folder)\n{lines}", ("folder", folder.Path)).EnsureSuccess();

        Assert.Equal("1000", database.Psql("SELECT count(*) FROM conversations"));
        Assert.Equal(["1000"], Sqlite3.Run(folder.File("app.db"), "SELECT count(*) FROM conversations"));
        Assert.True(File.Exists(folder.File("conversations.ndjson.gz.sha256")));
        Assert.Equal(3, result.Output.Count(item => item.BaseObject.GetType().FullName == "MarketingSwarm.Conversation"));
        var failed = long.Parse(Sqlite3.Run(folder.File("app.db"), "SELECT count(*) FROM conversations WHERE status = 'failed'")[0], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal([failed, 1000L], result.Output.Where(item => item.BaseObject.GetType().Name == "ImportSummary").Select(item => (long)item.Properties["Read"].Value));
        Assert.Equal(["1000"], Sqlite3.Run(folder.File("restored.db"), "SELECT count(*) FROM conversations"));
    }

    [Fact]
    public void ItHasPowerShellToRun() => Assert.NotEmpty(PowerShellBlocks());

    [Fact]
    public void ItsTestCommandIsTheOneThatIsRun()
    {
        const string Command = "dotnet test MarketingSwarm.PS.sln";
        Assert.Contains($"\n{Command}\n", Readme, StringComparison.Ordinal);
        Assert.Contains($"\n{Command} ", File.ReadAllText(Path.Combine(Repository.Root, ".ci", "run")), StringComparison.Ordinal);
    }

    [Fact]
    public void ItsRunCommandMovesEveryRow()
    {
        var command = RunCommand().Match(Readme);
        Assert.True(command.Success, "The README has no run command.");
        var script = Path.Combine(Repository.Root, command.Groups[1].Value);

        var result = ShellProcess.Run(script, "-Count", "50");

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("50 read = 50 loaded + 0 skipped + 0 quarantined", result.Output, StringComparison.Ordinal);
        Assert.Contains("50 rows, 0 different", result.Output, StringComparison.Ordinal);
        Assert.Contains(PostgresCluster.ProgramFolder is null ? "because no emulator can run here" : "a real PostgreSQL behind the emulator", result.Output, StringComparison.Ordinal);
        if (PostgresCluster.ProgramFolder is null) return;
        Assert.Contains("cloudsql://app_user@rehearsal:us-central1:marketing-swarm-db/marketing_swarm?passwordSecret=db-pass", result.Output, StringComparison.Ordinal);
        Assert.Contains("db-pass, version 1", result.Output, StringComparison.Ordinal);
        Assert.Contains("one made now: successful", result.Output, StringComparison.Ordinal);
        Assert.Contains("Cloud SQL High CPU (marketing-swarm-db)", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void TheQuickstartMovesIntoSqliteToo()
    {
        using var folder = new TempFolder();
        var destination = folder.File("destination.db");

        var result = ShellProcess.Run(Path.Combine(Repository.Root, "examples", "quickstart.ps1"), "-Count", "50", "-Destination", destination);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("50 rows, 0 different", result.Output, StringComparison.Ordinal);
        Assert.Equal(["50"], Sqlite3.Run(destination, "SELECT count(*) FROM conversations"));
    }

    [Fact]
    public void TheQuickstartFailsWithoutItsSource()
    {
        using var folder = new TempFolder();
        var destination = folder.File("destination.db");

        var result = ShellProcess.Run(Path.Combine(Repository.Root, "examples", "quickstart.ps1"), "-Source", folder.File("none.db"), "-Destination", destination);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"There is no file '{folder.File("none.db")}'", string.Concat(result.Error.Split('\n')), StringComparison.Ordinal);
        Assert.False(File.Exists(destination));
    }

    private static MatchCollection PowerShellBlocks() => PowerShellBlock().Matches(Readme);

    [GeneratedRegex(@"^```powershell\n(.*?)^```$", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex PowerShellBlock();

    [GeneratedRegex(@"^dotnet run --project src/MarketingSwarm\.Shell -- (\S+)$", RegexOptions.Multiline)]
    private static partial Regex RunCommand();
}
