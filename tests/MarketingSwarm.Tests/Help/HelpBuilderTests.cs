using System.Text.RegularExpressions;

namespace MarketingSwarm.Tests.Help;

/// <summary>Help cannot drift from the cmdlets: a page that does not fit fails the build, with the file and the line.</summary>
public sealed class HelpBuilderTests
{
    private const string Page = "Get-SwarmDatabase.md";

    [Fact]
    public void ThePagesAsTheyAreBuild()
    {
        using var folder = CopyPages();

        var result = Build(folder);

        Assert.Equal("", result.Error);
        Assert.Equal(0, result.ExitCode);
        Assert.True(File.Exists(folder.File("out/MarketingSwarm.dll-Help.xml")));
    }

    [Theory]
    [InlineData("## INPUTS", "## INPUT", @"\(1\).*lacks the section '## INPUTS'")]
    [InlineData("### -Database", "### -Databse", @"\(\d+\).*-Database of Get-SwarmDatabase is not described")]
    [InlineData("### -Database", "### -Databse", @"\(\d+\).*Get-SwarmDatabase has no parameter -Databse")]
    [InlineData("## PARAMETERS", "## PARAMETERS\n\n### -WhatIf\n\nNo.", @"\(\d+\).*-WhatIf is PowerShell's own")]
    [InlineData("### MarketingSwarm.SwarmDatabase", "### System.String", @"\(\d+\).*'### MarketingSwarm.SwarmDatabase', which Get-SwarmDatabase has in \[OutputType\], is missing")]
    [InlineData("```powershell", "```text", @"\(\d+\).*needs a fenced block of powershell")]
    [InlineData("## DESCRIPTION", "## DESCRIPTION\n\n[gone](Get-SwarmGone.md)", @"\(\d+\).*'Get-SwarmGone.md' is neither")]
    [InlineData("## DESCRIPTION", "## DESCRIPTION\n\n<br>", @"\(\d+\).*cannot show a HtmlBlock")]
    [InlineData("# Get-SwarmDatabase", "# Get-SwarmDatabases", @"\(1\).*begins with its title, '# Get-SwarmDatabase'")]
    public void APageThatDoesNotFitIsAnErrorOfTheBuild(string before, string after, string expected)
    {
        using var folder = CopyPages();
        var page = folder.File(Page);
        var text = File.ReadAllText(page);
        Assert.Contains(before + "\n", text, StringComparison.Ordinal);
        File.WriteAllText(page, new Regex("^" + Regex.Escape(before) + "$", RegexOptions.Multiline).Replace(text, after, 1));

        var result = Build(folder);

        Assert.Equal(1, result.ExitCode);
        Assert.Matches(Regex.Escape(page) + expected, result.Error);
        Assert.False(Directory.Exists(folder.File("out")));
    }

    [Fact]
    public void ACmdletWithoutAPageIsAnErrorOfTheBuild()
    {
        using var folder = CopyPages();
        foreach (var page in Directory.EnumerateFiles(folder.Path, "*.md")) File.Delete(page);

        var result = Build(folder);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains($"{Page}(1): error HELP: The cmdlet Get-SwarmDatabase has no page.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void APageWithoutACmdletIsAnErrorOfTheBuild()
    {
        using var folder = CopyPages();
        File.WriteAllText(folder.File("Get-SwarmNothing.md"), "# Get-SwarmNothing\n");

        var result = Build(folder);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains("Get-SwarmNothing.md(1): error HELP: The module has no cmdlet 'Get-SwarmNothing'.", result.Error, StringComparison.Ordinal);
    }

    private static TempFolder CopyPages()
    {
        var folder = new TempFolder();
        foreach (var page in Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "en-US"), "*.md"))
            File.Copy(page, folder.File(Path.GetFileName(page)));
        return folder;
    }

    private static ProgramResult Build(TempFolder folder)
    {
        var dotnet = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? Programs.Find("dotnet");
        Assert.NotNull(dotnet);
        // The builder was built beside these tests: bin/<configuration>/<framework>/.
        var output = new DirectoryInfo(AppContext.BaseDirectory);
        var builder = Path.Combine(
            Repository.Root, "tools", "MarketingSwarm.HelpBuilder", "bin", output.Parent!.Name, output.Name, "MarketingSwarm.HelpBuilder.dll");
        return Programs.Run(dotnet, ["exec", builder, Path.Combine(Repository.ModuleFolder, "MarketingSwarm.dll"), folder.Path, folder.File("out")]);
    }
}
