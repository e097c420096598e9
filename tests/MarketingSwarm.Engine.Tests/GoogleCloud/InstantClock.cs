namespace MarketingSwarm.Engine.Tests.GoogleCloud;

/// <summary>A clock on which every wait is over at once, and has lasted as long as it was asked for.</summary>
internal sealed class InstantClock : TimeProvider
{
    private readonly Lock _gate = new();
    private TimeSpan _now;

    /// <summary>The waits, in order.</summary>
    internal List<TimeSpan> Waits { get; } = [];

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp()
    {
        lock (_gate) return _now.Ticks;
    }

    public override DateTimeOffset GetUtcNow() => new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero) + TimeSpan.FromTicks(GetTimestamp());

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        lock (_gate)
        {
            Waits.Add(dueTime);
            _now += dueTime;
        }

        return System.CreateTimer(callback, state, TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }
}
