namespace MarketingSwarm;

/// <summary>How a user names a plan: an object of Measure-SwarmConversation, or the path of a file that it saved.</summary>
public sealed class PlanReference
{
    /// <summary>Names a plan by the path of its file, relative to PowerShell's current location.</summary>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public PlanReference(string path)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        Path = path;
    }

    /// <summary>Names a plan by its file.</summary>
    public PlanReference(FileInfo file)
        : this((file ?? throw new ArgumentNullException(nameof(file))).FullName)
    {
    }

    /// <summary>Names a plan by itself.</summary>
    public PlanReference(MigrationPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        Plan = plan;
    }

    internal string? Path { get; }

    internal MigrationPlan? Plan { get; }

    /// <summary>The path, or the plan in a line.</summary>
    public override string ToString() => Path ?? Plan!.ToString();
}
