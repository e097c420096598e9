namespace MarketingSwarm;

/// <summary>Which project, region, instance, credential and address the session uses for Google Cloud, and where each came from. Get-SwarmContext gives it.</summary>
public sealed class SwarmContext
{
    internal SwarmContext()
    {
    }

    /// <summary>The project's id; <see langword="null"/> where none is known.</summary>
    public string? Project { get; internal init; }

    /// <summary>The region, such as <c>us-central1</c>; <see langword="null"/> where none is known.</summary>
    public string? Region { get; internal init; }

    /// <summary>The Cloud SQL instance that cmdlets take when none is named; <see langword="null"/> where none is set.</summary>
    public string? Instance { get; internal init; }

    /// <summary>What is shown to Google: a kind of credential with its account or file, never its content; <see langword="null"/> where there is none.</summary>
    public string? Credential { get; internal init; }

    /// <summary>The one address that all requests go to, an emulator's say; <see langword="null"/> for Google's own addresses.</summary>
    public string? Endpoint { get; internal init; }

    /// <summary>Where each part came from, in the order Project, Region, Instance, Credential, Endpoint.</summary>
    public IReadOnlyList<SettingOrigin> Origins { get; internal init; } = [];

    /// <summary>The project, and the address where it is not Google's.</summary>
    public override string ToString() => Endpoint is null ? Project ?? "" : $"{Project} ({Endpoint})";
}
