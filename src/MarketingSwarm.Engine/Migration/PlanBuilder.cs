using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using System.Security.Cryptography;
using System.Text;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Migration;

/// <summary>A plan, and what is found anew each time a source is measured.</summary>
/// <param name="Plan">The plan.</param>
/// <param name="ClashingRows">The rowids of rows whose keys clash; <see langword="null"/> where the source has no rowids, so that no key is converted.</param>
internal sealed record MeasuredPlan(MigrationPlan Plan, IReadOnlySet<long>? ClashingRows);

/// <summary>Measures a source in one pass: one thread reads, the caller's judges.</summary>
internal static class PlanBuilder
{
    // One is read, one is judged, one waits.
    private const int ChunkCount = 3;

    // They are garbage when the load begins, which needs chunks of its own.
    private const int ChunkLength = 2 << 20;

    /// <summary>Makes a plan of a source.</summary>
    /// <param name="source">The source; it is moved to a private copy where that is possible and needed.</param>
    /// <param name="target">What the target's columns take.</param>
    /// <param name="options">What the user decided.</param>
    /// <param name="progress">Told rows and bytes measured so far, on the caller's thread.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="SwarmDatabaseException">The source cannot be read, or is written while it is read in parts.</exception>
    internal static MeasuredPlan Build(
        SqliteSource source, ConversionSettings target, PlanOptions options, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        source.TryMakeStable(cancellationToken);
        var keys = source.HasRowId ? new KeyClashes(source, target, options.Policy) : null;
        // Filled while rows are judged, where the source's index finds the clashes; never changed by another thread.
        var clashing = keys is null ? null : keys.IsUnique ? [] : keys.FindAll(cancellationToken);
        var settings = target.With(options.Policy, (TimestampForm.Application, GetUnits(options, ConversationColumn.CreatedAt)),
            (TimestampForm.Application, GetUnits(options, ConversationColumn.CompletedAt)), clashing);
        var statistics = new PlanStatistics(settings);
        Measure(source, keys is { IsUnique: true } ? keys : null, clashing, statistics, progress, cancellationToken);
        var plan = ToPlan(source, options, statistics);
        return new MeasuredPlan(PlanRevision.Revise(PlanRevision.ChooseForms(plan, options.Forms)), clashing);
    }

    private static void Measure(
        SqliteSource source, KeyClashes? keys, HashSet<long>? clashing, PlanStatistics statistics, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var empty = new BlockingCollection<ChunkRead>();
        using var full = new BlockingCollection<ChunkRead>();
        for (var i = 0; i < ChunkCount; i++) empty.Add(new ChunkRead(new RowChunk(ChunkLength), []), CancellationToken.None);
        ExceptionDispatchInfo? failure = null;
        var reader = new Thread(() =>
        {
            try
            {
                Read(source, keys, empty, full, stop.Token);
            }
            catch (Exception exception)
            {
                failure = ExceptionDispatchInfo.Capture(exception);
            }

            full.CompleteAdding();
        })
        {
            IsBackground = true,
            Name = "Plan reader",
        };
        reader.Start();
        try
        {
            foreach (var (chunk, clashes) in full.GetConsumingEnumerable(cancellationToken))
            {
                clashing?.UnionWith(clashes);
                for (var i = 0; i < chunk.Rows; i++)
                {
                    statistics.Add(chunk[i], chunk.GetRowId(i));
                    if ((i & 0xFF) != 0) continue;
                    cancellationToken.ThrowIfCancellationRequested();
                    progress?.Invoke(statistics.Rows, statistics.CellBytes);
                }

                chunk.Clear();
                clashes.Clear();
                empty.Add(new ChunkRead(chunk, clashes), cancellationToken);
            }
        }
        finally
        {
            // Nothing may use the source when its owner gets it back.
            stop.Cancel();
            reader.Join();
        }

        cancellationToken.ThrowIfCancellationRequested();
        failure?.Throw();
    }

    private static void Read(SqliteSource source, KeyClashes? keys, BlockingCollection<ChunkRead> empty, BlockingCollection<ChunkRead> full, CancellationToken cancellationToken)
    {
        var rows = new SourceRows(source);
        SourcePosition? after = null;
        for (var isAtEnd = false; !isAtEnd;)
        {
            var read = empty.Take(cancellationToken);
            isAtEnd = rows.Read(read.Chunk, after, last: null, cancellationToken);
            if (read.Chunk.Rows == 0) return;
            keys?.FindIn(read.Chunk, read.Clashes, cancellationToken);
            after = SourceRows.GetLast(read.Chunk);
            full.Add(read, cancellationToken);
        }
    }

    private static MigrationPlan ToPlan(SqliteSource source, PlanOptions options, PlanStatistics statistics)
    {
        var definition = source.Schema.Definition!;
        return new MigrationPlan
        {
            Source = source.Database.ToString(),
            CreatedAt = DateTime.UtcNow,
            Rows = statistics.Rows,
            CellBytes = statistics.CellBytes,
            Encoding = source.Encoding,
            JournalMode = source.JournalMode,
            IsConsistent = source.IsConsistent,
            HasRowId = source.HasRowId,
            Definition = definition,
            DefinitionSha256 = HashDefinition(definition),
            Policy = options.Policy,
            MeasuredPolicy = options.Policy,
            Columns = statistics.GetColumns(),
            Rules = [.. statistics.GetRules()],
        };
    }

    internal static string HashDefinition(string definition) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(definition)));

    private static IReadOnlyCollection<TimestampForm> GetUnits(PlanOptions options, ConversationColumn column)
        => options.Units.TryGetValue(column, out var units) ? units : [];

    private sealed record ChunkRead(RowChunk Chunk, List<long> Clashes);
}
