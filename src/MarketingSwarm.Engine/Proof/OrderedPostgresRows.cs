using System.Buffers.Binary;
using System.Text;
using MarketingSwarm.Engine.Schemas;
using Npgsql;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   The rows of a PostgreSQL table in the order of their keys' bytes, with the residue's originals in the place of what was stored
///   instead, and the rows that the residue alone has in their places between them.
/// </summary>
internal sealed class OrderedPostgresRows : OrderedRows
{
    private const int Batch = 500;

    private static readonly string StoredColumns = string.Join(", ", ConversationTable.ColumnNames.Select(name => "stored_" + name));

    private readonly RowScope _scope;
    private readonly ResidueSpool _residue;
    private readonly CancellationToken _cancellationToken;
    private readonly OrderedRow _early = new();
    private readonly OrderedRow _main = new();
    private readonly List<ResidueRow> _entries = [];
    private PrivateDatabase? _earlyFile;
    private SqliteCursor? _earlyRows;
    private IEnumerator<ResidueRow>? _byTarget;
    private ResidueRow? _nextEntry;
    private CopyOutReader? _table;
    private CancellationTokenRegistration _stop;
    private bool _hasEarly;
    private bool _hasMain;

    private OrderedPostgresRows(RowScope scope, ResidueSpool residue, CancellationToken cancellationToken)
    {
        _scope = scope;
        _residue = residue;
        _cancellationToken = cancellationToken;
    }

    /// <summary>The rows that came over the wire.</summary>
    internal long RowsRead { get; private set; }

