using System.Buffers.Binary;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration.Delta;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;
using Npgsql;
using NpgsqlTypes;

namespace MarketingSwarm.Engine.Migration.Cutover;

/// <summary>
///   Carries over what is written to the old file after the fence: instances of the application that still drain go on with their
///   conversations there. The fence's backup says what a row was before, and the target what has been carried over already.
/// </summary>
internal sealed class LateRows : IDisposable
{
    private readonly SwarmDatabase _source;
    private readonly RunRecord _run;
    private readonly Guid _cutoverId;
    private readonly ConversionSettings _settings;
    private readonly SqliteSource _fenced;
    private readonly RowIndex _index = new();
    private readonly Dictionary<string, byte[]?> _carried = new(StringComparer.Ordinal);
    private readonly RowForm _form;
    private readonly List<RowHash> _fencedHashes = [];
    private int _mark;

    private LateRows(SwarmDatabase source, RunRecord run, Guid cutoverId, ConversionSettings settings, SqliteSource fenced)
    {
        _source = source;
        _run = run;
        _cutoverId = cutoverId;
        _settings = settings;
        _fenced = fenced;
        _form = new RowForm(settings);
    }

    /// <summary>Reads the fence's backup and what was carried over already.</summary>
    /// <param name="source">The old file.</param>
    /// <param name="backup">The fence's backup.</param>
    /// <param name="run">The migration.</param>
    /// <param name="cutoverId">The cutover.</param>
    /// <param name="settings">How rows are stored.</param>
    /// <param name="carried">What was carried over already (<see cref="CutoverStore.ReadLateAsync"/>).</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal static LateRows Open(
        SwarmDatabase source, SwarmDatabase backup, RunRecord run, Guid cutoverId, ConversionSettings settings, IReadOnlyList<LateRow> carried, CancellationToken cancellationToken)
    {
        var fenced = SqliteSource.Open(backup, cancellationToken);
        LateRows? late = null;
        try
        {
            _ = fenced.TryMakeStable(cancellationToken);
            late = new LateRows(source, run, cutoverId, KeyClashes.Apply(fenced, settings, cancellationToken), fenced);
            late.ReadFenced(cancellationToken);
            foreach (var row in carried) late.Note(row);
            return late;
        }
        catch
        {
            late?._form.Dispose();
            fenced.Dispose();
            throw;
        }
    }

    /// <summary>The hashes of the fenced rows, whatever was carried over since.</summary>
    internal IReadOnlyList<RowHash> FencedHashes => _fencedHashes;

    /// <summary>Finds what has changed in the old file since the last time. Nothing is locked for long.</summary>
    internal IReadOnlyList<LateRow> Find(CancellationToken cancellationToken)
    {
        using var source = SqliteSource.Open(_source, cancellationToken, new SqliteReadLimits { AllowsInconsistent = true });
        _ = source.TryMakeStable(cancellationToken);
        var batch = new DeltaBatch(_settings, refuse: null);
        var scan = new DeltaScan(_index, _settings, ++_mark, batch, flush: null);
        scan.Run(source, null, null, progress: null, cancellationToken);
        var rows = new List<LateRow>();
        for (var i = 0; i < batch.Rows.Count; i++) rows.Add(new LateRow(batch.Rows[i].Key, batch.Chunk[i].Bytes.ToArray(), batch.Chunk.GetRowId(i)));
        // In a file that is written while it is read in parts, a row may have been missed.
        if (source.IsConsistent) rows.AddRange(_index.FindUnmarked(_mark).Select(entry => new LateRow(entry.Key, null, null)));
        return rows;
    }

    /// <summary>Carries rows over, in one transaction.</summary>
    /// <param name="connection">The connection; a transaction is begun and committed.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="record">Writes what else belongs to the transaction; told the rows that were conflicts.</param>
    /// <param name="cancellationToken">Ends the work; what was not committed is rolled back.</param>
    internal async Task<LateTally> CarryAsync(NpgsqlConnection connection, IReadOnlyList<LateRow> rows, Func<LateTally, Task> record, CancellationToken cancellationToken)
    {
        var tally = new LateTally(rows.Count, 0);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Nobody of the new side may insert a row of the same key between the look and the copy.
        await TargetTable.ExecuteAsync(connection, $"LOCK TABLE {_run.PublishedTable} IN SHARE ROW EXCLUSIVE MODE", cancellationToken);
        var replaced = new DeltaBatch(_settings, refuse: null);
        foreach (var row in rows)
        {
            if (!await CarryAsync(connection, row, replaced, cancellationToken)) tally = tally with { Conflicts = tally.Conflicts + 1 };
            await CutoverStore.SetLateAsync(connection, _cutoverId, row, cancellationToken);
        }

        if (replaced.Rows.Count > 0) await ReplaceAsync(connection, replaced, cancellationToken);
        await record(tally);
        await transaction.CommitAsync(CancellationToken.None);
        foreach (var row in rows) Note(row);
        return tally;
    }

    public void Dispose()
    {
        _form.Dispose();
        _fenced.Dispose();
    }

    // False where it is a conflict.
    private async Task<bool> CarryAsync(NpgsqlConnection connection, LateRow row, DeltaBatch replaced, CancellationToken cancellationToken)
    {
        var before = FindBefore(row.Key, cancellationToken);
        var old = TakeFields(row.Image, row.RowId);
        if (RowForm.IsQuarantined(row.Key))
        {
            // PostgreSQL cannot hold it: the residue has it, as it has those of the load.
            if (row.Image is not null) AddTo(replaced, row);
            return true;
        }

        var current = await ReadAsync(connection, row.Key, cancellationToken);
        var known = TakeFields(before, row.RowId);
        var isUntouched = known is null ? current is null : current is not null && AreSame(known, current);
        if (isUntouched && row.Image is not null)
        {
            AddTo(replaced, row);
            return true;
        }

        if (isUntouched)
        {
            await DeleteAsync(connection, [row.Key], cancellationToken);
            return true;
        }

        // Carried over by a process that was killed before it could say so, or done on both sides.
        if (old is null ? current is null : current is not null && AreSame(old, current)) return true;
        if (old is null || current is null || known is null)
        {
            await CutoverStore.AddConflictAsync(
                connection, _cutoverId, row.Key, null,
                old is null ? "it was deleted in the old file and changed in the new database; the new database's row stays"
                    : current is null ? "it was changed in the old file and deleted in the new database; it stays deleted"
                    : "both sides have made a row of this key; the new database's stays",
                before, row.Image, null, cancellationToken);
            return false;
        }

        var conflicts = new List<ConversationColumn>();
        var changes = LateMerge.Merge(known, old, current, conflicts);
        if (changes.Count > 0) await UpdateAsync(connection, row.Key, changes, cancellationToken);
        foreach (var column in conflicts)
        {
            await CutoverStore.AddConflictAsync(
                connection, _cutoverId, row.Key, ConversationTable.NameOf(column), "both sides have changed it; the new database's value stays", before, row.Image, current[(int)column], cancellationToken);
        }

        return conflicts.Count == 0;
    }

    private void AddTo(DeltaBatch replaced, LateRow row)
    {
        var image = new ConversationImage(row.Image);
        _form.Take(image, row.RowId);
        replaced.TryAdd(image, row.RowId, _form, isKnown: true, hadResidue: true);
    }

    private async Task ReplaceAsync(NpgsqlConnection connection, DeltaBatch replaced, CancellationToken cancellationToken)
    {
        await DeleteAsync(connection, [.. replaced.Rows.Select(row => row.Key)], cancellationToken);
        await using var next = new NpgsqlCommand(
            $"""
            SELECT 1 + greatest(
                (SELECT coalesce(max(chunk), 0) FROM {LedgerSchema.ChunkTable} WHERE run_id = $1), (SELECT coalesce(max(chunk), 0) FROM {LedgerSchema.ResidueTable} WHERE run_id = $1))
            """, connection) { Parameters = { new() { Value = _run.RunId } } };
        replaced.Chunk.Number = (int)(await next.ExecuteScalarAsync(cancellationToken))!;
        var copier = new ChunkCopier(_source, connection, _run.PublishedTable, _settings, _run.RunId);
        await copier.CopyAsync(replaced.Judge(), cancellationToken);
    }

    private async Task DeleteAsync(NpgsqlConnection connection, byte[][] keys, CancellationToken cancellationToken)
    {
        var names = keys.Where(key => !RowForm.IsQuarantined(key)).Select(key => TargetIndex.GetName(key)).ToArray();
        foreach (var (table, condition) in ((string, string)[])[(_run.PublishedTable, ""), (LedgerSchema.ResidueTable, $" AND run_id = '{_run.RunId}'")])
        {
            await using var delete = new NpgsqlCommand($"DELETE FROM {table} WHERE id = ANY ($1){condition}", connection) { Parameters = { new() { Value = names } } };
            await delete.ExecuteNonQueryAsync(cancellationToken);
        }

        var rowIds = keys.Where(key => RowForm.IsQuarantined(key)).Select(key => RowForm.GetRowId(key)).OfType<long>().ToArray();
        await using var residue = new NpgsqlCommand(
            $"DELETE FROM {LedgerSchema.ResidueTable} WHERE run_id = $1 AND id IS NULL AND source_rowid = ANY ($2)", connection) { Parameters = { new() { Value = _run.RunId }, new() { Value = rowIds } } };
        await residue.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<byte[]?[]?> ReadAsync(NpgsqlConnection connection, byte[] key, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"SELECT {ConversationTable.ColumnList} FROM {_run.PublishedTable} WHERE id = $1 FOR UPDATE", connection)
        {
            Parameters = { new() { Value = TargetIndex.GetName(key) } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? TargetIndex.ReadFields(reader) : null;
    }

    private async Task UpdateAsync(NpgsqlConnection connection, byte[] key, Dictionary<ConversationColumn, byte[]?> changes, CancellationToken cancellationToken)
    {
        await using var update = new NpgsqlCommand { Connection = connection };
        update.Parameters.Add(new NpgsqlParameter { Value = TargetIndex.GetName(key) });
        var sets = new List<string>();
        foreach (var (column, value) in changes)
        {
            sets.Add(FormattableString.Invariant($"{ConversationTable.NameOf(column)} = ${update.Parameters.Count + 1}"));
            update.Parameters.Add(ToParameter(column, value));
        }

        update.CommandText = $"UPDATE {_run.PublishedTable} SET {string.Join(", ", sets)} WHERE id = $1";
        await update.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlParameter ToParameter(ConversationColumn column, byte[]? value)
    {
        var type = ConversationTable.IsTimestamp(column) ? NpgsqlDbType.Timestamp : column == ConversationColumn.TotalCost ? NpgsqlDbType.Double : NpgsqlDbType.Text;
        return new NpgsqlParameter
        {
            NpgsqlDbType = type,
            Value = value is null ? DBNull.Value
                : type == NpgsqlDbType.Timestamp ? BinaryPrimitives.ReadInt64BigEndian(value)
                : type == NpgsqlDbType.Double ? BinaryPrimitives.ReadDoubleBigEndian(value)
                : System.Text.Encoding.UTF8.GetString(value),
        };
    }

    // What the row was on both sides when they were the same for the last time.
    private byte[]? FindBefore(byte[] key, CancellationToken cancellationToken)
    {
        if (_carried.TryGetValue(TargetIndex.GetName(key), out var carried)) return carried;
        if (RowForm.IsQuarantined(key) || !_index.TryFind(key, out _)) return null;
        cancellationToken.ThrowIfCancellationRequested();
        // By its key where that is text; else by its stored form, which only a reading of all finds.
        using var find = _fenced.Prepare($"SELECT {(_fenced.HasRowId ? "rowid" : "NULL")}, {ConversationTable.ColumnList} FROM {ConversationTable.Name} WHERE id = ?1 COLLATE BINARY AND typeof(id) = 'text'");
        find.Bind(1, ConversationCell.OfText(key));
        if (find.Step()) return Read(find);
        using var all = _fenced.Prepare($"SELECT {(_fenced.HasRowId ? "rowid" : "NULL")}, {ConversationTable.ColumnList} FROM {ConversationTable.Name} WHERE typeof(id) <> 'text'");
        while (all.Step())
        {
            var image = Read(all);
            _form.Take(new ConversationImage(image), _fenced.HasRowId ? all.GetInteger(0) : null);
            if (_form.Key.SequenceEqual(key)) return image;
        }

        return null;
    }

    private static byte[] Read(SqliteStatement statement)
    {
        var builder = new ConversationBuilder();
        statement.ReadCells(builder, firstIndex: 1);
        return builder.BuildImage();
    }

    // Null where there is no row, or none that a table could hold.
    private byte[]?[]? TakeFields(byte[]? image, long? rowId)
    {
        if (image is null) return null;
        _form.Take(new ConversationImage(image), rowId);
        return RowForm.IsQuarantined(_form.Key) ? null : _form.GetFields();
    }

    private static bool AreSame(byte[]?[] left, byte[]?[] right)
    {
        for (var i = 0; i < left.Length; i++)
        {
            if (!LateMerge.AreSame(left[i], right[i])) return false;
        }

        return true;
    }

    private void ReadFenced(CancellationToken cancellationToken)
    {
        var builder = new ConversationBuilder();
        using var rows = SourceRows.Prepare(_fenced, null, null);
        while (rows.Step())
        {
            cancellationToken.ThrowIfCancellationRequested();
            rows.ReadCells(builder, firstIndex: 1);
            _form.Take(new ConversationImage(builder.Image), _fenced.HasRowId ? rows.GetInteger(0) : null);
            _index.Set(_form.Key.ToArray(), _form.Hash, _form.HasResidue, mark: 0);
            _fencedHashes.Add(_form.Hash);
            builder.Reset();
        }
    }

    private void Note(LateRow row)
    {
        _carried[TargetIndex.GetName(row.Key)] = row.Image;
        if (row.Image is null)
        {
            _index.Remove(row.Key);
            return;
        }

        _form.Take(new ConversationImage(row.Image), row.RowId);
        _index.Set(row.Key, _form.Hash, _form.HasResidue, _mark);
    }
}

/// <summary>A row written to the old file after the fence.</summary>
/// <param name="Key">See <see cref="RowForm.Key"/>.</param>
/// <param name="Image">The row as it is now; <see langword="null"/> where it was deleted.</param>
/// <param name="RowId">Its rowid.</param>
internal sealed record LateRow(byte[] Key, byte[]? Image, long? RowId);

/// <summary>What became of some late rows.</summary>
/// <param name="Rows">The rows.</param>
/// <param name="Conflicts">Those that could not be merged.</param>
internal sealed record LateTally(long Rows, long Conflicts);
