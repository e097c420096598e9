namespace MarketingSwarm;

/// <summary>What the views of Google Cloud's objects show. For the module's Format.ps1xml; scripts read the properties.</summary>
public static class CloudFormatting
{
    // What a list has for values in a window of 80 columns, beside the longest label of ours.
    private const int ListWidth = 62;

    private const int DetailIndentation = 2;

    /// <summary>Settings with their origins, a line each, aligned.</summary>
    public static string FormatOrigins(IReadOnlyList<SettingOrigin> origins)
    {
        ArgumentNullException.ThrowIfNull(origins);
        if (origins.Count == 0) return "";
        var width = origins.Max(part => part.Setting.Length);
        return string.Join('\n', origins.Select(part => $"{part.Setting.PadRight(width)}  {part.Origin}"));
    }

    /// <summary>The private address where there is one, since applications use that, else the public one.</summary>
    public static string FormatAddress(CloudSqlInstance instance)
    {
        ArgumentNullException.ThrowIfNull(instance);
        return instance.PrivateAddress ?? instance.PublicAddress ?? "";
    }

    /// <summary>The setting without the lists that it is in, so that a table has room for its values: <c>max_connections</c>, <c>network 203.0.113.0/24</c>.</summary>
    public static string FormatSetting(CloudSqlInstanceChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change.Setting.Replace("databaseFlags.", "", StringComparison.Ordinal).Replace("ipConfiguration.authorizedNetworks.", "network ", StringComparison.Ordinal);
    }

    /// <summary>A count of bytes with its unit: <c>649 B</c>, <c>14.1 MB</c>.</summary>
    public static string FormatBytes(long count)
    {
        if (count < 1000) return $"{count} B";
        var (unit, size) = count < 1_000_000 ? ("kB", 1e3) : count < 1_000_000_000 ? ("MB", 1e6) : ("GB", 1e9);
        return string.Create(System.Globalization.CultureInfo.CurrentCulture, $"{count / size:N1} {unit}");
    }

    /// <summary>A time to the minute, without its zone: the column says that it is UTC.</summary>
    public static string FormatTime(DateTime? time) => time?.ToString("yyyy-MM-dd HH:mm", System.Globalization.CultureInfo.InvariantCulture) ?? "";

    /// <summary>An operation's status; FAILED for one that ended with errors.</summary>
    public static string FormatStatus(CloudSqlOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return operation.Errors.Count > 0 ? "FAILED" : operation.Status;
    }

    /// <summary>A secret's name with its version.</summary>
    public static string FormatSecret(CloudSqlProvisioning provisioning)
    {
        ArgumentNullException.ThrowIfNull(provisioning);
        return provisioning.SecretVersion is { } version ? $"{provisioning.SecretName}, version {version}" : provisioning.SecretName ?? "";
    }

    /// <summary>The steps with what was done, a line each, aligned, with their details below them.</summary>
    public static string FormatSteps(IReadOnlyList<CloudSqlProvisioningStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        if (steps.Count == 0) return "";
        var width = steps.Max(step => $"{step.Action}".Length) + 2;
        var lines = steps.SelectMany(step => Wrap(step.Detail ?? "", ListWidth - DetailIndentation)
            .Select(line => new string(' ', DetailIndentation) + line).Where(line => !string.IsNullOrWhiteSpace(line))
            .Prepend($"{step.Action}".PadRight(width) + step.Step));
        return string.Join('\n', lines);
    }

    // PowerShell would break a long line within a word.
    internal static IEnumerable<string> Wrap(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line = line.Length == 0 ? word : $"{line} {word}";
        }

        yield return line;
    }
}
