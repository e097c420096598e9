using System.Reflection;
using System.Runtime.Loader;

namespace MarketingSwarm.Loading;

/// <summary>
///   The private home of the engine and its packages. No other module's Npgsql, SQLite or Google libraries can clash with ours,
///   because the engine never sees theirs. The Model is left to the default context: its types must exist once.
/// </summary>
internal sealed class EngineLoadContext : AssemblyLoadContext
{
    internal const string EngineAssemblyName = "MarketingSwarm.Engine";

    private static readonly string DependencyFolder =
        Path.Combine(Path.GetDirectoryName(typeof(EngineLoadContext).Assembly.Location)!, "deps");

    private static readonly Lazy<EngineLoadContext> Shared = new(() => new EngineLoadContext());

    private readonly AssemblyDependencyResolver _resolver = new(Path.Combine(DependencyFolder, EngineAssemblyName + ".dll"));

    private EngineLoadContext()
        : base(EngineAssemblyName)
    {
    }

    /// <summary>Answers the default context's question for the engine, the one name that crosses the border.</summary>
    internal static Assembly? ResolveEngine(AssemblyLoadContext defaultContext, AssemblyName name)
        => name.Name == EngineAssemblyName ? Shared.Value.LoadFromAssemblyName(name) : null;

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == typeof(Conversation).Assembly.GetName().Name) return typeof(Conversation).Assembly;
        return _resolver.ResolveAssemblyToPath(assemblyName) is { } path ? LoadFromAssemblyPath(path) : null;
    }

    protected override nint LoadUnmanagedDll(string unmanagedDllName)
        => _resolver.ResolveUnmanagedDllToPath(unmanagedDllName) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
}
