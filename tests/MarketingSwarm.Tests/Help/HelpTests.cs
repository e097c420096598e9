using System.Management.Automation;
using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Tests.Help;

public sealed partial class HelpTests
{
    // What an example may call besides the module's cmdlets and the engine's own: cmdlets that pwsh brings, and programs.
    private static readonly HashSet<string> Neighbours = new(StringComparer.OrdinalIgnoreCase)
    {
        "Format-List", "Format-Table", "Get-ChildItem", "Get-Content", "Get-Credential", "Get-Item", "Group-Object", "Measure-Object", "Read-Host", "Select-Object",
        "Set-Content", "Sort-Object", "gcloud", "pg_dump", "psql", "python3", "sha256sum", "sqlite3",
    };

    private static readonly Lazy<IReadOnlyDictionary<string, CommandInfo>> Commands = new(() =>
        PowerShellSession.Run("Get-Command -CommandType Cmdlet").EnsureSuccess().Output
            .Select(command => (CommandInfo)command.BaseObject).ToDictionary(command => command.Name, StringComparer.OrdinalIgnoreCase));

    public static TheoryData<string> Cmdlets
        => [.. PowerShellSession.Run("Get-Command -Module MarketingSwarm | ForEach-Object Name").EnsureSuccess().Output.Select(name => name.ToString())];

    public static TheoryData<string> Topics => [.. Pages("about_*.md").Select(page => Path.GetFileNameWithoutExtension(page)!)];

    public static TheoryData<string> AllPages => [.. Pages("*.md").Select(page => Path.GetFileName(page)!)];

    [Theory, MemberData(nameof(Cmdlets))]
    public void EveryCmdletIsDescribed(string name)
    {
        var output = PowerShellSession.Run(
            "$help = Get-Help $name; $help.Synopsis; ($help.description | ForEach-Object Text) -join ' '; @($help.examples.example).Count", ("name", name))
            .EnsureSuccess().Output;

        // The synopsis that PowerShell generates is the syntax.
        Assert.DoesNotContain(name, output[0].ToString(), StringComparison.Ordinal);
        Assert.NotEqual("", output[0].ToString().Trim());
        Assert.NotEqual("", output[1].ToString().Trim());
        Assert.InRange((int)output[2].BaseObject, 1, 99);
    }

    [Theory, MemberData(nameof(Cmdlets))]
    public void EveryParameterIsDescribedAsItIs(string name)
    {
        var real = Commands.Value[name].Parameters.Values.Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name)).ToList();
        var help = PowerShellSession.Run("Get-Help $name -Parameter *", ("name", name));
        if (real.Count == 0)
        {
            Assert.StartsWith("NoParmsFound", help.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
            return;
        }

        var described = help.EnsureSuccess().Output.ToDictionary(parameter => GetText(parameter, "name"));

        Assert.Equal(real.Select(parameter => parameter.Name).Order(), described.Keys.Order());
        foreach (var parameter in real)
        {
            var entry = described[parameter.Name];
            var description = string.Concat(((PSObject[])entry.Properties["description"].Value).Select(paragraph => paragraph.Properties["Text"].Value));
            Assert.True(description.Trim().Length > 0, $"-{parameter.Name} of {name} has no description.");
            Assert.Equal(parameter.Aliases.Count == 0 ? "none" : string.Join(", ", parameter.Aliases), GetText(entry, "aliases"));
            Assert.Contains(GetText(entry, "required"), parameter.ParameterSets.Values.Select(set => set.IsMandatory ? "true" : "false"));
        }
    }

    [Theory, MemberData(nameof(AllPages))]
    public void EveryPieceOfCodeUsesWhatExists(string page)
    {
        var fences = PowerShellFence().Matches(File.ReadAllText(Path.Combine(PagesFolder, page)));
        foreach (var code in fences.Select(fence => fence.Groups[1].Value))
        {
            var script = Parser.ParseInput(code, out _, out var errors);
            Assert.True(errors.Length == 0, $"{page}: {string.Join(' ', errors.Select(error => error.ToString()))}\n{code}");
            foreach (var call in script.FindAll(ast => ast is CommandAst, searchNestedScriptBlocks: true).Cast<CommandAst>()) CheckCall(page, call);
        }
    }

    [Theory, MemberData(nameof(Topics))]
    public void EveryTopicIsFound(string name)
    {
        var page = File.ReadAllText(Path.Combine(PagesFolder, name + ".md"));
        var shortDescription = ShortDescription().Match(page).Groups[1].Value;

        var output = PowerShellSession.Run("Get-Help $name; Get-Help about_* | Where-Object Name -eq $name | ForEach-Object Synopsis", ("name", name)).EnsureSuccess().Output;

        Assert.Equal(2, output.Count);
        Assert.StartsWith("TOPIC", output[0].ToString(), StringComparison.Ordinal);
        Assert.Equal(shortDescription, output[1].ToString());
        Assert.All(output[0].ToString().Split('\n'), line => Assert.InRange(line.Length, 0, 80));
    }

    private static string PagesFolder => Path.Combine(Repository.Root, "docs", "en-US");

    private static IEnumerable<string> Pages(string pattern) => Directory.EnumerateFiles(PagesFolder, pattern).Order(StringComparer.Ordinal);

    private static string GetText(PSObject help, string property) => help.Properties[property].Value.ToString()!;

    private static void CheckCall(string page, CommandAst call)
    {
        var name = call.GetCommandName();
        Assert.True(name is not null, $"{page}: '{call}' calls what only runs can tell.");
        // A script of the reader's own.
        if (Neighbours.Contains(name) || name.EndsWith(".ps1", StringComparison.Ordinal)) return;
        Assert.True(Commands.Value.TryGetValue(name, out var command), $"{page}: there is no {name}: '{call}'.");
        foreach (var used in call.CommandElements.OfType<CommandParameterAst>())
        {
            Assert.True(
                command.Parameters.Values.Any(parameter => Matches(parameter.Name, used) || parameter.Aliases.Any(alias => Matches(alias, used))),
                $"{page}: {name} has no -{used.ParameterName}: '{call}'.");
        }
    }

    private static bool Matches(string name, CommandParameterAst used) => name.Equals(used.ParameterName, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"^```powershell\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex PowerShellFence();

    [GeneratedRegex(@"^## SHORT DESCRIPTION\n\n(.*)$", RegexOptions.Multiline)]
    private static partial Regex ShortDescription();
}
