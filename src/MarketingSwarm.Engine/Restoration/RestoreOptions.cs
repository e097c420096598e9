namespace MarketingSwarm.Engine.Restoration;

/// <summary>What to restore, and where to.</summary>
internal sealed record RestoreOptions
{
    /// <summary>The PostgreSQL database that has the rows and the residue.</summary>
    internal required SwarmDatabase Source { get; init; }

    /// <summary>The full path of the file to make.</summary>
    internal required string Path { get; init; }

    /// <summary>Whether a file that is there is replaced.</summary>
    internal bool Overwrite { get; init; }

    /// <summary>The run whose source is restored; <see langword="null"/> for all runs, of which the newest one's file is the model.</summary>
    internal Guid? RunId { get; init; }
}
