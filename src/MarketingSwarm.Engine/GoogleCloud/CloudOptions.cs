using System.Collections.Immutable;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>What a session, or one cmdlet's parameters, say of Google Cloud; everything unsaid is left to the environment.</summary>
internal sealed record CloudOptions
{
    internal string? Project { get; init; }

    internal string? Region { get; init; }

    internal string? Instance { get; init; }

    /// <summary>The full path of a credential file.</summary>
    internal string? CredentialFile { get; init; }

    internal string? AccessToken { get; init; }

    internal string? ImpersonateServiceAccount { get; init; }

    /// <summary>One address for all APIs.</summary>
    internal Uri? Endpoint { get; init; }

    /// <summary>Whether <see cref="AccessToken"/> was given for <see cref="Endpoint"/>, and may be sent there although it is not Google's.</summary>
    internal bool IsTokenForEndpoint { get; init; }

    /// <summary>Which parts Start-SwarmEmulator set, by the names of <see cref="SettingOrigin.Setting"/>; the others are Set-SwarmContext's.</summary>
    internal ImmutableHashSet<string> SetByEmulator { get; init; } = [];

    /// <summary>Who set a part, for <c>Origins</c>.</summary>
    internal string OriginOf(string part) => SetByEmulator.Contains(part) ? "Start-SwarmEmulator" : "Set-SwarmContext";
}
