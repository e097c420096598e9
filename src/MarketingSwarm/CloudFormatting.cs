namespace MarketingSwarm;

/// <summary>What the views of Google Cloud's objects show. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class CloudFormatting
{
    /// <summary>Settings with their origins, a line each, aligned.</summary>
    public static string FormatOrigins(IReadOnlyList<SettingOrigin> origins)
    {
        ArgumentNullException.ThrowIfNull(origins);
        if (origins.Count == 0) return "";
        var width = origins.Max(part => part.Setting.Length);
        return string.Join('\n', origins.Select(part => $"{part.Setting.PadRight(width)}  {part.Origin}"));
    }
}
