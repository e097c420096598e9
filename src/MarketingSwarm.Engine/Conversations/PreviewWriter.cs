using System.Text.Unicode;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;

namespace MarketingSwarm.Engine.Conversations;

/// <summary>Checks every row as a load would and counts what it would do, reading the table and writing nothing.</summary>
internal sealed class PreviewWriter : IConversationWriter
{
    // Each batch opens the table anew, since a reader that stays would make the application wait.
    private const int GreatestBatch = 10_000;
    private const long GreatestBatchBytes = 8L << 20;

    private readonly SwarmDatabase _database;
    private readonly ConflictAction _onConflict;
    private readonly PostgresRowEncoder? _encoder;
    private readonly SqliteConversationWriter? _rehearsal;
    private readonly HashSet<string> _ids = [];
    private readonly Dictionary<string, Conversation> _batch = [];
    private long _batchBytes;
    private WriteCounts _counts;

    private PreviewWriter(
        SwarmDatabase database, ConflictAction onConflict, PostgresRowEncoder? encoder, SqliteConversationWriter? rehearsal)
    {
        _database = database;
        _onConflict = onConflict;
        _encoder = encoder;
        _rehearsal = rehearsal;
    }

    /// <summary>Checks the target's table.</summary>
    internal static async Task<PreviewWriter> OpenAsync(SwarmDatabase database, ConflictAction onConflict, CancellationToken cancellationToken)
    {
        if (database.Engine == DatabaseEngine.Sqlite)
        {
            return new PreviewWriter(database, onConflict, null, SqliteConversationWriter.OpenRehearsal(database, cancellationToken));
        }

        await using var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        var schema = await PostgresTable.ReadTargetAsync(connection, database, cancellationToken);
        return new PreviewWriter(database, onConflict, PostgresTable.CreateEncoder(schema), null);
    }

    /// <inheritdoc/>
    public void Write(Conversation row, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _encoder?.Check(row);
        _rehearsal?.Write(row, cancellationToken);
        var id = row.GetCell(ConversationColumn.Id);
        if (id.StorageClass != StorageClass.Text || !Utf8.IsValid(id.Bytes.Span))
        {
            // Only a SQLite table takes such a key, and no row that the module reads by id has it.
            _counts = _counts with { Inserted = _counts.Inserted + 1 };
            return;
        }

        if (!_ids.Add(row.Id!)) throw Errors.DuplicateId(row.Id, isInTable: false, _database);
        _batch.Add(row.Id!, row);
        _batchBytes += row.Size;
        if (_batch.Count == GreatestBatch || _batchBytes >= GreatestBatchBytes) CompareBatch(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<WriteCounts> CommitAsync(CancellationToken cancellationToken)
    {
        CompareBatch(cancellationToken);
        return Task.FromResult(_counts with { RespelledTimes = _encoder?.RespelledTimes ?? 0 });
    }

    /// <inheritdoc/>
    public void Dispose() => _rehearsal?.Dispose();

    private void CompareBatch(CancellationToken cancellationToken)
    {
        if (_batch.Count == 0) return;
        var filter = new ConversationFilter { Ids = [.. _batch.Keys] };
        using var reader = ConversationStore.OpenReaderAsync(_database, filter, cancellationToken).GetAwaiter().GetResult();
        long updated = 0, skipped = 0;
        var clashes = new HashSet<string?>();
        foreach (var (present, error) in reader.Read(cancellationToken))
        {
            clashes.Add(present?.Id ?? error!.ConversationId);
            if (_onConflict == ConflictAction.Update && (present is null || IsDifferent(present))) updated++;
            else skipped++;
        }

        // The first of the input, as a load would find it, and not the first of the table.
        if (_onConflict == ConflictAction.Fail && clashes.Count > 0) throw Errors.DuplicateId(_batch.Keys.First(clashes.Contains), isInTable: true, _database);

        _counts = _counts with
        {
            Inserted = _counts.Inserted + _batch.Count - updated - skipped,
            Updated = _counts.Updated + updated,
            Skipped = _counts.Skipped + skipped,
        };
        _batch.Clear();
        _batchBytes = 0;
    }

    // SQLite keeps a time as it is spelled; PostgreSQL keeps the instant.
    private bool IsDifferent(Conversation present)
        => _rehearsal is null ? present.GetDifference(_batch[present.Id!]).Length > 0 : !present.Equals(_batch[present.Id!]);
}
