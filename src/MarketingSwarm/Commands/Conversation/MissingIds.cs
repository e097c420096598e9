namespace MarketingSwarm.Commands;

/// <summary>The ids that a cmdlet was asked for and has not met yet.</summary>
internal sealed class MissingIds
{
    private readonly List<string> _ids;

    /// <param name="cmdlet">The cmdlet, whose other filters may pass over a row that is there: then no id is called missing.</param>
    internal MissingIds(ConversationReadCmdlet cmdlet)
        => _ids = cmdlet.HasFilterBesidesId ? [] : [.. (cmdlet.Id ?? []).Distinct(StringComparer.Ordinal)];

    internal string? First => _ids.Count > 0 ? _ids[0] : null;

    internal IEnumerable<string> All => _ids;

    internal void Remove(Conversation row)
    {
        // Export | Import without -Id decodes nothing.
        if (_ids.Count > 0) Remove(row.ToString());
    }

    internal void Remove(string? id)
    {
        if (id is not null && _ids.Count > 0) _ids.Remove(id);
    }
}
