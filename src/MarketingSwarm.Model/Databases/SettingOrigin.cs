namespace MarketingSwarm;

/// <summary>Where one part of a database's name came from.</summary>
public sealed class SettingOrigin
{
    internal SettingOrigin(string setting, string? value, string origin)
    {
        Setting = setting;
        Value = value;
        Origin = origin;
    }

    /// <summary>The part: Engine, Path, Host, Port, Instance, AddressType, Database, User, Password or Tls.</summary>
    public string Setting { get; }

    /// <summary>Its value; <c>***</c> for a password.</summary>
    public string? Value { get; }

    /// <summary>Where it came from, such as <c>environment variable DB_USER</c>, <c>/srv/app/.env, DATABASE_URL</c> or <c>default</c>.</summary>
    public string Origin { get; }

    /// <summary>The three in a line.</summary>
    public override string ToString() => $"{Setting} = {Value} ({Origin})";
}
