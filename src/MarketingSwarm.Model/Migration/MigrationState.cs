namespace MarketingSwarm;

/// <summary>How far a run has come. The target's own record of it is what counts.</summary>
public enum MigrationState
{
    /// <summary>Chunks are being loaded, or the load was interrupted: the same command goes on with it.</summary>
    Loading,

    /// <summary>Every row is loaded or in the residue; the proof is not done yet.</summary>
    Loaded,

    /// <summary>Proven, and in the application's table.</summary>
    Completed,

    /// <summary>Taken out again.</summary>
    Undone,
}
