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

    /// <summary>Who set it, for <c>Origins</c>: <c>Set-SwarmContext</c> or <c>Start-SwarmEmulator</c>.</summary>
    internal string SetBy { get; init; } = "Set-SwarmContext";
}
