namespace MarketingSwarm.Packer;

/// <summary>CHANGELOG.md, as Keep a Changelog has it: a heading of the second level a version.</summary>
internal static class Changelog
{
    /// <summary>What the changelog says of a version; of what is unreleased, where the version has no heading yet.</summary>
    /// <exception cref="PackingException">There is neither, or nothing below it.</exception>
    public static string Read(string path, string version)
    {
        var lines = File.ReadAllLines(path);
        var start = Array.FindIndex(lines, line => line.StartsWith($"## [{version}]", StringComparison.Ordinal));
        if (start < 0) start = Array.FindIndex(lines, line => line.StartsWith("## [Unreleased]", StringComparison.Ordinal));
        var end = start < 0 ? -1 : Array.FindIndex(lines, start + 1, line => line.StartsWith("## ", StringComparison.Ordinal));
        var notes = start < 0 ? "" : string.Join('\n', lines[(start + 1)..(end < 0 ? lines.Length : end)]).Trim();
        return notes.Length > 0
            ? notes
            : throw new PackingException($"'{path}' says nothing of {version}: a heading '## [{version}]' or '## [Unreleased]' with text below is expected. Nothing was packed.");
    }
}
