namespace MarketingSwarm;

/// <summary>One setting of a cloud resource, before and after it was changed.</summary>
public sealed class SettingChange
{
    internal SettingChange(string setting, string? before, string? after)
    {
        Setting = setting;
        Before = before;
        After = after;
    }

    /// <summary>The setting's name.</summary>
    public string Setting { get; }

    /// <summary>Its value before; <see langword="null"/> where it was not set.</summary>
    public string? Before { get; }

    /// <summary>Its value now; <see langword="null"/> where it is not set any more.</summary>
    public string? After { get; }

    /// <summary><c>setting: before -&gt; after</c>.</summary>
    public override string ToString() => $"{Setting}: {Before ?? "(not set)"} -> {After ?? "(not set)"}";
}
