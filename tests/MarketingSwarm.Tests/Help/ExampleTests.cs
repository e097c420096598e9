using System.Globalization;
using System.Management.Automation;

namespace MarketingSwarm.Tests.Help;

/// <summary>
///   What the help tells a reader to run, run: each page's code in its order, in one session, in a folder and against a Cloud SQL that are prepared as the page
///   assumes. A page that drifts from the cmdlets fails. No line is left out.
/// </summary>
public sealed class ExampleTests(ExampleWorld world) : IClassFixture<ExampleWorld>
{
    private const string Mark = "=== example ";
    private const string ErrorMark = "!!! ";

    private static readonly Lazy<HashSet<string>> EngineCommands = new(() =>
        PowerShellSession.Run("Get-Command -CommandType Cmdlet | ForEach-Object Name").EnsureSuccess().Output.Select(name => $"{name}").ToHashSet(StringComparer.OrdinalIgnoreCase));

    /// <summary>Programs that are run as they are, and what answers in place of a person at the prompt.</summary>
    private static readonly string[] Others = ["psql", "pg_dump", "python3", "Read-Host", "Get-Credential"];

    public static TheoryData<string> Pages => [.. ExamplePage.All.Where(page => page.Examples.Any(example => !NeedsPwsh(example))).Select(page => page.Name)];

    public static TheoryData<string> PagesForPwsh => [.. ExamplePage.All.Where(page => page.Examples.Any(NeedsPwsh)).Select(page => page.Name)];

    [Theory, MemberData(nameof(Pages))]
    public async Task TheExamplesOfAPageRun(string name)
    {
        var page = ExamplePage.Get(name);
        await using var scene = await world.PrepareAsync(page.Name);
        var examples = page.Examples.Where(example => !NeedsPwsh(example)).ToList();
        var lines = page.NeedsProcess ? RunShell(scene, examples) : RunHere(scene, examples);
        Check(examples, lines);
    }

    [Theory, MemberData(nameof(PagesForPwsh))]
    public async Task TheExamplesOfAPageThatNeedsAllOfPwshRunThere(string name)
    {
        Pwsh.Require();
        var page = ExamplePage.Get(name);
        await using var scene = await world.PrepareAsync(page.Name);
        var result = Pwsh.Run($"Import-Module {Pwsh.Quote(Repository.ModuleManifest)}\n{scene.Greeting}\n{scene.WriteDriver(page.Examples, Mark, ErrorMark)}", scene.Environment);
        Check(page.Examples, [.. result.Lines, .. result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)]);
    }

    [Fact]
    public void WhatStandsForTheReadersOwnIsStillWritten()
    {
        var code = string.Concat(ExamplePage.All.SelectMany(page => page.Examples).Select(example => example.Code));
        Assert.All(ExampleScene.ReadersNames, name => Assert.Contains(name, code, StringComparison.Ordinal));
        Assert.Empty(ExampleWorld.PreparedPages.Except(ExamplePage.All.Select(page => page.Name)));
        Assert.All(Others, name => Assert.Contains(name, ExamplePage.All.SelectMany(page => page.Examples).SelectMany(example => example.Calls)));
    }

    private static bool NeedsPwsh(Example example)
        => example.Redirects || example.Calls.Any(name => !EngineCommands.Value.Contains(name) && !Others.Contains(name) && !name.EndsWith(".ps1", StringComparison.Ordinal));

    private static IReadOnlyList<string> RunHere(ExampleScene scene, IReadOnlyList<Example> examples)
    {
        var login = new PSCredential("app_user", EmulatorServer.Secure(ExampleScene.AnsweredPassword));
        var result = PowerShellSession.RunAnswering(login, $"{scene.Greeting}\n{scene.WriteDriver(examples, Mark, ErrorMark)}", scene.Variables);
        Assert.True(result.Terminating is null, $"{result.Terminating}");
        return result.HostLines;
    }

    private static IReadOnlyList<string> RunShell(ExampleScene scene, IReadOnlyList<Example> examples)
    {
        var result = ShellProcess.RunCommand($"{scene.Greeting}\n{scene.WriteDriver(examples, Mark, ErrorMark)}", scene.Environment);
        return [.. result.Lines, .. result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }

    private static void Check(IReadOnlyList<Example> examples, IReadOnlyList<string> lines)
    {
        var all = string.Join('\n', lines);
        Assert.True(!lines.Any(line => line.StartsWith(ErrorMark, StringComparison.Ordinal)), all);
        for (var i = 0; i < examples.Count; i++)
        {
            var mark = Mark + i.ToString(CultureInfo.InvariantCulture);
            Assert.True(lines.Contains(mark), $"Example {i} was not reached:\n{all}");
            var shown = lines.SkipWhile(line => line != mark).Skip(1).TakeWhile(line => !line.StartsWith(Mark, StringComparison.Ordinal));
            var missing = examples[i].FindMissing(shown).ToList();
            Assert.True(missing.Count == 0, $"The page shows this and the command does not:\n{string.Join('\n', missing)}\n\nIt shows:\n{string.Join('\n', shown)}");
        }

        Assert.True(lines.Contains($"{Mark}end"), all);
    }
}
