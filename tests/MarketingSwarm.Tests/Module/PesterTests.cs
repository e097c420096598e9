namespace MarketingSwarm.Tests.Module;

/// <summary>What needs a whole pwsh: the Pester tests that a user runs, and PSScriptAnalyzer over the repository's scripts.</summary>
public sealed class PesterTests(PostgresServer postgres)
{
    [Fact]
    public void TheyPassIntoSqlite() => RunPester(postgresUrl: null);

    [Fact]
    public async Task TheyPassIntoPostgres()
    {
        Pwsh.RequireModule("Pester", "5.5.0");
        await using var database = await postgres.CreateDatabaseAsync();

        RunPester(database.Url);

        Assert.Equal("25", database.Psql("SELECT count(*) FROM conversations"));
    }

    [Fact]
    public async Task TheTestsThatUsersKeepTellAGoodMigrationFromAChangedOne()
    {
        Pwsh.RequireModule("Pester", "5.5.0");
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        var source = folder.File("app.db");
        PowerShellSession.Run(
            "$null = New-SwarmSampleDatabase $source -Count 25; $null = Invoke-SwarmMigration $source $destination -Confirm:$false",
            ("source", source), ("destination", database.Url)).EnsureSuccess();

        Assert.EndsWith("\npassed 3 failed 0 skipped 3\n", Verify().Output, StringComparison.Ordinal);

        Assert.Equal("1", database.Psql("WITH changed AS (UPDATE conversations SET total_cost = 4.5 WHERE id = (SELECT min(id) FROM conversations) RETURNING 1) SELECT count(*) FROM changed"));
        var changed = Verify().Output;
        Assert.EndsWith("\npassed 2 failed 1 skipped 3\n", changed, StringComparison.Ordinal);
        Assert.Contains("1 changed (1 cells)", changed, StringComparison.Ordinal);

        ProgramResult Verify() => Pwsh.Run(
            $$"""
            Import-Module {{Pwsh.Quote(Repository.ModuleManifest)}}
            Import-Module Pester -MinimumVersion 5.5.0 -MaximumVersion 5.99.99
            $data = @{ Source = {{Pwsh.Quote(source)}}; Destination = {{Pwsh.Quote(database.Url)}} }
            $run = Invoke-Pester -Container (New-PesterContainer -Path {{Pwsh.Quote(Path.Combine(Repository.Root, "examples", "verify.Tests.ps1"))}} -Data $data) -PassThru -Output Detailed
            "passed $($run.PassedCount) failed $($run.FailedCount) skipped $($run.SkippedCount)"
            """);
    }

    [Fact]
    public void TheAnalyzerHasNoObjection()
    {
        Pwsh.RequireModule("PSScriptAnalyzer", "1.20.0");
        // The manifest is read where the files that it names are.
        var files = new[] { ".", "tests/pester", "examples" }
            .Select(folder => Path.Combine(Repository.Root, folder))
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.GetFiles(folder, "*.ps1"))
            .Append(Repository.ModuleManifest)
            .ToArray();
        Assert.Contains(files, file => Path.GetFileName(file) == "build.ps1");

        var result = Pwsh.Run(
            $$"""
            foreach ($file in {{string.Join(", ", files.Select(Pwsh.Quote))}}) {
                # The variables of BeforeAll are read in It, and parameters in BeforeAll, which the rules cannot see.
                $exclude = $file -like '*.Tests.ps1' ? 'PSUseDeclaredVarsMoreThanAssignments', 'PSReviewUnusedParameter' : @()
                foreach ($finding in Invoke-ScriptAnalyzer -Path $file -Severity Error, Warning -ExcludeRule $exclude) {
                    "$($finding.ScriptName):$($finding.Line): $($finding.RuleName): $($finding.Message)"
                }
            }
            """);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal("", result.Output);
    }

    private static void RunPester(string? postgresUrl)
    {
        Pwsh.RequireModule("Pester", "5.5.0");

        var result = Pwsh.Run(
            $$"""
            Import-Module Pester -MinimumVersion 5.5.0 -MaximumVersion 5.99.99
            $configuration = New-PesterConfiguration
            $configuration.Run.Path = {{Pwsh.Quote(Path.Combine(Repository.Root, "tests", "pester"))}}
            $configuration.Run.PassThru = $true
            $configuration.Output.Verbosity = 'Detailed'
            $run = Invoke-Pester -Configuration $configuration
            "passed $($run.PassedCount) failed $($run.FailedCount)"
            exit ($run.FailedCount + $run.FailedContainersCount + $run.FailedBlocksCount -gt 0 ? 1 : 0)
            """,
            new("SWARM_TEST_POSTGRES", postgresUrl), new("SWARM_TEST_MODULE", Repository.ModuleManifest));

        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Matches(@"\npassed [1-9][0-9]* failed 0\n$", result.Output);
    }
}
