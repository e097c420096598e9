using System.Diagnostics;

namespace MarketingSwarm.Benchmarks.Comparison.Contestants;

/// <summary>The table that a contestant finds.</summary>
internal enum TableBefore
{
    None,
    WithKey,
    WithoutKey,
}

/// <summary>A way to load a SQLite file's rows into PostgreSQL, with one compression, in a process of its own.</summary>
internal abstract class Contestant(string name, Compression compression)
{
    /// <summary>Its name for <c>--only</c>.</summary>
    internal string Name { get; } = name;

    /// <summary>What the database, and the table where there is one, ask for.</summary>
    internal Compression Compression { get; } = compression;

    internal virtual TableBefore Table => TableBefore.WithKey;

    /// <summary>Whether a process of the Shell does it, so that its start and idle memory are part of the figures.</summary>
    internal virtual bool IsOurs => false;

    /// <summary>Why it cannot run here; null when it can.</summary>
    internal virtual Task<string?> GetSkipReasonAsync() => Task.FromResult<string?>(null);

    /// <summary>Makes, once for a set, what is not measured.</summary>
    /// <returns>Why it cannot run; null when it can.</returns>
    internal virtual Task<string?> PrepareAsync(SampleFile source, BenchmarkServer server, Workspace workspace) => Task.FromResult<string?>(null);

    /// <summary>The process that loads the file's rows into the table <c>conversations</c> of the database.</summary>
    internal abstract ProcessStartInfo GetStart(SampleFile source, TargetDatabase target, Workspace workspace);

    /// <summary>The durations that it printed of itself or of its parts, in seconds.</summary>
    internal virtual IReadOnlyList<(string Name, double Seconds)> ReadParts(string output) => [];
}
