namespace MarketingSwarm;

/// <summary>A cutover, as the target records it.</summary>
public sealed class CutoverResult
{
    internal CutoverResult()
    {
    }

    /// <summary>Its name in the target's <c>swarm_migration</c>.</summary>
    public required Guid CutoverId { get; init; }

    /// <summary>The migration.</summary>
    public required Guid RunId { get; init; }

    /// <summary>How far it has come.</summary>
    public required CutoverState State { get; init; }

    /// <summary>The old file's name.</summary>
    public required string Source { get; init; }

    /// <summary>The new database.</summary>
    public required SwarmDatabase Destination { get; init; }

    /// <summary>When it began, in UTC.</summary>
    public required DateTime StartedAt { get; init; }

    /// <summary>How often the fence was raised; all but the last time it was taken down again because its budget was spent.</summary>
    public int Attempts { get; init; }

    /// <summary>When the fence that counted was raised, in UTC; both sides were the same then.</summary>
    public DateTime? FencedAt { get; init; }

    /// <summary>How long the application's writers were held off: the real unavailability, of writes alone.</summary>
    public TimeSpan? Fence { get; init; }

    /// <summary>The ledger's generation that has the source as it was behind the fence.</summary>
    public int? Generation { get; init; }

    /// <summary>The backup of the source before the cutover.</summary>
    public string? BackupPath { get; init; }

    /// <summary>The backup of the source as it was behind the fence.</summary>
    public string? FenceBackupPath { get; init; }

    /// <summary>Whether the proof that read the fenced state of both sides anew found them the same; <see langword="null"/> while it is not done.</summary>
    public bool? IsProven { get; init; }

    /// <summary>Rows written to the old file after the fence and carried over.</summary>
    public long LateRows { get; init; }

    /// <summary>Rows that a rollback wrote to the old file.</summary>
    public long RowsCarriedBack { get; init; }

    /// <summary>Rows changed on both sides after the fence in a way that could not be merged; the new side's stay.</summary>
    public required IReadOnlyList<CutoverConflict> Conflicts { get; init; }

    /// <summary>What was done, and when.</summary>
    public required IReadOnlyList<CutoverStep> Steps { get; init; }

    /// <summary>0: closed, proven and without conflicts, or taken back as asked. 2: it needs attention: it is not finished, or there are conflicts. 1: the proof found a difference.</summary>
    public int ExitCode
        => IsProven == false ? 1
            : Conflicts.Count > 0 || State is not (CutoverState.Closed or CutoverState.Aborted or CutoverState.RolledBack) ? 2
            : 0;

    /// <summary>The state and the fence in a line.</summary>
    public override string ToString()
        => FormattableString.Invariant($"{State}{(Fence is { } fence ? $", fence {fence.TotalMilliseconds:0} ms" : "")}, {LateRows} late rows, {Conflicts.Count} conflicts, exit code {ExitCode}");
}

/// <summary>A step of a cutover.</summary>
/// <param name="State">What began.</param>
/// <param name="Detail">What happened, for a person to read.</param>
/// <param name="At">When, in UTC.</param>
public sealed record CutoverStep(CutoverState State, string Detail, DateTime At);

/// <summary>A row that was changed on both sides after the fence and could not be merged. The new side's stays as it is.</summary>
public sealed class CutoverConflict
{
    internal CutoverConflict()
    {
    }

    /// <summary>The row's key.</summary>
    public required string Id { get; init; }

    /// <summary>The column that both sides changed; <see langword="null"/> where it is the whole row.</summary>
    public string? Column { get; init; }

    /// <summary>What happened.</summary>
    public required string Reason { get; init; }

    /// <summary>The old file's row, whole; <see langword="null"/> where it was deleted there.</summary>
    public Conversation? OldRow { get; init; }

    /// <summary>When it was found, in UTC.</summary>
    public required DateTime FoundAt { get; init; }

    /// <summary>The row and the reason.</summary>
    public override string ToString() => $"{Id}{(Column is null ? "" : $", {Column}")}: {Reason}";
}
