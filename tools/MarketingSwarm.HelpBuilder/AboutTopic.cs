using System.Text;

namespace MarketingSwarm.HelpBuilder;

/// <summary>Writes an about_ topic as the plain text that Get-Help shows.</summary>
internal static class AboutTopic
{
    private const int Width = 80;
    private const int Indentation = 4;

    private static readonly string[] Sections = ["SHORT DESCRIPTION", "LONG DESCRIPTION", "EXAMPLES", "SEE ALSO"];

    /// <summary>The topic's text.</summary>
    internal static string Build(MarkdownPage page, ErrorLog log)
    {
        // Get-Help takes a topic's synopsis from the fifth line.
        var text = new StringBuilder("TOPIC\n").Append(' ', Indentation).Append(page.Name).Append('\n');
        Check(page, log);
        foreach (var section in page.Root.Sections) Append(section, text, page, log);
        return text.ToString();
    }

    private static void Check(MarkdownPage page, ErrorLog log)
    {
        var titles = page.Root.Sections.Select(section => section.Title).ToList();
        if (titles is not ["SHORT DESCRIPTION", "LONG DESCRIPTION", ..] || titles.Except(Sections).Any())
            log.Add(page.Path, page.Root.Line, $"A topic's sections are {string.Join(", ", Sections)}, in this order; the first two are required.");
        else if (HelpText.Paragraphs(page.Root.Sections[0].Blocks, page.Path, log) is not [{ Text.Length: <= Width - Indentation }])
            log.Add(page.Path, page.Root.Sections[0].Line, $"A short description is one paragraph of at most {Width - Indentation} characters.");
    }

    private static void Append(Section section, StringBuilder text, MarkdownPage page, ErrorLog log)
    {
        text.Append('\n').Append(' ', section.Level == 2 ? 0 : Indentation / 2).Append(section.Title).Append('\n');
        Paragraph? previous = null;
        foreach (var paragraph in HelpText.Paragraphs(section.Blocks, page.Path, log))
        {
            // The items of a list stand together.
            var inList = paragraph.Bullet.Length > 0 && previous?.Bullet.Length > 0 && !paragraph.IsCode;
            if (previous is not null && !inList) text.Append('\n');
            var first = paragraph.Bullet;
            foreach (var line in GetLines(paragraph, page, log))
            {
                text.Append((new string(' ', Indentation) + first + line).TrimEnd()).Append('\n');
                first = new string(' ', first.Length);
            }

            previous = paragraph;
        }

        foreach (var child in section.Sections) Append(child, text, page, log);
    }

    private static IEnumerable<string> GetLines(Paragraph paragraph, MarkdownPage page, ErrorLog log)
    {
        var width = Width - Indentation - paragraph.Bullet.Length;
        if (!paragraph.IsCode) return HelpText.Wrap(paragraph.Text, width);
        // Code stands a little further right, as it does not wrap.
        var lines = paragraph.Text.Split('\n').Select(line => "  " + line).ToList();
        if (lines.Exists(line => line.Length > width)) log.Add(page.Path, paragraph.Line, $"A line of code in a topic has at most {width - 2} characters here.");
        return lines;
    }
}
