using System.Collections.Concurrent;

namespace MarketingSwarm.Engine.Migration;

/// <summary>How far a migration is: written by its threads, read by whoever shows it.</summary>
internal sealed class MigrationProgress
{
    private readonly ConcurrentQueue<string> _messages = new();
    private long _rows;
    private long _bytes;
    private int _retries;

    /// <summary>What is being done: the name of a <see cref="MigrationPhase"/>.</summary>
    internal string Phase { get; private set; } = "";

    /// <summary>The rows to come in this phase, where that is known.</summary>
    internal long? TotalRows { get; private set; }

    internal long Rows => Interlocked.Read(ref _rows);

    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>How often work was done again after an error that passed by itself.</summary>
    internal int Retries => _retries;

    internal void Begin(string phase, long? totalRows)
    {
        Phase = phase;
        TotalRows = totalRows;
        Interlocked.Exchange(ref _rows, 0);
        Interlocked.Exchange(ref _bytes, 0);
    }

    internal void Add(long rows, long bytes)
    {
        Interlocked.Add(ref _rows, rows);
        Interlocked.Add(ref _bytes, bytes);
    }

    /// <summary>Sets how many rows of this phase are done.</summary>
    internal void Set(long rows) => Interlocked.Exchange(ref _rows, rows);

    /// <summary>Tells of an error that is waited out.</summary>
    internal void AddRetry(string message)
    {
        Interlocked.Increment(ref _retries);
        _messages.Enqueue(message);
    }

    /// <summary>Tells of something else that a user should know.</summary>
    internal void Tell(string message) => _messages.Enqueue(message);

    /// <summary>Takes the next message for the user.</summary>
    internal bool TryTakeMessage(out string? message) => _messages.TryDequeue(out message);
}
