namespace MarketingSwarm.Engine.Sqlite;

/// <summary>Which database files connections of this process have open, so that nothing but SQLite opens such a file.</summary>
/// <remarks>
///   On Unix a process loses all its locks on a file when it closes any descriptor of it
///   (https://www.sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_): an import would lose its
///   write lock to a cmdlet of another runspace that only looks at the header. SQLite's own descriptors know of each other; a
///   <see cref="FileStream"/> does not.
/// </remarks>
internal static class SqliteOpenFiles
{
    private static readonly object Gate = new();
    private static readonly Dictionary<string, int> Connections = [];
    private static readonly HashSet<string> Held = [];

    /// <summary>Notes that a connection is about to open a file; disposed when it has closed it.</summary>
    internal static IDisposable Add(string path, CancellationToken cancellationToken)
    {
        var file = Resolve(path);
        lock (Gate)
        {
            WaitUntilFree(file, cancellationToken);
            Connections[file] = Connections.GetValueOrDefault(file) + 1;
        }

        return new Entry(() =>
        {
            if (--Connections[file] == 0) Connections.Remove(file);
        });
    }

    /// <summary>Keeps connections away while the file is read without SQLite; <see langword="null"/> where one has it open.</summary>
    internal static IDisposable? TryHold(string path, CancellationToken cancellationToken)
    {
        var file = Resolve(path);
        lock (Gate)
        {
            WaitUntilFree(file, cancellationToken);
            if (Connections.ContainsKey(file)) return null;
            Held.Add(file);
        }

        return new Entry(() => Held.Remove(file));
    }

    private static void WaitUntilFree(string file, CancellationToken cancellationToken)
    {
        while (Held.Contains(file))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Monitor.Wait(Gate, millisecondsTimeout: 50);
        }
    }

    // Links lead to the same file under another name.
    private static string Resolve(string path)
    {
        var parent = Path.GetDirectoryName(path);
        if (string.IsNullOrEmpty(parent)) return path;
        var plain = Path.Combine(Resolve(parent), Path.GetFileName(path));
        try
        {
            return new FileInfo(plain).ResolveLinkTarget(returnFinalTarget: true)?.FullName is { } target ? Resolve(target) : plain;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return plain;
        }
    }

    private sealed class Entry(Action remove) : IDisposable
    {
        private bool _isRemoved;

        public void Dispose()
        {
            lock (Gate)
            {
                if (_isRemoved) return;
                _isRemoved = true;
                remove();
                Monitor.PulseAll(Gate);
            }
        }
    }
}
