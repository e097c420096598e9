using System.Management.Automation;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace MarketingSwarm.HelpBuilder;

/// <summary>A type that a cmdlet takes or gives, and what is to be known of it.</summary>
internal sealed record TypeHelp(string Name, IReadOnlyList<Paragraph> Remarks);

/// <summary>An example: its title, its code, and what follows the code.</summary>
internal sealed record ExampleHelp(string Title, string Code, IReadOnlyList<Paragraph> Remarks);

/// <summary>A related link; <paramref name="Url"/> is empty for another page of the module, which Get-Help finds by its name.</summary>
internal sealed record LinkHelp(string Text, string Url);

/// <summary>A cmdlet with the page that describes it, the one checked against the other.</summary>
internal sealed class CmdletHelp
{
    private static readonly string[] RequiredSections = ["SYNOPSIS", "DESCRIPTION", "EXAMPLES", "PARAMETERS", "INPUTS", "OUTPUTS", "RELATED LINKS"];
    private static readonly string[] SectionOrder = ["SYNOPSIS", "DESCRIPTION", "EXAMPLES", "PARAMETERS", "INPUTS", "OUTPUTS", "NOTES", "RELATED LINKS"];

    private static readonly Dictionary<string, string> StandardParameters = new()
    {
        ["WhatIf"] = "Shows what would happen. Nothing is changed.",
        ["Confirm"] = "Asks before anything is changed.",
    };

    private CmdletHelp(CmdletInfo cmdlet) => Cmdlet = cmdlet;

    internal CmdletInfo Cmdlet { get; }

    internal required IReadOnlyList<Paragraph> Synopsis { get; init; }

    internal required IReadOnlyList<Paragraph> Description { get; init; }

    internal required IReadOnlyList<ExampleHelp> Examples { get; init; }

    /// <summary>The descriptions of all parameters by name, -WhatIf and -Confirm included.</summary>
    internal required IReadOnlyDictionary<string, IReadOnlyList<Paragraph>> Parameters { get; init; }

    internal required IReadOnlyList<TypeHelp> Inputs { get; init; }

    internal required IReadOnlyList<TypeHelp> Outputs { get; init; }

    internal required IReadOnlyList<Paragraph> Notes { get; init; }

    internal required IReadOnlyList<LinkHelp> Links { get; init; }

    /// <summary>Reads a page and checks that it says all about its cmdlet and nothing about another.</summary>
    internal static CmdletHelp Read(MarkdownPage page, CmdletInfo cmdlet, ErrorLog log) => new PageReader(page, cmdlet, log).Read();

    private sealed class PageReader(MarkdownPage page, CmdletInfo cmdlet, ErrorLog log)
    {
        internal CmdletHelp Read()
        {
            CheckSections();
            var synopsis = ReadText("SYNOPSIS");
            if (synopsis.Count > 1) Error(synopsis[1].Line, "A synopsis is one paragraph; the rest belongs to DESCRIPTION.");
            return new CmdletHelp(cmdlet)
            {
                Synopsis = synopsis,
                Description = ReadText("DESCRIPTION"),
                Examples = ReadExamples(),
                Parameters = ReadParameters(),
                Inputs = ReadTypes("INPUTS", CmdletReflection.GetInputs(cmdlet), "takes from the pipeline"),
                Outputs = ReadTypes("OUTPUTS", CmdletReflection.GetOutputs(cmdlet), "has in [OutputType]"),
                Notes = ReadText("NOTES"),
                Links = ReadLinks(),
            };
        }

        private void CheckSections()
        {
            if (page.Root.Blocks is [var stray, ..]) Error(stray.Line + 1, "Text belongs below one of the page's sections, not to its title.");
            foreach (var missing in RequiredSections.Where(title => page.Root.Find(title) is null))
                Error(page.Root.Line, $"The page lacks the section '## {missing}'.");
            var position = 0;
            foreach (var section in page.Root.Sections)
            {
                var found = Array.IndexOf(SectionOrder, section.Title, position);
                if (found < 0) Error(section.Line, $"'## {section.Title}' is unknown, doubled or out of order; the order is {string.Join(", ", SectionOrder)}.");
                else position = found + 1;
            }
        }

