namespace MarketingSwarm;

/// <summary>A Cloud Run service: what runs, what it is connected to, and which revisions get the requests.</summary>
public sealed class SwarmDeployment
{
    internal SwarmDeployment()
    {
    }

    /// <summary>The service's name.</summary>
    public required string Service { get; init; }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The region.</summary>
    public required string Region { get; init; }

    /// <summary>READY, FAILED or RECONCILING: of the newest change, not of what serves.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not ready, in Cloud Run's words; <see langword="null"/> where it is.</summary>
    public string? Message { get; internal init; }

    /// <summary>The address.</summary>
    public string? Uri { get; internal init; }

    /// <summary>The account that it runs as.</summary>
    public string? ServiceAccount { get; internal init; }

    /// <summary>How many instances of a revision run at most; <see langword="null"/> where Cloud Run decides.</summary>
    public int? MaxInstances { get; internal init; }

    /// <summary>The connection names of the Cloud SQL instances that the newest revision is connected to.</summary>
    public IReadOnlyList<string> Instances { get; internal init; } = [];

    /// <summary>The secrets that the newest revision reads, as <c>NAME:VERSION</c>.</summary>
    public IReadOnlyList<string> Secrets { get; internal init; } = [];

    /// <summary>The newest revision, ready or not.</summary>
    public string? LatestRevision { get; internal init; }

    /// <summary>The newest revision that is ready.</summary>
    public string? LatestReadyRevision { get; internal init; }

    /// <summary>The revisions that requests go to, the greatest share first.</summary>
    public IReadOnlyList<DeployedRevision> Traffic { get; internal init; } = [];

    /// <summary>All revisions, the newest first.</summary>
    public IReadOnlyList<DeployedRevision> Revisions { get; internal init; } = [];

    /// <summary>When it was changed last, in UTC.</summary>
    public DateTime? UpdateTime { get; internal init; }

    /// <summary>All that Cloud Run said of the service, as JSON: also the fields that have no property here.</summary>
    public required string Json { get; init; }

    /// <summary>The name and the state.</summary>
    public override string ToString() => $"{Service}: {State}";
}
