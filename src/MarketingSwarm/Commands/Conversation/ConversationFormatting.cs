using System.Globalization;

namespace MarketingSwarm.Commands;

/// <summary>What the views of conversations and of imports show; in the user's culture, for reading only.</summary>
public static class ConversationFormatting
{
    private const int GreatestLength = 200;

    /// <summary>A cell for a table: a text as it is, a time in UTC to the second, anything else with its storage class.</summary>
    public static string? FormatCell(Conversation row, ConversationColumn column)
    {
        ArgumentNullException.ThrowIfNull(row);
        var cell = row.GetCell(column);
        if (cell.StorageClass == StorageClass.Null) return null;
        if (cell.ToObject() is not string text) return $"<{cell.StorageClass}, {cell.Bytes.Length} bytes>";
        if (ConversationTable.IsTimestamp(column) && SwarmTimestamp.TryParse(cell.Bytes.Span, out var microseconds, out _))
            return SwarmTimestamp.ToDateTime(microseconds).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        if (text.Length > GreatestLength) text = text[..GreatestLength];
        // A control character could move the cursor or colour the screen.
        return string.Concat(text.Select(c => char.IsControl(c) ? ' ' : c));
    }

    /// <summary>The name of a row that differs, fit for a screen: its id, or its rowid.</summary>
    public static string? FormatRow(ConversationDifference difference)
    {
        ArgumentNullException.ThrowIfNull(difference);
        return difference.Id is { } id
            ? string.Concat(id.Take(GreatestLength).Select(c => char.IsControl(c) ? ' ' : c))
            : difference.RowId is { } rowId ? string.Create(CultureInfo.CurrentCulture, $"rowid {rowId}") : null;
    }

    /// <summary>The rows loaded, and of which kind where both occur.</summary>
    public static string FormatLoaded(ImportSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return summary.Updated == 0
            ? summary.Loaded.ToString(CultureInfo.CurrentCulture)
            : string.Create(CultureInfo.CurrentCulture, $"{summary.Loaded} ({summary.Inserted} inserted, {summary.Updated} updated)");
    }

    /// <summary>The cells of loaded rows that are not stored as they were.</summary>
    public static string FormatCells(ImportSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return string.Create(CultureInfo.CurrentCulture, $"{summary.CellsConverted} converted, {summary.CellsQuarantined} quarantined");
    }

    /// <summary>The time taken and the rates.</summary>
    public static string FormatRate(ImportSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return string.Create(
            CultureInfo.CurrentCulture,
            $"{summary.Bytes / 1e6:N1} MB in {summary.Duration.TotalSeconds:N1} s: {summary.RowsPerSecond:N0} rows/s, {summary.MegabytesPerSecond:N1} MB/s");
    }

    /// <summary>The size of a sample's file and of its rows.</summary>
    public static string FormatSize(SampleSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        return string.Create(CultureInfo.CurrentCulture, $"{summary.FileBytes / 1e6:N1} MB, {summary.MeanRowBytes:N0} bytes a row on average");
    }
}
