using System.Text;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace MarketingSwarm.HelpBuilder;

/// <summary>A paragraph, list item or block of code as Get-Help can show it.</summary>
/// <param name="Text">The text; code keeps its line breaks.</param>
/// <param name="Bullet">What a list item begins with, its indentation included; empty elsewhere.</param>
/// <param name="IsCode">Whether lines stay as they are.</param>
/// <param name="Line">The line in the page, from 1.</param>
internal sealed record Paragraph(string Text, string Bullet, bool IsCode, int Line);

/// <summary>Turns Markdown into plain text. What plain text cannot show, such as a table or an image, is an error, never dropped.</summary>
internal static class HelpText
{
    /// <summary>The paragraphs of blocks, in order.</summary>
    internal static IReadOnlyList<Paragraph> Paragraphs(IEnumerable<Block> blocks, string path, ErrorLog log)
    {
        var paragraphs = new List<Paragraph>();
        foreach (var block in blocks) Append(block, "", paragraphs, path, log);
        return paragraphs;
    }

    /// <summary>The text of a paragraph or heading on one line.</summary>
    internal static string Inline(ContainerInline? container, string path, ErrorLog log)
    {
        var text = new StringBuilder();
        Append(container, text, path, log);
        return text.ToString();
    }

    /// <summary>A fenced block's text.</summary>
    internal static string Code(CodeBlock block) => block.Lines.ToString().TrimEnd();

    /// <summary>Breaks a text into lines that fit a width. A word that is longer, such as a URL, stays whole.</summary>
    internal static IEnumerable<string> Wrap(string text, int width)
    {
        var line = new StringBuilder();
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            if (line.Length > 0) line.Append(' ');
            line.Append(word);
        }

        if (line.Length > 0) yield return line.ToString();
    }

    private static void Append(Block block, string bullet, List<Paragraph> paragraphs, string path, ErrorLog log)
    {
        switch (block)
        {
            case ParagraphBlock paragraph:
                paragraphs.Add(new Paragraph(Inline(paragraph.Inline, path, log), bullet, IsCode: false, block.Line + 1));
                break;
            case CodeBlock code:
                paragraphs.Add(new Paragraph(Code(code), new string(' ', bullet.Length), IsCode: true, block.Line + 1));
                break;
            case ListBlock list:
                var number = int.TryParse(list.OrderedStart, out var start) ? start : 1;
                foreach (var item in list.Cast<ListItemBlock>())
                {
                    var mark = list.IsOrdered ? FormattableString.Invariant($"{number++}. ") : "- ";
                    var itemBullet = new string(' ', bullet.Length) + mark;
                    foreach (var part in item)
                    {
                        Append(part, itemBullet, paragraphs, path, log);
                        itemBullet = new string(' ', itemBullet.Length);
                    }
                }

                break;
            default:
                log.Add(path, block.Line + 1, $"Help shows plain text and cannot show a {block.GetType().Name}; write paragraphs, lists and fenced code.");
                break;
        }
    }

    private static void Append(ContainerInline? container, StringBuilder text, string path, ErrorLog log)
    {
        foreach (var inline in container ?? [])
        {
            switch (inline)
            {
                case LiteralInline literal:
                    text.Append(literal.Content.AsSpan());
                    break;
                case CodeInline code:
                    text.Append(code.Content);
                    break;
                case HtmlEntityInline entity:
                    text.Append(entity.Transcoded.AsSpan());
                    break;
                case LineBreakInline:
                    text.Append(' ');
                    break;
                case AutolinkInline link:
                    text.Append(link.Url);
                    break;
                case LinkInline { IsImage: false } link:
                    Append(link, text, path, log);
                    if (IsWeb(link.Url)) text.Append(" (").Append(link.Url).Append(')');
                    else CheckPage(link, path, log);
                    break;
                case EmphasisInline emphasis:
                    Append(emphasis, text, path, log);
                    break;
                default:
                    log.Add(path, inline.Line + 1, $"Help shows plain text and cannot show a {inline.GetType().Name}; write it as text or `code`.");
                    break;
            }
        }
    }

    private static bool IsWeb(string? url) => url?.StartsWith("https://", StringComparison.Ordinal) == true;

    private static void CheckPage(LinkInline link, string path, ErrorLog log)
    {
        if (!File.Exists(Path.Combine(Path.GetDirectoryName(path)!, link.Url ?? "")))
            log.Add(path, link.Line + 1, $"The link's target '{link.Url}' is neither an https:// address nor a file beside this page.");
    }
}
