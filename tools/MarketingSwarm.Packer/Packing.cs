using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;

namespace MarketingSwarm.Packer;

/// <summary>The whole way from a module that was laid out to its packages. Nothing is written before everything is checked.</summary>
internal static class Packing
{
    private const string Module = "MarketingSwarm";
    private const string Manifest = Module + ".psd1";
    private const string DirtyLabel = "dirty";
    private const int NamedFiles = 10;

    /// <summary>Refuses a work tree that cannot be packed: before a build that would be for nothing.</summary>
    /// <exception cref="PackingException">It has changes, and they are not allowed.</exception>
    public static void Check(PackingOptions options) => IsDirty(options, GitTree.Read(options.Repository));

    /// <summary>Packs, and returns what was written: the folder, the package, the symbols, the sums.</summary>
    /// <exception cref="PackingException">Something is not as it must be. What an earlier packing left is untouched.</exception>
    public static IReadOnlyList<string> Run(PackingOptions options)
    {
        var tree = GitTree.Read(options.Repository);
        var paths = ModuleFiles.List(options.Module);
        var label = DirtyLabelOf(options, tree);

        var packages = ReadPackages(options, paths);
        var notices = Path.Combine(options.Repository, Notices.FileName);
        Notices.Check(notices, Notices.Write(packages));

        var source = new ModuleManifest(ReadText(Path.Combine(options.Module, Manifest)));
        var text = source.Complete(paths, Changelog.Read(Path.Combine(options.Repository, "CHANGELOG.md"), source.Version), label);
        var manifest = new ModuleManifest(text);
        var files = paths.Select(path => new PackedFile(path, path switch
        {
            Manifest => Encoding.UTF8.GetBytes(text),
            Notices.FileName => Encoding.UTF8.GetBytes(ReadText(notices)),
            _ => File.ReadAllBytes(Path.Combine(options.Module, path)),
        })).ToArray();
        ModuleFiles.CheckSize(files);
        if (!manifest.FileList.SequenceEqual(files.Select(file => file.Path)))
            throw new PackingException("The manifest's FileList, read again, is not the list of the packed files. Nothing was packed.");

        var version = label is null ? manifest.Version : $"{manifest.Version}-{label}";
        var symbols = SymbolFiles.Read(options.Symbols, files.Where(file => file.Path.EndsWith(".dll", StringComparison.Ordinal) && ShippedPackage.IsOurs(file.Path)));
        var package = new PackedFile($"{Module}.{version}.nupkg", GalleryPackage.Write(Module, version, manifest, files, tree.Date));
        var symbolsArchive = new PackedFile($"{Module}.{version}.symbols.zip", ArchiveFile.Write(symbols, tree.Date));

        var folder = $"{Module}/{manifest.Version}";
        PackedFile[] outputs = [package, symbolsArchive, .. files.Select(file => file with { Path = $"{folder}/{file.Path}" })];
        var sums = new PackedFile("SHA256SUMS", Encoding.UTF8.GetBytes(string.Concat(outputs.Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(file.Content))}  {file.Path}\n"))));
        Replace(options.Output, [.. outputs, sums], tree.Date);
        return [.. new[] { folder, package.Path, symbolsArchive.Path, sums.Path }.Select(path => Path.Combine(options.Output, path))];
    }

    /// <summary>Writes the notices of what the module ships into the work tree, and returns their path.</summary>
    /// <exception cref="PackingException">The module's packages are not as they must be.</exception>
    public static string WriteNotices(PackingOptions options)
    {
        var path = Path.Combine(options.Repository, Notices.FileName);
        File.WriteAllText(path, Notices.Write(ReadPackages(options, ModuleFiles.List(options.Module))));
        return path;
    }

    private static IReadOnlyList<ShippedPackage> ReadPackages(PackingOptions options, IReadOnlyList<string> paths)
        => ShippedPackage.Read(options.Module, paths.ToHashSet(), Path.Combine(options.Repository, "Directory.Packages.props"));

    /// <summary>Null when the module is what the commit has; the version's label when it is not, and may be packed all the same.</summary>
    private static string? DirtyLabelOf(PackingOptions options, GitTree tree)
    {
        if (IsDirty(options, tree)) return DirtyLabel;

        // The SDK writes the commit behind the version.
        var built = FileVersionInfo.GetVersionInfo(Path.Combine(options.Module, Module + ".dll")).ProductVersion ?? "";
        if (built.EndsWith('+' + tree.Commit, StringComparison.Ordinal)) return null;
        if (options.AllowDirty) return DirtyLabel;
        throw new PackingException(
            $"'{options.Module}' was built as {built}, and the work tree is at commit {tree.Commit}. Nothing was packed. Build anew, or allow it (-AllowDirty, --allow-dirty): "
            + "then the version is labelled -dirty.");
    }

    private static bool IsDirty(PackingOptions options, GitTree tree)
    {
        if (tree.Changes.Count == 0 || options.AllowDirty) return tree.Changes.Count > 0;
        var named = string.Join(", ", tree.Changes.Take(NamedFiles));
        var more = tree.Changes.Count > NamedFiles ? $" and {tree.Changes.Count - NamedFiles} more" : "";
        throw new PackingException(
            $"The work tree '{options.Repository}' has changes that commit {tree.Commit[..12]} has not: {named}{more}. Nothing was packed. "
            + "Commit or remove them, or allow it (-AllowDirty, --allow-dirty): then the version is labelled -dirty.");
    }

    private static void Replace(string output, IEnumerable<PackedFile> files, DateTimeOffset time)
    {
        Directory.CreateDirectory(output);
        if (Directory.Exists(Path.Combine(output, Module))) Directory.Delete(Path.Combine(output, Module), recursive: true);
        foreach (var old in Directory.EnumerateFiles(output, Module + ".*").Where(file => file.EndsWith(".nupkg", StringComparison.Ordinal) || file.EndsWith(".symbols.zip", StringComparison.Ordinal)))
            File.Delete(old);
        foreach (var file in files)
        {
            var path = Path.Combine(output, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, file.Content);
            File.SetLastWriteTimeUtc(path, time.UtcDateTime);
        }
    }

    private static string ReadText(string path) => File.ReadAllText(path).ReplaceLineEndings("\n");
}
