using System.Globalization;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Migration.Cutover;

/// <summary>
///   Counts the conversations that are in flight: active ones whose last answer, or whose beginning where they have none, is a few minutes
///   old at the most. The application writes each of them about twenty times within one to three minutes.
/// </summary>
internal static class QuietMoment
{
    /// <summary>Counts them.</summary>
    /// <param name="database">The file.</param>
    /// <param name="age">How old the last sign of life may be.</param>
    /// <param name="now">The time, in UTC, as the application writes it.</param>
    /// <param name="cancellationToken">Ends the wait for a lock.</param>
    internal static long CountInFlight(SwarmDatabase database, TimeSpan age, DateTime now, CancellationToken cancellationToken)
    {
        using var source = SqliteSource.Open(database, cancellationToken, new SqliteReadLimits { AllowsInconsistent = true });
        source.BeginRange(cancellationToken);
        try
        {
            // Both times are texts whose order is that of time; one has a T where the other has a space.
            using var count = source.Prepare(
                $"""
                SELECT count(*) FROM {ConversationTable.Name}
                WHERE status = 'active' AND ?1 <= max(
                    coalesce(replace(CASE WHEN typeof(agent_responses) = 'text' AND json_valid(agent_responses) THEN json_extract(agent_responses, '$[#-1].timestamp') END, 'T', ' '), ''),
                    CASE WHEN typeof(created_at) = 'text' THEN replace(created_at, 'T', ' ') ELSE '' END)
                """);
            count.Bind(1, (now - age).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture));
            count.Step();
            return count.GetInteger(0);
        }
        finally
        {
            source.EndRange();
        }
    }
}
