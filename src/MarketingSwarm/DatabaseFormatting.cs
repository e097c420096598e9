using System.Globalization;

namespace MarketingSwarm;

/// <summary>What the view of <see cref="SwarmDatabase"/> shows. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class DatabaseFormatting
{
    /// <summary>The parts of a database with their origins, a line each, aligned.</summary>
    public static string FormatOrigins(SwarmDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        return CloudFormatting.FormatOrigins(database.Origins);
    }

    /// <summary>A password for a view: masked, or empty where none is known.</summary>
    public static string FormatPassword(SwarmDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        return database.HasPassword ? SwarmDatabase.MaskedPassword : "";
    }

    /// <summary>What a backup has: its rows and size, and the moment, in local time.</summary>
    public static string FormatContent(DatabaseBackup backup)
    {
        ArgumentNullException.ThrowIfNull(backup);
        var rows = backup.Rows is { } count ? string.Create(CultureInfo.CurrentCulture, $"{count:N0} rows") : "no table";
        var engine = backup.Engine == DatabaseEngine.Sqlite ? "SQLite" : "PostgreSQL";
        return string.Create(CultureInfo.CurrentCulture, $"{rows}, {backup.Bytes / 1e6:N1} MB, {engine} {backup.EngineVersion}, taken {backup.TakenAt.ToLocalTime():G}");
    }
}
