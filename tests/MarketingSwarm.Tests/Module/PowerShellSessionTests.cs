using System.Management.Automation;

namespace MarketingSwarm.Tests.Module;

public sealed class PowerShellSessionTests
{
    [Fact]
    public void TheModuleIsImported()
    {
        var result = PowerShellSession.Run("(Get-Module MarketingSwarm).Path").EnsureSuccess();

        Assert.Equal(Path.ChangeExtension(Repository.ModuleManifest, ".dll"), Assert.Single(result.Output).ToString());
    }

    [Fact]
    public void ATerminatingErrorEndsTheScript()
    {
        var result = PowerShellSession.Run("$value; throw 'stop'; 'never'", ("value", 7));

        Assert.Equal(7, Assert.Single(result.Output).BaseObject);
        Assert.Equal("stop", result.SingleError.Exception.Message);
        Assert.NotNull(result.Terminating);
        Assert.Empty(result.Errors);
    }

    [Fact]
    public void OtherErrorsDoNot()
    {
        var result = PowerShellSession.Run("Get-Command No-Such; Get-Module -Name (1/0); 'after'");

        Assert.Equal("after", Assert.Single(result.Output).BaseObject);
        Assert.Equal(2, result.Errors.Count);
        Assert.Null(result.Terminating);
        Assert.ThrowsAny<Exception>(() => result.EnsureSuccess());
    }

    [Fact]
    public void StopEndsARunningScript()
    {
        using var reached = new ManualResetEventSlim();
        using var session = PowerShellSession.Start("1; $reached.Set(); while ($true) { }; 2", ("reached", reached));
        reached.Wait(TestContext.Current.CancellationToken);

        session.Stop();

        Assert.Equal(1, Assert.Single(session.Result.Output).BaseObject);
        Assert.IsType<PipelineStoppedException>(session.Result.Terminating);
    }
}
