using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Cutover;
using MarketingSwarm.Engine.Migration.Delta;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Brings the target of a migration up to date with its source: rows inserted, changed and deleted since.</para>
///   <para>Once, or again and again until Ctrl+C or until little is left to do.</para>
/// </summary>
[Cmdlet(VerbsData.Sync, "SwarmConversation", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(SyncResult))]
public sealed class SyncSwarmConversationCommand : SwarmCmdlet
{
    /// <summary>The application's SQLite file; or the PostgreSQL database, to bring a copy of the file up to date with it.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Source { get; set; }

    /// <summary>The PostgreSQL database that Invoke-SwarmMigration has loaded; or a copy of the file.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Destination { get; set; }

    /// <summary>The user and the password for the PostgreSQL database; they go before those in its URL and in the environment.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>Goes on, cycle after cycle, until Ctrl+C or until -UntilChanges is reached.</summary>
    [Parameter]
    public SwitchParameter Continuous { get; set; }

    /// <summary>With -Continuous, the seconds from one cycle's end to the next one's beginning, 0.1 to 3600.</summary>
    [Parameter]
    [ValidateRange(0.1, 3600)]
    public double IntervalSeconds { get; set; } = 1;

    /// <summary>With -Continuous, ends after a cycle that changed this many rows or fewer.</summary>
    [Parameter]
    [ValidateRange(0, int.MaxValue)]
    public int UntilChanges { get; set; } = -1;

    /// <summary>The source is a copy of the file that was migrated, under another name.</summary>
    [Parameter]
    public SwitchParameter FromCopy { get; set; }

    /// <summary>The file that keeps what the target has from one command to the next.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? StatePath { get; set; }

    /// <summary>What to do where something cannot be stored, even by a conversion.</summary>
    [Parameter]
    public UnrepresentableAction OnUnrepresentable { get; set; } = UnrepresentableAction.Quarantine;

    /// <summary>Takes out any number of rows that the source no longer has, and makes rows that somebody else has changed in the target the source's again.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void End()
    {
        var source = Resolve(Source!, Credential);
        var destination = Resolve(Destination!, Credential);
        if (source.Engine == DatabaseEngine.PostgreSql && destination.Engine == DatabaseEngine.Sqlite)
        {
            foreach (var name in (string[])[nameof(FromCopy), nameof(StatePath), nameof(OnUnrepresentable), nameof(Force)])
            {
                if (MyInvocation.BoundParameters.ContainsKey(name)) throw Errors.ReverseParameter(name);
            }

            if (ConfirmChange($"Bring {destination} up to date with {source}", out _)) RunReverse(new ReverseSynchronizer(source, destination), source);
            return;
        }

        if (!ConfirmChange($"Bring {destination} up to date with {source}", out _)) return;
        var options = new SyncOptions
        {
            Source = source,
            Destination = destination,
            IsCopy = FromCopy,
            Force = Force,
            StatePath = StatePath is null ? null : ResolvePath(StatePath),
            OnUnrepresentable = OnUnrepresentable,
        };
        var progress = new MigrationProgress();
        var synchronizer = RunShowing(progress, phase => DescribePhase(phase, source), token => Synchronizer.OpenAsync(options, progress, token));
        try
        {
            RunCycles(synchronizer, source);
        }
        finally
        {
            try
            {
                synchronizer.SaveState();
            }
            finally
            {
                synchronizer.DisposeAsync().AsTask().GetAwaiter().GetResult();
            }
        }
    }

    private void RunCycles(Synchronizer synchronizer, SwarmDatabase source)
    {
        while (true)
        {
            var result = RunShowing(synchronizer.Progress, phase => DescribePhase(phase, source), token => synchronizer.RunCycleAsync(GenerationKind.Delta, token));
            WriteObject(result);
            if (!result.IsConsistent && !Continuous)
                WriteWarning($"{source} is in rollback-journal mode and was written while it was read in parts: the rows written meanwhile come with the next cycle.");
            if (!Continuous || (result.IsConsistent && result.Changes <= UntilChanges)) return;
            do
            {
                StopToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(IntervalSeconds));
                StopToken.ThrowIfCancellationRequested();
            }
            while (!synchronizer.HasChanged());
        }
    }

    private void RunReverse(ReverseSynchronizer synchronizer, SwarmDatabase source)
    {
        while (true)
        {
            var result = RunShowing(new MigrationProgress(), _ => $"Comparing {source}", synchronizer.RunCycleAsync);
            WriteObject(result);
            if (!Continuous || result.Changes <= UntilChanges) return;
            StopToken.WaitHandle.WaitOne(TimeSpan.FromSeconds(IntervalSeconds));
            StopToken.ThrowIfCancellationRequested();
        }
    }

    private static string DescribePhase(string phase, SwarmDatabase source) => phase == "Read" ? "Reading what the target has" : $"Comparing {source}";
}
