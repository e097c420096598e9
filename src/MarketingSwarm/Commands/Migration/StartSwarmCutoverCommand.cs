using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Cutover;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Takes the application from its SQLite file to the migrated database, holding its writes off for less than a second or two.</para>
///   <para>Killed or stopped at any moment, the same command run again goes on where it was.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Start, "SwarmCutover", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(CutoverResult))]
public sealed class StartSwarmCutoverCommand : CutoverCmdlet
{
    /// <summary>Points the application to the new database; given the cutover as it stands. It may be run twice.</summary>
    [Parameter(Mandatory = true, Position = 2)]
    [ValidateNotNull]
    public ScriptBlock? Switch { get; set; }

    /// <summary>The longest that the application's writes are held off, in milliseconds, 10 to 60000.</summary>
    [Parameter]
    [ValidateRange(10, 60_000)]
    public int FenceBudgetMilliseconds { get; set; } = 2000;

    /// <summary>How long the application waits for a lock before it gives up, in seconds, 0.1 to 600.</summary>
    [Parameter]
    [ValidateRange(0.1, 600)]
    public double BusyTimeoutSeconds { get; set; } = 5;

    /// <summary>How often the fence is tried, 1 to 1000.</summary>
    [Parameter]
    [ValidateRange(1, 1000)]
    public int MaximumAttempts { get; set; } = 5;

    /// <summary>A delta of so many changes or fewer is small enough for the fence.</summary>
    [Parameter]
    [ValidateRange(0, 1_000_000)]
    public int MaximumChanges { get; set; } = 500;

    /// <summary>Conversations may be in flight at the fence.</summary>
    [Parameter]
    public SwitchParameter AllowInFlight { get; set; }

    /// <summary>A conversation is in flight whose last answer is so many minutes old or less, 0.1 to 1440.</summary>
    [Parameter]
    [ValidateRange(0.1, 1440)]
    public double InFlightMinutes { get; set; } = 5;

    /// <summary>How long a small delta and a quiet moment are waited for, in minutes, 0 to 1440.</summary>
    [Parameter]
    [ValidateRange(0.0, 1440)]
    public double TimeoutMinutes { get; set; } = 30;

    /// <summary>How long the old file is watched after the switch, in minutes, 0 to 43200.</summary>
    [Parameter]
    [ValidateRange(0.0, 43_200)]
    public double WatchMinutes { get; set; } = 15;

    private protected override void End()
    {
        var budget = TimeSpan.FromMilliseconds(FenceBudgetMilliseconds);
        var busyTimeout = TimeSpan.FromSeconds(BusyTimeoutSeconds);
        if (budget > busyTimeout / 2) throw Errors.FenceBudgetTooLong(budget, busyTimeout);
        var source = Resolve(Source!, credential: null);
        var destination = Resolve(Destination!, Credential);
        if (!ConfirmChange($"Cut over from {source} to {destination}", out _)) return;
        var options = CreateOptions(source, destination) with
        {
            Budget = budget,
            Attempts = MaximumAttempts,
            GreatestDelta = MaximumChanges,
            AllowsInFlight = AllowInFlight,
            InFlightAge = TimeSpan.FromMinutes(InFlightMinutes),
            Patience = TimeSpan.FromMinutes(TimeoutMinutes),
            Watch = TimeSpan.FromMinutes(WatchMinutes),
        };
        var progress = new MigrationProgress();
        var cutover = RunShowing(progress, _ => $"Looking at {destination}", token => Cutover.OpenAsync(options, progress, begins: true, token));
        try
        {
            WriteVerbose($"The cutover is {cutover.State}.");
            Show(cutover, source, cutover.RunToProvenAsync);
            if (cutover.State is not (CutoverState.Switched or CutoverState.Watching))
            {
                var proven = Describe(cutover);
                WriteVerbose($"Both sides are the same; the application's writes were held off for {proven.Fence?.TotalMilliseconds:0} ms. The switch is run.");
                Show(cutover, source, cutover.PrepareSwitchAsync);
                RunSwitch(Switch!, proven, "The cutover is Proven: run the same command again once the reason is removed, or go back with Stop-SwarmCutover.");
                Show(cutover, source, cutover.MarkSwitchedAsync);
            }

            Show(cutover, source, cutover.WatchAsync);
            var result = Describe(cutover);
            foreach (var conflict in result.Conflicts) WriteWarning($"A row was changed on both sides after the fence, and the new database's stays: {conflict}. The cutover's Conflicts have the old file's row.");
            WriteObject(result);
        }
        finally
        {
            cutover.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
