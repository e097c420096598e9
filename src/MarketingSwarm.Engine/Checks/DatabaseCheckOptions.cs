namespace MarketingSwarm.Engine.Checks;

/// <summary>What the checks compare with. The defaults are the migration plan's: response times under 500 ms, a pool of 5 and 10 more.</summary>
internal sealed record DatabaseCheckOptions
{
    /// <summary>How often each statement is measured.</summary>
    internal int SampleCount { get; init; } = 20;

    /// <summary>What the 95th percentile of a statement, and the health route's answer, may take.</summary>
    internal TimeSpan LatencyLimit { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How many connections one instance of the application may open.</summary>
    internal int PoolSize { get; init; } = 15;

    /// <summary>How many instances of the application run at once.</summary>
    internal int InstanceCount { get; init; } = 1;

    /// <summary>The application's health route.</summary>
    internal Uri? Endpoint { get; init; }

    /// <summary>How long the health route may take to answer at all.</summary>
    internal TimeSpan EndpointTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a statement may wait for another session's lock: long past any limit worth setting, short enough to wait for.</summary>
    internal static TimeSpan LockWait => TimeSpan.FromSeconds(2);

    /// <summary>How long one statement may run, unless twice the limit is longer.</summary>
    internal TimeSpan MinimumStatementTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one statement may run.</summary>
    internal TimeSpan StatementTimeout => TimeSpan.FromTicks(Math.Max(MinimumStatementTimeout.Ticks, 2 * LatencyLimit.Ticks));

    /// <summary>After this long a statement is not measured again.</summary>
    internal TimeSpan SamplingTime => 3 * StatementTimeout;
}
