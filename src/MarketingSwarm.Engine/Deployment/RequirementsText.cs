using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.Deployment;

/// <summary>The text of a <c>requirements.txt</c> of pip, added to: what it requires already, in whatever version, stays as it is.</summary>
internal sealed partial class RequirementsText(string text)
{
    private readonly string _newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";

    internal string Text { get; private set; } = text;

    /// <summary>Adds a requirement, unless the package is required already.</summary>
    /// <param name="package">The package's name.</param>
    /// <param name="version">The version to pin.</param>
    internal void Require(string package, string version)
    {
        if (Text.Split('\n').Any(line => Package().Match(line) is { Success: true } match && Normalize(match.Groups["name"].Value) == Normalize(package))) return;
        if (Text.Length > 0 && Text[^1] != '\n') Text += _newLine;
        Text += $"{package}=={version}{_newLine}";
    }

    // Names are the same whatever their case and separators: https://packaging.python.org/en/latest/specifications/name-normalization/
    private static string Normalize(string name) => Separators().Replace(name, "-").ToUpperInvariant();

    [GeneratedRegex(@"^\s*(?<name>[A-Za-z0-9][A-Za-z0-9._-]*)", RegexOptions.ExplicitCapture)]
    private static partial Regex Package();

    [GeneratedRegex("[-_.]+")]
    private static partial Regex Separators();
}
