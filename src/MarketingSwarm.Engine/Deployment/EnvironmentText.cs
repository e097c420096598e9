using System.Text.RegularExpressions;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Engine.Deployment;

/// <summary>
///   The text of a <c>.env</c> file, changed variable by variable; all other lines stay. Values are written so that python-dotenv, which the application
///   reads them with, gives them back (https://github.com/theskumar/python-dotenv, parser.py and variables.py).
/// </summary>
internal sealed partial class EnvironmentText
{
    private readonly string _newLine;
    private readonly List<string> _lines;

    internal EnvironmentText(string text)
    {
        _newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        _lines = [.. text.ReplaceLineEndings("\n").Split('\n')];
        if (_lines[^1].Length == 0) _lines.RemoveAt(_lines.Count - 1);
    }

    internal string Text => _lines.Count == 0 ? "" : string.Join(_newLine, _lines) + _newLine;

    /// <summary>The value of a variable as it is written, quotes and all; null where no line sets it.</summary>
    internal string? FindRaw(string name) => FindLine(name) is >= 0 and var line ? Assignment().Match(_lines[line]).Groups["value"].Value.Trim() : null;

    /// <summary>The values of variables that are secrets by their names.</summary>
    internal static IEnumerable<string> FindSecrets(string text)
    {
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (Assignment().Match(line) is { Success: true } match && SecretFields.IsSecretName(match.Groups["name"].Value)
                && match.Groups["value"].Value.Trim().Trim('"', '\'') is { Length: > 0 } value && !value.StartsWith("sqlite", StringComparison.Ordinal))
            {
                yield return value;
            }
        }
    }

    /// <summary>Sets a variable in the last line that does, which is the one that counts; else at the end.</summary>
    internal void Set(string name, string value)
    {
        var line = FindLine(name);
        if (line < 0) _lines.Add($"{name}={Quote(value)}");
        else _lines[line] = Assignment().Match(_lines[line]).Groups["head"].Value + Quote(value);
    }

    /// <summary>Adds a comment, unless a line of the file is that already.</summary>
    internal void Comment(string text)
    {
        if (!_lines.Contains("# " + text)) _lines.Add("# " + text);
    }

    /// <summary>
    ///   A value as python-dotenv reads it back. It fills in <c>${NAME}</c> within quotes too: a variable without a name and with a default stands for the dollar sign.
    ///   And it takes a backslash before the closing quote for an escape: an empty default stands between them.
    /// </summary>
    internal static string Quote(string value)
    {
        if (BareValue().IsMatch(value)) return value;
        var escaped = value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("${", "${:-$}{", StringComparison.Ordinal);
        return $"'{escaped}{(value.EndsWith('\\') ? "${:-}" : "")}'";
    }

    private int FindLine(string name) => _lines.FindLastIndex(line => Assignment().Match(line) is { Success: true } match && match.Groups["name"].Value == name);

    [GeneratedRegex(@"^(?<head>\s*(export\s+)?'?(?<name>[^=#'\s]+)'?\s*=\s*)(?<value>.*)$", RegexOptions.ExplicitCapture)]
    private static partial Regex Assignment();

    [GeneratedRegex(@"^[A-Za-z0-9_./:@%+,=?&*~-]+\z")]
    private static partial Regex BareValue();
}
