using System.Text.Json;

namespace MarketingSwarm.Tests.Shell;

/// <summary>The Shell at a terminal: what is shown, what is hidden, and Ctrl+C typed.</summary>
public sealed class ShellTerminalTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void PasswordIsNotShown()
    {
        var (screen, exitCode) = Run(
            "param([Parameter(Mandatory)] [pscredential] $Credential) $Credential.GetNetworkCredential().Password -ceq $env:EXPECTED",
            [["User: ", "app_user\r"], ["Password for user app_user: ", "geheimx\u007f-ü\r"]], expectedPassword: "geheim-ü");

        Assert.Equal(0, exitCode);
        Assert.Contains("User: app_user", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", screen, StringComparison.Ordinal);
        Assert.Contains("Password for user app_user: \r\nTrue\r\n", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void ErrorsAreRedAndProgressIsOneLine()
    {
        var (screen, _) = Run(
            """
            [CmdletBinding()] param()
            foreach ($i in 1..2) {
                $record = [System.Management.Automation.ProgressRecord]::new($i, 'Loading', "part $i")
                $record.PercentComplete = $i * 50
                $PSCmdlet.WriteProgress($record)
            }
            'an object'
            throw 'broken'
            """,
            []);

        Assert.Contains(
            "\r\u001b[KLoading [##########..........] 50 % part 1\r\u001b[KLoading [####################] 100 % part 2\r\u001b[Kan object\r\n",
            screen, StringComparison.Ordinal);
        Assert.Contains("\u001b[31;1mbroken", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void NoColorIsRespected()
    {
        var (screen, exitCode) = Run("throw 'broken'", [], noColor: true);

        Assert.Equal(1, exitCode);
        Assert.Contains("broken", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[31", screen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'started'; while ($true) { }", "started")]
    [InlineData("param([Parameter(Mandatory)] [string] $Path) 'ran'", "Path: ")]
    [InlineData("param([Parameter(Mandatory)] [securestring] $Secret) 'ran'", "Secret: ")]
    public void ControlCStopsWhateverRuns(string script, string shown)
    {
        var (screen, exitCode) = Run(script, [[shown, "\u0003"]]);

        Assert.Equal(130, exitCode);
        Assert.DoesNotContain("ran\r\n", screen, StringComparison.Ordinal);
    }

    private (string Screen, int ExitCode) Run(string script, string[][] answers, string? expectedPassword = null, bool noColor = false)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows() || Python.Candidates.Count == 0, "Needs python3 and its pty module, for a terminal.");
        var path = _folder.File("script.ps1");
        File.WriteAllText(path, script);

        var result = Programs.Run(
            Python.Candidates[0],
            [Path.Combine(AppContext.BaseDirectory, "Shell", "terminal.py"), JsonSerializer.Serialize(answers), ShellProcess.DotNet, ShellProcess.Program, path],
            environment: [new("TERM", "xterm-256color"), new("NO_COLOR", noColor ? "1" : null), new("EXPECTED", expectedPassword), new("PYTHONUTF8", "1")]);
        Assert.True(result.ExitCode == 0, result.Error);
        var report = JsonDocument.Parse(result.Output).RootElement;
        return (report.GetProperty("screen").GetString()!, report.GetProperty("exit_code").GetInt32());
    }
}
