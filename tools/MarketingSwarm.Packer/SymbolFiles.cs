using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace MarketingSwarm.Packer;

/// <summary>The .pdb files of the module's own assemblies.</summary>
internal static class SymbolFiles
{
    /// <exception cref="PackingException">An assembly has none, or one of another build.</exception>
    public static IReadOnlyList<PackedFile> Read(string folder, IEnumerable<PackedFile> assemblies)
    {
        var symbols = new List<PackedFile>();
        foreach (var assembly in assemblies)
        {
            var name = Path.GetFileNameWithoutExtension(assembly.Path) + ".pdb";
            var path = Path.Combine(folder, name);
            if (!File.Exists(path)) throw new PackingException($"'{path}', the symbols of '{assembly.Path}', is missing. Nothing was packed. Build anew.");

            var content = File.ReadAllBytes(path);
            if (IdOfSymbols(content) != IdInAssembly(assembly.Content))
                throw new PackingException($"'{path}' is of another build than '{assembly.Path}'. Nothing was packed. Build anew.");
            symbols.Add(new PackedFile(name, content));
        }

        return symbols;
    }

    private static Guid IdInAssembly(byte[] content)
    {
        using var reader = new PEReader(new MemoryStream(content));
        var entry = reader.ReadDebugDirectory().First(entry => entry.Type == DebugDirectoryEntryType.CodeView);
        return reader.ReadCodeViewDebugDirectoryData(entry).Guid;
    }

    private static Guid IdOfSymbols(byte[] content)
    {
        using var provider = MetadataReaderProvider.FromPortablePdbStream(new MemoryStream(content));
        return new BlobContentId(provider.GetMetadataReader().DebugMetadataHeader!.Id).Guid;
    }
}
