using System.Globalization;

namespace MarketingSwarm.Commands;

/// <summary>What the views of migrations, runs and the residue show; in the user's culture, for reading only.</summary>
public static class MigrationFormatting
{
    // A step's time and state, and what a list then has for its detail in a window of 80 columns.
    private const int StepIndentation = 8 + 1 + 10 + 1;
    private const int StepWidth = 61 - StepIndentation;

    private const int GreatestLength = 60;

    /// <summary>Which row a cell is of: its key in the table, else its rowid.</summary>
    public static string FormatRow(ResidueCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        if (cell.Id is { } id) return Shorten(id);
        return cell.RowId is { } rowId
            ? string.Create(CultureInfo.InvariantCulture, $"(rowid {rowId})")
            : string.Create(CultureInfo.InvariantCulture, $"(row {cell.RowNumber} of chunk {cell.Chunk})");
    }

    /// <summary>A cell's beginning, its storage class before it where its look does not tell it.</summary>
    public static string FormatCell(ConversationCell cell)
        => cell.ToObject() switch
        {
            null => "NULL",
            string text => $"'{Shorten(text)}'",
            byte[] bytes => string.Create(
                CultureInfo.InvariantCulture,
                $"{cell.StorageClass}, {bytes.Length} bytes: x'{Convert.ToHexString(bytes.AsSpan(0, Math.Min(bytes.Length, 16)))}{(bytes.Length > 16 ? "…" : "")}'"),
            var number => string.Create(CultureInfo.InvariantCulture, $"{number} ({cell.StorageClass})"),
        };

    /// <summary>How long a cutover held writers off, and when.</summary>
    public static string FormatFence(CutoverResult cutover)
    {
        ArgumentNullException.ThrowIfNull(cutover);
        return string.Create(
            CultureInfo.CurrentCulture,
            $"{cutover.Fence!.Value.TotalMilliseconds:0} ms at {cutover.FencedAt:yyyy-MM-dd HH:mm:ss} UTC{(cutover.Attempts > 1 ? $", attempt {cutover.Attempts}" : "")}");
    }

    /// <summary>The steps of a cutover, a line each.</summary>
    public static string FormatSteps(CutoverResult cutover)
    {
        ArgumentNullException.ThrowIfNull(cutover);
        var indent = new string(' ', StepIndentation);
        return string.Join(Environment.NewLine, cutover.Steps.Select(step => string.Create(
            CultureInfo.InvariantCulture, $"{step.At:HH:mm:ss} {step.State,-10} {string.Join(Environment.NewLine + indent, CloudFormatting.Wrap(step.Detail, StepWidth))}")));
    }

    /// <summary>A number of rows, its digits in groups.</summary>
    public static string FormatCount(long rows) => rows.ToString("N0", CultureInfo.CurrentCulture);

    /// <summary>A short time in the unit that fits it.</summary>
    public static string FormatTime(TimeSpan time) => time.TotalSeconds < 1
        ? string.Create(CultureInfo.CurrentCulture, $"{time.TotalMilliseconds:0} ms")
        : time.TotalMinutes < 2 ? string.Create(CultureInfo.CurrentCulture, $"{time.TotalSeconds:0.0} s") : string.Create(CultureInfo.CurrentCulture, $"{time.TotalMinutes:0} min");

    /// <summary>The rows of a run, and what became of them.</summary>
    public static string FormatRows(MigrationRun run)
    {
        ArgumentNullException.ThrowIfNull(run);
        return string.Create(CultureInfo.CurrentCulture, $"{run.RowsRead:N0} read = {run.RowsLoaded:N0} + {run.RowsSkipped:N0} skipped + {run.RowsQuarantined:N0} quarantined");
    }

    /// <summary>What a restored file has, line by line of the summary's view.</summary>
    public static string FormatRows(RestoreSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return string.Create(CultureInfo.CurrentCulture, $"{summary.Rows:N0}: {summary.RowsFromResidue:N0} of them from the residue alone, {summary.NewRows:N0} new");
    }

    /// <summary>What was proven, in words.</summary>
    public static string FormatProof(MigrationSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return summary.Proof.ToString();
    }

    /// <summary>The phases that took a tenth of a second or more.</summary>
    public static string FormatPhases(MigrationSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return string.Join(", ", summary.Phases.Where(phase => phase.Duration.TotalSeconds >= 0.1).Select(phase => phase.ToString()));
    }

    /// <summary>The rates of the load, and how long all took.</summary>
    public static string FormatRate(MigrationSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return string.Create(
            CultureInfo.CurrentCulture,
            $"{summary.Bytes / 1e6:N1} MB in {summary.Duration.TotalSeconds:N1} s; the load {summary.RowsPerSecond:N0} rows/s, {summary.MegabytesPerSecond:N1} MB/s");
    }

    /// <summary>What became of a cell, in a word.</summary>
    public static string FormatOutcome(ResidueCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return cell.Outcome == CellOutcome.RowQuarantined ? "Whole row" : cell.Outcome.ToString();
    }

    /// <summary>The column as SQL names it.</summary>
    public static string FormatColumn(ResidueCell cell)
    {
        ArgumentNullException.ThrowIfNull(cell);
        return ConversationTable.NameOf(cell.Column);
    }

    private static string Shorten(string text)
    {
        var part = text.Length > GreatestLength ? text[..GreatestLength] + "…" : text;
        // A control character could move the cursor or colour the screen.
        return string.Concat(part.Select(c => char.IsControl(c) ? '\u00B7' : c));
    }
}
