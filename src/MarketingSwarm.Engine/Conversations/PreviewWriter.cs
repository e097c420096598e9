using System.Buffers.Binary;
using System.Text.Unicode;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Conversations;

/// <summary>Judges every row as a load would and counts what it would do, reading the table and writing nothing.</summary>
internal sealed class PreviewWriter : IConversationWriter
{
    // Each batch opens the table anew, since a reader that stays would make the application wait.
    private const int GreatestBatch = 10_000;
    private const long GreatestBatchBytes = 8L << 20;

    private readonly SwarmDatabase _database;
    private readonly ImportOptions _options;
    private readonly JudgedChunk? _judge;
    private readonly RowConverter? _converter;
    private readonly SqliteConversationWriter? _rehearsal;
    private readonly RowChunk _single = new();
    private readonly ConversationBuilder _builder = new();
    private readonly HashSet<string> _ids = [];
    private readonly Dictionary<string, (Conversation Row, ChunkCounts Counts)> _batch = [];
    private long _batchBytes;
    private WriteCounts _counts;

    private PreviewWriter(SwarmDatabase database, ImportOptions options, ConversionSettings? settings, SqliteConversationWriter? rehearsal)
    {
        _database = database;
        _options = options;
        if (settings is not null)
        {
            _judge = new JudgedChunk(settings, options.Refuse, keepsRowKeys: false);
            _converter = new RowConverter(settings);
        }

        _rehearsal = rehearsal;
    }

    /// <summary>Checks the target's table.</summary>
    internal static async Task<PreviewWriter> OpenAsync(SwarmDatabase database, ImportOptions options, CancellationToken cancellationToken)
    {
        if (database.Engine == DatabaseEngine.Sqlite)
        {
            return new PreviewWriter(database, options, null, SqliteConversationWriter.OpenRehearsal(database, cancellationToken));
        }

        await using var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        var schema = await PostgresTable.ReadTargetAsync(connection, database, cancellationToken);
        return new PreviewWriter(database, options, ConversionSettings.ForTarget(schema), null);
    }

    /// <inheritdoc/>
    public void Write(Conversation row, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var counts = Judge(ref row);
        if (counts.Quarantined > 0)
        {
            _counts = _counts with { Quarantined = _counts.Quarantined + 1 };
            return;
        }

        _rehearsal?.Write(row, cancellationToken);
        var id = row.GetCell(ConversationColumn.Id);
        if (id.StorageClass != StorageClass.Text || !Utf8.IsValid(id.Bytes.Span))
        {
            // Only a SQLite table takes such a key, and no row that the module reads by id has it.
            _counts = _counts with { Inserted = _counts.Inserted + 1 };
            return;
        }

        if (!_ids.Add(row.Id!)) throw Errors.DuplicateId(row.Id, isInTable: false, _database);
        _batch.Add(row.Id!, (row, counts));
        _batchBytes += row.Size;
        if (_batch.Count == GreatestBatch || _batchBytes >= GreatestBatchBytes) CompareBatch(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<WriteCounts> CommitAsync(CancellationToken cancellationToken)
    {
        CompareBatch(cancellationToken);
        return Task.FromResult(_counts);
    }

    /// <inheritdoc/>
    public void Dispose() => _rehearsal?.Dispose();

    private void CompareBatch(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0) return;
        var filter = new ConversationFilter { Ids = [.. _batch.Keys] };
        using var reader = ConversationStore.OpenReaderAsync(_database, filter, cancellationToken).GetAwaiter().GetResult();
        long updated = 0, skipped = 0;
        var residue = default(ChunkCounts);
        foreach (var (_, counts) in _batch.Values) residue += counts;
        var clashes = new HashSet<string?>();
        foreach (var (present, error) in reader.Read(cancellationToken))
        {
            var id = present?.Id ?? error!.ConversationId!;
            clashes.Add(id);
            if (_options.OnConflict == ConflictAction.Update && (present is null || IsDifferent(present)))
            {
                updated++;
            }
            else
            {
                // A row that is skipped leaves no residue.
                skipped++;
                residue -= _batch.GetValueOrDefault(id).Counts;
            }
        }

        // The first of the input, as a load would find it, and not the first of the table.
        if (_options.OnConflict == ConflictAction.Fail && clashes.Count > 0) throw Errors.DuplicateId(_batch.Keys.First(clashes.Contains), isInTable: true, _database);

        _counts = _counts with
        {
            Inserted = _counts.Inserted + _batch.Count - updated - skipped,
            Updated = _counts.Updated + updated,
            Skipped = _counts.Skipped + skipped,
            CellsConverted = _counts.CellsConverted + residue.CellsConverted,
            CellsQuarantined = _counts.CellsQuarantined + residue.CellsQuarantined,
        };
        _batch.Clear();
        _batchBytes = 0;
    }

    // Counts what becomes of the row's cells, and gives the row as PostgreSQL would hold it.
    private ChunkCounts Judge(ref Conversation row)
    {
        if (_judge is null || _converter is null) return default;
        _single.Clear();
        _single.Add(row.Image.Bytes, row.RowId);
        _judge.Judge(_single);
        if (_judge.GetFate(0) == RowFate.Converted) row = Convert(row, _converter.Judge(row.Image, row.RowId, stackalloc long[2]));
        return _judge.Counts;
    }

    private Conversation Convert(Conversation row, RowVerdict verdict)
    {
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var storageClass = row.GetStorageClass(column);
            if (verdict.Find(column) is not { } cell)
            {
                if (storageClass == StorageClass.Null) _builder.AddNull();
                else if (storageClass == StorageClass.Real) _builder.AddReal(row.Image.GetReal(column));
                else _builder.AddText(row.GetBytes(column));
            }
            else if (cell.Stored is null) _builder.AddNull();
            else if (ConversationTable.IsTimestamp(column)) _builder.AddTimestamp(BinaryPrimitives.ReadInt64BigEndian(cell.Stored));
            else if (column == ConversationColumn.TotalCost) _builder.AddReal(BinaryPrimitives.ReadDoubleBigEndian(cell.Stored));
            else _builder.AddText(cell.Stored);
        }

        return _builder.Build(row.RowId);
    }

    // SQLite keeps a time as it is spelled; PostgreSQL keeps the instant.
    private bool IsDifferent(Conversation present)
        => _rehearsal is null ? present.GetDifference(_batch[present.Id!].Row).Length > 0 : !present.Equals(_batch[present.Id!].Row);
}
