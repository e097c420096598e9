using System.Reflection;
using System.Text;
using System.Xml.Linq;

namespace MarketingSwarm.Packer;

/// <summary>THIRD-PARTY-NOTICES.txt: each shipped package with its version, files, copyright and licence, and every text once.</summary>
internal static class Notices
{
    public const string FileName = "THIRD-PARTY-NOTICES.txt";

    private static readonly string Line = new('-', 80);

    // Its nuspec has an address only; README.md in the package names the licence.
    private static readonly Dictionary<string, string> NamedInReadme = new(StringComparer.OrdinalIgnoreCase) { ["dotenv.net"] = "MIT" };

    /// <exception cref="PackingException">A package's licence or its text is not known.</exception>
    public static string Write(IReadOnlyList<ShippedPackage> packages)
    {
        var list = new StringBuilder();
        var texts = new List<(string Title, string Text)>();
        foreach (var package in packages)
        {
            var metadata = ReadMetadata(package);
            var licence = metadata("license");
            var name = licence is { } element && (string?)element.Attribute("type") == "expression" ? element.Value : NamedInReadme.GetValueOrDefault(package.Id);
            var own = ReadOwnText(package, licence);
            var title = name ?? (own is null ? null : $"the licence of {package.Id}");
            if (title is null) throw new PackingException($"{package.Id} {package.Version} names no licence by its SPDX identifier and carries no text of one. Nothing was packed. Add what its owners say to Notices.cs.");

            var text = own ?? ReadEmbedded(package.Id) ?? ReadEmbedded(title)
                ?? throw new PackingException($"{package.Id} {package.Version} is under {title}, whose text is not known. Nothing was packed. Add Licences/{title}.txt to the packer.");
            list.Append(package.Id).Append(' ').Append(package.Version).Append('\n');
            if (metadata("copyright") is { } copyright) list.Append("    Copyright   ").Append(copyright.Value.Trim()).Append('\n');
            list.Append("    By          ").Append(metadata("authors")!.Value.Trim()).Append('\n');
            if ((metadata("projectUrl")?.Value ?? (string?)metadata("repository")?.Attribute("url")) is { } address) list.Append("    From        ").Append(address).Append('\n');
            list.Append("    Licence     ").Append(name ?? "its own").Append(": text ").Append(Number(title, text)).Append('\n');
            if (ReadFile(package, "THIRD-PARTY-NOTICES.TXT") is { } notices)
                list.Append("    Contains    what text ").Append(Number("third-party notices of .NET libraries", notices)).Append(" names\n");
            list.Append("    Files       ").AppendJoin("\n                ", package.Files).Append("\n\n");
        }

        var notice = new StringBuilder(
            """
            THIRD-PARTY NOTICES

            The module MarketingSwarm ships the libraries below, unchanged, in deps/ and emulator/. Each is under its own licence, whose text follows the list.
            Written by tools/MarketingSwarm.Packer from what the packages themselves say.


            """.ReplaceLineEndings("\n")).Append(list);
        for (var i = 0; i < texts.Count; i++)
        {
            notice.Append(Line).Append("\nText ").Append(i + 1).Append(": ").Append(texts[i].Title).Append('\n').Append(Line).Append("\n\n")
                .Append(texts[i].Text).Append("\n\n");
        }

        return notice.ToString().TrimEnd('\n') + "\n";

        int Number(string title, string text)
        {
            var index = texts.FindIndex(known => known.Text == text);
            if (index < 0)
            {
                index = texts.Count;
                texts.Add((title, text));
            }

            return index + 1;
        }
    }

    /// <exception cref="PackingException">The committed file is not what the packages say.</exception>
    public static void Check(string path, string expected)
    {
        var lines = File.Exists(path) ? File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n') : [];
        var wanted = expected.Split('\n');
        if (lines.AsSpan().SequenceEqual(wanted)) return;

        var first = lines.AsSpan().CommonPrefixLength(wanted);
        throw new PackingException(
            $"'{path}' is not what the shipped packages say: line {first + 1} is '{lines.ElementAtOrDefault(first)}' and should be '{wanted.ElementAtOrDefault(first)}'. "
            + "Nothing was packed. Run './build.ps1 -Task Notices', read what has changed, and commit it.");
    }

    private static Func<string, XElement?> ReadMetadata(ShippedPackage package)
    {
        var root = XDocument.Load(Path.Combine(package.Folder, package.Id.ToLowerInvariant() + ".nuspec")).Root!;
        var metadata = root.Elements().Single(element => element.Name.LocalName == "metadata");
        return name => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name);
    }

    private static string? ReadOwnText(ShippedPackage package, XElement? licence)
        => (string?)licence?.Attribute("type") == "file"
            ? ReadFile(package, licence!.Value) ?? throw new PackingException($"'{package.Folder}' lacks its licence '{licence.Value}'. Nothing was packed. Delete the folder and run 'dotnet restore'.")
            : ReadFile(package, "LICENSE") ?? ReadFile(package, "LICENSE.TXT") ?? ReadFile(package, "LICENSE.md");

    private static string? ReadFile(ShippedPackage package, string name)
    {
        var path = Path.Combine(package.Folder, name.Replace('\\', '/'));
        return File.Exists(path) ? Normalize(File.ReadAllText(path)) : null;
    }

    private static string? ReadEmbedded(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name);
        if (stream is null) return null;
        using var reader = new StreamReader(stream);
        return Normalize(reader.ReadToEnd());
    }

    private static string Normalize(string text)
        => string.Join('\n', text.ReplaceLineEndings("\n").Split('\n').Select(line => line.TrimEnd())).Trim('\n');
}
