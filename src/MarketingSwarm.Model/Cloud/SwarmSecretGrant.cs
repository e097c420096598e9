namespace MarketingSwarm;

/// <summary>That a member may read a secret.</summary>
public sealed class SwarmSecretGrant
{
    internal SwarmSecretGrant()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>The secret's name.</summary>
    public required string Name { get; init; }

    /// <summary>Who: <c>serviceAccount:EMAIL</c>, <c>user:EMAIL</c> and the like.</summary>
    public required string Member { get; init; }

    /// <summary>The role on this secret alone.</summary>
    public required string Role { get; init; }

    /// <summary>Created, or Present where the member had the role.</summary>
    public required CloudAction Action { get; init; }

    /// <summary>Who may read which secret.</summary>
    public override string ToString() => $"{Member} reads {Name}";
}
