using System.Text;
using MarketingSwarm.Engine.Conversations;

namespace MarketingSwarm.Engine.Archives;

/// <summary>A filter applied to rows in memory, since an archive has no SQL.</summary>
internal sealed class RowFilter(ConversationFilter filter)
{
    private readonly byte[][] _ids = Encode(filter.Ids);
    private readonly byte[][] _statuses = Encode(filter.Statuses);
    private readonly byte[][] _userIds = Encode(filter.UserIds);

    /// <summary>Whether rows are left out besides those after the first so many.</summary>
    internal bool IsSelective => filter.HasTime || _ids.Length > 0 || _statuses.Length > 0 || _userIds.Length > 0;

    /// <exception cref="SwarmDataException">The row's time cannot be decoded.</exception>
    internal bool Matches(Conversation row)
        => Matches(row, ConversationColumn.Id, _ids)
            && Matches(row, ConversationColumn.Status, _statuses)
            && Matches(row, ConversationColumn.UserId, _userIds)
            && filter.MatchesTime(row);

    private static byte[][] Encode(IReadOnlyList<string> texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static bool Matches(Conversation row, ConversationColumn column, byte[][] wanted)
    {
        if (wanted.Length == 0) return true;
        if (row.GetStorageClass(column) != StorageClass.Text) return false;
        var bytes = row.GetBytes(column);
        foreach (var candidate in wanted)
        {
            if (bytes.SequenceEqual(candidate)) return true;
        }

        return false;
    }
}
