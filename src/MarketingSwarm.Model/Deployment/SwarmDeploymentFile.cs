namespace MarketingSwarm;

/// <summary>A file of a deployment that New-SwarmDeployment wrote, or found as it should be.</summary>
public sealed class SwarmDeploymentFile
{
    internal SwarmDeploymentFile()
    {
    }

    /// <summary>The full path.</summary>
    public required string Path { get; init; }

    /// <summary>What was done: Created, Updated, Present, or with <c>-WhatIf</c> WouldCreate and WouldUpdate.</summary>
    public required CloudAction Action { get; init; }

    /// <summary>What the file is for.</summary>
    public required string Purpose { get; init; }

    /// <summary>What changed, in the unified format of diff(1); empty where nothing did.</summary>
    public required string Diff { get; init; }

    /// <summary>The path.</summary>
    public override string ToString() => Path;
}
