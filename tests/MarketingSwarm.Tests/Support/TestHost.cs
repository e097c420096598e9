using System.Collections.ObjectModel;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Security;

namespace MarketingSwarm.Tests;

/// <summary>A host without a screen: keeps the lines written to it, and refuses to answer questions, but for a login where one was given to answer with.</summary>
internal sealed class TestHost(PSCredential? login = null) : PSHost
{
    private readonly TestHostInterface _interface = new(login);

    internal IReadOnlyList<string> Lines => _interface.Lines;

    public override string Name => "MarketingSwarm.Tests";

    public override Version Version { get; } = new(1, 0);

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override PSHostUserInterface UI => _interface;

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override void EnterNestedPrompt() => throw Refuse();

    public override void ExitNestedPrompt() => throw Refuse();

    public override void NotifyBeginApplication()
    {
    }

    public override void NotifyEndApplication()
    {
    }

    public override void SetShouldExit(int exitCode)
    {
    }

    private static PSNotSupportedException Refuse() => new("A test has nobody to answer questions.");

    private sealed class TestHostInterface(PSCredential? login) : PSHostUserInterface
    {
        private readonly Lock _gate = new();
        private readonly List<string> _lines = [];
        private string _open = "";

        internal IReadOnlyList<string> Lines
        {
            get
            {
                lock (_gate) return _open.Length == 0 ? [.. _lines] : [.. _lines, _open];
            }
        }

        public override PSHostRawUserInterface? RawUI => null;

        public override void Write(string value)
        {
            lock (_gate) _open += value;
        }

        public override void Write(ConsoleColor foregroundColor, ConsoleColor backgroundColor, string value) => Write(value);

        public override void WriteLine(string value)
        {
            lock (_gate)
            {
                _lines.Add(_open + value);
                _open = "";
            }
        }

        // The streams are collected where they leave the pipeline; here they would be counted twice.
        public override void WriteDebugLine(string message)
        {
        }

        public override void WriteErrorLine(string value)
        {
        }

        public override void WriteProgress(long sourceId, ProgressRecord record)
        {
        }

        public override void WriteVerboseLine(string message)
        {
        }

        public override void WriteWarningLine(string message)
        {
        }

        public override string ReadLine() => throw Refuse();

        public override SecureString ReadLineAsSecureString() => throw Refuse();

        public override Dictionary<string, PSObject> Prompt(string caption, string message, Collection<FieldDescription> descriptions) => throw Refuse();

        public override int PromptForChoice(string caption, string message, Collection<ChoiceDescription> choices, int defaultChoice) => throw Refuse();

        public override PSCredential PromptForCredential(string caption, string message, string userName, string targetName) => login ?? throw Refuse();

        public override PSCredential PromptForCredential(
            string caption, string message, string userName, string targetName,
            PSCredentialTypes allowedCredentialTypes, PSCredentialUIOptions options) => login ?? throw Refuse();
    }
}
