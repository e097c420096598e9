using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Tests.Rehearsal;

/// <summary>Sessions are processes of their own here, since what an emulator lives and dies with is the session. They keep their records in the test's folder.</summary>
public sealed class SwarmEmulatorTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public SwarmEmulatorTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The folder of a user's data is set by a variable on Linux and macOS only.");
        Assert.SkipWhen(PostgresCluster.ProgramFolder is null, "PostgreSQL's programs were not found.");
        // Where this is root, PostgreSQL's account passes through to what belongs to it.
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
    }

    private string State => _folder.File("state");

    private KeyValuePair<string, string?>[] Settings => [new("XDG_DATA_HOME", _folder.File("data")), new("HOME", _folder.Path), new("NO_COLOR", "1")];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void TheSessionsContextIsTheEmulatorsAndThenWhatItWasBefore()
    {
        var lines = Run(
            $$"""
            $null = Set-SwarmContext before -Region europe-west1
            $emulator = Start-SwarmEmulator '{{State}}'
            $context = Get-SwarmContext
            $null = Set-SwarmContext -Instance db
            $context = Get-SwarmContext
            "$($context.Project) $($context.Region) $($context.Endpoint -eq $emulator.Endpoint) $($context.Origins | Where-Object Setting -EQ Credential | ForEach-Object Origin)"
            "$([Diagnostics.Process]::GetProcessById($emulator.ProcessId).HasExited) $([IO.File]::Exists($emulator.LogPath))"
            $again = Start-SwarmEmulator '{{State}}' -Project other
            "$($again.ProcessId -eq $emulator.ProcessId) $((Get-SwarmContext).Project) $(@(Get-SwarmEmulator).Count)"
            Stop-SwarmEmulator
            $context = Get-SwarmContext
            "$($context.Project) $($context.Region) $($context.Endpoint) $(@(Get-SwarmEmulator).Count)"
            try { [Diagnostics.Process]::GetProcessById($emulator.ProcessId).HasExited } catch { 'gone' }
            """);
        Assert.Equal(["rehearsal europe-west1 True Start-SwarmEmulator", "False True", "True other 1", "before europe-west1  0", "gone"], lines);
    }

    [Fact]
    public void OfTwoEmulatorsTheOneThatIsLeftStays()
    {
        var lines = Run(
            $$"""
            $one = Start-SwarmEmulator '{{State}}1' -Project one
            $two = Start-SwarmEmulator '{{State}}2' -Project two
            $one | Stop-SwarmEmulator
            (Get-SwarmContext).Project
            Stop-SwarmEmulator
            "[$((Get-SwarmContext).Project)] [$((Get-SwarmContext).Endpoint)]"
            """);
        Assert.Equal(["two", "[] []"], lines);
    }

    [Fact]
    public void AFolderWithFilesOfOnesOwnIsNoState()
    {
        Directory.CreateDirectory(State);
        File.WriteAllText(Path.Combine(State, "mine.txt"), "keep me");

        var lines = Run($"try {{ Start-SwarmEmulator '{State}' }} catch {{ \"$_\" }}");

        Assert.Contains("has files that are not an emulator's", string.Join(' ', lines), StringComparison.Ordinal);
        Assert.Equal(["mine.txt"], Directory.GetFileSystemEntries(State).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("exit")]
    [InlineData("Remove-Module MarketingSwarm; [Console]::In.ReadLine()")]
    [InlineData("kill")]
    public async Task TheEmulatorAndItsServersEndWithTheSession(string end)
    {
        using var session = Programs.Start(
            ShellProcess.DotNet,
            [ShellProcess.Program, "-Command", $"(Start-SwarmEmulator '{State}').ProcessId; $null = [Console]::In.ReadLine(); {(end == "kill" ? "" : end)}"],
            Settings);
        var line = await session.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        if (line is null) Assert.Fail(await session.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        using var emulator = Process.GetProcessById(int.Parse(line, CultureInfo.InvariantCulture));
        using var server = Process.GetProcessById(await CreateInstanceAsync());

        if (end == "kill") session.Kill();
        else await session.StandardInput.WriteLineAsync();
        await emulator.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
        // It has been told by then, and is in its last moments at most.
        await server.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        if (end.StartsWith("Remove", StringComparison.Ordinal)) await session.StandardInput.WriteLineAsync();
        session.StandardInput.Close();
        await session.WaitForExitAsync(TestContext.Current.CancellationToken);

        // What the server held is there again.
        Assert.Equal(["db", "RUNNABLE", "True"], Run($$"""$instance = (Start-SwarmEmulator '{{State}}').Instances[0]; $instance.Name; $instance.State; $instance.IsRunning"""));
    }

    [Fact]
    public async Task AnotherSessionFindsAndStopsIt()
    {
        using var session = Programs.Start(
            ShellProcess.DotNet, [ShellProcess.Program, "-Command", $"(Start-SwarmEmulator '{State}').ProcessId; $null = [Console]::In.ReadLine(); @(Get-SwarmEmulator).Count"], Settings);
        var process = await session.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            [process!, process!, "0"],
            Run($"(Get-SwarmEmulator).ProcessId; (Start-SwarmEmulator '{State}').ProcessId; Get-SwarmEmulator | Stop-SwarmEmulator; @(Get-SwarmEmulator).Count"));
        await session.StandardInput.WriteLineAsync();
        Assert.Equal("0", await session.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await session.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void TheStateIsDeletedOnlyByWhoeverSaysSo()
    {
        var lines = Run(
            $$"""
            Start-SwarmEmulator '{{State}}' -WhatIf
            [IO.Directory]::Exists('{{State}}')
            $null = Start-SwarmEmulator '{{State}}'
            Stop-SwarmEmulator -RemoveState -WhatIf
            @(Get-SwarmEmulator).Count
            Stop-SwarmEmulator
            [IO.Directory]::Exists('{{State}}')
            $null = Start-SwarmEmulator '{{State}}'
            Stop-SwarmEmulator -RemoveState -Force
            [IO.Directory]::Exists('{{State}}')
            """);
        Assert.Equal(["False", "1", "True", "False"], lines.Where(line => !line.StartsWith("What if:", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Start-SwarmEmulator STATE -Fault nonsense", "EmulatorNotStarted", "nonsense")]
    [InlineData("Stop-SwarmEmulator STATE", "EmulatorNotRunning", "STATE")]
    [InlineData("$null = Start-SwarmEmulator STATE; Start-SwarmEmulator STATE -Fault nonsense", "EmulatorFaultsRefused", "nonsense")]
    [InlineData("$env:SWARM_EMULATOR_POSTGRES = '/nowhere'; Start-SwarmEmulator STATE", "EmulatorPostgresMissing", "/nowhere")]
    public void WhatGoesWrongHasAnIdAndSaysWhy(string sentence, string id, string names)
    {
        var lines = Run($$"""
            try { {{sentence.Replace("STATE", $"'{State}'", StringComparison.Ordinal)}} -ErrorAction Stop }
            catch { "$($_.FullyQualifiedErrorId)"; "$($_.Exception.Message)"; "$($_.ErrorDetails.RecommendedAction)" }
            """);
        Assert.Equal(3, lines.Count);
        Assert.StartsWith($"{id},", lines[0], StringComparison.Ordinal);
        Assert.Contains(names.Replace("STATE", State, StringComparison.Ordinal), lines[1], StringComparison.Ordinal);
        Assert.NotEqual("", lines[2]);
    }

    [Fact]
    public void TheTokenIsNowhereToBeSeen()
    {
        var result = ShellProcess.RunCommand(
            $"$VerbosePreference = 'Continue'; $DebugPreference = 'Continue'; Start-SwarmEmulator '{State}'; Get-SwarmContext; Get-SwarmEmulator; Stop-SwarmEmulator", Settings);
        Assert.Equal(0, result.ExitCode);
        var token = File.ReadAllText(Path.Combine(State, "token")).Trim();
        Assert.InRange(token.Length, 20, 200);
        Assert.Contains(State, result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(token, result.Output + result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder.File("data"), "*", SearchOption.AllDirectories), file => File.ReadAllText(file).Contains(token, StringComparison.Ordinal));
    }

    private List<string> Run(string script)
    {
        var result = ShellProcess.RunCommand(script, Settings);
        Assert.True(result.ExitCode == 0, result.Error + result.Output);
        return [.. result.Lines];
    }

    /// <returns>The number of the server's process.</returns>
    private async Task<int> CreateInstanceAsync()
    {
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await File.ReadAllTextAsync(Path.Combine(State, "token"), TestContext.Current.CancellationToken)).Trim());
        var listening = File.ReadLines(Path.Combine(State, "emulator.log")).First(line => line.Contains("Listening on ", StringComparison.Ordinal));
        var endpoint = listening.Split("Listening on ")[1].Split(';')[0];
        using var body = new StringContent(
            """{"name":"db","region":"us-central1","databaseVersion":"POSTGRES_15","settings":{"tier":"db-f1-micro","edition":"ENTERPRISE"}}""", Encoding.UTF8, "application/json");
        using var answer = await client.PostAsync(new Uri($"{endpoint}/v1/projects/rehearsal/instances"), body, TestContext.Current.CancellationToken);
        var operation = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        while ((string?)operation["status"] != "DONE")
        {
            await Task.Delay(50, TestContext.Current.CancellationToken);
            operation = JsonNode.Parse(await client.GetStringAsync(new Uri($"{endpoint}/v1/projects/rehearsal/operations/{operation["name"]}"), TestContext.Current.CancellationToken))!;
        }

        Assert.Null(operation["error"]);
        var processFile = Path.Combine(State, "clusters", "rehearsal", "db", "postgres", "data", "postmaster.pid");
        return int.Parse(File.ReadLines(processFile).First(), CultureInfo.InvariantCulture);
    }
}
