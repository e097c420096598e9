using System.Text.RegularExpressions;

namespace MarketingSwarm.Tests.Shell;

/// <summary>The Shell as a caller sees it: exit codes, streams, parameters, questions.</summary>
public sealed class ShellTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("'done'", 0)]
    [InlineData("exit 7", 7)]
    [InlineData("exit 0", 0)]
    [InlineData("1..3 | ForEach-Object { exit 6 }", 6)]
    [InlineData("try { exit 5 } finally { 'cleaned up' }", 5)]
    [InlineData("throw 'broken'", 1)]
    [InlineData("$ErrorActionPreference = 'Stop'; Get-Command NoSuchCommand; exit 3", 1)]
    [InlineData("Get-Command NoSuchCommand; 'goes on'", 0)]
    [InlineData("'unfinished", 1)]
    [InlineData("#requires -Modules NoSuchModule\n'ran'", 1)]
    [InlineData("param([int] $Count) $Count", 1, "-Count", "many")]
    public void ScriptSetsTheExitCode(string script, int expected, params string[] arguments)
    {
        var result = ShellProcess.Run([WriteScript(script), .. arguments]);

        Assert.True(expected == result.ExitCode, $"{result.ExitCode}: {result.Output}{result.Error}");
    }

    [Theory]
    [InlineData("'done'", 0)]
    [InlineData("exit 4", 4)]
    [InlineData("throw 'broken'", 1)]
    [InlineData("Get-Command NoSuchCommand", 1)]
    [InlineData("Get-Command NoSuchCommand; 'goes on'", 0)]
    [InlineData("'unfinished", 1)]
    [InlineData("begin { 'named' } end { 'blocks' }", 0)]
    [InlineData("1 `\n", 0)]
    public void CommandSetsTheExitCode(string command, int expected)
    {
        var result = ShellProcess.RunCommand(command);

        Assert.True(expected == result.ExitCode, $"{result.ExitCode}: {result.Output}{result.Error}");
    }

    [Fact]
    public void NativeExitCodeIsTheScriptsOnlyWhenItSaysSo()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Uses /bin/sh.");
        var ignored = ShellProcess.Run(WriteScript("& /bin/sh -c 'echo native; exit 9'\n\"code $LASTEXITCODE\""));
        var passedOn = ShellProcess.RunCommand("& /bin/sh -c 'exit 9'; exit $LASTEXITCODE");

        Assert.Equal((0, "native\ncode 9\n"), (ignored.ExitCode, ignored.Output));
        Assert.Equal(9, passedOn.ExitCode);
    }

    [Fact]
    public void StreamsAreSeparate()
    {
        var result = ShellProcess.Run(
            WriteScript(
                """
                [CmdletBinding()] param()
                $PSCmdlet.WriteWarning('a warning')
                $PSCmdlet.WriteVerbose('a detail')
                $PSCmdlet.WriteDebug('an inner detail')
                $PSCmdlet.WriteProgress([System.Management.Automation.ProgressRecord]::new(1, 'an activity', 'half way'))
                $PSCmdlet.WriteInformation('an information', @())
                $PSCmdlet.WriteError([System.Management.Automation.ErrorRecord]::new([InvalidOperationException]::new('an error'), 'Id', 'NotSpecified', $null))
                "an `e[31mobject`e[0m"
                """),
            "-Verbose", "-InformationAction", "Continue");

        Assert.Equal("an information\nan object\n", Normalize(result.Output));
        Assert.Matches(
            """
            ^WARNING: a warning
            VERBOSE: a detail
            [^\n]*an error
            \s*$
            """.ReplaceLineEndings("\n"), Normalize(result.Error));
        Assert.DoesNotContain('\u001b', result.Output + result.Error);
    }

    [Fact]
    public void ParametersAreBoundAsByPwsh()
    {
        var script = WriteScript(
            """
            param([string] $Name, [switch] $Fast, [switch] $Safe, [int] $Count, $Any, [string[]] $List, [Parameter(ValueFromRemainingArguments)] $Rest)
            "$Name|$Fast|$Safe|$Count|$Any|$($Any.GetType().Name)|$List|$($List.Count)|$Rest"
            """);

        var result = ShellProcess.Run(script, "it's $(1/0) \"x\"", "-Fast", "-Safe:$false", "-Count:-5", "-Any", "5", "-List", "a,b", "left", "; exit 3");

        Assert.Equal("it's $(1/0) \"x\"|True|False|-5|5|String|a,b|1|left ; exit 3\n", Normalize(result.Output));
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public void ValueMayBeginWithADash()
    {
        var result = ShellProcess.Run(WriteScript("param([int] $Offset, [string] $Text) \"$Offset|$Text\""), "-Offset", "-5", "-Text", "--now");

        Assert.Equal("-5|--now\n", Normalize(result.Output));
    }

    [Fact]
    public void ScriptKnowsWhereItIs()
    {
        var script = WriteScript("$PSCommandPath; $PSScriptRoot; $MyInvocation.MyCommand.Path; $PWD.Path");
        var result = Programs.Run(ShellProcess.DotNet, [ShellProcess.Program, "-NoProfile", "-NonInteractive", "-File", Path.GetFileName(script)], workingFolder: _folder.Path);

        Assert.Equal([script, _folder.Path, script, _folder.Path], Normalize(result.Output).TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void ObjectsAreFormatted()
    {
        var result = ShellProcess.RunCommand("[pscustomobject]@{ Name = 'first'; Rows = 1 }, [pscustomobject]@{ Name = 'second'; Rows = 20 }");

        Assert.Equal(["Name   Rows", "----   ----", "first     1", "second   20"], Normalize(result.Output).Split('\n').Where(line => line.Length > 0));
    }

    [Fact]
    public void ErrorNamesItsPlace()
    {
        var script = WriteScript("$x = 1\nthrow 'the disk is full'");
        var result = ShellProcess.Run(script);

        Assert.Equal(1, result.ExitCode);
        Assert.Empty(result.Output);
        Assert.Contains($"{script}:2\n", Normalize(result.Error), StringComparison.Ordinal);
        Assert.Contains("throw 'the disk is full'", result.Error, StringComparison.Ordinal);
        Assert.Contains("| the disk is full", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1 +", "value expression following the '+' operator")]
    [InlineData("'unfinished", "missing the terminator")]
    public void SyntaxErrorIsExplained(string command, string expected)
        => Assert.Contains(expected, ShellProcess.RunCommand(command).Error, StringComparison.Ordinal);

    [Fact]
    public void UnusableCommandLinesAreRefused()
    {
        File.WriteAllText(_folder.File("notes.txt"), "'ran'");
        (string[] Arguments, string Message)[] cases =
        [
            ([_folder.File("missing.ps1")], $"There is no script '{_folder.File("missing.ps1")}'"),
            (["-File", _folder.Path], $"'{_folder.Path}' is a folder"),
            ([_folder.File("notes.txt")], "does not end in .ps1"),
            (["-File"], "-File needs the path of a script"),
            (["-Command"], "-Command needs the PowerShell text"),
            (["-NoSuchOption", "x.ps1"], "'-NoSuchOption' is not an option"),
            ([], "There is nothing to run"),
        ];

        Assert.All(cases, @case =>
        {
            var result = ShellProcess.Run(@case.Arguments);
            Assert.Equal((64, ""), (result.ExitCode, result.Output));
            Assert.Contains(@case.Message, result.Error, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void HelpIsOutput()
    {
        var result = ShellProcess.Run("-Help");

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.Contains("-NonInteractive", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void ModuleBesideTheShellIsImported()
    {
        var result = ShellProcess.RunCommand("Import-Module MarketingSwarm; Get-Module | ForEach-Object { $_.Path }");

        Assert.Equal([Path.Combine(Path.GetDirectoryName(ShellProcess.Program)!, "Modules", "MarketingSwarm", "MarketingSwarm.dll")], result.Lines);
    }

    [Fact]
    public void ModuleBesideTheShellIsComplete()
    {
        static IEnumerable<string> List(string folder)
            => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal);

        Assert.Superset(
            List(Repository.LaidOutModule).ToHashSet(),
            List(Path.Combine(Path.GetDirectoryName(ShellProcess.Program)!, "Modules", "MarketingSwarm")).ToHashSet());
    }

    [Fact]
    public void EnginesOwnCmdletsWork()
    {
        var result = ShellProcess.RunCommand(
            """
            1..4 | Where-Object { $_ % 2 } | ForEach-Object { $_ * 10 } | Out-Default
            1..4 | ForEach-Object ToString | Where-Object Length -EQ 1 | Out-Null
            (Get-Help Get-SwarmDatabase).Synopsis.Length -gt 0
            """);

        Assert.Equal(["10", "30", "True"], result.Lines.Select(line => line.Trim()));
        Assert.Equal((0, ""), (result.ExitCode, result.Error));
    }

    [Fact]
    public void CredentialIsReadFromRedirectedInput()
    {
        const string Password = "pä ss'$x";
        var script = WriteScript(
            """
            param([Parameter(Mandatory)] [pscredential] $Credential)
            "$($Credential.UserName) $($Credential.GetNetworkCredential().Password.Length)"
            $Credential.GetNetworkCredential().Password -ceq $env:EXPECTED
            """);

        var result = Programs.Run(ShellProcess.DotNet, [ShellProcess.Program, script], $"app_user\n{Password}\n", [new("EXPECTED", Password), new("NO_COLOR", "1")]);

        Assert.Equal(["app_user 8", "True"], result.Lines.Select(line => line.Trim()));
        Assert.Contains("Password for user app_user:", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void MandatoryParametersAreReadFromRedirectedInput()
    {
        var script = WriteScript("param([Parameter(Mandatory)] [int] $Count, [Parameter(Mandatory)] [string[]] $Name) \"$($Count + 1): $($Name -join '+')\"");
        var result = ShellProcess.RunWithInput("41\none\ntwo\n\n", script);

        Assert.Equal("42: one+two\n", Normalize(result.Output));
    }

    [Theory]
    [InlineData("y\n", true)]
    [InlineData("?\nwhat\nno\n", false)]
    [InlineData("\n", true)]
    public void ConfirmationIsReadFromRedirectedInput(string input, bool goesAhead)
    {
        var result = ShellProcess.RunWithInput(input, WriteScript(Confirming));

        Assert.Equal($"{goesAhead}\n", Normalize(result.Output));
        Assert.Contains("Performing the operation \"Drop\" on target \"the table\".", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("standard input has ended")]
    [InlineData("-NonInteractive forbids asking", "-NonInteractive")]
    public void QuestionWithoutAnAnswerIsAnError(string expected, params string[] options)
    {
        var confirmation = ShellProcess.RunWithInput("", [.. options, WriteScript(Confirming)]);
        var credential = ShellProcess.RunWithInput("", [.. options, "-Command", "$Host.UI.PromptForCredential('', '', 'app_user', '')"]);
        var mandatory = ShellProcess.RunWithInput("", [.. options, WriteScript("param([Parameter(Mandatory)] [string] $Path) 'ran'")]);

        Assert.Contains(expected, Unwrap(confirmation.Error), StringComparison.Ordinal);
        Assert.Contains("-Confirm:$false", Unwrap(confirmation.Error), StringComparison.Ordinal);
        Assert.Contains(expected, Unwrap(credential.Error), StringComparison.Ordinal);
        Assert.Contains("missing mandatory parameters: Path", Unwrap(mandatory.Error), StringComparison.Ordinal);
        Assert.Equal((1, ""), (mandatory.ExitCode, mandatory.Output));
        Assert.Equal((1, ""), (credential.ExitCode, credential.Output));
        Assert.DoesNotContain("True", confirmation.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public async Task SignalStopsTheScript(string signal, int expected)
    {
        var env = Programs.Find("env");
        Assert.SkipUnless(OperatingSystem.IsLinux() && env is not null, "Uses the signals of Linux and env of GNU coreutils.");
        var script = WriteScript("try { 'started'; while ($true) { } } finally { [IO.File]::WriteAllText(\"$PSScriptRoot/cleaned-up\", '') }");

        // A test runner in the background passes SIGINT on as ignored.
        using var process = Programs.Start(env, ["--default-signal=INT", ShellProcess.DotNet, ShellProcess.Program, script], [new("NO_COLOR", "1")]);
        try
        {
            Assert.Equal("started", await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
            Assert.Equal(0, Programs.Run("/bin/kill", ["-" + signal, process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]).ExitCode);
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            limit.CancelAfter(TimeSpan.FromMinutes(2));
            await process.WaitForExitAsync(limit.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }

        Assert.Equal(expected, process.ExitCode);
        Assert.True(File.Exists(_folder.File("cleaned-up")));
    }

    private const string Confirming = "[CmdletBinding(SupportsShouldProcess, ConfirmImpact = 'High')] param() $PSCmdlet.ShouldProcess('the table', 'Drop')";

    private string WriteScript(string text)
    {
        var path = _folder.File($"{Guid.NewGuid():N}.ps1");
        File.WriteAllText(path, text);
        return path;
    }

    private static string Normalize(string text) => text.ReplaceLineEndings("\n");

    /// <summary>An error's text as one line: the view breaks it at the screen's width.</summary>
    private static string Unwrap(string error) => Regex.Replace(error, @"\s*\n\s*\|?\s*", " ");
}
