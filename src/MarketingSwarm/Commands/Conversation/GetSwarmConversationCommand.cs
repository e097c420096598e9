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
        var missing = new MissingIds(this);
        foreach (var (row, error) in reader.Read(StopToken))
        {
            if (error is not null)
            {
                missing.Remove(error.ConversationId);
                WriteError(ErrorRecords.From(error));
                continue;
            }

            missing.Remove(row!);
            WriteObject(row);
        }

        foreach (var id in missing.All) WriteError(ErrorRecords.ConversationNotFound(id, database));
    }
}
