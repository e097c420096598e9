using System.Text;
using System.Text.RegularExpressions;
using dotenv.net;

namespace MarketingSwarm.Engine.Configuration;

/// <summary>
///   A file of <c>NAME=value</c> lines. The library takes it apart; <c>${NAME}</c> and <c>${NAME:-default}</c> are filled in here, as
///   python-dotenv does it for the application: the library would also take <c>$NAME</c>, and so the end of a password with a dollar sign.
/// </summary>
internal sealed partial class EnvironmentFile
{
    private readonly Dictionary<string, Setting> _settings = new(StringComparer.Ordinal);

    private EnvironmentFile(string path) => Path = path;

    internal string Path { get; }

    internal Setting? Find(string name) => _settings.GetValueOrDefault(name) is { Value.Length: > 0 } setting ? setting : null;

    /// <summary>Whether the file mentions a variable, if only with an empty value; <paramref name="setting"/> tells why it is empty.</summary>
    internal bool Mentions(string name, out Setting? setting) => _settings.TryGetValue(name, out setting);

    /// <summary>Reads a file; the process's environment is not changed.</summary>
    /// <param name="path">The full path.</param>
    /// <param name="fileFirst">Whether a reference prefers the file's own variables to the environment's.</param>
    /// <param name="context">Gives the environment.</param>
    /// <exception cref="SwarmConfigurationException">The file cannot be read or taken apart.</exception>
    internal static EnvironmentFile Read(string path, bool fileFirst, ResolutionContext context)
    {
        var file = new EnvironmentFile(path);
        foreach (var (key, raw) in Parse(path))
        {
            // The library's own handling of 'export' would also cut a name that merely begins with it.
            var name = ExportPrefix().Replace(key, "");
            var unset = new List<string>();
            var value = Reference().Replace(raw, match =>
            {
                var wanted = match.Groups["name"].Value;
                var own = file._settings.GetValueOrDefault(wanted)?.Value;
                var found = fileFirst ? own ?? context.GetVariable(wanted) : context.GetVariable(wanted) ?? own;
                if (found is null && !match.Groups["default"].Success) unset.Add(wanted);
                return found ?? match.Groups["default"].Value;
            });
            var warning = unset.Count == 0 ? null : $"{path}: {name} refers to {string.Join(", ", unset)}, which is not set.";
            file._settings[name] = new Setting(value, $"{path}, {name}", warning);
        }

        return file;
    }

    private static IDictionary<string, string> Parse(string path)
    {
        try
        {
            var options = new DotEnvOptions(
                ignoreExceptions: false, envFilePaths: [path], trimValues: true, supportExportSyntax: false, supportInlineComments: true,
                supportVariableExpansion: false, encoding: new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return options.WithExceptions().Read();
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Errors.EnvironmentFileNotFound(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Errors.EnvironmentFileNotReadable(path, exception.Message, exception);
        }
        catch (DecoderFallbackException)
        {
            throw Errors.EnvironmentFileInvalid(path, FindLine(path, static line => line.Contains('\uFFFD')), "it is not UTF-8 text");
        }
        catch (ArgumentException exception) when (UnclosedQuote().Match(exception.Message) is { Success: true } match)
        {
            // The library reads on to the file's end in search of the quote; the name tells where it began.
            var name = match.Groups["name"].Value;
            var line = FindLine(path, line => line.Split('=')[0].Trim() == name && line.IndexOfAny(['"', '\'']) > 0);
            throw Errors.EnvironmentFileInvalid(path, line, $"the quote that begins the value of {ExportPrefix().Replace(name, "")} does not end");
        }
    }

    // The last line, since a later one replaces an earlier one of the same name.
    private static int? FindLine(string path, Func<string, bool> condition)
    {
        var number = 0;
        int? last = null;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            if (condition(line)) last = number;
        }

        return last;
    }

    [GeneratedRegex(@"^export\s+", RegexOptions.CultureInvariant)]
    private static partial Regex ExportPrefix();

    [GeneratedRegex(@"\$\{(?<name>[^}:]*)(:-(?<default>[^}]*))?\}", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Reference();

    [GeneratedRegex(@"environment variable: (?<name>.+?)\. Missing closing quote", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex UnclosedQuote();
}
