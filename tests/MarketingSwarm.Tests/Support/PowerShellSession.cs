using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace MarketingSwarm.Tests;

/// <summary>
///   Runs PowerShell sentences in this process, each call in a runspace of its own that has the built module imported. The engine here has
///   its core cmdlets only: no Select-Object, no Write-Output.
/// </summary>
public sealed class PowerShellSession : IDisposable
{
    private readonly Runspace _runspace;
    private readonly PowerShell _shell;
    private readonly TestHost _host;
    private readonly PSDataCollection<PSObject> _output = [];
    private readonly Lazy<PowerShellResult> _result;

    private PowerShellSession(string script, (string Name, object? Value)[] variables, bool importModule, PSCredential? login = null)
    {
        _host = new TestHost(login);
        var state = InitialSessionState.CreateDefault2();
        foreach (var (name, value) in variables) state.Variables.Add(new SessionStateVariableEntry(name, value, null));
        _runspace = RunspaceFactory.CreateRunspace(_host, state);
        _runspace.Open();
        _shell = PowerShell.Create(_runspace);
        if (importModule) ImportModule();
        _shell.AddScript(script);
        var running = _shell.BeginInvoke<PSObject, PSObject>(null, _output);
        _result = new(() => Collect(running));
    }

    /// <summary>Runs a script to its end.</summary>
    public static PowerShellResult Run(string script, params (string Name, object? Value)[] variables)
    {
        using var session = Start(script, variables);
        return session.Result;
    }

    /// <summary>Runs a script in a runspace that has not imported the module.</summary>
    public static PowerShellResult RunBare(string script, params (string Name, object? Value)[] variables)
    {
        using var session = new PowerShellSession(script, variables, importModule: false);
        return session.Result;
    }

    /// <summary>Starts a script and returns while it runs.</summary>
    public static PowerShellSession Start(string script, params (string Name, object? Value)[] variables) => new(script, variables, importModule: true);

    /// <summary>Runs a script to its end where somebody who is asked for a login gives this one.</summary>
    public static PowerShellResult RunAnswering(PSCredential login, string script, params (string Name, object? Value)[] variables)
    {
        using var session = new PowerShellSession(script, variables, importModule: true, login);
        return session.Result;
    }

    /// <summary>What the script did; waits for its end.</summary>
    public PowerShellResult Result => _result.Value;

    /// <summary>What the script has put out so far.</summary>
    public int OutputCount => _output.Count;

    /// <summary>One of the objects that the script has put out so far.</summary>
    public PSObject OutputAt(int index) => _output[index];

    /// <summary>How many progress records there are so far.</summary>
    public int ProgressCount => _shell.Streams.Progress.Count;

    /// <summary>How many warnings there are so far.</summary>
    public int WarningCount => _shell.Streams.Warning.Count;

    /// <summary>Ctrl+C, from another thread than the script's; returns when the script has stopped.</summary>
    public void Stop() => _shell.Stop();

    public void Dispose()
    {
        _shell.Dispose();
        _runspace.Dispose();
        _output.Dispose();
    }

    private void ImportModule()
    {
        _shell.AddCommand("Import-Module").AddParameter("Name", Repository.ModuleManifest).AddParameter("ErrorAction", ActionPreference.Stop).Invoke();
        _shell.Commands.Clear();
    }

    private PowerShellResult Collect(IAsyncResult running)
    {
        Exception? terminating = null;
        try
        {
            _shell.EndInvoke(running);
        }
        catch (Exception exception) when (exception is RuntimeException)
        {
            terminating = exception;
        }

        return new PowerShellResult
        {
            Output = [.. _output],
            Errors = [.. _shell.Streams.Error],
            Warnings = [.. _shell.Streams.Warning],
            Verbose = [.. _shell.Streams.Verbose],
            Debug = [.. _shell.Streams.Debug],
            Progress = [.. _shell.Streams.Progress],
            Information = [.. _shell.Streams.Information],
            HostLines = _host.Lines,
            Terminating = terminating,
        };
    }
}
