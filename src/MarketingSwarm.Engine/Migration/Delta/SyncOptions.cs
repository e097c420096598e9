namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>What a user asks of a synchronization.</summary>
internal sealed record SyncOptions
{
    /// <summary>The application's SQLite file, or a copy of it.</summary>
    internal required SwarmDatabase Source { get; init; }

    /// <summary>The PostgreSQL database that has the migration.</summary>
    internal required SwarmDatabase Destination { get; init; }

    /// <summary>Whether the source is a copy of the file that was migrated, under another name.</summary>
    internal bool IsCopy { get; init; }

    /// <summary>Whether rows that somebody else has changed in the table that the run made are made the source's again, and any number of rows may be taken out.</summary>
    internal bool Force { get; init; }

    /// <summary>Whether it is a cutover's, which knows whether the application is on the new side already.</summary>
    internal bool IsCutover { get; init; }

    /// <summary>The full path of the file that keeps the state between two commands; <see langword="null"/> for the one of the run.</summary>
    internal string? StatePath { get; init; }

    /// <summary>What to do where something cannot be stored even by a conversion.</summary>
    internal UnrepresentableAction OnUnrepresentable { get; init; }

    /// <summary>Which errors pass by themselves.</summary>
    internal RetryPolicy Retry { get; init; } = new();
}
