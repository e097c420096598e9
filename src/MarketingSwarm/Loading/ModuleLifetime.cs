using System.Management.Automation;
using System.Management.Automation.Runspaces;
using System.Runtime.Loader;
using MarketingSwarm.Commands;

namespace MarketingSwarm.Loading;

/// <summary>Connects the default load context to the engine's while at least one runspace has the module imported.</summary>
/// <remarks>PowerShell makes one on import and one on removal, so that the count is the process's.</remarks>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    private static readonly Lock Gate = new();
    private static int _imports;

    /// <inheritdoc/>
    public void OnImport()
    {
        lock (Gate)
        {
            if (_imports++ == 0) AssemblyLoadContext.Default.Resolving += EngineLoadContext.ResolveEngine;
        }
    }

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        EmulatorSessions.Close(Runspace.DefaultRunspace);
        lock (Gate)
        {
            if (_imports > 0 && --_imports == 0) AssemblyLoadContext.Default.Resolving -= EngineLoadContext.ResolveEngine;
        }
    }
}
