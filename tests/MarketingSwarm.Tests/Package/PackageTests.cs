using System.Globalization;
using System.IO.Compression;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Xml.Linq;

namespace MarketingSwarm.Tests.Package;

/// <summary>What the Gallery is given and a user gets.</summary>
public sealed class PackageTests(PackedModule packed) : IClassFixture<PackedModule>
{
    private static readonly string[] Systems = ["linux-arm64", "linux-musl-x64", "linux-x64", "osx-arm64", "osx-x64", "win-arm64", "win-x64"];

    [Fact]
    public void TheFileListIsTheFolder()
        => Assert.Equal(packed.Files, ((object[])packed.Manifest["FileList"]!).Cast<string>().Order(StringComparer.Ordinal));

    [Fact]
    public void ThePackageIsTheFolderWithANuspec()
    {
        using var package = packed.OpenPackage();
        var around = package.Entries.Select(entry => entry.FullName).Except(packed.Files).Order(StringComparer.Ordinal).ToArray();

        Assert.Equal(4, around.Length);
        Assert.Equal(["MarketingSwarm.nuspec", "[Content_Types].xml", "_rels/.rels"], around[..3]);
        Assert.Matches(@"^package/services/metadata/core-properties/[0-9a-f]{32}\.psmdcp$", around[3]);
        Assert.All(packed.Files, file => Assert.Equal(File.ReadAllBytes(Path.Combine(packed.Folder, file)), Read(package, file)));
    }

    [Fact]
    public void EveryPartOfThePackageHasAContentTypeAndEveryRelationshipItsPart()
    {
        using var package = packed.OpenPackage();
        var types = ReadXml(package, "[Content_Types].xml");
        var extensions = types.Elements().Select(type => (string?)type.Attribute("Extension")).OfType<string>().ToHashSet();
        var parts = types.Elements().Select(type => (string?)type.Attribute("PartName")).OfType<string>().ToHashSet();

        Assert.All(
            package.Entries.Where(entry => entry.FullName != "[Content_Types].xml"),
            entry => Assert.True(parts.Contains("/" + entry.FullName) || extensions.Contains(Path.GetExtension(entry.FullName).TrimStart('.')), entry.FullName));
        Assert.All(ReadXml(package, "_rels/.rels").Elements(), relationship => Assert.NotNull(package.GetEntry(((string)relationship.Attribute("Target")!).TrimStart('/'))));
    }

    [Fact]
    public void TheNuspecSaysWhatTheGalleryShowsAndSearches()
    {
        using var package = packed.OpenPackage();
        var metadata = ReadXml(package, "MarketingSwarm.nuspec").Elements().Single();
        var values = metadata.Elements().ToDictionary(element => element.Name.LocalName, element => element.Value);
        var data = (System.Collections.Hashtable)((System.Collections.Hashtable)packed.Manifest["PrivateData"]!)["PSData"]!;

        Assert.Equal("MarketingSwarm", values["id"]);
        Assert.Equal($"{packed.Manifest["ModuleVersion"]}{(data["Prerelease"] is string label ? "-" + label : "")}", values["version"]);
        Assert.Equal(packed.Manifest["ModuleVersion"], Path.GetFileName(packed.Folder));
        Assert.Equal(
            (packed.Manifest["Author"], packed.Manifest["Description"], data["ReleaseNotes"], data["ProjectUri"], data["LicenseUri"]),
            (values["authors"], values["description"], values["releaseNotes"], values["projectUrl"], values["licenseUrl"]));
        Assert.All(["projectUrl", "licenseUrl"], name => Assert.Equal("https", new Uri(values[name]).Scheme));

        var tags = values["tags"].Split(' ');
        Assert.Superset(new HashSet<string> { "PSModule", "PSEdition_Core", "PSIncludes_Cmdlet" }, tags.ToHashSet());
        Assert.Equal(BuiltModule.ExportedCmdlets, tags.Where(tag => tag.StartsWith("PSCmdlet_", StringComparison.Ordinal)).Select(tag => tag["PSCmdlet_".Length..]));
        Assert.InRange(values["tags"].Length, 1, 4000);
    }

