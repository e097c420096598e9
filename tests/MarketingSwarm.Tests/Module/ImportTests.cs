namespace MarketingSwarm.Tests.Module;

/// <summary>The module comes and goes as PowerShell users expect.</summary>
public sealed class ImportTests
{
    // Needs the engine and a native library of deps/, and no database.
    private const string UseTheEngine = "(New-SwarmSampleDatabase -Path $path -Count 1 -Force).Rows";

    [Fact]
    public void ImportingLoadsNothingFromDeps()
    {
        using var folder = new TempFolder();
        var result = ShellProcess.RunCommand(
            $$"""
            $path = '{{folder.File("a.db")}}'
            $list = {
                [AppDomain]::CurrentDomain.GetAssemblies() | ForEach-Object { $_.Location }
                [System.Runtime.Loader.AssemblyLoadContext]::All | ForEach-Object { 'context ' + $_.Name }
            }
            & $list
            'use ' + {{UseTheEngine}}
            & $list
            """);

        Assert.True(result.ExitCode == 0, result.Error);
        var lines = result.Lines.ToList();
        var use = lines.IndexOf("use 1");
        var (before, after) = (lines[..use], lines[use..]);
        Assert.Contains(before, line => Path.GetFileName(line) == "MarketingSwarm.dll");
        Assert.DoesNotContain(before, IsFromDeps);
        Assert.DoesNotContain("context MarketingSwarm.Engine", before);
        Assert.Contains(after, IsFromDeps);
        Assert.Contains("context MarketingSwarm.Engine", after);
    }

    [Fact]
    public void ImportAgainByForceWorks()
    {
        using var folder = new TempFolder();
        var result = PowerShellSession.RunBare(
            $"""
            Import-Module $manifest
            {UseTheEngine}
            Import-Module $manifest -Force
            {UseTheEngine}
            (Get-Module MarketingSwarm).Version.ToString()
            """,
            ("manifest", Repository.ModuleManifest), ("path", folder.File("a.db"))).EnsureSuccess();

        Assert.Equal(["1", "1", (string)BuiltModule.Manifest["ModuleVersion"]!], result.Output.Select(value => value.ToString()));
    }

    [Fact]
    public void RemoveAndImportAgainWorks()
    {
        using var folder = new TempFolder();
        var result = PowerShellSession.RunBare(
            $$"""
            foreach ($round in 1..2) {
                Import-Module $manifest
                {{UseTheEngine}}
                Remove-Module MarketingSwarm
                $null -eq (Get-Command New-SwarmSampleDatabase -ErrorAction Ignore)
            }
            """,
            ("manifest", Repository.ModuleManifest), ("path", folder.File("a.db"))).EnsureSuccess();

        Assert.Equal(["1", "True", "1", "True"], result.Output.Select(value => value.ToString()));
    }

    [Fact]
    public void RemovalInOneRunspaceLeavesTheOthersWorking()
    {
        using var folder = new TempFolder();
        using var removed = new ManualResetEventSlim();
        using var imported = new ManualResetEventSlim();
        using var other = PowerShellSession.Start(
            $"$imported.Set(); $removed.Wait(); {UseTheEngine}", ("imported", imported), ("removed", removed), ("path", folder.File("other.db")));
        imported.Wait(TestContext.Current.CancellationToken);

        try
        {
            PowerShellSession.Run($"{UseTheEngine}; Remove-Module MarketingSwarm", ("path", folder.File("one.db"))).EnsureSuccess();
        }
        finally
        {
            removed.Set();
        }

        Assert.Equal("1", Assert.Single(other.Result.EnsureSuccess().Output).ToString());
    }

    [Fact]
    public void TypesAreTheSameInEveryRunspace()
    {
        using var folder = new TempFolder();
        var type = () => PowerShellSession.Run("(New-SwarmSampleDatabase -Path $path -Count 1 -Force).GetType()", ("path", folder.File("a.db")))
            .EnsureSuccess().Output.Single().BaseObject;

        Assert.Same(type(), type());
    }

    private static bool IsFromDeps(string location) => Path.GetFileName(Path.GetDirectoryName(location)) == "deps";
}
