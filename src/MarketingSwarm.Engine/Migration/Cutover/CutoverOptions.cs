using MarketingSwarm.Engine.Migration.Delta;

namespace MarketingSwarm.Engine.Migration.Cutover;

/// <summary>What a user asks of a cutover.</summary>
internal sealed record CutoverOptions
{
    /// <summary>What keeps both sides in step until then.</summary>
    internal required SyncOptions Sync { get; init; }

    /// <summary>The full path of the folder of the backups.</summary>
    internal required string BackupFolder { get; init; }

    /// <summary>The longest that the application's writers are held off.</summary>
    internal TimeSpan Budget { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the fence is tried before the cutover gives up.</summary>
    internal int Attempts { get; init; } = 5;

    /// <summary>A delta of so many changes or fewer is small enough for the fence.</summary>
    internal int GreatestDelta { get; init; } = 500;

    /// <summary>Whether conversations may be in flight at the fence: what they write to the old file afterwards is carried over.</summary>
    internal bool AllowsInFlight { get; init; }

    /// <summary>How old the last sign of life of a conversation in flight may be.</summary>
    internal TimeSpan InFlightAge { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a small delta and a quiet moment are waited for.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long the old file is watched after the switch.</summary>
    internal TimeSpan Watch { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The time from one look at the old file to the next.</summary>
    internal TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(1);
}