    /// <summary>Begins to read.</summary>
    /// <param name="connection">A connection in a transaction of one snapshot; it is busy until the rows are disposed.</param>
    /// <param name="table">The table, quoted.</param>
    /// <param name="condition">Which of its rows, as SQL; empty for all.</param>
    /// <param name="scope">Which rows the comparison is about.</param>
    /// <param name="residue">What is known of rows and cells that are not stored as they were.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    internal static async Task<OrderedPostgresRows> OpenAsync(
        NpgsqlConnection connection, string table, string condition, RowScope scope, ResidueSpool residue, CancellationToken cancellationToken)
    {
        var rows = new OrderedPostgresRows(scope, residue, cancellationToken);
        try
        {
            await rows.PrepareEarlyAsync(connection, table, condition);
            var conditions = new List<string>();
            if (condition.Length > 0) conditions.Add(condition);
            if (scope.Ids.Count > 0) conditions.Add(scope.GetIdCondition());
            if (scope.Buckets is { } buckets)
            {
                var numbers = string.Join(',', Enumerable.Range(0, buckets.Length).Where(bucket => buckets[bucket]));
                conditions.Add($"(id IS NULL OR {ServerHash.Bucket} = ANY ('{{{numbers}}}'::integer[]))");
            }

            var where = conditions.Count > 0 ? $" WHERE {string.Join(" AND ", conditions)}" : "";
            rows._table = await rows.BeginAsync(connection, $"SELECT {ConversationTable.ColumnList} FROM {table} t{where} ORDER BY id COLLATE \"C\" NULLS FIRST");
            rows._byTarget = residue.ReadByTargetId().GetEnumerator();
            rows.AdvanceEntries();
            rows._hasEarly = rows.ReadEarly();
            rows._hasMain = rows.ReadMain();
            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    internal override bool Read(OrderedRow row)
    {
        row.Clear();
        if (!_hasEarly && !_hasMain) return false;
        var takesEarly = _hasEarly && (!_hasMain || RowBuffer.CompareKeys(_early.Cells, _main.Cells) < 0);
        var next = takesEarly ? _early : _main;
        row.HasStored = next.HasStored;
        row.IsQuarantined = next.IsQuarantined;
        row.IsOfNewestRun = next.IsOfNewestRun;
        row.Cells.CopyFrom(next.Cells);
        if (next.HasStored) row.Stored.CopyFrom(next.Stored);
        if (takesEarly) _hasEarly = ReadEarly();
        else _hasMain = ReadMain();
        return true;
    }

    public override void Dispose()
    {
        _stop.Dispose();
        _table?.Dispose();
        _byTarget?.Dispose();
        _earlyRows?.Dispose();
        _earlyFile?.Dispose();
    }

    private async Task<CopyOutReader> BeginAsync(NpgsqlConnection connection, string query)
    {
        var stream = await connection.BeginRawBinaryCopyAsync($"COPY ({query}) TO STDOUT (FORMAT binary)", _cancellationToken);
        _stop.Dispose();
        _stop = _cancellationToken.Register(stream.Cancel);
        return new CopyOutReader(stream, ConversationTable.ColumnCount);
    }

    // Rows whose key was another in the source have another place in the order, and so have those that are in no table.
    private async Task PrepareEarlyAsync(NpgsqlConnection connection, string table, string condition)
    {
        if (_residue.Rows == 0) return;
        _earlyFile = new PrivateDatabase(
            $"CREATE TABLE early (seq INTEGER PRIMARY KEY, source_rowid, is_quarantined, is_newest, {ConversationTable.ColumnList}, {StoredColumns}); CREATE INDEX early_id ON early (id, seq)");
        using var insert = _earlyFile.Prepare($"INSERT INTO early VALUES (NULL, {string.Join(", ", Enumerable.Range(1, 23).Select(i => FormattableString.Invariant($"?{i}")))})");
        var known = new HashSet<(long?, ConversationCell)>();
        foreach (var residue in _residue.ReadQuarantined())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            // What a newer run says of the row goes before.
            if (!known.Add((residue.RowId, residue.Key))) continue;
            var row = new OrderedRow { IsQuarantined = true, IsOfNewestRun = residue.Run == 0 };
            for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
            {
                if (residue[column] is { } entry) row.Cells.Add(entry.StorageClass, entry.Original);
                else row.Cells.AddNull();
            }

            row.Cells.RowId = residue.RowId;
            if (_scope.Contains(row.Cells)) Insert(insert, row);
        }

        var batch = new List<ResidueRow>();
        foreach (var residue in _residue.ReadConvertedKeys())
        {
            batch.Add(residue);
            if (batch.Count < Batch) continue;
            await RelocateAsync(connection, table, condition, batch, insert);
            batch.Clear();
        }

        if (batch.Count > 0) await RelocateAsync(connection, table, condition, batch, insert);
        _earlyRows = new SqliteCursor(_earlyFile.Handle, $"SELECT source_rowid, {ConversationTable.ColumnList}, {StoredColumns}, is_quarantined, is_newest FROM early ORDER BY id, seq", _earlyFile.Database);
    }

    private async Task RelocateAsync(NpgsqlConnection connection, string table, string condition, List<ResidueRow> batch, PrivateStatement insert)
    {
        var names = string.Join(", ", batch.Select(row => SqlNames.QuoteText(Encoding.UTF8.GetString(row.TargetId!))).Distinct(StringComparer.Ordinal));
        var where = condition.Length > 0 ? $"{condition} AND " : "";
        using var reader = await BeginAsync(connection, $"SELECT {ConversationTable.ColumnList} FROM {table} t WHERE {where}id IN ({names})");
        var row = new OrderedRow();
        while (reader.Read())
        {
            var entries = batch.FindAll(residue => reader[0].SequenceEqual(residue.TargetId));
            Restore(reader, entries, row);
            if (row.Cells.GetStorageClass(ConversationColumn.Id) != StorageClass.Text && _scope.Contains(row.Cells)) Insert(insert, row);
        }
    }

    private static void Insert(PrivateStatement insert, OrderedRow row)
    {
        insert.Bind(1, row.Cells.RowId is { } rowId ? ConversationCell.OfInteger(rowId) : ConversationCell.OfNull());
        insert.Bind(2, ConversationCell.OfInteger(row.IsQuarantined ? 1 : 0));
        insert.Bind(3, ConversationCell.OfInteger(row.IsOfNewestRun ? 1 : 0));
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            insert.Bind(4 + (int)column, row.Cells, column);
            if (row.HasStored) insert.Bind(14 + (int)column, row.Stored, column);
            else insert.Bind(14 + (int)column, ConversationCell.OfNull());
        }

        insert.Execute();
    }

    private bool ReadEarly()
    {
        _early.Clear();
        if (_earlyRows is null || !_earlyRows.Step()) return false;
        _earlyRows.CopyTo(_early.Cells);
        _earlyRows.CopyTo(_early.Stored, firstColumn: ConversationTable.ColumnCount);
        _early.IsQuarantined = _earlyRows.GetExtraInteger(2 * ConversationTable.ColumnCount) == 1;
        _early.IsOfNewestRun = _earlyRows.GetExtraInteger(2 * ConversationTable.ColumnCount + 1) == 1;
        _early.HasStored = !_early.IsQuarantined;
        return true;
    }

    private bool ReadMain()
    {
        while (_table!.Read())
        {
            _cancellationToken.ThrowIfCancellationRequested();
            RowsRead++;
            FindEntries(_table[0]);
            Restore(_table, _entries, _main);
            // The others came early.
            if (_table.IsNull(0) || _main.Cells.GetStorageClass(ConversationColumn.Id) == StorageClass.Text) return true;
        }

        return false;
    }

    private void FindEntries(ReadOnlySpan<byte> id)
    {
        // A table without a key may have an id again.
        if (_entries.Count > 0 && id.SequenceEqual(_entries[0].TargetId)) return;
        _entries.Clear();
        while (_nextEntry is { } entry && id.SequenceCompareTo(entry.TargetId) is >= 0 and var order)
        {
            if (order == 0) _entries.Add(entry);
            AdvanceEntries();
        }
    }

    private void AdvanceEntries() => _nextEntry = _byTarget!.MoveNext() ? _byTarget.Current : null;

    // The newest entry whose stored value the table still has gives the cell back.
    private static void Restore(CopyOutReader tuple, List<ResidueRow> residue, OrderedRow row)
    {
        row.Clear();
        row.HasStored = residue.Count > 0;
        long? rowId = null;
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            var isRestored = false;
            foreach (var candidate in residue)
            {
                if (candidate[column] is not { } entry || (entry.Stored is null ? !tuple.IsNull((int)column) : tuple.IsNull((int)column) || !tuple[(int)column].SequenceEqual(entry.Stored)))
                    continue;
                row.Cells.Add(entry.StorageClass, entry.Original);
                rowId ??= candidate.RowId;
                isRestored = true;
                break;
            }

            if (!isRestored) AddField(tuple, column, row.Cells);
            if (row.HasStored) AddField(tuple, column, row.Stored);
        }

        row.Cells.RowId = rowId;
    }

    private static void AddField(CopyOutReader tuple, ConversationColumn column, RowBuffer row)
    {
        var field = tuple[(int)column];
        if (tuple.IsNull((int)column))
        {
            row.AddNull();
        }
        else if (ConversationTable.IsTimestamp(column))
        {
            Span<byte> text = stackalloc byte[64];
            row.Add(StorageClass.Text, text[..TimeReading.Write(column, BinaryPrimitives.ReadInt64BigEndian(field), text)]);
        }
        else
        {
            row.Add(column == ConversationColumn.TotalCost ? StorageClass.Real : StorageClass.Text, field);
        }
    }
}
