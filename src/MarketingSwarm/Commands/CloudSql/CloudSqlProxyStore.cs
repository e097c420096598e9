using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;
using MarketingSwarm.Engine.GoogleCloud.Connector;

namespace MarketingSwarm.Commands;

/// <summary>The proxies of a session: they end with its runspace, and no other session sees them.</summary>
internal static class CloudSqlProxyStore
{
    private static readonly ConditionalWeakTable<Runspace, List<InstanceProxy>> Lists = [];

    /// <summary>Those that run in the runspace whose pipeline runs on this thread, the oldest first.</summary>
    internal static IReadOnlyList<InstanceProxy> Running
    {
        get
        {
            var list = GetList();
            lock (list) return [.. list];
        }
    }

    internal static void Add(InstanceProxy proxy)
    {
        var list = GetList();
        lock (list) list.Add(proxy);
    }

    /// <summary>Ends one.</summary>
    internal static void End(InstanceProxy proxy)
    {
        var list = GetList();
        lock (list) list.Remove(proxy);
        proxy.Dispose();
    }

    private static List<InstanceProxy> GetList() => Lists.GetValue(Runspace.DefaultRunspace, runspace =>
    {
        List<InstanceProxy> list = [];
        runspace.StateChanged += (_, change) =>
        {
            if (change.RunspaceStateInfo.State is not (RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken)) return;
            lock (list)
            {
                foreach (var proxy in list) proxy.Dispose();
                list.Clear();
            }
        };
        return list;
    });
}
