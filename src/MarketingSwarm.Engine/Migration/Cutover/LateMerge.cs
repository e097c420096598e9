using System.Text;
using System.Text.Json;

namespace MarketingSwarm.Engine.Migration.Cutover;

/// <summary>
///   Merges a row that was changed on both sides after the fence, column by column: what one side alone has changed is taken, answers of
///   agents that both have added are joined by agent and time, and whatever else both have changed is a conflict.
/// </summary>
internal static class LateMerge
{
    /// <summary>Merges a row. All fields are as PostgreSQL's binary format has them, <see langword="null"/> for NULL.</summary>
    /// <param name="before">The row behind the fence, the same on both sides.</param>
    /// <param name="old">The row as the old file has it now.</param>
    /// <param name="current">The row as the new database has it now.</param>
    /// <param name="conflicts">Takes the columns that cannot be merged; the new database's value stays.</param>
    /// <returns>The columns to change in the new database, with their values.</returns>
    internal static Dictionary<ConversationColumn, byte[]?> Merge(byte[]?[] before, byte[]?[] old, byte[]?[] current, List<ConversationColumn> conflicts)
    {
        var changes = new Dictionary<ConversationColumn, byte[]?>();
        for (var column = ConversationColumn.UserId; column <= ConversationColumn.ErrorMessage; column++)
        {
            var (b, o, c) = (before[(int)column], old[(int)column], current[(int)column]);
            if (AreSame(o, b) || AreSame(o, c)) continue;
            if (AreSame(c, b)) changes[column] = o;
            else if (column == ConversationColumn.AgentResponses && TryJoin(o, c) is { } joined) Add(changes, column, joined, c);
            else conflicts.Add(column);
        }

        return changes;
    }

    internal static bool AreSame(byte[]? left, byte[]? right)
        => left is null ? right is null : right is not null && left.AsSpan().SequenceEqual(right);

    private static void Add(Dictionary<ConversationColumn, byte[]?> changes, ConversationColumn column, byte[] joined, byte[]? current)
    {
        if (!AreSame(joined, current)) changes[column] = joined;
    }

    // Null where one of them is no array of answers, or where both have another answer of one agent at one time.
    private static byte[]? TryJoin(byte[]? old, byte[]? current)
    {
        if (TryRead(old) is not { } ours || TryRead(current) is not { } theirs) return null;
        var joined = new List<Answer>(theirs);
        foreach (var answer in ours)
        {
            var same = theirs.Find(other => other.Agent == answer.Agent && other.Timestamp == answer.Timestamp);
            if (same is null) joined.Add(answer);
            else if (same.Text != answer.Text) return null;
        }

        // Times of one form sort as texts do; what has one time stays in its order.
        var text = string.Join(", ", joined.OrderBy(answer => answer.Timestamp, StringComparer.Ordinal).Select(answer => answer.Text));
        return Encoding.UTF8.GetBytes($"[{text}]");
    }

    private static List<Answer>? TryRead(byte[]? value)
    {
        // The application takes none and the empty text for an empty list.
        if (value is null or { Length: 0 }) return [];
        try
        {
            using var document = JsonDocument.Parse(value);
            if (document.RootElement.ValueKind != JsonValueKind.Array) return null;
            var answers = new List<Answer>();
            foreach (var entry in document.RootElement.EnumerateArray())
            {
                if (entry.ValueKind != JsonValueKind.Object || !entry.TryGetProperty("agent", out var agent) || agent.ValueKind != JsonValueKind.String
                    || !entry.TryGetProperty("timestamp", out var timestamp) || timestamp.ValueKind != JsonValueKind.String)
                {
                    return null;
                }

                answers.Add(new Answer(agent.GetString()!, timestamp.GetString()!, entry.GetRawText()));
            }

            return answers;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Not JSON, or half of a surrogate pair in a name.
            return null;
        }
    }

    private sealed record Answer(string Agent, string Timestamp, string Text);
}
