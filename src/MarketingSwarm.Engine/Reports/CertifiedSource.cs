using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Reports;

/// <summary>Judges the rows of a backup anew, by a plan and what the target's columns took: what the target must have of each.</summary>
internal static class CertifiedSource
{
    /// <summary>Reads a backup.</summary>
    /// <param name="source">The backup, in which nobody writes.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="limits">What the target's columns take.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal static (RowIndex Index, ChunkCounts Counts) Read(SqliteSource source, MigrationPlan plan, ConversionSettings limits, CancellationToken cancellationToken)
    {
        _ = source.TryMakeStable(cancellationToken);
        var settings = KeyClashes.Apply(source, plan.ToSettings(limits, source.HasRowId ? new HashSet<long>() : null), cancellationToken);
        var index = new RowIndex();
        var counts = default(ChunkCounts);
        var builder = new ConversationBuilder();
        using var form = new RowForm(settings);
        using var rows = SourceRows.Prepare(source, null, null);
        while (rows.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.ReadCells(builder, firstIndex: 1);
            form.Take(new ConversationImage(builder.Image), source.HasRowId ? rows.GetInteger(0) : null);
            counts += form.Counts;
            index.Set(form.Key.ToArray(), form.Hash, form.HasResidue, mark: 0);
            builder.Reset();
        }

        return (index, counts);
    }
}
