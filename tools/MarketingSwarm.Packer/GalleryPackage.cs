using System.Security.Cryptography;
using System.Text;
using System.Xml.Linq;

namespace MarketingSwarm.Packer;

/// <summary>The .nupkg that the PowerShell Gallery takes: a nuspec with the Gallery's tags, the module's files at the root, the parts of an OPC package around them.</summary>
internal static class GalleryPackage
{
    /// <summary>The Gallery refuses a package with longer tags, in characters.</summary>
    internal const int MaxTagsLength = 4000;

    private static readonly XNamespace Nuspec = "http://schemas.microsoft.com/packaging/2011/08/nuspec.xsd";
    private static readonly XNamespace ContentTypes = "http://schemas.openxmlformats.org/package/2006/content-types";
    private static readonly XNamespace Relationships = "http://schemas.openxmlformats.org/package/2006/relationships";
    private static readonly XNamespace CoreProperties = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
    private static readonly XNamespace DublinCore = "http://purl.org/dc/elements/1.1/";

    public static byte[] Write(string id, string version, ModuleManifest manifest, IReadOnlyList<PackedFile> files, DateTimeOffset time)
    {
        var nuspec = new PackedFile(id + ".nuspec", Bytes(WriteNuspec(id, version, manifest)));
        var properties = new PackedFile(
            $"package/services/metadata/core-properties/{Convert.ToHexStringLower(SHA256.HashData(nuspec.Content))[..32]}.psmdcp", Bytes(WriteProperties(id, version, manifest)));
        var relationships = new PackedFile("_rels/.rels", Bytes(WriteRelationships(nuspec.Path, properties.Path)));
        PackedFile[] parts = [relationships, nuspec, .. files, properties];
        return ArchiveFile.Write([new PackedFile("[Content_Types].xml", Bytes(WriteContentTypes(parts))), .. parts], time);
    }

    private static XElement WriteNuspec(string id, string version, ModuleManifest manifest)
        => new(
            Nuspec + "package",
            new XElement(
                Nuspec + "metadata",
                new XElement(Nuspec + "id", id),
                new XElement(Nuspec + "version", version),
                new XElement(Nuspec + "authors", manifest.Text("Author")),
                new XElement(Nuspec + "owners", manifest.Text("CompanyName")),
                new XElement(Nuspec + "requireLicenseAcceptance", "false"),
                new XElement(Nuspec + "licenseUrl", manifest.DataText("LicenseUri")),
                new XElement(Nuspec + "projectUrl", manifest.DataText("ProjectUri")),
                new XElement(Nuspec + "description", manifest.Text("Description")),
                new XElement(Nuspec + "releaseNotes", manifest.DataText("ReleaseNotes")),
                new XElement(Nuspec + "copyright", manifest.Text("Copyright")),
                new XElement(Nuspec + "tags", WriteTags(manifest))));

    /// <summary>The tags by which the Gallery knows a module, its cmdlets and its commands. Find-Command lives without the last, which go where all would be too long.</summary>
    private static string WriteTags(ModuleManifest manifest)
    {
        string[] tags = [.. manifest.Tags, "PSModule", "PSIncludes_Cmdlet", .. manifest.Cmdlets.Select(name => "PSCmdlet_" + name)];
        string[] all = [.. tags, .. manifest.Cmdlets.Select(name => "PSCommand_" + name)];
        var text = string.Join(' ', all);
        if (text.Length > MaxTagsLength) text = string.Join(' ', tags);
        return text.Length <= MaxTagsLength
            ? text
            : throw new PackingException($"The tags have {text.Length} characters and the Gallery takes {MaxTagsLength}. Nothing was packed. Shorten Tags in the manifest.");
    }

    private static XElement WriteProperties(string id, string version, ModuleManifest manifest)
        => new(
            CoreProperties + "coreProperties",
            new XAttribute(XNamespace.Xmlns + "dc", DublinCore),
            new XElement(DublinCore + "creator", manifest.Text("Author")),
            new XElement(DublinCore + "description", manifest.Text("Description")),
            new XElement(DublinCore + "identifier", id),
            new XElement(CoreProperties + "version", version),
            new XElement(CoreProperties + "keywords", WriteTags(manifest)));

    private static XElement WriteRelationships(string nuspec, string properties)
        => new(
            Relationships + "Relationships",
            WriteRelationship("Manifest", "http://schemas.microsoft.com/packaging/2010/07/manifest", nuspec),
            WriteRelationship("Properties", "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties", properties));

    private static XElement WriteRelationship(string id, string type, string target)
        => new(Relationships + "Relationship", new XAttribute("Type", type), new XAttribute("Target", "/" + target), new XAttribute("Id", id));

    private static XElement WriteContentTypes(IEnumerable<PackedFile> parts)
    {
        var types = new XElement(ContentTypes + "Types");
        foreach (var extension in parts.Select(part => Path.GetExtension(part.Path).TrimStart('.')).Where(extension => extension.Length > 0).Distinct().Order(StringComparer.Ordinal))
        {
            var type = extension switch
            {
                "rels" => "application/vnd.openxmlformats-package.relationships+xml",
                "psmdcp" => "application/vnd.openxmlformats-package.core-properties+xml",
                _ => "application/octet",
            };
            types.Add(new XElement(ContentTypes + "Default", new XAttribute("Extension", extension), new XAttribute("ContentType", type)));
        }

        foreach (var part in parts.Where(part => Path.GetExtension(part.Path).Length == 0))
            types.Add(new XElement(ContentTypes + "Override", new XAttribute("PartName", "/" + part.Path), new XAttribute("ContentType", "application/octet")));
        return types;
    }

    private static byte[] Bytes(XElement root)
        => Encoding.UTF8.GetBytes("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + root.ToString().ReplaceLineEndings("\n") + "\n");
}
