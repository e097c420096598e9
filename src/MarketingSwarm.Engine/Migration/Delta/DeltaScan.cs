using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Sqlite;
using SQLitePCL;

namespace MarketingSwarm.Engine.Migration.Delta;

/// <summary>
///   Reads a range of the source, hashes every row and compares it with the index. Several may do so at once on ranges and connections of
///   their own, as long as the index does not change.
/// </summary>
/// <param name="index">What the target has.</param>
/// <param name="settings">How rows are stored.</param>
/// <param name="mark">The pass, by which rows met are marked.</param>
/// <param name="batch">Takes what is new or changed.</param>
/// <param name="flush">Called when the batch is full, with no lock held on the source; leaves it empty. <see langword="null"/> where the batch takes all there is.</param>
internal sealed class DeltaScan(RowIndex index, ConversionSettings settings, int mark, DeltaBatch batch, Action<DeltaBatch>? flush)
{
    private static readonly ChunkCounts Plain = new(1, 0, 0, 0);

    private readonly ConversationBuilder _builder = new();

    internal ChunkCounts Counts { get; private set; }

    /// <summary>The bytes of the cells read.</summary>
    internal long Bytes { get; private set; }

    /// <summary>Whether two rows of one key were met: in a file that is written while it is read in parts, or where keys clash.</summary>
    internal bool HasDuplicates { get; private set; }

    /// <summary>The rows whose key is not text, without their other cells.</summary>
    internal RowChunk Strangers { get; } = new();

    internal DeltaBatch Batch => batch;

    private bool IsFull => flush is not null && batch.Chunk.IsFull;

    /// <summary>Scans a range.</summary>
    /// <param name="source">The source.</param>
    /// <param name="after">Where to begin, exclusive; <see langword="null"/> for the first row.</param>
    /// <param name="last">Where to end, inclusive; <see langword="null"/> for the last row.</param>
    /// <param name="progress">Told the rows read since the last time.</param>
    /// <param name="cancellationToken">Ends the scan.</param>
    internal void Run(SqliteSource source, SourcePosition? after, SourcePosition? last, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        using var form = new RowForm(settings);
        for (var isAtEnd = false; !isAtEnd;)
        {
            source.BeginRange(cancellationToken);
            try
            {
                isAtEnd = ReadRange(source, form, ref after, last, progress, cancellationToken);
            }
            finally
            {
                source.EndRange();
            }

            if (IsFull) flush!(batch);
        }
    }

    private bool ReadRange(
        SqliteSource source, RowForm form, ref SourcePosition? after, SourcePosition? last, Action<long, long>? progress, CancellationToken cancellationToken)
    {
        var handle = source.Handle;
        using var stop = cancellationToken.Register(() => raw.sqlite3_interrupt(handle));
        using var statement = SourceRows.Prepare(source, after, last);
        long rows = 0, bytes = 0;
        while (statement.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            statement.ReadCells(_builder, firstIndex: 1);
            var row = new ConversationImage(_builder.Image);
            long? rowId = source.HasRowId ? statement.GetInteger(0) : null;
            Take(row, rowId, form);
            rows++;
            bytes += row.Size;
            // A batch that is sent while the source is read in one transaction keeps nobody waiting.
            var isSpent = source.IsRangeSpent(bytes) || IsFull;
            if (isSpent) after = SourcePosition.Of(row, rowId);
            _builder.Reset();
            if (!isSpent) continue;
            Report();
            return false;
        }

        Report();
        return true;

        void Report()
        {
            Bytes += bytes;
            progress?.Invoke(rows, bytes);
        }
    }

    private void Take(ConversationImage row, long? rowId, RowForm form)
    {
        // What was hashed once and is the same bytes has the same hash: a row a cycle is hashed only where it may have changed.
        var image = index.HashImage(row.Bytes);
        if (row.GetStorageClass(ConversationColumn.Id) != StorageClass.Text)
        {
            if (rowId is not null) AddStranger(row, rowId);
        }
        else if (index.TryMarkSeen(row.GetBytes(ConversationColumn.Id), image, mark))
        {
            Counts += Plain;
            return;
        }

        form.Take(row, rowId);
        Counts += form.Counts;
        var isKnown = index.TryMark(form.Key, mark, out var known);
        if (isKnown && known.Mark == mark) HasDuplicates = true;
        else if (isKnown && known.Hash == form.Hash) index.NoteSeen(form.Key, image);
        else if (!batch.TryAdd(row, rowId, form, isKnown, known.HasResidue)) HasDuplicates = true;
    }

    private void AddStranger(ConversationImage row, long? rowId)
    {
        var key = new ConversationBuilder();
        switch (row.GetStorageClass(ConversationColumn.Id))
        {
            case StorageClass.Integer: key.AddInteger(row.GetInteger(ConversationColumn.Id)); break;
            case StorageClass.Real: key.AddReal(row.GetReal(ConversationColumn.Id)); break;
            case StorageClass.Blob: key.AddBlob(row.GetBytes(ConversationColumn.Id)); break;
            default: key.AddNull(); break;
        }

        Strangers.Add(key.BuildEmptyImage(), rowId);
    }
}
