using System.Management.Automation;
using MarketingSwarm.Commands;

namespace MarketingSwarm.Tests.Rehearsal;

public sealed class ProgressScopeTests
{
    private readonly Clock _clock = new();
    private readonly List<ProgressRecord> _records = [];

    [Fact]
    public void UpdatesAtMostFourTimesASecond()
    {
        using var scope = Create(total: 1000);
        for (var row = 1; row <= 1000; row++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(10));
            scope.Report(row, row * 100);
        }

        Assert.Equal(40, _records.Count);
    }

    [Fact]
    public void ShowsTheRateAndTheTimeLeft()
    {
        using var scope = Create(total: 4000);
        _clock.Advance(TimeSpan.FromSeconds(2));

        scope.Report(1000, 5_000_000);

        var record = Assert.Single(_records);
        Assert.Equal("Working", record.Activity);
        Assert.Equal($"{1000:N0} of {4000:N0} rows, {500:N0} rows/s, {2.5:N1} MB/s", record.StatusDescription);
        Assert.Equal((25, 6, ProgressRecordType.Processing), (record.PercentComplete, record.SecondsRemaining, record.RecordType));
    }

    [Fact]
    public void WithoutATotalThereIsNoTimeLeft()
    {
        using var scope = Create(total: null);
        _clock.Advance(TimeSpan.FromSeconds(1));

        scope.Report(10, 100);

        var record = Assert.Single(_records);
        Assert.StartsWith($"{10:N0} rows, ", record.StatusDescription, StringComparison.Ordinal);
        Assert.Equal((-1, -1), (record.PercentComplete, record.SecondsRemaining));
    }

    [Theory]
    [InlineData(0, 0, -1)]
    [InlineData(15, 100, 0)]
    public void StaysWithinItsBounds(long rows, int percent, int seconds)
    {
        using var scope = Create(total: 10);
        _clock.Advance(TimeSpan.FromSeconds(1));

        scope.Report(rows, 0);

        Assert.Equal((percent, seconds), (_records[0].PercentComplete, _records[0].SecondsRemaining));
    }

    [Fact]
    public void IsCompletedOnce()
    {
        var scope = Create(total: 10);
        _clock.Advance(TimeSpan.FromSeconds(1));
        scope.Report(5, 5);

        scope.Dispose();
        scope.Dispose();

        Assert.Equal([ProgressRecordType.Processing, ProgressRecordType.Completed], _records.Select(record => record.RecordType));
        Assert.Equal(_records[0].ActivityId, _records[1].ActivityId);
    }

    [Fact]
    public void ShortWorkShowsNothing()
    {
        using (var scope = Create(total: 10))
        {
            _clock.Advance(TimeSpan.FromMilliseconds(249));
            scope.Report(10, 10);
        }

        Assert.Empty(_records);
    }

    [Fact]
    public void AStoppedPipelineDoesNotTurnTheEndIntoAnError()
    {
        var stopped = false;
        var scope = new ProgressScope(Write, "Working", null, _clock);
        _clock.Advance(TimeSpan.FromSeconds(1));
        scope.Report(1, 1);
        stopped = true;

        scope.Dispose();

        Assert.Single(_records);

        void Write(ProgressRecord record)
        {
            if (stopped) throw new PipelineStoppedException();
            _records.Add(record);
        }
    }

    [Fact]
    public void TwoScopesShowTwoBars()
    {
        using var first = Create(total: 1);
        using var second = Create(total: 1);
        _clock.Advance(TimeSpan.FromSeconds(1));

        first.Report(1, 1);
        second.Report(1, 1);

        Assert.NotEqual(_records[0].ActivityId, _records[1].ActivityId);
    }

    private ProgressScope Create(long? total) => new(_records.Add, "Working", total, _clock);

    private sealed class Clock : TimeProvider
    {
        private long _ticks;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _ticks;

        internal void Advance(TimeSpan time) => _ticks += time.Ticks;
    }
}
