namespace MarketingSwarm;

/// <summary>What the module's views show; <c>MarketingSwarm.Format.ps1xml</c> calls it.</summary>
public static class Formatting
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
