namespace MarketingSwarm;

/// <summary>Why a delta was written to the target.</summary>
public enum GenerationKind
{
    /// <summary>Sync-SwarmConversation, or a cutover that catches up.</summary>
    Delta,

    /// <summary>The last delta of a cutover, behind the fence.</summary>
    Final,
}
