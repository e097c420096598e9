using System.Management.Automation;
using System.Management.Automation.Language;
using System.Reflection;

namespace MarketingSwarm.Tests;

/// <summary>The module as it was built: its manifest, its assemblies, its cmdlets.</summary>
internal static class BuiltModule
{
    private static readonly Lazy<System.Collections.Hashtable> LazyManifest = new(ReadManifest);

    private static readonly Lazy<Assembly> LazyAssembly = new(() =>
    {
        PowerShellSession.Run("").EnsureSuccess();
        return AppDomain.CurrentDomain.GetAssemblies().Single(assembly => assembly.GetName().Name == "MarketingSwarm");
    });

    internal static System.Collections.Hashtable Manifest => LazyManifest.Value;

    /// <summary>MarketingSwarm.dll, as PowerShell loaded it.</summary>
    internal static Assembly Assembly => LazyAssembly.Value;

    /// <summary>MarketingSwarm.Model.dll, as PowerShell loaded it.</summary>
    internal static Assembly Model
        => System.Runtime.Loader.AssemblyLoadContext.Default.LoadFromAssemblyPath(Path.Combine(Repository.ModuleFolder, "MarketingSwarm.Model.dll"));

    internal static IReadOnlyList<string> ExportedCmdlets => GetStrings("CmdletsToExport");

    /// <summary>The manifest's cmdlets, as the rows of a theory.</summary>
    public static TheoryData<string> Cmdlets => [.. ExportedCmdlets];

    internal static string GetName(Type cmdlet)
        => cmdlet.GetCustomAttribute<CmdletAttribute>() is { } attribute ? $"{attribute.VerbName}-{attribute.NounName}" : "";

    internal static Type GetCmdlet(string name)
        => Assert.Single(Assembly.GetExportedTypes(), type => GetName(type) == name);

    internal static IReadOnlyList<string> GetStrings(string manifestKey)
        => LanguagePrimitives.ConvertTo<string[]>(Manifest[manifestKey]);

    internal static IEnumerable<(PropertyInfo Property, ParameterAttribute Attribute)> GetParameters(Type cmdlet)
        => from property in cmdlet.GetProperties()
           from attribute in property.GetCustomAttributes<ParameterAttribute>()
           select (property, attribute);

    /// <summary>The names of the parameter sets that the parameters and the attribute of the cmdlet name; the nameless one when they name none.</summary>
    internal static IReadOnlyList<string> GetParameterSets(Type cmdlet)
    {
        var named = GetParameters(cmdlet).Select(parameter => parameter.Attribute.ParameterSetName)
            .Append(cmdlet.GetCustomAttribute<CmdletAttribute>()!.DefaultParameterSetName)
            .Where(name => name is not (null or ParameterAttribute.AllParameterSets))
            .Distinct().ToArray();
        return named.Length == 0 ? [ParameterAttribute.AllParameterSets] : named!;
    }

    private static System.Collections.Hashtable ReadManifest()
    {
        var script = Parser.ParseFile(Repository.ModuleManifest, out _, out var errors);
        Assert.Empty(errors);
        var table = Assert.Single(script.FindAll(ast => ast is HashtableAst, searchNestedScriptBlocks: false), ast => ast.Parent.Parent.Parent is NamedBlockAst or ScriptBlockAst);
        return (System.Collections.Hashtable)((HashtableAst)table).SafeGetValue();
    }
}
