using System.Text;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using Npgsql;

namespace MarketingSwarm.Engine.Postgres;

/// <summary>
///   Sends chunks by a connection in a transaction that the caller begins and commits: the rows sorted by key through one COPY
///   statement a chunk, since only a statement's end tells of an error, then through another what the residue keeps of them. A plain row
///   allocates nothing. One chunk at a time.
/// </summary>
internal sealed class ChunkCopier
{
    private const int SlabLength = 256 * 1024;

    // As much of a key as a message shows.
    private const int GreatestName = 64;

    private static readonly string ResidueStatement = $"COPY {LedgerSchema.ResidueTable} ({LedgerSchema.ResidueColumns}) FROM STDIN (FORMAT binary)";

    private readonly SwarmDatabase _database;
    private readonly NpgsqlConnection _connection;
    private readonly string _statement;
    private readonly RowConverter _converter;
    private readonly ResidueTuple _residue;
    private readonly Func<CancellationToken, Task>? _prepareResidue;
    private readonly byte[] _slab = new byte[SlabLength];
    private readonly BytesSent _sent = new();
    private bool _isResiduePrepared;

    /// <param name="database">The target, to which a second connection cancels what the first one waits for.</param>
    /// <param name="connection">An open connection; its transaction is the caller's.</param>
    /// <param name="table">The table's qualified name.</param>
    /// <param name="settings">How rows are stored.</param>
    /// <param name="runId">The run that the residue names.</param>
    /// <param name="prepareResidue">Called once, before the first entry is sent: it makes the schema, say. <see langword="null"/> where that is there.</param>
    internal ChunkCopier(
        SwarmDatabase database, NpgsqlConnection connection, string table, ConversionSettings settings, Guid runId,
        Func<CancellationToken, Task>? prepareResidue = null)
    {
        _database = database;
        _connection = connection;
        _statement = $"COPY {table} ({ConversationTable.ColumnList}) FROM STDIN (FORMAT binary)";
        _converter = new RowConverter(settings);
        _residue = new ResidueTuple(runId);
        _prepareResidue = prepareResidue;
    }

    /// <summary>How much it has given to the connection's socket so far, in bytes: the sign that it goes on.</summary>
    internal long BytesSent => _sent.Bytes;

    /// <summary>The row that the server refused in the chunk whose sending failed, where it named a line: its id, 64 bytes of it at the most.</summary>
    internal string? RefusedRow { get; private set; }

    /// <summary>Sends a chunk that was judged with the same settings. It is the caller's again when this ends, also by an error.</summary>
    /// <param name="chunk">The chunk.</param>
    /// <param name="cancellationToken">Ends the sending soon, whatever the server waits for.</param>
    /// <exception cref="PostgresException">The server refused; see <see cref="RefusedRow"/>. The transaction can only be rolled back.</exception>
    /// <exception cref="NpgsqlException">The connection broke.</exception>
    internal async Task<ChunkCounts> CopyAsync(JudgedChunk chunk, CancellationToken cancellationToken)
    {
        RefusedRow = null;
        if (chunk.Counts.Loaded > 0) await CopyRowsAsync(chunk, cancellationToken);
        if (chunk.Counts.Entries > 0) await CopyResidueAsync(chunk, cancellationToken);
        return chunk.Counts;
    }

    /// <summary>Has the server cancel what the connection runs, by another connection. Where none is to be had, the first is left to end by itself.</summary>
    internal async Task CancelStatementAsync()
    {
        try
        {
            await using var other = await PostgresConnector.OpenAsync(_database, CancellationToken.None);
            await using var cancel = new NpgsqlCommand("SELECT pg_cancel_backend($1)", other) { Parameters = { new() { Value = _connection.ProcessID } } };
            await cancel.ExecuteNonQueryAsync();
        }
        catch (Exception exception) when (exception is SwarmException or NpgsqlException or IOException)
        {
            // No second connection is to be had.
        }
    }

