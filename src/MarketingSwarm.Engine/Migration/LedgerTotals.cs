namespace MarketingSwarm.Engine.Migration;

/// <summary>What the ledger's chunks add up to.</summary>
internal sealed record LedgerTotals(
    long RowsRead, long RowsLoaded, long RowsSkipped, long RowsQuarantined, long CellsConverted, long CellsQuarantined, long Bytes)
{
    /// <summary>Adds chunks up.</summary>
    /// <exception cref="SwarmDatabaseException">Rows are not accounted for.</exception>
    internal static LedgerTotals Of(IReadOnlyCollection<LedgerRow> rows, SwarmDatabase destination)
    {
        var totals = new LedgerTotals(
            rows.Sum(row => row.RowsRead), rows.Sum(row => row.RowsLoaded), rows.Sum(row => row.RowsSkipped), rows.Sum(row => row.RowsQuarantined),
            rows.Sum(row => row.CellsConverted), rows.Sum(row => row.CellsQuarantined), rows.Sum(row => row.Bytes));
        var accounted = totals.RowsLoaded + totals.RowsSkipped + totals.RowsQuarantined;
        return totals.RowsRead == accounted ? totals : throw Errors.CountsDiffer(destination, totals.RowsRead, accounted);
    }

    /// <summary>The chunks that were loaded and not withdrawn, in the order of their ranges.</summary>
    internal static List<LedgerRow> ListLoaded(List<LedgerEntry> entries)
    {
        var withdrawn = entries.Where(entry => entry.Row.Withdraws is not null).Select(entry => entry.Row.Withdraws!.Value).ToHashSet();
        return
        [
            .. entries.Select(entry => entry.Row).Where(row => row.Withdraws is null && !withdrawn.Contains(row.Chunk))
                .OrderBy(row => row.AfterPosition is null ? 0 : 1).ThenBy(row => row.AfterPosition is { } after ? SourcePosition.FromBytes(after) : default),
        ];
    }
}