    [Fact]
    public void TheReleaseNotesAreTheChangelogs()
    {
        var notes = (string)((System.Collections.Hashtable)((System.Collections.Hashtable)packed.Manifest["PrivateData"]!)["PSData"]!)["ReleaseNotes"]!;

        Assert.StartsWith("### ", notes, StringComparison.Ordinal);
        Assert.Contains(notes, File.ReadAllText(Path.Combine(Repository.Root, "CHANGELOG.md")).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void NuGetTakesThePackage()
    {
        using var feed = new TempFolder();

        var result = Programs.Run(ShellProcess.DotNet, ["nuget", "push", Assert.Single(Directory.GetFiles(packed.Output, "*.nupkg")), "--source", feed.Path]);

        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Single(Directory.GetFiles(feed.Path, "*.nupkg", SearchOption.AllDirectories));
    }

    [Fact]
    public void TheSumsAreThoseThatSha256SumFinds()
    {
        var program = Programs.Find("sha256sum");
        Assert.SkipWhen(program is null, "sha256sum was not found in PATH.");

        var result = Programs.Run(program, ["--check", "SHA256SUMS"], workingFolder: packed.Output);

        Assert.Equal((0, ""), (result.ExitCode, result.Error));
        Assert.All(result.Lines, line => Assert.EndsWith(": OK", line, StringComparison.Ordinal));
        Assert.Equal(
            Directory.EnumerateFiles(packed.Output, "*", SearchOption.AllDirectories).Count() - 1,
            result.Lines.Count);
    }

    [Fact]
    public void SqliteIsThereForTheSystemsOfPwshAndNoOthers()
    {
        var natives = packed.Files.Where(file => file.Contains("/native/", StringComparison.Ordinal)).ToArray();

        Assert.Equal(Systems, natives.Select(file => file.Split('/')[2]));
        Assert.All(natives, file => Assert.Matches(@"^deps/runtimes/[^/]+/native/(lib)?e_sqlite3\.(so|dylib|dll)$", file));
    }

    [Fact]
    public void ItHasAtMost25Megabytes()
        => Assert.InRange(packed.Files.Sum(file => new FileInfo(Path.Combine(packed.Folder, file)).Length), 1, 25_000_000);

    [Fact]
    public void SymbolsAreApartAndFitTheAssemblies()
    {
        Assert.DoesNotContain(packed.Files, file => file.EndsWith(".pdb", StringComparison.Ordinal));
        using var symbols = packed.OpenSymbols();
        var assemblies = packed.Files.Where(file => Path.GetFileName(file).StartsWith("MarketingSwarm.", StringComparison.Ordinal) && file.EndsWith(".dll", StringComparison.Ordinal)).ToArray();

        Assert.Equal(4, assemblies.Length);
        Assert.Equal(assemblies.Select(file => Path.GetFileNameWithoutExtension(file) + ".pdb").Order(StringComparer.Ordinal), symbols.Entries.Select(entry => entry.FullName).Order(StringComparer.Ordinal));
        Assert.All(assemblies, file =>
        {
            using var reader = new PEReader(File.OpenRead(Path.Combine(packed.Folder, file)));
            Assert.True(reader.TryOpenAssociatedPortablePdb(file, path => new MemoryStream(Read(symbols, Path.GetFileName(path))), out var provider, out _), file);
            provider!.Dispose();
        });
    }

    [Fact]
    public void TheNoticesNameEveryLibraryWithTheVersionThatWasRestored()
    {
        var notices = File.ReadAllText(Path.Combine(packed.Folder, "THIRD-PARTY-NOTICES.txt"));
        var libraries = packed.Files.Where(file => Path.GetExtension(file) is ".dll" or ".so" or ".dylib" && !Path.GetFileName(file).StartsWith("MarketingSwarm.", StringComparison.Ordinal)).ToArray();
        using var assets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Repository.Root, "src", "MarketingSwarm.Engine", "obj", "project.assets.json")));
        var restored = assets.RootElement.GetProperty("targets").EnumerateObject().First().Value.EnumerateObject()
            .SelectMany(package => new[] { "runtime", "runtimeTargets" }
                .Where(kind => package.Value.TryGetProperty(kind, out _))
                .SelectMany(kind => package.Value.GetProperty(kind).EnumerateObject())
                .Select(asset => (Package: package.Name.Replace('/', ' '), File: asset.Name)))
            .ToArray();