        private IReadOnlyList<Paragraph> ReadText(string title)
        {
            if (page.Root.Find(title) is not { } section) return [];
            foreach (var child in section.Sections) Error(child.Line, $"'## {title}' has no headings of its own.");
            return ReadText(section);
        }

        private IReadOnlyList<Paragraph> ReadText(Section section)
        {
            if (section.Blocks.Count == 0) Error(section.Line, $"'{section.Title}' is empty.");
            return HelpText.Paragraphs(section.Blocks, page.Path, log);
        }

        private List<ExampleHelp> ReadExamples()
        {
            var examples = new List<ExampleHelp>();
            if (page.Root.Find("EXAMPLES") is not { } section) return examples;
            if (section.Sections.Count == 0) Error(section.Line, "A page has at least one '### Example: title'.");
            foreach (var example in section.Sections)
            {
                if (!example.Title.StartsWith("Example: ", StringComparison.Ordinal))
                    Error(example.Line, $"'{example.Title}' should be 'Example: ' and a title.");
                else if (example.Blocks is not [FencedCodeBlock { Info: "powershell" } code, _, ..])
                    Error(example.Line, $"'{example.Title}' needs a fenced block of powershell and a remark after it.");
                else
                    examples.Add(new ExampleHelp(example.Title, HelpText.Code(code), HelpText.Paragraphs(example.Blocks.Skip(1), page.Path, log)));
            }

            return examples;
        }

        private Dictionary<string, IReadOnlyList<Paragraph>> ReadParameters()
        {
            var descriptions = new Dictionary<string, IReadOnlyList<Paragraph>>();
            if (page.Root.Find("PARAMETERS") is not { } section) return descriptions;
            var parameters = CmdletReflection.GetParameters(cmdlet).ToList();
            foreach (var written in section.Sections)
            {
                var name = written.Title.TrimStart('-');
                if (!written.Title.StartsWith('-')) Error(written.Line, $"A parameter's heading begins with a hyphen: '### -{name}'.");
                else if (StandardParameters.ContainsKey(name)) Error(written.Line, $"-{name} is PowerShell's own; its text comes from the help builder.");
                else if (!parameters.Exists(parameter => parameter.Name == name)) Error(written.Line, $"{cmdlet.Name} has no parameter -{name}.");
                else if (!descriptions.TryAdd(name, ReadText(written))) Error(written.Line, $"-{name} is described twice.");
            }

            foreach (var parameter in parameters)
            {
                if (StandardParameters.TryGetValue(parameter.Name, out var text)) descriptions[parameter.Name] = [new Paragraph(text, "", false, section.Line)];
                else if (!descriptions.ContainsKey(parameter.Name)) Error(section.Line, $"-{parameter.Name} of {cmdlet.Name} is not described: '### -{parameter.Name}' is missing.");
            }

            return descriptions;
        }

        private List<TypeHelp> ReadTypes(string title, IReadOnlyList<string> real, string meaning)
        {
            var types = new List<TypeHelp>();
            if (page.Root.Find(title) is not { } section) return types;
            if (real.Count == 0) real = ["None"];
            foreach (var type in section.Sections)
            {
                if (real.Contains(type.Title)) types.Add(new TypeHelp(type.Title, ReadText(type)));
                else Error(type.Line, $"'{type.Title}' is none of what {cmdlet.Name} {meaning}: {string.Join(", ", real)}.");
            }

            foreach (var missing in real.Where(name => section.Find(name) is null)) Error(section.Line, $"'### {missing}', which {cmdlet.Name} {meaning}, is missing.");
            return types;
        }

        private List<LinkHelp> ReadLinks()
        {
            var links = new List<LinkHelp>();
            if (page.Root.Find("RELATED LINKS") is not { } section) return links;
            HelpText.Paragraphs(section.Blocks, page.Path, log);
            foreach (var link in section.Blocks.SelectMany(block => block.Descendants<LinkInline>()))
            {
                var isWeb = link.Url!.StartsWith("https://", StringComparison.Ordinal);
                links.Add(new LinkHelp(HelpText.Inline(link, page.Path, log), isWeb ? link.Url : ""));
            }

            if (links.Count == 0) Error(section.Line, "'RELATED LINKS' has no link.");
            return links;
        }

        private void Error(int line, string message) => log.Add(page.Path, line, message);
    }
}
