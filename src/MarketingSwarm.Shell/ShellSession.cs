using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using MarketingSwarm.Shell.Hosting;
using Microsoft.PowerShell;

namespace MarketingSwarm.Shell;

/// <summary>One run of the engine: opened with the module imported, given the script or command, and closed.</summary>
internal sealed class ShellSession(Terminal terminal, Interruption interruption)
{
    private static readonly string ModuleFolder = Path.Combine(AppContext.BaseDirectory, "Modules");

    internal int Run(ShellOptions options)
    {
        var host = new ShellHost(terminal, options.NonInteractive, interruption.Token);
        using var runspace = Open(host);
        if (runspace is null) return ExitCodes.Failure;

        using var pipeline = PowerShell.Create(runspace);
        pipeline.AddScript(options.ScriptPath is null ? GetCommandText(options.Command!) : GetScriptText(options), useLocalScope: false);
        // Out-Default shows both streams in the order in which they came, errors by the engine's error view.
        pipeline.Commands.Commands[0].MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.AddCommand("Out-Default");

        using var stop = interruption.Token.Register(() => pipeline.BeginStop(callback: null, state: null));
        try
        {
            if (interruption.Token.IsCancellationRequested) return interruption.ExitCode;
            pipeline.Invoke();
            return pipeline.InvocationStateInfo.State == PSInvocationState.Stopped ? interruption.ExitCode : host.ExitCode ?? ExitCodes.Success;
        }
        catch (Exception exception) when (interruption.Token.IsCancellationRequested && exception is RuntimeException or InvalidPowerShellStateException)
        {
            // A stop is reported by the state alone, or by an exception too, depending on where it met the script.
            return interruption.ExitCode;
        }
        catch (RuntimeException exception)
        {
            Report(exception, runspace, host.ShellInterface);
            return ExitCodes.Failure;
        }
        finally
        {
            host.ShellInterface.EndProgress();
        }
    }

    private static Runspace? Open(ShellHost host)
    {
        // An engine inside another program has nothing to report to its maker.
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");

        var state = InitialSessionState.CreateDefault2();
        state.ThrowOnRunspaceOpenError = true;
        // Who may start this program may start any other: on Windows the machine's policy for pwsh has no say in it.
        if (OperatingSystem.IsWindows()) state.ExecutionPolicy = ExecutionPolicy.Bypass;
        state.ImportPSModule([Path.Combine(ModuleFolder, "MarketingSwarm", "MarketingSwarm.psd1")]);

        var runspace = RunspaceFactory.CreateRunspace(host, state);
        try
        {
            runspace.Open();
        }
        catch (RuntimeException exception)
        {
            runspace.Dispose();
            host.ShellInterface.WriteErrorLine($"The MarketingSwarm module in '{ModuleFolder}' cannot be imported: {exception.Message} Build the Shell again.");
            return null;
        }

        Environment.SetEnvironmentVariable("PSModulePath", GetModulePath(Environment.GetEnvironmentVariable("PSModulePath")));
        return runspace;
    }

    /// <summary>The engine's module path with the folder beside the Shell first, so that by name too the module found is the Shell's own.</summary>
    /// <remarks>The built-in modules of a pwsh that started the Shell are left out: they load into that pwsh alone, and every command of theirs would fail with a riddle.</remarks>
    private static string GetModulePath(string? enginePath)
        => string.Join(Path.PathSeparator, (enginePath ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Where(folder => folder != ModuleFolder && !Directory.Exists(Path.Combine(folder, "Microsoft.PowerShell.Utility")))
            .Prepend(ModuleFolder));

    /// <summary>The script's run, and its exit code handed on.</summary>
    /// <remarks>
    ///   Inside a script file <c>exit N</c> ends the file only: it leaves N in $LASTEXITCODE and makes $? false unless N is 0. $? is false
    ///   too when the script could not be started (its syntax, its parameters) or says of itself that it failed. A native program that failed
    ///   in the script leaves its code in $LASTEXITCODE, but $? of the script true: as in pwsh, that is no failure of the script.
    /// </remarks>
    private static string GetScriptText(ShellOptions options)
        => $"{options.GetInvocation()}\nif (-not $?) {{ if ($LASTEXITCODE) {{ exit $LASTEXITCODE }} exit {ExitCodes.Failure} }}";

    /// <summary>The command, followed by pwsh's rule for its exit code: 1 when its last statement failed.</summary>
    private static string GetCommandText(string command)
    {
        var script = Parser.ParseInput(command, out _, out var errors);
        // With named blocks nothing can follow; with a syntax error the command runs as it is, and the engine reports the error.
        // The empty line ends a statement whose last character is a line continuation.
        return errors.Length > 0 || script.EndBlock is not { Unnamed: true } ? command : $"{command}\n\nif (-not $?) {{ exit {ExitCodes.Failure} }}";
    }

    private static void Report(RuntimeException exception, Runspace runspace, ShellUserInterface screen)
    {
        if (exception is ParseException)
        {
            // The engine's view of it is empty when the text is a single line; the message has the position.
            screen.WriteErrorLine($"ParserError: {exception.Message}");
            return;
        }

        using var _ = screen.SendOutputToError();
        using var report = PowerShell.Create(runspace);
        report.AddCommand("Out-Default").Invoke(new[] { exception.ErrorRecord });
    }
}
