namespace MarketingSwarm;

/// <summary>What the view of <see cref="SwarmDatabase"/> shows. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class DatabaseFormatting
{
    /// <summary>The parts of a database with their origins, a line each, aligned.</summary>
    public static string FormatOrigins(SwarmDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        if (database.Origins.Count == 0) return "";
        var width = database.Origins.Max(part => part.Setting.Length);
        return string.Join('\n', database.Origins.Select(part => $"{part.Setting.PadRight(width)}  {part.Origin}"));
    }

    /// <summary>A password for a view: masked, or empty where none is known.</summary>
    public static string FormatPassword(SwarmDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.HasPassword ? SwarmDatabase.MaskedPassword : "";
    }
}
