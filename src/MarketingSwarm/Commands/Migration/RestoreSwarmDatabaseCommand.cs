using System.Management.Automation;
using MarketingSwarm.Engine.Configuration;
using MarketingSwarm.Engine.Restoration;

namespace MarketingSwarm.Commands;

/// <summary>
///   Makes a SQLite file of a migrated PostgreSQL database: every cell of every row has the storage class and the bytes that it had in the
///   source, and what the application has written since comes in the application's own forms.
/// </summary>
[Cmdlet(VerbsData.Restore, "SwarmDatabase", DefaultParameterSetName = SourceSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(RestoreSummary))]
public sealed class RestoreSwarmDatabaseCommand : SwarmCmdlet
{
    private const string SourceSet = "Source";

    /// <summary>The PostgreSQL database that has the table and the residue.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = SourceSet)]
    [ValidateNotNull]
    public DatabaseReference? Source { get; set; }

    /// <summary>The SQLite file to make. Its folder must exist; the file must not, unless <c>-Force</c> is given.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = SourceSet)]
    [Alias("LiteralPath", "PSPath")]
    [ValidateNotNullOrEmpty]
    public string Path { get; set; } = "";

    /// <summary>
    ///   One run, whose source is restored: rows of other runs count as new. The default is all runs, of which the newest one's source is the
    ///   model for the table.
    /// </summary>
    [Parameter(ParameterSetName = SourceSet)]
    public Guid? RunId { get; set; }

    /// <summary>Replaces a file that is there, with its <c>-journal</c>, <c>-wal</c> and <c>-shm</c> files. Stop the programs that have it open first.</summary>
    [Parameter(ParameterSetName = SourceSet)]
    public SwitchParameter Force { get; set; }

    /// <summary>The user and the password; they go before those in the URL and in the environment.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected override void End()
    {
        var database = DatabaseResolver.Resolve(Source, CreateResolutionContext(Credential));
        foreach (var warning in database.Warnings) WriteWarning(warning);
        var path = ResolvePath(Path);
        var options = new RestoreOptions { Source = database, Path = path, Overwrite = Force, RunId = RunId };
        using var restorer = Run(token => DatabaseRestorer.OpenAsync(options, token));
        if (!ShouldProcess($"Make '{path}' of {database} and its residue", $"Make '{path}' of {database} and its residue?", "Confirm")) return;
        using var progress = new ProgressScope(this, $"Restoring {database} to {path}", restorer.ExpectedRows);
        var summary = restorer.Restore(progress.Report, StopToken);
        foreach (var warning in restorer.Warnings) WriteWarning(warning);
        WriteObject(summary);
    }
}
