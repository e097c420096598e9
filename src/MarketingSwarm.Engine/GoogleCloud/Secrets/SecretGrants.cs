namespace MarketingSwarm.Engine.GoogleCloud.Secrets;

/// <summary>Who may read a secret: its IAM policy, changed under its etag and otherwise kept as it is.</summary>
internal static class SecretGrants
{
    /// <summary>The role that may read values.</summary>
    internal const string AccessorRole = "roles/secretmanager.secretAccessor";

    /// <summary>The member among those of the role's binding that has no condition.</summary>
    /// <param name="api">Where to.</param>
    /// <param name="project">The project's id.</param>
    /// <param name="name">The secret's name.</param>
    /// <param name="member"><c>user:</c>, <c>serviceAccount:</c>, <c>group:</c> or <c>domain:</c> with a name, or <c>principal://…</c>, <c>principalSet://…</c>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Created or Present.</returns>
    /// <exception cref="SwarmConfigurationException">The member has none of these forms.</exception>
    internal static async Task<CloudAction> EnsureAsync(IGoogleApi api, string project, string name, string member, CancellationToken cancellationToken)
    {
        SecretStore.RequireName(name);
        return await IamGrants.EnsureAsync(api, SecretRequests.GetPolicy(project, name), policy => SecretRequests.SetPolicy(project, name, policy), AccessorRole, member, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The request that grants it, from the policy as it is now; null where it is granted already.</summary>
    /// <inheritdoc cref="EnsureAsync"/>
    internal static async Task<GoogleRequest?> PlanAsync(IGoogleApi api, string project, string name, string member, CancellationToken cancellationToken)
    {
        SecretStore.RequireName(name);
        return await IamGrants.PlanAsync(api, SecretRequests.GetPolicy(project, name), policy => SecretRequests.SetPolicy(project, name, policy), AccessorRole, member, cancellationToken).ConfigureAwait(false);
    }
}
