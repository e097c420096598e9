using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Migration;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Shows what runs have loaded a PostgreSQL database, newest first; their residue, cell by cell; or their ledgers, chunk by chunk.</para>
///   <para>Every hash of a ledger is computed anew. Only the owner of the schema <c>swarm_migration</c> may read it.</para>
/// </summary>
[Cmdlet(VerbsCommon.Get, "SwarmMigration", DefaultParameterSetName = RunSet)]
[OutputType(typeof(MigrationRun), ParameterSetName = [RunSet])]
[OutputType(typeof(ResidueCell), ParameterSetName = [ResidueSet])]
[OutputType(typeof(LedgerChunk), ParameterSetName = [LedgerSet])]
public sealed class GetSwarmMigrationCommand : DatabaseCmdlet
{
    private const string RunSet = "Run";
    private const string ResidueSet = "Residue";
    private const string LedgerSet = "Ledger";

    /// <summary>One run, by its id. The default is all of them.</summary>
    [Parameter]
    [ArgumentCompleter(typeof(MigrationCompleter))]
    public Guid? RunId { get; set; }

    /// <summary>Gives the cells that are not in the table as they were in the source.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ResidueSet)]
    public SwitchParameter Residue { get; set; }

    /// <summary>Only cells of rows with one of these keys: in the table, or in the source where the row is in the residue alone.</summary>
    [Parameter(ParameterSetName = ResidueSet)]
    [ValidateNotNull]
    public string[] Id { get; set; } = [];

    /// <summary>Only cells of these columns.</summary>
    [Parameter(ParameterSetName = ResidueSet)]
    [ValidateNotNull]
    public ConversationColumn[] Column { get; set; } = [];

    /// <summary>Only cells of which this became.</summary>
    [Parameter(ParameterSetName = ResidueSet)]
    [ValidateNotNull]
    public CellOutcome[] Outcome { get; set; } = [];

    /// <summary>Gives the rows of the ledger: one for each transaction that loaded rows or took them out again.</summary>
    [Parameter(Mandatory = true, ParameterSetName = LedgerSet)]
    public SwitchParameter Ledger { get; set; }

    private protected override void Process()
    {
        var database = ResolveDatabase(forWriting: false);
        using var reader = Run(token => LedgerReader.OpenAsync(database, token));
        if (reader is null)
        {
            if (RunId is { } missing) throw Errors.RunNotFound(database, missing);
            WriteVerbose($"{database} has no schema swarm_migration: nothing was migrated into it, and no import had residue.");
            return;
        }

        // One that is named and not there is an error, and not an empty answer.
        var runs = ParameterSetName == RunSet || RunId is not null ? reader.ReadRuns(RunId, StopToken) : [];
        if (RunId is { } runId && runs.Count == 0) throw Errors.RunNotFound(database, runId);
        if (Residue) Emit(reader.ReadResidue(new ResidueFilter { RunId = RunId, Ids = Id, Columns = Column, Outcomes = Outcome }, StopToken));
        else if (Ledger) Emit(reader.ReadChunks(RunId, StopToken));
        else Emit(runs);
    }

    private void Emit<T>(IEnumerable<T> items)
    {
        foreach (var item in items) WriteObject(item);
    }
}
