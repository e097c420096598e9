using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace MarketingSwarm.Shell.Hosting;

/// <summary>
///   What the engine says and asks. Objects and information are standard output's; everything else, questions too, goes to standard error,
///   so that redirected output holds the script's output alone.
/// </summary>
internal sealed class ShellUserInterface(Terminal terminal, bool nonInteractive, CancellationToken stop) : PSHostUserInterface
{
    private readonly Lock _gate = new();
    private readonly ProgressLine _progress = new(terminal);
    private bool _outputIsError;

    public override PSHostRawUserInterface RawUI { get; } = new ShellRawUserInterface(terminal, stop);

    /// <summary>The formatter decorates when either stream shows it; the other's text is stripped as it is written.</summary>
    public override bool SupportsVirtualTerminal => terminal.OutputHasColours || terminal.ErrorHasColours;

    public override void Write(string value)
    {
        lock (_gate)
        {
            _progress.Clear();
            if (_outputIsError) terminal.WriteError(value);
            else terminal.WriteOutput(value);
        }
    }

    public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value)
        => Write($"{PSStyle.MapForegroundColorToEscapeSequence(foregroundColor)}{PSStyle.MapBackgroundColorToEscapeSequence(backgroundColor)}{value}{PSStyle.Instance.Reset}");

    public override void WriteLine(string value) => Write(value + Environment.NewLine);

    public override void WriteErrorLine(string value) => WriteMessage(PSStyle.Instance.Formatting.Error, value);

    public override void WriteWarningLine(string message) => WriteMessage(PSStyle.Instance.Formatting.Warning, $"WARNING: {message}");

    public override void WriteVerboseLine(string message) => WriteMessage(PSStyle.Instance.Formatting.Verbose, $"VERBOSE: {message}");

    public override void WriteDebugLine(string message) => WriteMessage(PSStyle.Instance.Formatting.Debug, $"DEBUG: {message}");

    public override void WriteProgress(long sourceId, ProgressRecord record)
    {
        lock (_gate) _progress.Show(record);
    }

    /// <summary>Takes the progress line away, before the process ends or another program writes.</summary>
    internal void EndProgress()
    {
        lock (_gate) _progress.Clear();
    }

    /// <summary>While the report of a terminating error is formatted, what the formatter writes is the error.</summary>
    internal IDisposable SendOutputToError()
    {
        _outputIsError = true;
        return new ErrorScope(this);
    }

    public override string ReadLine() => Answer("Input", Terminal.ReadLine);

    public override SecureString ReadLineAsSecureString() => Answer("Hidden input", ReadSecret);

    public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName)
        => PromptForCredential(caption, message, userName, targetName, PSCredentialTypes.Default, PSCredentialUIOptions.Default);

    public override PSCredential PromptForCredential(
        string caption, string message, string userName, string targetName,
        PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options)
    {
        Introduce(caption, message);
        while (string.IsNullOrWhiteSpace(userName)) userName = Ask("User: ", Terminal.ReadLine);
        return new PSCredential(userName, AskSecret($"Password for user {userName}: "));
    }

    public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice)
    {
        Introduce(caption, message);
        var keys = choices.Select(choice => GetHotKey(choice.Label)).ToArray();
        var question = string.Join("  ", choices.Select((choice, i) => keys[i].Length == 0 ? choice.Label : $"[{keys[i]}] {choice.Label.Replace("&", "", StringComparison.Ordinal)}"))
            + "  [?] Help"
            + (defaultChoice < 0 ? ": " : $" (default is \"{(keys[defaultChoice].Length == 0 ? choices[defaultChoice].Label : keys[defaultChoice])}\"): ");
        while (true)
        {
            var answer = Ask(question, Terminal.ReadLine, subject: message).Trim();
            if (answer.Length == 0 && defaultChoice >= 0) return defaultChoice;
            if (answer == "?")
            {
                for (var i = 0; i < choices.Count; i++)
                    Tell($"{(keys[i].Length == 0 ? choices[i].Label : keys[i])} - {choices[i].HelpMessage}{Environment.NewLine}");
                continue;
            }

            for (var i = 0; i < choices.Count; i++)
            {
                if (Matches(answer, keys[i]) || Matches(answer, choices[i].Label.Replace("&", "", StringComparison.Ordinal))) return i;
            }
        }
    }

    public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions)
    {
        Introduce(caption, message);
        var answers = new Dictionary<string, PSObject>(StringComparer.OrdinalIgnoreCase);
        foreach (var field in descriptions) answers[field.Name] = PSObject.AsPSObject(AskField(field));
        return answers;
    }

    /// <summary>Asks for one parameter; the binder converts what is typed.</summary>
    private object AskField(FieldDescription field)
    {
        var type = Type.GetType(field.ParameterAssemblyFullName, throwOnError: false) ?? typeof(string);
        if (type == typeof(SecureString)) return AskSecret($"{field.Name}: ");
        if (type == typeof(PSCredential)) return PromptForCredential(field.Name, field.HelpMessage, userName: "", targetName: "");
        if (!type.IsArray) return Ask($"{field.Name}: ", Terminal.ReadLine);
        var items = new List<string>();
        while (Ask(string.Create(CultureInfo.InvariantCulture, $"{field.Name}[{items.Count}]: "), Terminal.ReadLine) is { Length: > 0 } item) items.Add(item);
        return items.ToArray();
    }

    private void Introduce(string? caption, string? message)
    {
        if (!string.IsNullOrEmpty(caption)) Tell(caption + Environment.NewLine);
        if (!string.IsNullOrEmpty(message)) Tell(message + Environment.NewLine);
    }

    /// <summary>Asks, and reads the answer.</summary>
    /// <param name="question">What is shown before the answer.</param>
    /// <param name="read">Reads an answer; null at the end of standard input.</param>
    /// <param name="subject">What an error calls the question, where its text alone would not say it.</param>
    private T Ask<T>(string question, Func<CancellationToken, T?> read, string? subject = null)
        where T : class
    {
        if (!nonInteractive) Tell(question);
        return Answer(string.IsNullOrEmpty(subject) ? question.TrimEnd(' ', ':') : subject, read);
    }

    private SecureString AskSecret(string question)
    {
        // Before the question, so that an answer typed at once is not shown either.
        terminal.HideTyping();
        return Ask(question, ReadSecret);
    }

    private T Answer<T>(string subject, Func<CancellationToken, T?> read)
        where T : class
    {
        const string Advice = "Give the value as a parameter, or -Confirm:$false where a confirmation is asked for";
        if (nonInteractive)
        {
            throw new HostException(
                $"'{subject}' needs an answer, and -NonInteractive forbids asking. {Advice}.", innerException: null, "NonInteractive", ErrorCategory.InvalidOperation);
        }

        return read(stop) ?? throw new HostException(
            $"'{subject}' needs an answer, and standard input has ended. {Advice}; or write one line of standard input for each answer.",
            innerException: null, "InputEnded", ErrorCategory.ReadError);
    }

    private SecureString? ReadSecret(CancellationToken cancellation)
    {
        if (terminal.InputIsTerminal)
        {
            var typed = Terminal.ReadHidden(cancellation);
            Tell(Environment.NewLine);
            return typed;
        }

        if (Terminal.ReadLine(cancellation) is not { } line) return null;
        var secret = new SecureString();
        foreach (var character in line) secret.AppendChar(character);
        return secret;
    }

    private void Tell(string text)
    {
        lock (_gate)
        {
            _progress.Clear();
            terminal.WriteError(text);
        }
    }

    private void WriteMessage(string style, string message)
    {
        // The formatter's error view brings its own styles.
        var styled = message.Contains('\u001b', StringComparison.Ordinal) ? message : $"{style}{message}{PSStyle.Instance.Reset}";
        Tell(styled + Environment.NewLine);
    }

    private static string GetHotKey(string label)
    {
        var mark = label.IndexOf('&', StringComparison.Ordinal);
        return mark >= 0 && mark + 1 < label.Length ? label[(mark + 1)..(mark + 2)].ToUpperInvariant() : "";
    }

    private static bool Matches(string answer, string choice)
        => choice.Length > 0 && string.Equals(answer, choice, StringComparison.OrdinalIgnoreCase);

    private sealed class ErrorScope(ShellUserInterface owner) : IDisposable
    {
        public void Dispose() => owner._outputIsError = false;
    }
}