        Assert.NotEmpty(libraries);
        Assert.All(libraries, library =>
        {
            var asset = library.StartsWith("deps/runtimes/", StringComparison.Ordinal) ? library["deps/".Length..] : "/" + Path.GetFileName(library);
            var package = restored.First(candidate => candidate.File.EndsWith(asset, StringComparison.Ordinal)).Package;
            var entry = notices.Split("\n\n").SingleOrDefault(part => part.StartsWith(package + "\n", StringComparison.Ordinal));
            Assert.True(entry is not null, $"{library} of {package}");
            Assert.Contains(library, entry, StringComparison.Ordinal);
            Assert.Matches(@"\n    Licence     [^\n]+: text [0-9]+\n", entry);
        });
    }

    [Fact]
    public void PackingAgainGivesTheSameBytes()
    {
        using var again = new TempFolder();
        var first = packed.Output;

        Assert.Equal(0, Packer.Pack(Repository.Root, again.Path, "--allow-dirty").ExitCode);

        var files = Directory.GetFiles(first).Select(Path.GetFileName).ToArray();
        Assert.Equal(3, files.Length);
        Assert.All(files, file => Assert.Equal(File.ReadAllBytes(Path.Combine(first, file!)), File.ReadAllBytes(again.File(file!))));
    }

    [Fact]
    public void TheTimesInThePackageAreTheCommits()
    {
        using var package = packed.OpenPackage();
        var committed = DateTimeOffset.FromUnixTimeSeconds(long.Parse(Packer.Git(Repository.Root, "log", "-1", "--format=%ct"), CultureInfo.InvariantCulture)).UtcDateTime;

        // A zip counts in two seconds, and knows no zone.
        Assert.All(package.Entries, entry => Assert.InRange((committed - entry.LastWriteTime.DateTime).TotalSeconds, 0, 1));
    }

    [Theory]
    [InlineData("MarketingSwarm.Tests.Module.ImportTests")]
    [InlineData("MarketingSwarm.Tests.Module.ManifestTests")]
    [InlineData("MarketingSwarm.Tests.Module.IsolationTests")]
    [InlineData("MarketingSwarm.Tests.Module.PowerShellSessionTests")]
    public void TheModuleOfTheFolderPassesTheTests(string testClass)
    {
        var result = Programs.Run(
            ShellProcess.DotNet, ["exec", typeof(PackageTests).Assembly.Location, "-noColor", "-class", testClass],
            environment: [new("SWARM_TEST_MODULE", packed.ManifestPath)]);

        Assert.True(result.ExitCode == 0, result.Output + result.Error);
        Assert.Matches(@"Total: [1-9][0-9]*, Errors: 0, Failed: 0, Skipped: 0,", result.Output);
    }

    [Fact]
    public void TheAnalyzerFindsNothingByTheGallerysSettings()
    {
        Pwsh.RequireModule("PSScriptAnalyzer", "1.20.0");
        var scripts = new[] { ".", "examples", "tests/pester" }
            .Select(folder => Path.Combine(Repository.Root, folder))
            .SelectMany(folder => Directory.GetFiles(folder, "*.ps1"))
            .Append(packed.Folder)
            .ToArray();
        Assert.Contains(scripts, file => Path.GetFileName(file) == "build.ps1");

        var result = Pwsh.Run(
            $$"""
            foreach ($path in {{string.Join(", ", scripts.Select(Pwsh.Quote))}}) {
                # The variables of BeforeAll are read in It, which the rule cannot see.
                $exclude = $path -like '*.Tests.ps1' ? @('PSUseDeclaredVarsMoreThanAssignments') : @()
                foreach ($finding in Invoke-ScriptAnalyzer -Path $path -Recurse -Settings PSGallery -ExcludeRule $exclude) {
                    "$($finding.ScriptPath):$($finding.Line): $($finding.RuleName): $($finding.Message)"
                }
            }
            """);

        Assert.Equal((0, "", ""), (result.ExitCode, result.Output, result.Error));
    }

    private static byte[] Read(ZipArchive archive, string name)
    {
        using var stream = archive.GetEntry(name)!.Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private static XElement ReadXml(ZipArchive archive, string name) => XDocument.Load(new MemoryStream(Read(archive, name))).Root!;
}
