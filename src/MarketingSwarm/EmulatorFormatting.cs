using System.Globalization;

namespace MarketingSwarm;

/// <summary>What the views of emulators show. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class EmulatorFormatting
{
    /// <summary>Instances with their states and where their servers listen, a line each, aligned.</summary>
    public static string FormatInstances(IReadOnlyList<SwarmEmulatorInstance> instances)
    {
        ArgumentNullException.ThrowIfNull(instances);
        if (instances.Count == 0) return "";
        var width = instances.Max(instance => instance.Project.Length + instance.Name.Length) + 1;
        return string.Join('\n', instances.Select(instance => $"{$"{instance.Project}:{instance.Name}".PadRight(width)}  {instance.State}{(instance.IPAddress is null ? "" : $"  {instance.IPAddress}:{instance.Port}")}"));
    }

    /// <summary>A time as the culture writes it.</summary>
    public static string FormatTime(DateTime time) => time.ToString("G", CultureInfo.CurrentCulture);
}
