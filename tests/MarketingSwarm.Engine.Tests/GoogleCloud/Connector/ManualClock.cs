namespace MarketingSwarm.Engine.Tests.GoogleCloud.Connector;

/// <summary>A clock that a test sets. It begins now, since certificates are of the real time; its timers are the real ones.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _offset;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _offset));

    public override long GetTimestamp() => GetUtcNow().Ticks;

    internal void Advance(TimeSpan time) => Interlocked.Add(ref _offset, time.Ticks);
}
