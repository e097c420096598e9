using System.IO.Compression;
using System.Management.Automation.Language;

namespace MarketingSwarm.Tests.Package;

/// <summary>The module as the build laid it out, packed into a folder of the tests' own.</summary>
public sealed class PackedModule : IDisposable
{
    private readonly TempFolder _output = new();
    private readonly Lazy<ProgramResult> _packed;

    public PackedModule() => _packed = new(() => Packer.Pack(Repository.Root, _output.Path, "--allow-dirty"));

    /// <summary>Where the packages are; packs at the first call.</summary>
    internal string Output
    {
        get
        {
            Packer.RequireGit();
            Assert.True(_packed.Value.ExitCode == 0, _packed.Value.Error);
            return _output.Path;
        }
    }

    /// <summary>The module's folder, named after its version.</summary>
    internal string Folder => Assert.Single(Directory.GetDirectories(Path.Combine(Output, "MarketingSwarm")));

    internal string ManifestPath => Path.Combine(Folder, "MarketingSwarm.psd1");

    internal System.Collections.Hashtable Manifest => ReadManifest(ManifestPath);

    /// <summary>The files of the folder, relative to it, with slashes.</summary>
    internal IReadOnlyList<string> Files
        => [.. Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/')).Order(StringComparer.Ordinal)];

    internal ZipArchive OpenPackage() => ZipFile.OpenRead(Assert.Single(Directory.GetFiles(Output, "*.nupkg")));

    internal ZipArchive OpenSymbols() => ZipFile.OpenRead(Assert.Single(Directory.GetFiles(Output, "*.symbols.zip")));

    internal static System.Collections.Hashtable ReadManifest(string path)
    {
        var script = Parser.ParseFile(path, out _, out var errors);
        Assert.Empty(errors);
        return (System.Collections.Hashtable)((HashtableAst)script.Find(ast => ast is HashtableAst, searchNestedScriptBlocks: false)).SafeGetValue();
    }

    public void Dispose() => _output.Dispose();
}
