using System.Management.Automation;
using MarketingSwarm.Engine.Configuration;

namespace MarketingSwarm.Commands;

/// <summary>Tells which database a name, or the environment without one, means, and where each part of it came from. Nothing is opened.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmDatabase", DefaultParameterSetName = NameSet)]
[OutputType(typeof(SwarmDatabase))]
public sealed class GetSwarmDatabaseCommand : SwarmCmdlet
{
    private const string NameSet = "Name";
    private const string EnvironmentFileSet = "EnvironmentFile";

    /// <summary>
    ///   The database: the path of a SQLite file or an archive, a URL (<c>postgresql://…</c>, <c>sqlite:///…</c>, SQLAlchemy's spellings of
    ///   both), or an object of Get-SwarmDatabase. Without it, the environment decides as it does for the application.
    /// </summary>
    [Parameter(ParameterSetName = NameSet, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Database { get; set; }

    /// <summary>A file of settings such as <c>.env.production</c>, read in place of <c>.env</c>; what it sets goes before the process's own variables.</summary>
    [Parameter(ParameterSetName = EnvironmentFileSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    public string? EnvironmentFile { get; set; }

    /// <summary>The user and the password; they go before those in the URL and in the environment.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected override void Process()
    {
        try
        {
            var database = DatabaseResolver.Resolve(Database, CreateResolutionContext(Credential, EnvironmentFile));
            foreach (var warning in database.Warnings) WriteWarning(warning);
            WriteObject(database);
        }
        catch (SwarmException exception) when (MyInvocation.ExpectingInput)
        {
            WriteError(ErrorRecords.From(exception));
        }
    }
}
