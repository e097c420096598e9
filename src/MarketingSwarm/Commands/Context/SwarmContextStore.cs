using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Commands;

/// <summary>What Set-SwarmContext and Start-SwarmEmulator said, a runspace each: two sessions of one process do not redirect each other.</summary>
internal static class SwarmContextStore
{
    private static readonly ConditionalWeakTable<Runspace, Slot> Slots = [];

    /// <summary>Of the runspace whose pipeline runs on this thread.</summary>
    internal static CloudOptions Current
    {
        get => Slots.GetOrCreateValue(Runspace.DefaultRunspace).Options;
        set => Slots.GetOrCreateValue(Runspace.DefaultRunspace).Options = value;
    }

    private sealed class Slot
    {
        internal CloudOptions Options { get; set; } = new();
    }
}
