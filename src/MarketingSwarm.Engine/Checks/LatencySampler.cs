namespace MarketingSwarm.Engine.Checks;

/// <summary>Measures the application's own statements.</summary>
internal static class LatencySampler
{
    internal const string HealthCheck = "HealthCheck";

    /// <summary>What the application asks: is the database there, one conversation by its id, and the newest ones.</summary>
    internal static IEnumerable<(string Name, string Sql, string? Id)> GetStatements(ICheckSession session, string? id) =>
    [
        (HealthCheck, session.HealthCheckSql, null),
        // An empty table is asked for an id that it cannot have.
        ("SelectById", $"SELECT {ConversationTable.ColumnList} FROM {ConversationTable.Name} WHERE id = $1", id ?? "no such conversation"),
        ("SelectRecent", $"SELECT {ConversationTable.ColumnList} FROM {ConversationTable.Name} ORDER BY created_at DESC LIMIT 50", null),
    ];

    /// <summary>Runs a statement once to warm up, then as often as the options say, or until its time has run out.</summary>
    internal static async Task<StatementLatency> MeasureAsync(
        ICheckSession session, string name, string sql, string? id, DatabaseCheckOptions options, CancellationToken cancellationToken)
    {
        var spent = await session.TimeAsync(sql, id, cancellationToken);
        var times = new List<double>(options.SampleCount);
        while (times.Count < options.SampleCount && (times.Count == 0 || spent < options.SamplingTime))
        {
            var time = await session.TimeAsync(sql, id, cancellationToken);
            spent += time;
            times.Add(time.TotalMilliseconds);
        }

        times.Sort();
        return new StatementLatency
        {
            Name = name,
            Sql = sql,
            SampleCount = times.Count,
            MedianMilliseconds = GetPercentile(times, 50),
            P95Milliseconds = GetPercentile(times, 95),
            MaxMilliseconds = times[^1],
        };
    }

    /// <summary>The nearest-rank percentile of sorted values: the least one that at least so many percent of them do not exceed.</summary>
    internal static double GetPercentile(IReadOnlyList<double> sorted, int percent) => sorted[(sorted.Count * percent + 99) / 100 - 1];
}
