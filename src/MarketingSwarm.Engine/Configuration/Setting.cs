namespace MarketingSwarm.Engine.Configuration;

/// <summary>One value and where it came from. A class without a ToString of its own, since the value may be a password.</summary>
internal sealed class Setting(string value, string origin, string? warning = null)
{
    internal string Value { get; } = value;

    internal string Origin { get; } = origin;

    /// <summary>What the user should know about how the value came to be.</summary>
    internal string? Warning { get; } = warning;
}
