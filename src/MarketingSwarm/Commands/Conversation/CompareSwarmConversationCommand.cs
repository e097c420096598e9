using System.Management.Automation;
using MarketingSwarm.Engine;
using MarketingSwarm.Engine.Configuration;
using MarketingSwarm.Engine.Proof;

namespace MarketingSwarm.Commands;

/// <summary>
///   Compares the conversations of two databases or archives cell by cell, and gives every difference and a summary, or the statements
///   that take the differences away.
/// </summary>
[Cmdlet(VerbsData.Compare, "SwarmConversation")]
[OutputType(typeof(ConversationDifference))]
[OutputType(typeof(ComparisonSummary))]
[OutputType(typeof(string))]
public sealed class CompareSwarmConversationCommand : SwarmCmdlet
{
    private ConversationComparison? _comparison;

    /// <summary>What is right: the path of a SQLite file or an archive, a URL, or an object of Get-SwarmDatabase.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Source { get; set; }

    /// <summary>What is compared with it.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Destination { get; set; }

    /// <summary>Objects, or the SQL statements that make the destination equal the source.</summary>
    [Parameter]
    public ComparisonOutput As { get; set; } = ComparisonOutput.Object;

    /// <summary>Only the rows with one of these ids. Ids are matched exactly.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string[]? Id { get; set; }

    /// <summary>Has PostgreSQL compute digests where the rows are, and reads back only what differs: for slow links.</summary>
    [Parameter]
    public SwitchParameter HashOnServer { get; set; }

    /// <summary>The user and the password for a server; they go before those in the URL and in the environment.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected override void End()
    {
        var source = Resolve(Source!);
        var destination = Resolve(Destination!);
        if (As == ComparisonOutput.Sql && destination.Engine == DatabaseEngine.Archive) throw Errors.NoSqlForArchive(destination);
        _comparison = Run(token => ConversationComparison.OpenAsync(source, destination, Id ?? [], HashOnServer, token));
        foreach (var warning in _comparison.Warnings) WriteWarning(warning);
        if (As == ComparisonOutput.Sql) WriteStatements(destination);
        else WriteDifferences();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing) _comparison?.Dispose();
        base.Dispose(disposing);
    }

    private SwarmDatabase Resolve(DatabaseReference reference)
    {
        var database = DatabaseResolver.Resolve(reference, CreateResolutionContext(Credential));
        foreach (var warning in database.Warnings) WriteWarning(warning);
        return database;
    }

    private void WriteDifferences()
    {
        foreach (var row in _comparison!.Compare(StopToken))
        {
            foreach (var difference in row.ToDifferences()) WriteObject(difference);
        }

        WriteObject(_comparison.CreateSummary());
    }

    private void WriteStatements(SwarmDatabase destination)
    {
        var script = new RepairScript(destination, _comparison!.DestinationTable, _comparison.DestinationEncoding);
        var hasBegun = false;
        foreach (var row in _comparison.Compare(StopToken))
        {
            if (!hasBegun)
            {
                foreach (var line in script.Begin()) WriteObject(line);
                hasBegun = true;
            }

            foreach (var line in script.Write(row)) WriteObject(line);
        }

        // Where nothing differs there is nothing to do, and no statement.
        if (hasBegun) WriteObject(RepairScript.End());
        WriteVerbose(_comparison.CreateSummary().ToString());
    }
}
