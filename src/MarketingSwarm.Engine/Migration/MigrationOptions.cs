namespace MarketingSwarm.Engine.Migration;

/// <summary>What a user asks of a migration.</summary>
internal sealed record MigrationOptions
{
    /// <summary>The SQLite file.</summary>
    internal required SwarmDatabase Source { get; init; }

    /// <summary>The PostgreSQL database.</summary>
    internal required SwarmDatabase Destination { get; init; }

    /// <summary>How many connections load, from 1 to <see cref="GreatestConnections"/>.</summary>
    internal int Connections { get; init; } = 2;

    /// <summary>What to do where something cannot be stored even by a conversion.</summary>
    internal UnrepresentableAction OnUnrepresentable { get; init; }

    /// <summary>Which errors pass by themselves.</summary>
    internal RetryPolicy Retry { get; init; } = new();

    // Each connection holds a chunk of 16 MB.
    internal const int GreatestConnections = 16;
}
