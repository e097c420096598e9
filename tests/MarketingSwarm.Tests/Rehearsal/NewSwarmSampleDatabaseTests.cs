using System.Management.Automation;

namespace MarketingSwarm.Tests.Rehearsal;

public sealed class NewSwarmSampleDatabaseTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void WritesTheFileAndTellsOfIt()
    {
        var result = Run("New-SwarmSampleDatabase app.db -Count 12 -Hazard NulInText, KeyOrder -JournalMode Wal").EnsureSuccess();

        var summary = Assert.Single(result.Output);
        Assert.Equal("MarketingSwarm.SampleSummary", summary.TypeNames[0]);
        Assert.Equal(_folder.File("app.db"), summary.Properties["Path"].Value);
        Assert.Equal(12L + 4 + 9, summary.Properties["Rows"].Value);
        Assert.Equal(["25"], Sqlite3.Run(_folder.File("app.db"), "SELECT count(*) FROM conversations"));
    }

    [Fact]
    public void HazardRowsAreFoundByName()
    {
        var result = Run("(New-SwarmSampleDatabase app.db -Count 2 -Hazard All -Shape Plan).HazardRows['NullKey']").EnsureSuccess();

        Assert.Equal(2, result.Output.Count);
        Assert.All(result.Output, rowId => Assert.Equal(["1"], Sqlite3.Run(_folder.File("app.db"), $"SELECT id IS NULL FROM conversations WHERE rowid = {rowId}")));
    }

    [Fact]
    public void WhatIfWritesNothing()
    {
        var result = Run("New-SwarmSampleDatabase app.db -Count 5 -WhatIf").EnsureSuccess();

        Assert.Empty(result.Output);
        Assert.Empty(Directory.GetFiles(_folder.Path));
        var line = Assert.Single(result.HostLines);
        Assert.Contains(_folder.File("app.db"), line, StringComparison.Ordinal);
        Assert.Contains("5 rows", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-WhatIf")]
    public void AFileThatExistsIsAnError(string whatIf)
    {
        File.WriteAllText(_folder.File("app.db"), "mine");

        var error = Run($"New-SwarmSampleDatabase app.db {whatIf}").SingleError;

        Assert.Equal("SampleFileExists,MarketingSwarm.Commands.NewSwarmSampleDatabaseCommand", error.FullyQualifiedErrorId);
        Assert.Equal(ErrorCategory.ResourceExists, error.CategoryInfo.Category);
        Assert.Contains("-Force", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
        Assert.Equal("mine", File.ReadAllText(_folder.File("app.db")));
    }

    [Fact]
    public void ForceReplacesIt()
    {
        File.WriteAllText(_folder.File("app.db"), "mine");

        Run("New-SwarmSampleDatabase app.db -Count 3 -Force").EnsureSuccess();

        Assert.Equal(["3"], Sqlite3.Run(_folder.File("app.db"), "SELECT count(*) FROM conversations"));
    }

    [Theory]
    [InlineData("-Hazard NullKey", "SampleHazardNeedsPlan")]
    [InlineData("-Hazard NoSuch", "CannotConvertArgument")]
    [InlineData("-Count -1", "ParameterArgumentValidationError")]
    [InlineData("-ResponseSize 99", "ParameterArgumentValidationError")]
    [InlineData("-Shape Other", "CannotConvertArgument")]
    public void WrongParametersWriteNothing(string parameters, string errorId)
    {
        var error = Run($"New-SwarmSampleDatabase app.db {parameters}").SingleError;

        Assert.StartsWith(errorId, error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public void CtrlCLeavesNothing()
    {
        using var session = PowerShellSession.Start("New-SwarmSampleDatabase $path -Count ([int]::MaxValue)", ("path", _folder.File("app.db")));
        Assert.True(SpinWait.SpinUntil(() => session.ProgressCount > 0, TimeSpan.FromMinutes(1)), "No progress was shown.");

        session.Stop();

        Assert.IsType<PipelineStoppedException>(session.Result.Terminating);
        Assert.Empty(session.Result.Output);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Path));
        var progress = session.Result.Progress[0];
        Assert.Contains($"of {int.MaxValue:N0} rows", progress.StatusDescription, StringComparison.Ordinal);
        Assert.True(progress.SecondsRemaining > 0 && progress.PercentComplete >= 0);
    }

    // The engine by itself has no Set-Location.
    private PowerShellResult Run(string script)
        => PowerShellSession.Run($"[void]$ExecutionContext.SessionState.Path.SetLocation($folder); {script}", ("folder", _folder.Path));
}
