using System.Management.Automation.Runspaces;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Commands;

/// <summary>The emulators that the sessions (runspaces) of this process use, with what each session's context was before. Those that a session started end with it.</summary>
internal static class EmulatorSessions
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<Runspace, List<Use>> Sessions = [];

    /// <summary>The state folders of the emulators that the current session uses, the latest last.</summary>
    internal static IReadOnlyList<string> StateFolders
    {
        get
        {
            lock (Gate) return Sessions.TryGetValue(Runspace.DefaultRunspace, out var uses) ? [.. uses.Select(use => use.StateFolder)] : [];
        }
    }

    /// <summary>Points the current session's context at an emulator.</summary>
    /// <param name="stateFolder">The emulator's state folder.</param>
    /// <param name="process">Ends the emulator when it is disposed of; null where another session started it.</param>
    /// <param name="change">Makes the context with the emulator of the one without.</param>
    internal static void Add(string stateFolder, IDisposable? process, Func<CloudOptions, CloudOptions> change)
    {
        var runspace = Runspace.DefaultRunspace;
        lock (Gate)
        {
            if (!Sessions.TryGetValue(runspace, out var uses))
            {
                Sessions.Add(runspace, uses = []);
                runspace.StateChanged += OnStateChanged;
            }

            var use = uses.Find(use => use.StateFolder == stateFolder);
            if (use is null) uses.Add(use = new Use(stateFolder, SwarmContextStore.Current));
            use.Process = process ?? use.Process;
            use.Endpoint = (SwarmContextStore.Current = change(use.Before)).Endpoint;
        }
    }

    /// <summary>Has the current session's context be what it was before the emulator, unless it is another one's by now.</summary>
    internal static void Remove(string stateFolder)
    {
        lock (Gate)
        {
            if (!Sessions.TryGetValue(Runspace.DefaultRunspace, out var uses) || uses.Find(use => use.StateFolder == stateFolder) is not { } removed) return;
            uses.Remove(removed);
            removed.Process?.Dispose();
            if (SwarmContextStore.Current.Endpoint == removed.Endpoint) SwarmContextStore.Current = removed.Before;
            foreach (var use in uses.Where(use => use.Before.Endpoint == removed.Endpoint)) use.Before = removed.Before;
        }
    }

    /// <summary>Ends the emulators that a session started, without waiting for them.</summary>
    internal static void Close(Runspace runspace)
    {
        lock (Gate)
        {
            if (!Sessions.Remove(runspace, out var uses)) return;
            runspace.StateChanged -= OnStateChanged;
            foreach (var use in uses) use.Process?.Dispose();
        }
    }

    private static void OnStateChanged(object? sender, RunspaceStateEventArgs change)
    {
        if (change.RunspaceStateInfo.State is RunspaceState.Closing or RunspaceState.Closed or RunspaceState.Broken) Close((Runspace)sender!);
    }

    private sealed class Use(string stateFolder, CloudOptions before)
    {
        internal string StateFolder { get; } = stateFolder;

        internal CloudOptions Before { get; set; } = before;

        internal IDisposable? Process { get; set; }

        internal Uri? Endpoint { get; set; }
    }
}
