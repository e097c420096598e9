namespace MarketingSwarm;

/// <summary>How far a cutover has come. The target's own record of it is what counts.</summary>
public enum CutoverState
{
    /// <summary>It has begun; nothing was done yet.</summary>
    Planned,

    /// <summary>The migration was found complete, and a backup of the source was made.</summary>
    Loaded,

    /// <summary>Deltas are brought over until they are small.</summary>
    CatchingUp,

    /// <summary>The last delta was small, and no conversation is in flight, or that was allowed.</summary>
    Ready,

    /// <summary>Writers of the source are held off.</summary>
    Fenced,

    /// <summary>The source is read once more, behind the fence.</summary>
    FinalDelta,

    /// <summary>Both sides are the same, and that is committed. The fence is down.</summary>
    Proven,

    /// <summary>The operator's switch has run: the application uses the new database.</summary>
    Switched,

    /// <summary>The old file is watched, and late writes are carried over.</summary>
    Watching,

    /// <summary>Done.</summary>
    Closed,

    /// <summary>Given up before the switch: the application goes on with the old file.</summary>
    Aborted,

    /// <summary>Taken back after the switch: the old file has the rows written since on the new side.</summary>
    RolledBack,
}
