using System.Globalization;

namespace MarketingSwarm.Commands;

/// <summary>What the view of a migration shows; in the user's culture, for reading only.</summary>
public static class MigrationFormatting
{
    /// <summary>What was proven, in words.</summary>
    public static string FormatProof(MigrationSummary summary)
    {
        ArgumentNullException.ThrowIfNull(summary);
        if (summary.Proof is { } proof) return proof.ToString();
        return summary.IsProven ? "proven when the run was completed" : "not proven: the rows are not of one moment";
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
}
