namespace MarketingSwarm.Engine.GoogleCloud.Connector;

/// <summary>
///   How often an instance's certificate may be renewed: twice at once, then once in half a minute. The Cloud SQL Admin API takes 180 requests a minute
///   of a user, and a server that refuses every certificate must not use them up.
/// </summary>
/// <remarks>Not for several threads at once.</remarks>
internal sealed class RefreshLimiter(TimeProvider clock)
{
    internal const int Burst = 2;

    internal static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private double _permits = Burst;
    private long _counted = clock.GetTimestamp();

    /// <summary>How long until the next one; zero where it may be at once.</summary>
    internal TimeSpan GetDelay()
    {
        Count();
        return _permits >= 1 ? TimeSpan.Zero : (1 - _permits) * Interval;
    }

    /// <summary>Counts one that was made.</summary>
    internal void Take()
    {
        Count();
        _permits = Math.Max(0, _permits - 1);
    }

    private void Count()
    {
        var now = clock.GetTimestamp();
        _permits = Math.Min(Burst, _permits + clock.GetElapsedTime(_counted, now) / Interval);
        _counted = now;
    }
}
