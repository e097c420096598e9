using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Tests.Help;

/// <summary>A page of the help: what it tells a reader to run, in its order, and what it says that this shows.</summary>
internal sealed partial class ExamplePage
{
    // Variables, the list of emulators, the numbers of proxies, and the file that a delta keeps in the user's folder.
    private static readonly string[] ProcessWide = ["$env:", "-SwarmEmulator", "-SwarmCloudSqlProxy", "Sync-SwarmConversation"];

    private ExamplePage(string name, IReadOnlyList<Example> examples)
    {
        Name = name;
        Examples = examples;
    }

    internal static IReadOnlyList<ExamplePage> All { get; } =
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs", "en-US"), "*.md").Order(StringComparer.Ordinal).Select(Read)];

    internal string Name { get; }

    internal IReadOnlyList<Example> Examples { get; }

    /// <summary>Whether it changes what belongs to a process or to a user, and so runs in a process of its own.</summary>
    internal bool NeedsProcess => Examples.Any(example => ProcessWide.Any(word => example.Code.Contains(word, StringComparison.Ordinal)));

    internal static ExamplePage Get(string name) => All.Single(page => page.Name == name);

    private static ExamplePage Read(string path)
    {
        // A block of output belongs to the code right before it.
        var examples = Fence().Matches(File.ReadAllText(path)).Select(match => new Example(match.Groups["code"].Value, match.Groups["output"].Success ? match.Groups["output"].Value : null));
        return new ExamplePage(Path.GetFileNameWithoutExtension(path), [.. examples]);
    }

    [GeneratedRegex(@"^```powershell\n(?<code>.*?)^```\n(\n```output\n(?<output>.*?)^```\n)?", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}

/// <summary>A piece of code of a page.</summary>
/// <param name="Code">The code.</param>
/// <param name="Output">What the page says that it shows; null where it does not say.</param>
internal sealed partial record Example(string Code, string? Output)
{
    /// <summary>The commands that it calls.</summary>
    internal IEnumerable<string> Calls => Parse().FindAll(ast => ast is CommandAst, searchNestedScriptBlocks: true).Select(call => ((CommandAst)call).GetCommandName());

    /// <summary>Whether something is redirected to a file, which takes a cmdlet that only pwsh has.</summary>
    internal bool Redirects => Parse().Find(ast => ast is FileRedirectionAst, searchNestedScriptBlocks: true) is not null;

    /// <summary>The lines of the page's output that the real one does not have, in their order. What differs from run to run is not compared, nor how it is laid out.</summary>
    internal IEnumerable<string> FindMissing(IEnumerable<string> real)
    {
        var all = string.Concat(real.Select(Squeeze));
        var at = 0;
        foreach (var line in (Output ?? "").Split('\n').Where(line => Squeeze(line) is not ("" or "…")))
        {
            var squeezed = Squeeze(line);
            var found = all.IndexOf(squeezed, at, StringComparison.Ordinal);
            if (found < 0) yield return line;
            else at = found + squeezed.Length;
        }
    }

    private static string Squeeze(string line) => Layout().Replace(Volatile().Replace(line, "#"), "");

    private ScriptBlockAst Parse() => Parser.ParseInput(Code, out _, out _);

    // Times, a revision's number with its suffix, a port, and what went through a proxy.
    [GeneratedRegex(@"\d{4}-\d\d-\d\d( \d\d:\d\d(:\d\d)?)?|-\d{5}-[0-9a-z]{3}\b|(?<=\d):\d{2,5}\b|[\d.]+ k?M?B\b")]
    private static partial Regex Volatile();

    // Colours, white space, and the lines under headings.
    [GeneratedRegex(@"\x1b\[[0-9;]*m|[\s-]+")]
    private static partial Regex Layout();
}
