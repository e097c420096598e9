using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Makes the plan of a migration: what the source holds, and by which rule each cell will be stored, converted or quarantined.</para>
///   <para>Nothing is written to the source or the target. The plan can be saved, reviewed, edited and given to a migration.</para>
/// </summary>
[Cmdlet(VerbsDiagnostic.Measure, "SwarmConversation")]
[OutputType(typeof(MigrationPlan))]
public sealed class MeasureSwarmConversationCommand : PlanCmdlet
{
    /// <summary>The source: a SQLite file. Without it, what the environment implies.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Database { get; set; }

    /// <summary>The PostgreSQL target. Its table says which columns require a value and how long a value its indexes take; without it, the table that Initialize-SwarmDatabase makes does.</summary>
    [Parameter(Position = 1)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Destination { get; set; }

    /// <summary>The user and the password for the target.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    /// <summary>The file to save the plan to, as JSON.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Replaces a file that is there.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    private protected override void End()
    {
        var approved = ReadPlan();
        var options = CreateOptions(approved);
        var database = Resolve(Database, credential: null);
        if (database.Engine != DatabaseEngine.Sqlite) throw Errors.PlanSourceNotSqlite(database);
        var path = Path is null ? null : ResolvePath(Path);
        if (path is not null && !Force && File.Exists(path)) throw Errors.PlanFileExists(path);
        var target = Destination is null ? null : Resolve(Destination, Credential);
        var settings = Run(token => PlanTarget.ReadSettingsAsync(target, token));

        using var source = SqliteSource.Open(database, StopToken);
        using var progress = new ProgressScope(this, $"Measuring {database}", source.ReadGreatestRowId(StopToken));
        var plan = PlanBuilder.Build(source, settings, options, progress.Report, StopToken).Plan;
        if (approved is not null) PlanFit.Check(approved, plan);
        if (path is not null) PlanFile.Write(plan, path, Force);
        WriteObject(plan);
    }
}
