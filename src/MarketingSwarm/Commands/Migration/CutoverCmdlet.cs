using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Backups;
using MarketingSwarm.Engine.Migration.Cutover;
using MarketingSwarm.Engine.Migration.Delta;

namespace MarketingSwarm.Commands;

/// <summary>What the cmdlets share that take a cutover further, or back.</summary>
public abstract class CutoverCmdlet : SwarmCmdlet
{
    /// <summary>The application's SQLite file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Source { get; set; }

    /// <summary>The PostgreSQL database that Invoke-SwarmMigration has loaded.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Destination { get; set; }

    /// <summary>The user and the password for the target; they go before those in its URL and in the environment.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The folder of the backups; without it, a folder named backups beside the file.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BackupFolder { get; set; }

    /// <summary>The file that keeps what the target has from one command to the next.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    private protected CutoverOptions CreateOptions(SwarmDatabase source, SwarmDatabase destination) => new()
    {
        Sync = new SyncOptions { Source = source, Destination = destination, StatePath = StatePath is null ? null : ResolvePath(StatePath) },
        BackupFolder = BackupFolder is null ? BackupStore.GetDefaultFolder(source, ResolvePath(".")) : System.IO.Path.TrimEndingDirectorySeparator(ResolvePath(BackupFolder)),
    };

    private protected void Show(Cutover cutover, SwarmDatabase source, Func<CancellationToken, Task> work) => RunShowing(
        cutover.Progress, phase => DescribePhase(phase, source),
        async token =>
        {
            await work(token);
            return true;
        });

    private protected CutoverResult Describe(Cutover cutover) => Run(cutover.DescribeAsync);

    /// <summary>Runs the operator's script; whatever it writes is shown, and any error of it is one.</summary>
    /// <exception cref="SwarmConfigurationException">It failed.</exception>
    private protected void RunSwitch(ScriptBlock script, CutoverResult cutover, string consequence)
    {
        try
        {
            foreach (var line in SessionState.InvokeCommand.InvokeScript(useLocalScope: true, Strict, null, script, cutover)) WriteInformation(line, ["SwarmCutover"]);
        }
        catch (RuntimeException exception) when (exception is not PipelineStoppedException)
        {
            throw Errors.SwitchFailed(exception.Message, consequence, exception);
        }
    }

    private static string DescribePhase(string phase, SwarmDatabase source) => phase switch
    {
        "Read" => "Reading what the target has",
        "Wait" => $"Waiting until no conversation is in flight in {source}",
        "Verify" => "Proving the fenced state",
        _ => $"Comparing {source}",
    };

    // A command that fails without an exception must not pass for a switch that was made.
    private static readonly ScriptBlock Strict = ScriptBlock.Create(
        "param($script, $cutover) $ErrorActionPreference = 'Stop'; $PSNativeCommandUseErrorActionPreference = $true; & $script $cutover");
}
