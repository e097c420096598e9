using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Secrets;

/// <summary>Where a secret is: a project, and for a regional secret its location.</summary>
/// <param name="Project">The project's id or number.</param>
/// <param name="Location">null for a global secret.</param>
internal sealed record SecretScope(string Project, string? Location)
{
    /// <summary>The name of what holds the secrets, with the project's number as all answers have it.</summary>
    public string Name => $"projects/{Projects.NumberOf(Project)}" + (Location is null ? "" : $"/locations/{Location}");

    /// <summary>What the keys of the scope's secrets in the state begin with.</summary>
    public string KeyPrefix => $"{Projects.NumberOf(Project)}/{Location ?? "-"}/";

    public string NameOf(string secret) => $"{Name}/secrets/{secret}";

    public string KeyOf(string secret) => KeyPrefix + secret;
}
