using System.Collections;
using System.Globalization;
using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>The flags of a hashtable as Cloud SQL takes them: all values are text there.</summary>
internal static class DatabaseFlags
{
    /// <summary>The flags by name; null where the value is <c>$null</c>.</summary>
    /// <exception cref="SwarmConfigurationException">A name is not a flag's, or a value has no text.</exception>
    internal static Dictionary<string, string?> Read(Hashtable? table)
    {
        var flags = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in table ?? [])
        {
            var name = $"{entry.Key}";
            InstanceRules.RequireFlag(name);
            flags[name] = ToText(name, entry.Value is PSObject wrapped ? wrapped.BaseObject : entry.Value);
        }

        return flags;
    }

    private static string? ToText(string name, object? value) => value switch
    {
        null => null,
        string text => text,
        bool isOn => isOn ? "on" : "off",
        int or long or short or byte or uint or ulong or ushort or double or float or decimal => ((IFormattable)value).ToString(null, CultureInfo.InvariantCulture),
        _ => throw Engine.Errors.FlagValueNotText(name, value),
    };
}
