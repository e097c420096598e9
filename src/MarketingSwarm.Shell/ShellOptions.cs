using System.Management.Automation.Language;
using System.Text;

namespace MarketingSwarm.Shell;

/// <summary>What the command line asks for.</summary>
internal sealed record ShellOptions
{
    internal const string Usage = """
        Runs a PowerShell script or command with the MarketingSwarm module imported, on machines without pwsh.

        MarketingSwarm.Shell [-NonInteractive] [-File] script.ps1 [-Parameter value] [-Parameter:value] [-Switch] ...
        MarketingSwarm.Shell [-NonInteractive] -Command "Get-SwarmDatabase; ..."
        MarketingSwarm.Shell -Help

        -File            The script to run; the word may be left out. What follows is bound to the script's parameters.
        -Command         PowerShell text to run. What follows is part of it.
        -NonInteractive  Fail instead of asking for a parameter, a password or a confirmation.
        -NoProfile, -NoLogo  Accepted; the Shell has neither.

        Objects and information go to standard output; errors, warnings, verbose, debug, progress and questions to standard error.
        Answers are read from the terminal, or line by line from redirected standard input.

        Exit code: the script's own 'exit N'; 1 after a terminating error, or when the last statement of -Command failed;
        64 for a command line that cannot be used; 130 after Ctrl+C; else 0. A second Ctrl+C ends the process at once.

        The engine has PowerShell's language and core cmdlets (ForEach-Object, Where-Object, Get-Help, Import-Module, ...).
        Write-Host, Select-Object, Get-ChildItem and the other cmdlets of pwsh's own modules need pwsh.

        """;

    /// <summary>The script's full path.</summary>
    internal string? ScriptPath { get; private init; }

    /// <summary>The script's parameters as they were typed.</summary>
    internal IReadOnlyList<string> ScriptArguments { get; private init; } = [];

    internal string? Command { get; private init; }

    internal bool NonInteractive { get; private init; }

    internal bool Help { get; private init; }

    /// <summary>Why the command line cannot be used.</summary>
    internal string? Error { get; private init; }

    internal static ShellOptions Parse(ReadOnlySpan<string> arguments)
    {
        var options = new ShellOptions();
        for (var i = 0; i < arguments.Length; i++)
        {
            var rest = arguments[(i + 1)..];
            switch (arguments[i].ToUpperInvariant())
            {
                case "-NONINTERACTIVE" or "-NONI":
                    options = options with { NonInteractive = true };
                    break;
                case "-NOPROFILE" or "-NOP" or "-NOLOGO" or "-NOL":
                    break;
                case "-HELP" or "-H" or "-?" or "--HELP":
                    return options with { Help = true };
                case "-COMMAND" or "-C":
                    return rest.IsEmpty
                        ? options with { Error = "-Command needs the PowerShell text to run, in quotes." }
                        : options with { Command = string.Join(' ', rest!) };
                case "-FILE" or "-F":
                    return rest.IsEmpty ? options with { Error = "-File needs the path of a script." } : options.WithScript(rest);
                case ['-', _, ..]:
                    return options with { Error = $"'{arguments[i]}' is not an option of the Shell. Options come before the script; -Help lists them." };
                default:
                    return options.WithScript(arguments[i..]);
            }
        }

        return options with { Error = $"There is nothing to run.{Environment.NewLine}{Environment.NewLine}{Usage}" };
    }

    /// <summary>The PowerShell text that runs the script, binding its parameters as <c>pwsh -File</c> does.</summary>
    /// <remarks>Every value is a quoted literal, so that nothing in it is expanded or run, and the script's own types convert it.</remarks>
    internal string GetInvocation()
    {
        var text = new StringBuilder("& ").Append(Quote(ScriptPath!));
        foreach (var argument in ScriptArguments)
        {
            text.Append(' ');
            var name = ReadParameterName(argument);
            if (name.Length == 0)
            {
                text.Append(Quote(argument));
                continue;
            }

            text.Append(name);
            if (name.Length == argument.Length) continue;
            text.Append(':');
            var value = argument[(name.Length + 1)..];
            // pwsh takes these words alone for booleans, so that -Switch:$false can be said from any other shell. After 'Name:' the value is the next argument.
            if (value.TrimStart('$').ToUpperInvariant() is "TRUE" or "FALSE") text.Append('$').Append(value.TrimStart('$'));
            else if (value.Length > 0) text.Append(Quote(value));
        }

        return text.ToString();
    }

    private ShellOptions WithScript(ReadOnlySpan<string> arguments)
    {
        var path = Path.Combine(Environment.CurrentDirectory, arguments[0]);
        string? error = null;
        if (Directory.Exists(path)) error = $"'{arguments[0]}' is a folder. Name the script in it.";
        else if (!File.Exists(path)) error = $"There is no script '{arguments[0]}'. Check the path; a relative one starts at '{Environment.CurrentDirectory}'.";
        else if (!path.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase)) error = $"'{arguments[0]}' is not a PowerShell script: its name does not end in .ps1.";
        return this with { ScriptPath = path, ScriptArguments = arguments[1..].ToArray(), Error = error };
    }

    /// <summary>The '-Name' that the argument begins with, or nothing if it is a value (a text, or a number such as -5).</summary>
    private static string ReadParameterName(string argument)
    {
        if (argument is not ['-', var first, ..] || !(char.IsLetter(first) || first is '_' or '?')) return "";
        var colon = argument.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? argument : argument[..colon];
        return name.AsSpan(2).ContainsAnyExcept(ParameterNameCharacters) ? "" : name;
    }

    private static readonly System.Buffers.SearchValues<char> ParameterNameCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    private static string Quote(string value) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(value)}'";
}
