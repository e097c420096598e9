using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Secrets;

namespace MarketingSwarm.Commands;

/// <summary>ShouldProcess for a request.</summary>
internal delegate bool RequestConfirmation(GoogleRequest request, string description, out bool isWhatIf);

/// <summary>Asks before a secret is written, a request at a time.</summary>
internal static class SecretConfirmation
{
    /// <param name="project">The project's id.</param>
    /// <param name="name">The secret's name.</param>
    /// <param name="value">The value to be written.</param>
    /// <param name="state">How the secret stands to it.</param>
    /// <param name="confirm">Asks for one request.</param>
    /// <param name="isWhatIf">Whether <c>-WhatIf</c> is why it is not done.</param>
    /// <returns>Whether all of it is wanted.</returns>
    internal static bool Confirm(string project, string name, string value, SecretState state, RequestConfirmation confirm, out bool isWhatIf)
    {
        isWhatIf = false;
        // A No ends it; -WhatIf shows both.
        if (!state.Exists && !confirm(SecretRequests.Insert(project, name), $"Create secret '{name}' in project '{project}'", out isWhatIf) && !isWhatIf) return false;
        return confirm(SecretRequests.AddVersion(project, name, SecretStore.Encode(name, value)), $"Add a version to secret '{name}' of project '{project}'", out isWhatIf);
    }
}
