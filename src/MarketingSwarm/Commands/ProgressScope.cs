using System.Globalization;
using System.Management.Automation;

namespace MarketingSwarm.Commands;

/// <summary>
///   The progress of one piece of work over rows: at most four updates a second, with the rate and, where the total is known, the time left.
///   Work that ends sooner than the first update shows nothing. Disposing it takes the bar away.
/// </summary>
/// <remarks>For the pipeline's thread alone, as everything that writes to PowerShell.</remarks>
internal sealed class ProgressScope : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    // Two cmdlets of one pipe, or of two runspaces, show a bar each.
    private static int _lastActivityId;

    private readonly Action<ProgressRecord> _write;
    private readonly TimeProvider _clock;
    private readonly long? _total;
    private readonly long _started;
    private readonly string _activity;
    private readonly int _activityId = Interlocked.Increment(ref _lastActivityId);
    private long _updated;
    private bool _shown;

    /// <summary>Begins to measure; the rate counts from here.</summary>
    /// <param name="cmdlet">The cmdlet whose progress it is.</param>
    /// <param name="activity">What is being done: the bar's title.</param>
    /// <param name="total">The rows to come, where that is known.</param>
    internal ProgressScope(Cmdlet cmdlet, string activity, long? total)
        : this(cmdlet.WriteProgress, activity, total, TimeProvider.System)
    {
    }

    internal ProgressScope(Action<ProgressRecord> write, string activity, long? total, TimeProvider clock)
    {
        _write = write;
        _clock = clock;
        _activity = activity;
        _total = total;
        _started = _updated = clock.GetTimestamp();
    }

    /// <summary>Says how far the work is; cheap enough to be called for every row.</summary>
    /// <param name="rows">The rows done so far.</param>
    /// <param name="bytes">The bytes of their cells.</param>
    internal void Report(long rows, long bytes)
    {
        var now = _clock.GetTimestamp();
        if (_clock.GetElapsedTime(_updated, now) < Interval) return;
        _updated = now;

        var seconds = _clock.GetElapsedTime(_started, now).TotalSeconds;
        var rate = rows / seconds;
        var count = _total is null ? $"{rows:N0} rows" : $"{rows:N0} of {_total:N0} rows";
        var status = string.Create(CultureInfo.CurrentCulture, $"{count}, {rate:N0} rows/s, {bytes / 1e6 / seconds:N1} MB/s");
        // A record of its own each time: streams and jobs keep them.
        var record = new ProgressRecord(_activityId, _activity, status);
        if (_total is > 0 and var total)
        {
            // A source that grows meanwhile has more rows than were announced.
            var left = Math.Max(0, total - rows);
            record.PercentComplete = (int)(Math.Min(rows, total) * 100 / total);
            record.SecondsRemaining = rate > 0 ? (int)Math.Min(int.MaxValue, left / rate) : -1;
        }

        _shown = true;
        _write(record);
    }

    /// <summary>Says how far a copy of known size is.</summary>
    /// <param name="done">The bytes copied so far.</param>
    /// <param name="total">The bytes in all.</param>
    internal void ReportBytes(long done, long total)
    {
        var now = _clock.GetTimestamp();
        if (_clock.GetElapsedTime(_updated, now) < Interval) return;
        _updated = now;
        var rate = done / _clock.GetElapsedTime(_started, now).TotalSeconds;
        var status = string.Create(CultureInfo.CurrentCulture, $"{done / 1e6:N1} of {total / 1e6:N1} MB, {rate / 1e6:N1} MB/s");
        _shown = true;
        _write(new ProgressRecord(_activityId, _activity, status) { PercentComplete = (int)(done * 100 / Math.Max(1, total)) });
    }

    /// <summary>Takes the bar away, if one was shown.</summary>
    public void Dispose()
    {
        if (!_shown) return;
        _shown = false;
        try
        {
            _write(new ProgressRecord(_activityId, _activity, _activity) { RecordType = ProgressRecordType.Completed });
        }
        catch (Exception exception) when (exception is PipelineStoppedException or InvalidOperationException)
        {
            // The pipeline has stopped, and its host takes its bars away itself.
        }
    }
}
