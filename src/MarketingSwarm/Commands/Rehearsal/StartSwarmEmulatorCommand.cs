using System.Management.Automation;
using MarketingSwarm.Engine.Rehearsal;

namespace MarketingSwarm.Commands;

/// <summary>
///   Starts a Cloud SQL on this machine, in a process of its own, and points the session's context at it: the cmdlets for Google Cloud then speak to it.
///   Each instance that is made there is a real PostgreSQL server on loopback. It costs nothing and reaches nobody else.
/// </summary>
/// <remarks>
///   It ends when the session does, by Stop-SwarmEmulator, by Remove-Module, or with the process in any way; its servers end with it, and what they hold is
///   kept in the state folder for the next start.
/// </remarks>
[Cmdlet(VerbsLifecycle.Start, "SwarmEmulator", SupportsShouldProcess = true)]
[OutputType(typeof(SwarmEmulator))]
public sealed class StartSwarmEmulatorCommand : SwarmCmdlet
{
    /// <summary>
    ///   The folder with all that the emulator keeps; it is made if it is missing. By default one of the user's own. As root, PostgreSQL runs as another user,
    ///   who must be able to pass through the folders above it.
    /// </summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <summary>The project that the session's context names from now on. The emulator has every project. The default is rehearsal.</summary>
    [Parameter]
    [ValidatePattern("^[a-z0-9][a-z0-9.:-]*$")]
    [ArgumentCompleter(typeof(ProjectCompleter))]
    public string Project { get; set; } = "rehearsal";

    /// <summary>The port on 127.0.0.1. The default, 0, takes a free one.</summary>
    [Parameter]
    [ValidateRange(0, 65535)]
    public int Port { get; set; }

    /// <summary>
    ///   What goes wrong: latency=200ms, 429=10%, 503-before=10%, 503-after=5% (before or after the effect), operation-failure=5%, revision-never-ready, token-expired,
    ///   api-disabled=sqladmin.googleapis.com, permission-missing=cloudsql.instances.create. An emulator that runs already gets these in place of its own.
    /// </summary>
    [Parameter]
    [ValidateNotNull]
    public string[] Fault { get; set; } = [];

    private protected override void End()
    {
        var options = new EmulatorOptions
        {
            ProgramFolder = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(typeof(StartSwarmEmulatorCommand).Assembly.Location)!, "emulator"),
            StateFolder = System.IO.Path.TrimEndingDirectorySeparator(StatePath is null ? EmulatorOptions.DefaultStateFolder : ResolvePath(StatePath)),
            Project = Project,
            Port = Port,
            Faults = Fault,
        };
        if (EmulatorRecord.Find(options.StateFolder) is { } running)
        {
            if (!ShouldProcess(options.StateFolder, $"Use the emulator that runs at {running.Endpoint}")) return;
            if (Port != 0 && new Uri(running.Endpoint).Port != Port) WriteWarning($"The emulator with this state folder runs already, at {running.Endpoint}: -Port {Port} was not used. Stop it first to change its port.");
            if (MyInvocation.BoundParameters.ContainsKey(nameof(Fault))) Run(token => EmulatorControl.SetFaultsAsync(running, Fault, token));
            Use(running with { Project = Project }, null);
            return;
        }

        if (!ShouldProcess(options.StateFolder, "Start an emulator of Cloud SQL with the state folder")) return;
        var process = Run(token => EmulatorProcess.StartAsync(options, token));
        try
        {
            Use(process.Record, process);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    private void Use(EmulatorRecord record, EmulatorProcess? process)
    {
        var token = EmulatorControl.ReadToken(record);
        var endpoint = new Uri(record.Endpoint);
        EmulatorSessions.Add(record.StateFolder, process, before => before with
        {
            Endpoint = endpoint,
            AccessToken = token,
            IsTokenForEndpoint = true,
            CredentialFile = null,
            ImpersonateServiceAccount = null,
            Project = record.Project,
            Instance = null,
            SetByEmulator = [nameof(SwarmContext.Project), nameof(SwarmContext.Credential), nameof(SwarmContext.Endpoint)],
        });
        var emulator = Run(token => EmulatorControl.DescribeAsync(record, token));
        foreach (var instance in emulator.Instances)
            foreach (var remark in instance.Remarks) WriteWarning($"{instance.Project}:{instance.Name}: {remark}");
        WriteObject(emulator);
    }
}