    private async Task CopyRowsAsync(JudgedChunk chunk, CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = await CopyStream.BeginAsync(_connection, _statement, _slab, CancelStatementAsync, cancellationToken, _sent);
            var order = chunk.LoadedOrder;
            for (var next = 0; next < order.Length;)
            {
                var taken = FillSlab(stream, chunk, order.Span[next..]);
                next += taken;
                if (next == order.Length) break;
                await stream.FlushAsync(cancellationToken);
                if (taken == 0) await WriteLargeRowAsync(stream, chunk, order.Span[next++], cancellationToken);
            }

            await stream.CompleteAsync(cancellationToken);
        }
        catch (PostgresException refused)
        {
            // "COPY conversations, line 3": the third in the order of the keys.
            if (PostgresPatterns.CopyLine().Match(refused.Where ?? "") is { Success: true } line && int.TryParse(line.Groups[1].Value, out var number)
                && number >= 1 && number <= chunk.Counts.Loaded)
            {
                RefusedRow = Name(chunk.Rows, chunk.LoadedOrder.Span[number - 1]);
            }

            throw;
        }
    }

    // As many rows as the slab's room takes: none where the first is larger than an empty slab, or the slab has too little left.
    private int FillSlab(CopyStream stream, JudgedChunk chunk, ReadOnlySpan<int> indexes)
    {
        for (var taken = 0; taken < indexes.Length; taken++)
        {
            var index = indexes[taken];
            var row = chunk.Rows[index];
            var verdict = JudgeAgain(chunk, index);
            if (CopyTuple.GetGreatestLength(row, verdict) > stream.Room.Length) return taken;
            stream.Advance(CopyTuple.Write(row, chunk.GetTimes(index), verdict, stream.Room));
        }

        return indexes.Length;
    }

    // Verdicts are not kept: a chunk of rows that are all converted would hold its texts twice.
    private RowVerdict? JudgeAgain(JudgedChunk chunk, int index) => chunk.GetFate(index) == RowFate.Plain
        ? null
        : _converter.Judge(chunk.Rows[index], chunk.Rows.GetRowId(index), chunk.GetTimes(index));

    private async Task WriteLargeRowAsync(CopyStream stream, JudgedChunk chunk, int index, CancellationToken cancellationToken)
    {
        var verdict = JudgeAgain(chunk, index);
        stream.Advance(CopyTuple.WriteStart(stream.Room));
        for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
        {
            if (verdict?.Find(column) is { } cell)
            {
                if (cell.Stored is null) await stream.WriteNullAsync(cancellationToken);
                else await stream.WriteFieldAsync(cell.Stored, cancellationToken);
            }
            else if (!ConversationTable.IsTimestamp(column) && chunk.Rows[index].GetStorageClass(column) == StorageClass.Text)
            {
                await stream.WriteFieldAsync(chunk.Rows.GetBytes(index, column), cancellationToken);
            }
            else
            {
                if (stream.Room.Length < CopyTuple.GreatestFixedLength) await stream.FlushAsync(cancellationToken);
                stream.Advance(CopyTuple.WriteCell(chunk.Rows[index], column, chunk.GetTimes(index), stream.Room));
            }
        }
    }

    private async Task CopyResidueAsync(JudgedChunk chunk, CancellationToken cancellationToken)
    {
        if (!_isResiduePrepared && _prepareResidue is not null) await _prepareResidue(cancellationToken);
        _isResiduePrepared = true;
        await using var stream = await CopyStream.BeginAsync(_connection, ResidueStatement, _slab, CancelStatementAsync, cancellationToken, _sent);
        for (var i = 0; i < chunk.Rows.Rows; i++)
        {
            if (JudgeAgain(chunk, i) is not { } verdict) continue;
            for (var column = ConversationColumn.Id; column <= ConversationColumn.ErrorMessage; column++)
            {
                if (ResidueTuple.HasEntry(verdict, column)) await WriteEntryAsync(stream, chunk.Rows, i, verdict, column, cancellationToken);
            }
        }

        await stream.CompleteAsync(cancellationToken);
    }

    private async ValueTask WriteEntryAsync(
        CopyStream stream, RowChunk rows, int index, RowVerdict verdict, ConversationColumn column, CancellationToken cancellationToken)
    {
        if (ResidueTuple.GetGreatestStartLength(rows[index], verdict, column) > stream.Room.Length) await stream.FlushAsync(cancellationToken);
        stream.Advance(_residue.WriteStart(rows[index], rows.GetRowId(index), rows.Number, index, verdict, column, stream.Room));
        switch (rows[index].GetStorageClass(column))
        {
            case StorageClass.Null:
                await stream.WriteNullAsync(cancellationToken);
                break;
            case StorageClass.Integer or StorageClass.Real:
                if (stream.Room.Length < CopyTuple.GreatestFixedLength) await stream.FlushAsync(cancellationToken);
                stream.Advance(CopyTuple.WriteField(rows[index].GetInteger(column), stream.Room));
                break;
            default:
                await stream.WriteFieldAsync(rows.GetBytes(index, column), cancellationToken);
                break;
        }

        if (verdict.RowRule is null && verdict.Find(column)?.Stored is { } stored) await stream.WriteFieldAsync(stored, cancellationToken);
        else await stream.WriteNullAsync(cancellationToken);
    }

    private static string Name(RowChunk rows, int index)
    {
        if (rows[index].GetStorageClass(ConversationColumn.Id) != StorageClass.Text && rows.GetRowId(index) is { } rowId)
            return FormattableString.Invariant($"rowid {rowId}");
        var id = rows[index].GetBytes(ConversationColumn.Id);
        return Encoding.UTF8.GetString(id[..Math.Min(id.Length, GreatestName)]);
    }
}
