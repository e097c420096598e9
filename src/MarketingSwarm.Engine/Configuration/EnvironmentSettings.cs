namespace MarketingSwarm.Engine.Configuration;

/// <summary>The variables of the process, of a file, or of both.</summary>
internal sealed class EnvironmentSettings
{
    private readonly ResolutionContext _context;
    private readonly EnvironmentFile? _file;
    private readonly bool _fileFirst;

    private EnvironmentSettings(ResolutionContext context, EnvironmentFile? file, bool fileFirst)
        => (_context, _file, _fileFirst) = (context, file, fileFirst);

    /// <summary>The process's variables alone.</summary>
    internal static EnvironmentSettings OfProcess(ResolutionContext context) => new(context, null, fileFirst: false);

    /// <summary>The variables of <c>.env</c>, where the process does not set them.</summary>
    internal static EnvironmentSettings OfDotEnv(ResolutionContext context, EnvironmentFile file) => new(context, file, fileFirst: false);

    /// <summary>The variables of a file that the user named, and those of the process that it does not set.</summary>
    internal static EnvironmentSettings OfNamedFile(ResolutionContext context, EnvironmentFile file) => new(context, file, fileFirst: true);

    /// <summary>A variable that is set to something.</summary>
    internal Setting? Find(string name)
        => _fileFirst ? _file?.Find(name) ?? FindInProcess(name) : FindInProcess(name) ?? _file?.Find(name);

    /// <summary>Where a variable would be set, for the message that it is not.</summary>
    internal string Describe(string name) => _fileFirst ? $"{_file!.Path} sets no {name}" : $"the environment variable {name} is not set";

    /// <summary>Finds DB_PASS or PGPASSWORD for the host that these variables named.</summary>
    /// <remarks>
    ///   A <c>.env</c> of the current folder may come from anywhere: it may not have the process's password sent to another machine.
    /// </remarks>
    internal Setting? FindPassword(bool hostIsLocal, string host, List<string> warnings)
    {
        var processMayServe = _file is null || _fileFirst || hostIsLocal;
        foreach (var name in (ReadOnlySpan<string>)["DB_PASS", "PGPASSWORD"])
        {
            if (_file is not null && _file.Mentions(name, out var own) && own is { Value.Length: 0, Warning: { } unset }) warnings.Add(unset);
            if ((processMayServe ? Find(name) : _file!.Find(name)) is { } found)
                return found.Value[^1] is '\n' or '\r' ? new Setting(found.Value, found.Origin, Trailing(found)) : found;
            if (!processMayServe && FindInProcess(name) is not null)
                warnings.Add($"The environment variable {name} is not sent to '{host}', which only {_file!.Path} names. Give the password with -Credential.");
        }

        return null;
    }

    private static string Trailing(Setting setting)
        => $"The password ({setting.Origin}) ends with a line break, as a secret made with 'gcloud secrets create --data-file=- <<<' does; it is used as it is.";

    private Setting? FindInProcess(string name)
        => _context.FindVariable(name) is { } value ? new Setting(value, $"environment variable {name}") : null;
}
