namespace MarketingSwarm.Engine.Samples;

/// <summary>What a sample is to be. Everything but the path and <see cref="Overwrite"/> determines its content.</summary>
internal sealed record SampleOptions
{
    internal const int DefaultCount = 100;
    internal const long DefaultSeed = 1;
    internal const int DefaultResponseCount = 18;
    internal const int DefaultResponseSize = 800;

    /// <summary>The file's full path.</summary>
    internal required string Path { get; init; }

    /// <summary>Ordinary rows; those of hazards come on top.</summary>
    internal int Count { get; init; } = DefaultCount;

    internal long Seed { get; init; } = DefaultSeed;

    /// <summary>The responses of a completed conversation.</summary>
    internal int ResponseCount { get; init; } = DefaultResponseCount;

    /// <summary>The mean size of a response's JSON in bytes.</summary>
    internal int ResponseSize { get; init; } = DefaultResponseSize;

    internal SampleShape Shape { get; init; }

    internal SqliteJournalMode JournalMode { get; init; }

    internal IReadOnlyList<SampleHazard> Hazards { get; init; } = [];

    /// <summary>Replace a file that is there.</summary>
    internal bool Overwrite { get; init; }
}
