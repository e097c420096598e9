using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Sqlite;
using Microsoft.Data.Sqlite;

namespace MarketingSwarm.Engine.Restoration;

/// <summary>
///   What the runs know of the rows that they loaded, by the hashes of their keys: the run, the rowid, and the originals of cells that were
///   stored otherwise. It is in a temporary file that SQLite deletes, so that memory does not grow with the rows.
/// </summary>
internal sealed class KnownRows : IDisposable
{
    private readonly SqliteConnection _connection = new("Data Source=;Pooling=False");
    private readonly SqliteStatement _addRow;
    private readonly SqliteStatement _addCell;
    private readonly SqliteStatement _findRow;
    private readonly SqliteStatement _findCells;
    private readonly SqliteStatement _addPlace;
    private bool _hasCells;

    internal KnownRows()
    {
        var database = new SwarmDatabase(DatabaseEngine.Sqlite) { Path = Path.GetTempPath() };
        _connection.Open();
        // cell: an index on what is looked for, the first part of its key. place: which row of a source is accounted for by which run.
        Execute("""
            PRAGMA cache_size = -65536; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;
            CREATE TABLE known (hash BLOB PRIMARY KEY, run INTEGER, row_id INTEGER) WITHOUT ROWID;
            CREATE TABLE cell (hash BLOB, run INTEGER, col INTEGER, class INTEGER, original BLOB, stored BLOB);
            CREATE INDEX cell_row ON cell (hash, run);
            CREATE TABLE place (source TEXT, row_id INTEGER, run INTEGER, PRIMARY KEY (source, row_id)) WITHOUT ROWID
            """);
        var handle = _connection.Handle!;
        _addRow = new(handle, "INSERT OR IGNORE INTO known VALUES (?1, ?2, ?3)", database);
        _addCell = new(handle, "INSERT INTO cell VALUES (?1, ?2, ?3, ?4, ?5, ?6)", database);
        _findRow = new(handle, "SELECT run, row_id FROM known WHERE hash = ?1", database);
        _findCells = new(handle, "SELECT col, class, original, stored FROM cell WHERE hash = ?1 AND run = ?2", database);
        _addPlace = new(handle, "INSERT INTO place VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET run = run RETURNING run", database);
    }

    /// <summary>The greatest rowid of a row.</summary>
    internal long GreatestRowId
    {
        get
        {
            using var command = _connection.CreateCommand();
            command.CommandText = "SELECT coalesce(max(row_id), 0) FROM known";
            return (long)command.ExecuteScalar()!;
        }
    }

    /// <summary>Notes a row that a run loaded. Of several runs that loaded one of the same key, the one that is noted first counts.</summary>
    internal void AddRow(ReadOnlyMemory<byte> keyHash, int run, long? rowId)
    {
        _addRow.Bind(1, ConversationCell.OfBlob(keyHash));
        _addRow.Bind(2, run);
        _addRow.Bind(3, OfInteger(rowId));
        _addRow.TryExecute();
    }

    /// <summary>Notes the original of a cell.</summary>
    internal void AddCell(ReadOnlyMemory<byte> keyHash, int run, KnownCell cell)
    {
        _hasCells = true;
        _addCell.Bind(1, ConversationCell.OfBlob(keyHash));
        _addCell.Bind(2, run);
        _addCell.Bind(3, (long)cell.Column);
        _addCell.Bind(4, (long)cell.StorageClass);
        _addCell.Bind(5, OfBytes(cell.Original));
        _addCell.Bind(6, OfBytes(cell.Stored));
        _addCell.TryExecute();
    }

    /// <summary>Notes that a run accounts for the row of a rowid in a source.</summary>
    /// <returns>False where another run that was noted before does so.</returns>
    internal bool TryAddPlace(string source, long rowId, int run)
    {
        _addPlace.Bind(1, source);
        _addPlace.Bind(2, rowId);
        _addPlace.Bind(3, run);
        _addPlace.Step();
        var owner = _addPlace.GetInteger(0);
        _addPlace.Reset();
        return owner == run;
    }

    /// <summary>Finds the run and the rowid of a row of the table.</summary>
    internal (int Run, long? RowId)? Find(ReadOnlyMemory<byte> keyHash)
    {
        _findRow.Bind(1, ConversationCell.OfBlob(keyHash));
        (int, long?)? found = null;
        if (_findRow.Step()) found = ((int)_findRow.GetInteger(0), _findRow.GetStorageClass(1) == StorageClass.Null ? null : _findRow.GetInteger(1));
        _findRow.Reset();
        return found;
    }

    /// <summary>Puts the originals of a row's cells at their columns' places.</summary>
    internal void FindCells(ReadOnlyMemory<byte> keyHash, int run, KnownCell?[] cells)
    {
        Array.Clear(cells);
        if (!_hasCells) return;
        _findCells.Bind(1, ConversationCell.OfBlob(keyHash));
        _findCells.Bind(2, run);
        while (_findCells.Step())
        {
            var column = (ConversationColumn)_findCells.GetInteger(0);
            cells[(int)column] = new KnownCell(column, (StorageClass)_findCells.GetInteger(1), GetBytes(2), GetBytes(3));
        }

        _findCells.Reset();
    }

    public void Dispose()
    {
        _addRow.Dispose();
        _addCell.Dispose();
        _findRow.Dispose();
        _findCells.Dispose();
        _addPlace.Dispose();
        _connection.Dispose();
    }

    private byte[]? GetBytes(int index) => _findCells.GetStorageClass(index) == StorageClass.Null ? null : _findCells.GetBlob(index).ToArray();

    private static ConversationCell OfInteger(long? value) => value is { } number ? ConversationCell.OfInteger(number) : ConversationCell.OfNull();

    private static ConversationCell OfBytes(byte[]? bytes) => bytes is null ? ConversationCell.OfNull() : ConversationCell.OfBlob(bytes);

    private void Execute(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}

/// <summary>A cell of the residue, as far as a restore needs it.</summary>
/// <param name="Column">Its column.</param>
/// <param name="StorageClass">The original's.</param>
/// <param name="Original">The original's bytes, those of a number big-endian.</param>
/// <param name="Stored">What the table was given instead, as PostgreSQL's binary format has it.</param>
internal sealed record KnownCell(ConversationColumn Column, StorageClass StorageClass, byte[]? Original, byte[]? Stored)
{
    /// <summary>The original.</summary>
    internal ConversationCell ToCell() => LedgerReader.ReadOriginal(StorageClass, Original);
}
