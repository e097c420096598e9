namespace MarketingSwarm.Engine.Conversations;

/// <summary>Which rows to read. What is not given does not filter; what is given is joined with AND. Texts are matched exactly, byte by byte.</summary>
internal sealed record ConversationFilter
{
    internal static readonly ConversationFilter All = new();

    /// <summary>Any of these ids.</summary>
    internal IReadOnlyList<string> Ids { get; init; } = [];

    /// <summary>Any of these values of <c>status</c>.</summary>
    internal IReadOnlyList<string> Statuses { get; init; } = [];

    /// <summary>Any of these values of <c>user_id</c>.</summary>
    internal IReadOnlyList<string> UserIds { get; init; } = [];

    /// <summary><c>created_at</c> is this instant or later: microseconds since 2000-01-01 UTC.</summary>
    internal long? Since { get; init; }

    /// <summary><c>created_at</c> is before this instant: microseconds since 2000-01-01 UTC.</summary>
    internal long? Until { get; init; }

    /// <summary>No more rows than this; 1 or more.</summary>
    internal long? First { get; init; }

    internal bool HasTime => Since is not null || Until is not null;

    /// <summary>Whether a row passes the filter's two times. A row without a time does not.</summary>
    /// <exception cref="SwarmDataException">The row's time cannot be decoded.</exception>
    internal bool MatchesTime(Conversation row)
    {
        if (!HasTime) return true;
        if (row.CreatedAt is not { } created) return false;
        var microseconds = SwarmTimestamp.FromDateTime(created);
        return (Since is not { } since || microseconds >= since) && (Until is not { } until || microseconds < until);
    }
}
