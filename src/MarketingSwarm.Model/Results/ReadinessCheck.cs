namespace MarketingSwarm;

/// <summary>One box of the rollout's checklist, as Test-SwarmReadiness found it.</summary>
public sealed class ReadinessCheck
{
    internal ReadinessCheck()
    {
    }

    /// <summary>The day of the rollout: 1 preparation, 2 staging, 3 data, 4 cutover.</summary>
    public required int Day { get; init; }

    /// <summary>The box's stable name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the box is ticked; <see langword="null"/> where that was not looked at, and <see cref="Actual"/> says why.</summary>
    public bool? Passed { get; init; }

    /// <summary>What is wanted.</summary>
    public required string Expected { get; init; }

    /// <summary>What was found.</summary>
    public required string Actual { get; init; }

    /// <summary>The command that ticks it, or brings nearer to it; <see langword="null"/> where it is ticked.</summary>
    public string? Command { get; init; }

    /// <summary>Whether it is the first box that is not ticked, and so the next step.</summary>
    public bool IsNextStep { get; init; }

    /// <summary>What the finding is made from, an instance, a deployment, a cutover say; else <see langword="null"/>.</summary>
    public object? Evidence { get; init; }

    /// <summary>The name, the verdict and what was found.</summary>
    public override string ToString()
        => $"Day {Day}, {Name}: {(Passed switch { true => "ticked", false => "open", null => "not looked at" })}: {Actual}";
}
