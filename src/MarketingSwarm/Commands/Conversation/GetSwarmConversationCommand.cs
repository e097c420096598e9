using System.Management.Automation;

namespace MarketingSwarm.Commands;

/// <summary>Shows conversations of a database or an archive. Without a database it reads the one that the environment implies.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmConversation")]
[OutputType(typeof(Conversation))]
public sealed class GetSwarmConversationCommand : ConversationReadCmdlet
{
    private protected override void End()
    {
        var database = ResolveDatabase(forWriting: false);
        using var reader = OpenReader(database);
        var missing = new HashSet<string>(Id ?? [], StringComparer.Ordinal);
        foreach (var (row, error) in reader.Read(StopToken))
        {
            if (error is not null)
            {
                missing.Remove(error.ConversationId ?? "");
                WriteError(ErrorRecords.From(error));
                continue;
            }

            if (missing.Count > 0) missing.Remove(row!.ToString());
            WriteObject(row);
        }

        // With another filter besides, a row may be there and not asked for.
        if (Status is not null || UserId is not null || Since is not null || Until is not null || First is not null) return;
        foreach (var id in missing) WriteError(ErrorRecords.ConversationNotFound(id, database));
    }
}
