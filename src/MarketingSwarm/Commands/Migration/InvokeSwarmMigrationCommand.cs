using System.Management.Automation;
using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Takes the conversations of a SQLite file to PostgreSQL, and proves that nothing was lost.</para>
///   <para>Killed at any moment, the same command run again goes on where it stopped.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Invoke, "SwarmMigration", DefaultParameterSetName = MigrateSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(MigrationSummary), ParameterSetName = [MigrateSet])]
[OutputType(typeof(MigrationPlan), ParameterSetName = [MigrateSet])]
[OutputType(typeof(MigrationRun), ParameterSetName = [UndoSet])]
public sealed class InvokeSwarmMigrationCommand : PlanCmdlet
{
    private const string MigrateSet = "Migrate";
    private const string UndoSet = "Undo";

    /// <summary>The application's SQLite file.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = MigrateSet)]
    [Parameter(ParameterSetName = UndoSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Source { get; set; }

    /// <summary>The PostgreSQL database.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = MigrateSet)]
    [Parameter(Mandatory = true, ParameterSetName = UndoSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Destination { get; set; }

    /// <summary>The user and the password for the target; they go before those in its URL and in the environment.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>How many connections load at once. Each holds 16 MB of rows.</summary>
    [Parameter(ParameterSetName = MigrateSet)]
    [ValidateRange(1, MigrationOptions.GreatestConnections)]
    public int Connections { get; set; } = 2;

    /// <summary>What to do where something cannot be stored, even by a conversion.</summary>
    [Parameter(ParameterSetName = MigrateSet)]
    public UnrepresentableAction OnUnrepresentable { get; set; } = UnrepresentableAction.Quarantine;

    /// <summary>Takes the newest migration out again: the rows that it put into the target, exactly those, and their residue.</summary>
    [Parameter(Mandatory = true, ParameterSetName = UndoSet)]
    public SwitchParameter Undo { get; set; }

    // A script that says -Confirm:$false wants no question, and what a pipe feeds to the prompt is nobody's answer.
    private bool IsSomebodyThere => !(MyInvocation.BoundParameters.TryGetValue("Confirm", out var confirm) && !(SwitchParameter)confirm) && !StandardInput.IsRedirected;

    private protected override void End()
    {
        var destination = Resolve(Destination!, Credential);
        if (ParameterSetName == UndoSet) TakeOut(destination);
        else Migrate(Resolve(Source!, credential: null), destination);
    }

    private void Migrate(SwarmDatabase source, SwarmDatabase destination)
    {
        var approved = ReadPlan();
        var wanted = CreateOptions(approved);
        var options = new MigrationOptions { Source = source, Destination = destination, Connections = Connections, OnUnrepresentable = OnUnrepresentable };
        var progress = new MigrationProgress();
        var migrator = RunShowing(progress, phase => $"{DescribePhase(phase)} {destination}", token => Migrator.OpenAsync(options, progress, token));
        try
        {
            var measured = MakePlan(migrator, approved, wanted);
            foreach (var line in measured.Plan.Rules) WriteVerbose(line.ToString());
            if (!ConfirmChange($"Migrate {measured.Plan.Rows} conversations from {source} to {destination}", out var isWhatIf))
            {
                if (isWhatIf) WriteObject(measured.Plan);
                return;
            }

            var summary = RunShowing(progress, phase => $"{DescribePhase(phase)} {destination}", token => migrator.RunAsync(measured, approved is not null, token));
            if (!summary.IsConsistent)
            {
                WriteWarning(
                    $"{source} is in rollback-journal mode and was written while it was read in parts: the rows written meanwhile are not all of one moment. They become so with the next delta; Compare-SwarmConversation shows what differs now.");
            }

            else if (!summary.IsProven)
            {
                WriteWarning(
                    $"The run {summary.RunId} was complete already, and {summary.Table} has been changed since: {summary.Proof.DifferenceCount} differences from what it loaded. Nothing was changed now; Compare-SwarmConversation shows them.");
            }

            if (summary.Quarantined + summary.CellsQuarantined > 0)
            {
                WriteWarning(
                    $"{summary.Quarantined} rows and {summary.CellsQuarantined} cells could not be stored and are in the residue, as they were: Get-SwarmMigration '{destination.ToString().Replace(":***@", "@", StringComparison.Ordinal)}' -Residue shows them.");
            }

            WriteObject(summary);
        }
        finally
        {
            migrator.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private MeasuredPlan MakePlan(Migrator migrator, MigrationPlan? approved, PlanOptions wanted)
    {
        // What is loaded already was stored by the run's own plan.
        var begun = migrator.FindBegunPlan();
        if (begun is not null && HasDecision) migrator.CheckDecisions(wanted);
        var options = begun is null ? wanted : PlanOptions.From(begun);
        using var progress = new ProgressScope(this, $"Measuring {migrator.Source.Database}", migrator.Source.ReadGreatestRowId(StopToken));
        var measured = migrator.Measure("Plan", () => PlanBuilder.Build(migrator.Source, migrator.Target, options, progress.Report, StopToken));
        if (approved is not null) PlanFit.Check(approved, measured.Plan);
        else if (begun is null && IsSomebodyThere && UnitApproval.Ask(this, measured.Plan) is { Count: > 0 } units)
            measured = measured with { Plan = PlanRevision.Approve(measured.Plan, units, options.Forms) };
        return measured;
    }

    private void TakeOut(SwarmDatabase destination)
    {
        var undo = new MigrationUndo(destination);
        try
        {
            var run = Run(undo.FindAsync);
            if (!ShouldProcess($"{run.PublishedTable} in {destination}", $"Take out the rows of the run {run.RunId} from {run.Source} ({run.State})")) return;
            // It deletes, which the cmdlet's other work does not.
            if (!MyInvocation.BoundParameters.ContainsKey("Confirm") && $"{GetVariableValue("ConfirmPreference")}" != nameof(ConfirmImpact.None)
                && !ShouldContinue($"The rows that the run {run.RunId} put into {run.PublishedTable} are deleted{(run.IsNewTable ? ", and the table with them" : "")}. Go on?", "Undo the migration"))
            {
                return;
            }

            _ = Run(token => undo.RunAsync(run, token));
            using var reader = Run(token => LedgerReader.OpenAsync(destination, token));
            foreach (var undone in reader!.ReadRuns(run.RunId, StopToken)) WriteObject(undone);
        }
        finally
        {
            undo.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }

    private static string DescribePhase(string phase) => phase switch
    {
        "Check" => "Checking what is loaded in",
        "Load" => "Loading into",
        "Verify" => "Verifying",
        "Index" => "Indexing",
        _ => "Working on",
    };
}
