using System.Text;
using DiffPlex;

namespace MarketingSwarm.Engine.Deployment;

/// <summary>The difference of two texts in the unified format of diff(1) and git.</summary>
internal static class UnifiedDiff
{
    private const int Context = 3;

    /// <summary>Empty where the texts are the same but for their line ends.</summary>
    /// <param name="name">The file's name.</param>
    /// <param name="before">The text as it is; null for a file that is not there.</param>
    /// <param name="after">The text as it would be.</param>
    internal static string Create(string name, string? before, string after)
    {
        var old = Lines(before ?? "");
        var fresh = Lines(after);
        var blocks = Differ.Instance.CreateDiffs(before ?? "", after, ignoreWhiteSpace: false, ignoreCase: false, new DiffPlex.Chunkers.CustomFunctionChunker(Lines)).DiffBlocks;
        if (blocks.Count == 0) return "";

        var text = new StringBuilder();
        text.Append("--- ").Append(before is null ? "/dev/null" : name).Append('\n').Append("+++ ").Append(name).Append('\n');
        for (var i = 0; i < blocks.Count;)
        {
            var last = i;
            while (last + 1 < blocks.Count && blocks[last + 1].DeleteStartA - (blocks[last].DeleteStartA + blocks[last].DeleteCountA) <= 2 * Context) last++;
            var startOld = Math.Max(0, blocks[i].DeleteStartA - Context);
            var endOld = Math.Min(old.Length, blocks[last].DeleteStartA + blocks[last].DeleteCountA + Context);
            var startNew = blocks[i].InsertStartB - (blocks[i].DeleteStartA - startOld);
            var lines = new StringBuilder();
            var (position, count) = (startOld, 0);
            for (; i <= last; i++)
            {
                while (position < blocks[i].DeleteStartA) Add(' ', old[position++], ref count);
                for (var j = 0; j < blocks[i].DeleteCountA; j++) lines.Append('-').Append(old[position++]).Append('\n');
                for (var j = 0; j < blocks[i].InsertCountB; j++) Add('+', fresh[blocks[i].InsertStartB + j], ref count);
            }

            while (position < endOld) Add(' ', old[position++], ref count);
            text.Append(FormattableString.Invariant($"@@ -{Range(startOld, endOld - startOld)} +{Range(startNew, count)} @@\n")).Append(lines);

            void Add(char mark, string line, ref int counted)
            {
                lines.Append(mark).Append(line).Append('\n');
                counted++;
            }
        }

        return text.ToString();
    }

    private static string Range(int start, int count) => FormattableString.Invariant($"{(count == 0 ? start : start + 1)},{count}");

    private static string[] Lines(string text)
    {
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : lines;
    }
}
