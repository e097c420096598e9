using Markdig;
using Markdig.Syntax;

namespace MarketingSwarm.HelpBuilder;

/// <summary>A page of docs/en-US as a tree of headings.</summary>
internal sealed class MarkdownPage
{
    // Without it a link does not know its line.
    private static readonly MarkdownPipeline Pipeline = new MarkdownPipelineBuilder().UsePreciseSourceLocation().Build();

    private MarkdownPage(string path, Section root)
    {
        Path = path;
        Root = root;
    }

    internal string Path { get; }

    /// <summary>The file's name without its extension: the cmdlet's or the topic's name.</summary>
    internal string Name => System.IO.Path.GetFileNameWithoutExtension(Path);

    /// <summary>The page's title with all that follows it.</summary>
    internal Section Root { get; }

    /// <summary>Reads a page; <see langword="null"/> where it does not begin with its own name as the only title.</summary>
    internal static MarkdownPage? Read(string path, ErrorLog log)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(path);
        var document = Markdown.Parse(File.ReadAllText(path), Pipeline);
        var open = new Stack<Section>();
        Section? root = null;
        foreach (var block in document)
        {
            if (block is not HeadingBlock heading)
            {
                if (open.TryPeek(out var section)) section.Blocks.Add(block);
                continue;
            }

            var child = new Section(HelpText.Inline(heading.Inline, path, log), heading.Level, heading.Line + 1);
            while (open.TryPeek(out var parent) && parent.Level >= child.Level) open.Pop();
            if (open.TryPeek(out var owner)) owner.Sections.Add(child);
            else if (root is null) root = child;
            else log.Add(path, child.Line, $"A page has one title; '{child.Title}' is a second.");
            open.Push(child);
        }

        if (root is { Level: 1 } && root.Title == name && document[0] is HeadingBlock) return new MarkdownPage(path, root);
        log.Add(path, 1, $"The page begins with its title, '# {name}'.");
        return null;
    }
}

/// <summary>A heading with its line (from 1), the blocks below it, and the headings below those.</summary>
internal sealed record Section(string Title, int Level, int Line)
{
    internal List<Block> Blocks { get; } = [];

    internal List<Section> Sections { get; } = [];

    internal Section? Find(string title) => Sections.Find(section => section.Title == title);
}
