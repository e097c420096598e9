using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Sqlite;
using Npgsql;

namespace MarketingSwarm.Engine.Restoration;

/// <summary>
///   Makes a SQLite file of a target's table and its residue, in which every cell of every row has the storage class and the bytes that
///   the source's had. What the application has written since comes in the application's own forms. All that is read is of one moment.
/// </summary>
internal sealed class DatabaseRestorer : IDisposable
{
    private readonly RestoreOptions _options;
    private readonly NpgsqlConnection _connection;
    private readonly PostgresQuery _query;
    private readonly string _table;
    private readonly LedgerReader? _ledger;
    private readonly IReadOnlyList<RestoredRun> _runs;
    private readonly List<string> _warnings = [];
    private readonly ConversationBuilder _builder = new();
    private readonly KnownCell?[] _cells = new KnownCell?[ConversationTable.ColumnCount];
    private long _newRows;
    private long _rowsFromResidue;
    private long _cellsFromResidue;
    private long _cellsChanged;
    private long _rowsLeftOut;

    private DatabaseRestorer(
        RestoreOptions options, NpgsqlConnection connection, DatabaseSchema schema, LedgerReader? ledger, IReadOnlyList<RestoredRun> runs)
    {
        _options = options;
        _connection = connection;
        _query = new PostgresQuery(connection, options.Source);
        _table = PostgresTable.GetQualifiedName(schema);
        _ledger = ledger;
        _runs = runs;
    }

    /// <summary>About how many rows the table has; <see langword="null"/> where nobody knows yet.</summary>
    internal long? ExpectedRows { get; private set; }

    /// <summary>What somebody should know; complete once the file is.</summary>
    internal IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Checks all that can be checked before anything is written: the place, the table, the right to read the residue, the ledger.</summary>
    /// <exception cref="SwarmException">The file cannot be made there, the target cannot be read, or the run is not there.</exception>
    internal static async Task<DatabaseRestorer> OpenAsync(RestoreOptions options, CancellationToken cancellationToken)
    {
        var database = options.Source;
        if (database.Engine != DatabaseEngine.PostgreSql) throw Errors.NoLedgerInFiles(database);
        RestoredFile.Check(options.Path, options.Overwrite);
        var connection = await PostgresConnector.OpenAsync(database, cancellationToken);
        try
        {
            await LedgerReader.BeginAsync(connection, cancellationToken);
            var schema = await PostgresTable.ReadSourceAsync(connection, database, cancellationToken);
            var ledger = await LedgerReader.OpenAsync(connection, database, cancellationToken);
            var runs = ledger is null ? [] : RestoredRun.Read(ledger, schema, options.RunId, cancellationToken);
            if (options.RunId is { } runId && runs.Count == 0) throw Errors.RunNotFound(database, runId);
            var restorer = new DatabaseRestorer(options, connection, schema, ledger, runs);
            restorer.Look(cancellationToken);
            return restorer;
        }
        catch (Exception exception)
        {
            await connection.DisposeAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw PostgresErrors.Translate(exception, database);
        }
    }

    /// <summary>Makes the file.</summary>
    /// <param name="report">Told after each row how many rows and bytes of cells are written.</param>
    /// <param name="cancellationToken">Stops the work; then no file is made.</param>
    /// <exception cref="SwarmException">The target cannot be read, or the file cannot be written.</exception>
    internal RestoreSummary Restore(Action<long, long>? report, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        using var known = new KnownRows();
        ReadRuns(known, cancellationToken);
        var model = _runs.FirstOrDefault(run => run.Definition is not null);
        var definition = model?.Definition is { } statements ? SourceDefinition.Parse(statements) : GetDefaultDefinition(cancellationToken);
        var greatest = Math.Max(known.GreatestRowId, ReadGreatestQuarantined(cancellationToken));
        using var file = RestoredFile.Create(_options.Path, _options.Overwrite, definition, model?.Encoding ?? SqliteTable.Utf8, greatest, cancellationToken);
        var bytes = 0L;
        foreach (var (row, rowId, isFromResidue) in ReadTable(known, cancellationToken).Concat(ReadQuarantined(known, cancellationToken)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!file.TryInsert(row, rowId)) Refuse(row, rowId);
            else if (isFromResidue) _rowsFromResidue++;
            report?.Invoke(file.Rows, bytes += row.Size);
        }

        var length = file.Complete(cancellationToken);
        _warnings.AddRange(file.Warnings);
        return new RestoreSummary
        {
            Source = _options.Source,
            Path = _options.Path,
            Rows = file.Rows,
            NewRows = _newRows,
            RowsFromResidue = _rowsFromResidue,
            CellsFromResidue = _cellsFromResidue,
            CellsChangedSince = _cellsChanged,
            RowsLeftOut = _rowsLeftOut,
            Bytes = length,
            Duration = Stopwatch.GetElapsedTime(started),
            ExitCode = _warnings.Count > 0 ? 2 : 0,
        };
    }

