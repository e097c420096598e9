namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>
///   gcloud's active configuration: a file of sections and <c>name = value</c> lines under <c>CLOUDSDK_CONFIG</c> or the user's folder, chosen by
///   <c>CLOUDSDK_ACTIVE_CONFIG_NAME</c> or the file <c>active_config</c> (https://cloud.google.com/sdk/docs/configurations).
/// </summary>
internal sealed class GcloudConfiguration
{
    private const string DefaultName = "default";

    private readonly Dictionary<string, string> _values = new(StringComparer.OrdinalIgnoreCase);

    private GcloudConfiguration(string path) => Path = path;

    /// <summary>The file, whether it exists or not.</summary>
    internal string Path { get; }

    /// <summary>A property such as <c>core/project</c>.</summary>
    internal string? this[string property] => _values.GetValueOrDefault(property);

    /// <summary>gcloud's folder of settings, where Application Default Credentials of a user are too.</summary>
    internal static string GetFolder(Func<string, string?> environment)
    {
        if (environment("CLOUDSDK_CONFIG") is { Length: > 0 } folder) return folder;
        if (OperatingSystem.IsWindows() && environment("APPDATA") is { Length: > 0 } data) return System.IO.Path.Combine(data, "gcloud");
        var home = environment("HOME") is { Length: > 0 } set ? set : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return System.IO.Path.Combine(home, ".config", "gcloud");
    }

    internal static GcloudConfiguration Read(Func<string, string?> environment)
    {
        var folder = GetFolder(environment);
        var name = environment("CLOUDSDK_ACTIVE_CONFIG_NAME");
        if (string.IsNullOrEmpty(name)) name = TryReadText(System.IO.Path.Combine(folder, "active_config"))?.Trim();
        // A name with a separator would lead to another folder; gcloud has none.
        if (string.IsNullOrEmpty(name) || name.AsSpan().ContainsAny("/\\:")) name = DefaultName;

        var configuration = new GcloudConfiguration(System.IO.Path.Combine(folder, "configurations", $"config_{name}"));
        var section = "";
        foreach (var line in (TryReadText(configuration.Path) ?? "").Split('\n').Select(line => line.Trim()))
        {
            if (line is ['[', .., ']'])
            {
                section = line[1..^1].Trim();
            }
            else if (line is not ['#' or ';', ..] && line.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals)
            {
                configuration._values[$"{section}/{line[..equals].Trim()}"] = line[(equals + 1)..].Trim();
            }
        }

        return configuration;
    }

    // Without gcloud there is no such file, and what cannot be read says as little: the other sources answer.
    private static string? TryReadText(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
