using System.Security;

namespace MarketingSwarm;

/// <summary>The value of one version of a secret.</summary>
public sealed class SwarmSecretValue
{
    internal SwarmSecretValue()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The secret's name.</summary>
    public required string Name { get; init; }

    /// <summary>The version's number.</summary>
    public required string Version { get; init; }

    /// <summary>The value.</summary>
    public required SecureString Value { get; init; }

    /// <summary>The version's name, without the value.</summary>
    public override string ToString() => $"projects/{Project}/secrets/{Name}/versions/{Version}";
}
