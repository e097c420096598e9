using System.Globalization;
using System.Management.Automation.Host;

namespace MarketingSwarm.Shell.Hosting;

/// <summary>The host that a script sees as $Host.</summary>
internal sealed class ShellHost(Terminal terminal, bool nonInteractive, CancellationToken stop) : PSHost
{
    public override string Name => "MarketingSwarm.Shell";

    public override Version Version { get; } = typeof(ShellHost).Assembly.GetName().Version!;

    public override Guid InstanceId { get; } = Guid.NewGuid();

    public override CultureInfo CurrentCulture => CultureInfo.CurrentCulture;

    public override CultureInfo CurrentUICulture => CultureInfo.CurrentUICulture;

    public override PSHostUserInterface UI => ShellInterface;

    internal ShellUserInterface ShellInterface { get; } = new(terminal, nonInteractive, stop);

    /// <summary>The code of <c>exit N</c>, once a script has said it.</summary>
    internal int? ExitCode { get; private set; }

    public override void SetShouldExit(int exitCode) => ExitCode = exitCode;

    public override void EnterNestedPrompt() => throw new NotSupportedException("The Shell runs scripts and has no prompt to enter; use pwsh to debug.");

    public override void ExitNestedPrompt() => throw new NotSupportedException("The Shell has no nested prompt to leave.");

    /// <summary>A native program is about to write to the same screen.</summary>
    public override void NotifyBeginApplication() => ShellInterface.EndProgress();

    public override void NotifyEndApplication()
    {
    }
}
