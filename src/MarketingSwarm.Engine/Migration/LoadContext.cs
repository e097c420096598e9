using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Migration;

/// <summary>What the parts of a load share.</summary>
internal sealed class LoadContext
{
    private long _rowsLoaded;

    internal required SwarmDatabase Database { get; init; }

    internal required RunRecord Run { get; init; }

    /// <summary>This process's name as the run's owner; another process that takes the run over puts its own in place.</summary>
    internal required Guid Owner { get; init; }

    internal required RetryPolicy Retry { get; init; }

    internal required MigrationProgress Progress { get; init; }

    /// <summary>How rows are stored.</summary>
    internal required ConversionSettings Settings { get; init; }

    /// <summary>What was foreseen and approved, where somebody did; a row that needs more came after the plan, and is an error.</summary>
    internal required MigrationPlan? ApprovedPlan { get; init; }

    /// <summary>What to do where something cannot be stored that the plan did not foresee.</summary>
    internal UnrepresentableAction OnUnrepresentable { get; init; }

    /// <summary>The rows that this process has loaded.</summary>
    internal long RowsLoaded => Interlocked.Read(ref _rowsLoaded);

    internal void AddLoaded(LedgerRow row) => Interlocked.Add(ref _rowsLoaded, row.RowsLoaded);
}