    public void Dispose() => _connection.Dispose();

    private void Look(CancellationToken cancellationToken)
    {
        using (var estimate = new NpgsqlCommand("SELECT reltuples::bigint FROM pg_class WHERE oid = $1::regclass", _connection) { Parameters = { new() { Value = _table } } })
        {
            if (estimate.ExecuteScalar() is long and > 0 and var rows) ExpectedRows = rows;
        }

        if (_ledger is null) return;
        foreach (var run in _ledger.ReadRuns(_options.RunId, cancellationToken))
        {
            if (!_runs.Any(restored => restored.RunId == run.RunId)) continue;
            if (run.EndedAt is null) _warnings.Add($"The run {run.RunId} has not ended ({run.State}): the file will have what it has loaded so far.");
            if (!run.IsLedgerIntact) _warnings.Add($"The ledger of the run {run.RunId} was changed after it was written: rows may come back with other rowids or forms than they had.");
        }
    }

    private void ReadRuns(KnownRows known, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _runs.Count; i++)
        {
            // A row that an older run of the same source has in the residue may be accounted for by this one.
            var isRepeated = _runs.Skip(i + 1).Any(older => older.Source == _runs[i].Source);
            foreach (var (keys, ids) in _runs[i].ReadKeys(_ledger!, cancellationToken)) AddRows(known, i, keys, ids, isRepeated);
            foreach (var (key, rowId, cell) in _runs[i].ReadCells(_ledger!, cancellationToken))
            {
                var hash = HashOf(key);
                known.AddRow(hash, i, rowId);
                known.AddCell(hash, i, cell);
            }
        }
    }

    private void AddRows(KnownRows known, int run, byte[] keys, byte[]? ids, bool isRepeated)
    {
        ReadOnlySpan<byte> left = ids;
        long? rowId = null;
        for (var at = 0; at < keys.Length; at += RowKeys.KeyLength)
        {
            if (ids is not null) rowId = RowKeys.ReadRowId(ref left, rowId ?? 0);
            known.AddRow(keys.AsMemory(at, RowKeys.KeyLength), run, rowId);
            if (isRepeated && rowId is { } number) known.TryAddPlace(_runs[run].Source, number, run);
        }
    }

    private IEnumerable<(Conversation Row, long? RowId, bool IsFromResidue)> ReadTable(KnownRows known, CancellationToken cancellationToken)
        => _query.Run($"SELECT {ConversationTable.ColumnList} FROM {_table}", row => ReadRow(row, known), cancellationToken);

    private (Conversation Row, long? RowId, bool IsFromResidue) ReadRow(NpgsqlDataReader reader, KnownRows known)
    {
        // Where the key may be NULL, the row is one that no run loaded.
        var isKeyNull = reader.IsDBNull(0);
        var key = isKeyNull ? [] : reader.GetFieldValue<byte[]>(0);
        var hash = HashOf(key);
        var place = isKeyNull ? null : known.Find(hash);
        if (place is { } found) known.FindCells(hash, found.Run, _cells);
        else Array.Clear(_cells);
        var forms = place is { } loaded ? _runs[loaded.Run].Forms : RunForms.Application;
        if (place is null) _newRows++;

        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var ordinal = (int)column;
            var isNull = column == ConversationColumn.Id ? isKeyNull : reader.IsDBNull(ordinal);
            var entry = _cells[ordinal];
            if (ConversationTable.IsTimestamp(column))
            {
                // The bare 64-bit number: DateTime could not tell infinity from the end of the year 9999.
                var microseconds = isNull ? 0 : reader.GetFieldValue<long>(ordinal);
                if (TryAddOriginal(entry, isNull, BigEndian(microseconds))) continue;
                if (isNull) _builder.AddNull();
                else AddTime(key, column, microseconds, entry is null ? forms[column] : TimestampForm.Application);
            }
            else if (column == ConversationColumn.TotalCost)
            {
                var value = isNull ? 0 : reader.GetDouble(ordinal);
                if (TryAddOriginal(entry, isNull, BigEndian(BitConverter.DoubleToInt64Bits(value)))) continue;
                // SQLite stores no NaN.
                if (isNull || double.IsNaN(value)) _builder.AddNull();
                else _builder.AddReal(value);
            }
            else
            {
                var text = isNull ? [] : column == ConversationColumn.Id ? key : reader.GetFieldValue<byte[]>(ordinal);
                if (TryAddOriginal(entry, isNull, text)) continue;
                if (isNull) _builder.AddNull();
                else _builder.AddText(text);
            }
        }

        return (_builder.Build(place?.RowId), place?.RowId, false);
    }

    // The original stands for what was stored instead, for as long as that is what the table has.
    private bool TryAddOriginal(KnownCell? entry, bool isNull, byte[] value)
    {
        if (entry is null) return false;
        if (isNull != entry.Stored is null || (!isNull && !value.AsSpan().SequenceEqual(entry.Stored)))
        {
            _cellsChanged++;
            return false;
        }

        _cellsFromResidue++;
        AddCell(entry.ToCell());
        return true;
    }

    private void AddTime(byte[] key, ConversationColumn column, long microseconds, TimestampForm form)
    {
        if (microseconds < SwarmTimestamp.MinMicroseconds || microseconds > SwarmTimestamp.MaxMicroseconds)
        {
            throw Errors.TimeNotRepresentable(
                Encoding.UTF8.GetString(key), column,
                microseconds switch
                {
                    long.MaxValue => "infinity",
                    long.MinValue => "-infinity",
                    _ => string.Create(CultureInfo.InvariantCulture, $"{microseconds} microseconds from 2000-01-01"),
                });
        }

        TimestampText.AddTo(_builder, microseconds, form);
    }

    private void AddCell(ConversationCell cell)
    {
        switch (cell.StorageClass)
        {
            case StorageClass.Integer: _builder.AddInteger(cell.Integer); break;
            case StorageClass.Real: _builder.AddReal(cell.Real); break;
            case StorageClass.Text: _builder.AddText(cell.Bytes.Span); break;
            case StorageClass.Blob: _builder.AddBlob(cell.Bytes.Span); break;
            default: _builder.AddNull(); break;
        }
    }

    private IEnumerable<(Conversation Row, long? RowId, bool IsFromResidue)> ReadQuarantined(KnownRows known, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _runs.Count; i++)
        {
            var next = ConversationColumn.Id;
            foreach (var (cell, rowId) in _runs[i].ReadQuarantined(_ledger!, cancellationToken))
            {
                if (cell.Column != next++) throw Errors.ResidueIncomplete(_options.Source, _runs[i].RunId, cell.Column);
                AddCell(cell.ToCell());
                if (cell.Column != ConversationColumn.ErrorMessage) continue;
                next = ConversationColumn.Id;
                var row = _builder.Build(rowId);
                if (rowId is { } number && !known.TryAddPlace(_runs[i].Source, number, i)) continue;
                yield return (row, rowId, true);
            }

            if (next != ConversationColumn.Id) throw Errors.ResidueIncomplete(_options.Source, _runs[i].RunId, next);
        }
    }

    private long ReadGreatestQuarantined(CancellationToken cancellationToken)
        => _runs.Select(run => run.ReadGreatestQuarantined(_ledger!, cancellationToken)).DefaultIfEmpty(0).Max();

    // An import does not know its source's statement. A row that is in the residue alone may lack what the application's table requires.
    private IReadOnlyList<string> GetDefaultDefinition(CancellationToken cancellationToken)
        => ReadGreatestQuarantined(cancellationToken) == 0
            ? SourceDefinition.Default
            : [.. SourceDefinition.Default.Select(statement => statement.Replace(" NOT NULL", "", StringComparison.Ordinal))];

    private void Refuse(Conversation row, long? rowId)
    {
        var name = rowId is { } number ? string.Create(CultureInfo.InvariantCulture, $"'{row.GetCell(ConversationColumn.Id)}' (rowid {number})") : $"'{row.GetCell(ConversationColumn.Id)}'";
        _rowsLeftOut++;
        _warnings.Add($"The row {name} is not in the file: another row has the same key in a UNIQUE index of the source. It is still in the target.");
    }

    private static byte[] HashOf(ReadOnlySpan<byte> key)
    {
        var hash = new byte[RowKeys.KeyLength];
        RowKeys.WriteKey(key, hash);
        return hash;
    }

    private static byte[] BigEndian(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        return bytes;
    }
}
