using System.Diagnostics;
using System.Text.Json;
using System.Xml.Linq;

namespace MarketingSwarm.Packer;

/// <summary>A NuGet package of which the module ships files.</summary>
/// <param name="Id">The package's id, as NuGet has it.</param>
/// <param name="Version">The package's version.</param>
/// <param name="Folder">Where the package lies unpacked.</param>
/// <param name="Files">The shipped files, relative to the module's folder, with slashes.</param>
internal sealed record ShippedPackage(string Id, string Version, string Folder, IReadOnlyList<string> Files)
{
    private static readonly string PackagesFolder =
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } named
            ? named
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    /// <summary>
    ///   The packages that the module ships, by id. Each library in deps/ and emulator/ must be one that the .deps.json beside it names, in the version that
    ///   it names, which is the one of Directory.Packages.props where that has the package.
    /// </summary>
    /// <exception cref="PackingException">They disagree, or a package is not unpacked here.</exception>
    public static IReadOnlyList<ShippedPackage> Read(string module, IReadOnlyCollection<string> files, string packageVersions)
    {
        var central = XDocument.Load(packageVersions).Descendants("PackageVersion")
            .ToDictionary(element => (string)element.Attribute("Include")!, element => (string)element.Attribute("Version")!, StringComparer.OrdinalIgnoreCase);
        var packages = new SortedDictionary<string, ShippedPackage>(StringComparer.OrdinalIgnoreCase);
        var explained = new HashSet<string>();
        foreach (var dependencies in files.Where(file => file.EndsWith(".deps.json", StringComparison.Ordinal)))
        {
            var folder = dependencies[..(dependencies.LastIndexOf('/') + 1)];
            using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(module, dependencies)));
            var libraries = document.RootElement.GetProperty("libraries");
            foreach (var library in document.RootElement.GetProperty("targets").EnumerateObject().Single().Value.EnumerateObject())
            {
                var description = libraries.GetProperty(library.Name);
                if (description.GetProperty("type").GetString() != "package") continue;

                var (id, version) = (library.Name[..library.Name.IndexOf('/', StringComparison.Ordinal)], library.Name[(library.Name.IndexOf('/', StringComparison.Ordinal) + 1)..]);
                if (central.TryGetValue(id, out var expected) && expected != version)
                    throw new PackingException($"'{dependencies}' has {id} {version}, and Directory.Packages.props has {expected}. Nothing was packed. Build anew.");

                var shipped = Assets(library.Value, folder).Where(asset => files.Contains(asset.File)).ToArray();
                if (shipped.Length == 0) continue;
                foreach (var (file, fileVersion) in shipped)
                {
                    explained.Add(file);
                    // Native libraries have none.
                    if (fileVersion is null or "0.0.0.0") continue;
                    var info = FileVersionInfo.GetVersionInfo(Path.Combine(module, file));
                    var found = FormattableString.Invariant($"{info.FileMajorPart}.{info.FileMinorPart}.{info.FileBuildPart}.{info.FilePrivatePart}");
                    if (found != fileVersion)
                        throw new PackingException($"'{file}' has the version {found}, and {id} {version} has it in {fileVersion}. Nothing was packed. Build anew.");
                }

                var before = packages.GetValueOrDefault(id);
                if (before is not null && before.Version != version)
                    throw new PackingException($"The module ships {id} in two versions, {before.Version} and {version}. Nothing was packed. Give it one in Directory.Packages.props.");
                packages[id] = new ShippedPackage(
                    id, version, FindFolder(id, version, description),
                    [.. (before?.Files ?? []).Concat(shipped.Select(asset => asset.File)).Order(StringComparer.Ordinal)]);
            }
        }

        var unexplained = files.FirstOrDefault(file => IsLibrary(file) && !explained.Contains(file) && !IsOurs(file));
        return unexplained is null
            ? [.. packages.Values]
            : throw new PackingException($"'{unexplained}' is of no package that the module depends on. Nothing was packed. Delete '{module}' and build anew.");
    }

    internal static bool IsOurs(string file) => Path.GetFileName(file).StartsWith("MarketingSwarm.", StringComparison.Ordinal);

    private static bool IsLibrary(string file) => Path.GetExtension(file) is ".dll" or ".so" or ".dylib";

    private static IEnumerable<(string File, string? Version)> Assets(JsonElement library, string folder)
    {
        if (library.TryGetProperty("runtime", out var managed))
        {
            foreach (var asset in managed.EnumerateObject()) yield return (folder + asset.Name[(asset.Name.LastIndexOf('/') + 1)..], VersionOf(asset.Value));
        }

        if (library.TryGetProperty("runtimeTargets", out var targets))
        {
            foreach (var asset in targets.EnumerateObject()) yield return (folder + asset.Name, VersionOf(asset.Value));
        }
    }

    private static string? VersionOf(JsonElement asset) => asset.TryGetProperty("fileVersion", out var version) ? version.GetString() : null;

    private static string FindFolder(string id, string version, JsonElement description)
    {
        var folder = Path.Combine(PackagesFolder, description.GetProperty("path").GetString()!);
        return Directory.Exists(folder)
            ? folder
            : throw new PackingException($"{id} {version} is not in '{PackagesFolder}', and its licence is read there. Nothing was packed. Run 'dotnet restore'.");
    }
}
