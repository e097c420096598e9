namespace MarketingSwarm;

/// <summary>A revision of a Cloud Run service (https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services.revisions).</summary>
public sealed class DeployedRevision
{
    internal DeployedRevision()
    {
    }

    /// <summary>Its name, without path.</summary>
    public required string Name { get; init; }

    /// <summary>READY, FAILED or RECONCILING.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not ready, in Cloud Run's words; <see langword="null"/> where it is.</summary>
    public string? Message { get; internal init; }

    /// <summary>The percentage of the requests that it gets.</summary>
    public required int Percent { get; init; }

    /// <summary>The tag under which it has an address of its own; <see langword="null"/> without one.</summary>
    public string? Tag { get; internal init; }

    /// <summary>The image of its first container.</summary>
    public string? Image { get; internal init; }

    /// <summary>The connection names of the Cloud SQL instances that it is connected to.</summary>
    public IReadOnlyList<string> Instances { get; internal init; } = [];

    /// <summary>The secrets that it reads, as <c>NAME:VERSION</c>.</summary>
    public IReadOnlyList<string> Secrets { get; internal init; } = [];

    /// <summary>When it was made, in UTC.</summary>
    public DateTime? CreateTime { get; internal init; }

    /// <summary>The name and its share of the requests.</summary>
    public override string ToString() => FormattableString.Invariant($"{Name} ({Percent} %)");
}
