using MarketingSwarm.Engine.Conversion;

namespace MarketingSwarm.Engine.Migration;

/// <summary>
///   A chunk's rows judged in the order in which they were read, and their order by key: all that sending them needs, so that a chunk
///   can be judged while another is sent. Used again and again; a plain row allocates nothing.
/// </summary>
/// <param name="settings">How rows are stored.</param>
/// <param name="refuse">Makes the error for a cell that cannot be stored; <see langword="null"/> where such cells go to the residue.</param>
/// <param name="approvedPlan">What was approved, where somebody did: a row that needs more is an error.</param>
/// <param name="keepsRowKeys">Whether <see cref="RowKeys"/> and <see cref="RowIds"/> are wanted.</param>
internal sealed class JudgedChunk(
    ConversionSettings settings, Func<Conversation, ConversationColumn, string, Exception>? refuse, bool keepsRowKeys, MigrationPlan? approvedPlan = null)
{
    // PostgreSQL keeps a field, and COPY a row, below 1 GiB.
    private const int GreatestRow = (1 << 30) - 65536;

    private const int GreatestRowIdLength = 10;

    private readonly RowConverter _converter = new(settings);
    private RowFate[] _fates = [];
    private long[] _times = [];
    private int[] _order = [];
    private byte[] _rowKeys = [];
    private byte[] _rowIds = [];
    private int _rowIdsLength;

    /// <summary>The rows that were judged.</summary>
    internal RowChunk Rows { get; private set; } = new();

    /// <summary>What becomes of them.</summary>
    internal ChunkCounts Counts { get; private set; }

    /// <summary>The indexes of the rows that are loaded, in the order of their keys.</summary>
    internal ReadOnlyMemory<int> LoadedOrder => _order.AsMemory(0, (int)Counts.Loaded);

    /// <summary>The hash of each loaded row's key as stored (<see cref="Migration.RowKeys"/>), in the order of reading.</summary>
    internal ReadOnlyMemory<byte> RowKeys => _rowKeys.AsMemory(0, keepsRowKeys ? (int)Counts.Loaded * Migration.RowKeys.KeyLength : 0);

    /// <summary>The loaded rows' rowids as <see cref="Migration.RowKeys"/> writes them, in the order of reading; <see langword="null"/> where rows have none.</summary>
    // Without the cast, null would become an empty Memory by way of an array.
    internal ReadOnlyMemory<byte>? RowIds => keepsRowKeys && Rows.HasRowIds ? (ReadOnlyMemory<byte>?)_rowIds.AsMemory(0, _rowIdsLength) : null;

    internal RowFate GetFate(int index) => _fates[index];

    /// <summary>Room for a row's two instants; those of its plain times are in it.</summary>
    internal Span<long> GetTimes(int index) => _times.AsSpan(index * 2, 2);

    /// <summary>Judges a chunk, which must stay as it is until it was sent.</summary>
    /// <exception cref="SwarmDataException">
    ///   A row is larger than PostgreSQL takes, or needs what the approved plan does not have; or <c>refuse</c>'s, for the first cell that cannot be stored.
    /// </exception>
    internal void Judge(RowChunk rows)
    {
        Rows = rows;
        MakeRoom(rows.Rows);
        _rowIdsLength = 0;
        var previousRowId = 0L;
        var counts = default(ChunkCounts);
        for (var i = 0; i < rows.Rows; i++)
        {
            var row = rows[i];
            var rowId = rows.GetRowId(i);
            if (row.Size > GreatestRow)
                throw Errors.CellNotRepresentable(row.ToConversation(rowId), ConversationColumn.UserQuery, "PostgreSQL", "the row is larger than 1 GiB");
            RowVerdict? verdict = null;
            if (_converter.IsPlain(row, rowId, GetTimes(i)))
            {
                _fates[i] = RowFate.Plain;
            }
            else
            {
                verdict = _converter.Judge(row, rowId, GetTimes(i));
                if (refuse is not null && verdict.NeedsAttention) throw Refuse(row, rowId, verdict, refuse);
                if (approvedPlan is not null && PlanFit.FindUnplanned(approvedPlan, row, rowId, verdict) is { } unplanned)
                    throw Errors.RowNotInPlan(unplanned.Example.Id, rowId, unplanned.Column, unplanned.Rule, unplanned.Reason);
                _fates[i] = verdict.RowRule is not null ? RowFate.Quarantined : verdict.Cells.Count > 0 ? RowFate.Converted : RowFate.Plain;
            }

            if (keepsRowKeys && _fates[i] != RowFate.Quarantined)
            {
                var key = verdict?.Find(ConversationColumn.Id) is { } cell ? cell.Stored : row.GetBytes(ConversationColumn.Id);
                Migration.RowKeys.WriteKey(key, _rowKeys.AsSpan((int)counts.Loaded * Migration.RowKeys.KeyLength));
                if (rowId is { } number)
                {
                    _rowIdsLength += Migration.RowKeys.WriteRowId(number, previousRowId, _rowIds.AsSpan(_rowIdsLength));
                    previousRowId = number;
                }
            }

            counts += Count(_fates[i], verdict);
        }

        Counts = counts;
        var loaded = 0;
        foreach (var index in rows.SortByKey())
        {
            if (_fates[index] != RowFate.Quarantined) _order[loaded++] = index;
        }
    }

    private static ChunkCounts Count(RowFate fate, RowVerdict? verdict)
    {
        if (fate == RowFate.Quarantined) return new ChunkCounts(0, 1, 0, 0);
        if (fate == RowFate.Plain) return new ChunkCounts(1, 0, 0, 0);
        var quarantined = 0;
        foreach (var cell in verdict!.Cells)
        {
            if (cell.Outcome == CellOutcome.Quarantined) quarantined++;
        }

        return new ChunkCounts(1, 0, verdict.Cells.Count - quarantined, quarantined);
    }

    private static Exception Refuse(
        ConversationImage row, long? rowId, RowVerdict verdict, Func<Conversation, ConversationColumn, string, Exception> refuse)
    {
        var cell = verdict.Cells.FirstOrDefault(cell => cell.Outcome == CellOutcome.Quarantined);
        return verdict.RowRule is not null
            ? refuse(row.ToConversation(rowId), verdict.RowColumn, verdict.RowReason)
            : refuse(row.ToConversation(rowId), cell!.Column, cell.Reason);
    }

    private void MakeRoom(int rows)
    {
        if (_fates.Length < rows)
        {
            var room = Math.Max(1024, rows + rows / 4);
            _fates = new RowFate[room];
            _times = new long[room * 2];
            _order = new int[room];
        }

        if (keepsRowKeys && _rowKeys.Length < rows * Migration.RowKeys.KeyLength)
        {
            _rowKeys = new byte[_fates.Length * Migration.RowKeys.KeyLength];
            _rowIds = new byte[_fates.Length * GreatestRowIdLength];
        }
    }
}

/// <summary>What becomes of a row.</summary>
internal enum RowFate : byte
{
    /// <summary>Every cell is stored as it is.</summary>
    Plain,

    /// <summary>It is stored, some of its cells otherwise.</summary>
    Converted,

    /// <summary>It is in the residue alone.</summary>
    Quarantined,
}
