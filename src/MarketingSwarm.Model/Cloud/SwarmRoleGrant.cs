namespace MarketingSwarm;

/// <summary>That a member has a role in a project.</summary>
public sealed class SwarmRoleGrant
{
    internal SwarmRoleGrant()
    {
    }

    /// <summary>The project's id.</summary>
    public required string Project { get; init; }

    /// <summary>Who: <c>serviceAccount:EMAIL</c>, <c>user:EMAIL</c> and the like.</summary>
    public required string Member { get; init; }

    /// <summary>The role.</summary>
    public required string Role { get; init; }

    /// <summary>Created, or Present where the member had the role.</summary>
    public required CloudAction Action { get; init; }

    /// <summary>Who has which role.</summary>
    public override string ToString() => $"{Member}: {Role}";
}
