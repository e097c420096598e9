using System.Management.Automation;
using System.Reflection;

namespace MarketingSwarm.Tests.Module;

/// <summary>The manifest is code, and it agrees with the assemblies beside it.</summary>
public sealed class ManifestTests
{
    [Fact]
    public void ItExportsExactlyTheCmdletsOfTheAssembly()
    {
        var inAssembly = BuiltModule.Assembly.GetExportedTypes().Select(BuiltModule.GetName).Where(name => name.Length > 0).Order(StringComparer.Ordinal);

        Assert.Equal(inAssembly, BuiltModule.ExportedCmdlets);
    }

    [Fact]
    public void PowerShellExportsWhatTheManifestSays()
    {
        var result = PowerShellSession.Run("(Get-Module MarketingSwarm).ExportedCommands.Keys").EnsureSuccess();

        Assert.Equal(BuiltModule.ExportedCmdlets, result.Output.Select(name => name.ToString()).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void NothingElseIsExported()
    {
        foreach (var key in new[] { "FunctionsToExport", "VariablesToExport", "AliasesToExport" })
        {
            Assert.True(BuiltModule.Manifest.ContainsKey(key), $"Without {key} PowerShell exports everything.");
            Assert.Empty(BuiltModule.GetStrings(key));
        }
    }

    [Fact]
    public void NoExportIsAWildcard()
        => Assert.All(BuiltModule.ExportedCmdlets, name => Assert.False(WildcardPattern.ContainsWildcardCharacters(name), name));

    [Fact]
    public void TheVersionIsTheAssemblies()
    {
        var version = Version.Parse((string)BuiltModule.Manifest["ModuleVersion"]!);
        Assert.Equal(-1, version.Revision);

        foreach (var file in new[] { "MarketingSwarm.dll", "MarketingSwarm.Model.dll", "deps/MarketingSwarm.Engine.dll" })
        {
            var assembly = AssemblyName.GetAssemblyName(Path.Combine(Repository.ModuleFolder, file)).Version!;
            Assert.Equal((file, version), (file, new Version(assembly.Major, assembly.Minor, assembly.Build)));
        }
    }

    [Fact]
    public void ItSaysWhatTheModuleIsAndNeeds()
    {
        Assert.NotEqual(Guid.Empty, Guid.Parse((string)BuiltModule.Manifest["GUID"]!));
        Assert.Equal("7.6", BuiltModule.Manifest["PowerShellVersion"]);
        Assert.Equal(["Core"], BuiltModule.GetStrings("CompatiblePSEditions"));
        Assert.NotEqual("", BuiltModule.Manifest["Author"]);
        Assert.NotEqual("", BuiltModule.Manifest["Description"]);

        var data = Assert.IsType<System.Collections.Hashtable>(((System.Collections.Hashtable)BuiltModule.Manifest["PrivateData"]!)["PSData"]);
        var tags = ((object[])data["Tags"]!).Cast<string>().ToArray();
        Assert.Superset(new HashSet<string> { "PSEdition_Core", "Linux", "Windows", "MacOS", "SQLite", "PostgreSQL" }, tags.ToHashSet());
        Assert.All(tags, tag => Assert.DoesNotContain(' ', tag));
    }

    [Fact]
    public void EveryFileThatItNamesIsThere()
    {
        var files = BuiltModule.GetStrings("FormatsToProcess").Append((string)BuiltModule.Manifest["RootModule"]!);

        Assert.All(files, file => Assert.True(File.Exists(Path.Combine(Repository.ModuleFolder, file)), file));
    }
}
