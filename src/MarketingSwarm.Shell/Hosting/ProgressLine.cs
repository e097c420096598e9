using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace MarketingSwarm.Shell.Hosting;

/// <summary>Progress as one line of the terminal's standard error, written again over itself; nothing when that is redirected.</summary>
internal sealed class ProgressLine(Terminal terminal)
{
    private const int BarWidth = 20;
    private const string ClearLine = "\r\u001b[K";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private long _lastDrawn;
    private int _activityId = -1;
    private bool _visible;

    internal void Show(ProgressRecord record)
    {
        if (!terminal.ErrorLineCanBeRewritten) return;
        if (record.RecordType == ProgressRecordType.Completed)
        {
            Clear();
            return;
        }

        if (_visible && record.ActivityId == _activityId && Stopwatch.GetElapsedTime(_lastDrawn) < Interval) return;
        Terminal.WriteErrorControl(ClearLine);
        // One column stays free: a character in the last one would make some terminals begin a new line.
        terminal.WriteError(TextWidth.Truncate(Describe(record), terminal.Width - 1));
        _lastDrawn = Stopwatch.GetTimestamp();
        _activityId = record.ActivityId;
        _visible = true;
    }

    internal void Clear()
    {
        if (!_visible) return;
        Terminal.WriteErrorControl(ClearLine);
        _visible = false;
    }

    private static string Describe(ProgressRecord record)
    {
        var text = record.Activity;
        if (record.PercentComplete is >= 0 and <= 100 and var percent)
        {
            var filled = percent * BarWidth / 100;
            text += string.Create(CultureInfo.InvariantCulture, $" [{new string('#', filled)}{new string('.', BarWidth - filled)}] {percent} %");
        }

        if (!string.IsNullOrWhiteSpace(record.StatusDescription)) text += $" {record.StatusDescription}";
        if (!string.IsNullOrWhiteSpace(record.CurrentOperation)) text += $" {record.CurrentOperation}";
        if (record.SecondsRemaining >= 0)
            text += string.Create(CultureInfo.InvariantCulture, $", {TimeSpan.FromSeconds(record.SecondsRemaining):h\\:mm\\:ss} left");
        return text.ReplaceLineEndings(" ");
    }
}
