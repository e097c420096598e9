using MarketingSwarm.Engine.Migration;
using Npgsql;

namespace MarketingSwarm.Engine.Restoration;

/// <summary>A run whose rows are restored.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Source">What tells its source from others: the file's name of a migration; an import has read something of its own.</param>
/// <param name="Definition">The source's statements, where they were kept.</param>
/// <param name="Encoding">How the source stores text.</param>
/// <param name="Forms">How it spells times.</param>
internal sealed record RestoredRun(Guid RunId, string Source, string? Definition, string Encoding, RunForms Forms)
{
    // A chunk that was taken out again, and the row of the ledger that says so, have put nothing into the table.
    private const string IsLoaded =
        $"NOT EXISTS (SELECT FROM {LedgerSchema.ChunkTable} AS later WHERE later.run_id = $1 AND later.withdraws = loaded.chunk)";

    /// <summary>Reads the runs that loaded a table and were not undone, newest first.</summary>
    internal static IReadOnlyList<RestoredRun> Read(LedgerReader ledger, DatabaseSchema schema, Guid? runId, CancellationToken cancellationToken) =>
    [
        .. ledger.Query(
            $"""
            SELECT run_id, CASE kind WHEN 'Migration' THEN source ELSE run_id::text END AS place, source_definition, source_encoding, plan FROM {LedgerSchema.RunTable}
            WHERE ($1 IS NULL OR run_id = $1) AND table_schema = $2 AND table_name = $3 AND state <> $4 ORDER BY started_at DESC, run_id
            """,
            row => new RestoredRun(row.GetGuid(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2), row.GetString(3), RunForms.Parse(row.GetString(4))),
            cancellationToken, LedgerReader.OptionalRun(runId), new() { Value = schema.Schema }, new() { Value = schema.Table },
            new() { Value = nameof(MigrationState.Undone) }),
    ];

    /// <summary>The keys of the rows that its chunks loaded, and their rowids, the newest chunk's first: a delta may have loaded a row anew.</summary>
    internal IEnumerable<(byte[] Keys, byte[]? RowIds)> ReadKeys(LedgerReader ledger, CancellationToken cancellationToken) => ledger.Query(
        $"SELECT row_keys, row_ids FROM {LedgerSchema.ChunkTable} AS loaded WHERE run_id = $1 AND withdraws IS NULL AND {IsLoaded} ORDER BY chunk DESC",
        row => (row.GetFieldValue<byte[]>(0), ReadBytes(row, 1)), cancellationToken, Id());

    /// <summary>The cells of rows in the table that were stored otherwise, each with the row's key there.</summary>
    internal IEnumerable<(byte[] Key, long? RowId, KnownCell Cell)> ReadCells(LedgerReader ledger, CancellationToken cancellationToken) => ledger.Query(
        $"""
        SELECT id, source_rowid, column_name, storage_class, original, stored
        FROM {LedgerSchema.ResidueTable} AS loaded WHERE run_id = $1 AND id IS NOT NULL AND {IsLoaded}
        """,
        row => (row.GetFieldValue<byte[]>(0), ReadRowId(row, 1), ReadCell(row, 2)), cancellationToken, Id());

    /// <summary>The cells of rows that are in the residue alone, row by row in the table's order of columns.</summary>
    internal IEnumerable<(KnownCell Cell, long? RowId)> ReadQuarantined(LedgerReader ledger, CancellationToken cancellationToken)
    {
        var columns = string.Join(", ", ConversationTable.ColumnNames.Select(name => $"'{name}'"));
        return ledger.Query(
            $"""
            SELECT source_rowid, column_name, storage_class, original, stored
            FROM {LedgerSchema.ResidueTable} AS loaded WHERE run_id = $1 AND outcome = '{nameof(CellOutcome.RowQuarantined)}' AND {IsLoaded}
            ORDER BY chunk, row_number, array_position(ARRAY[{columns}], column_name)
            """,
            row =>
            {
                var rowId = ReadRowId(row, 0);
                return (ReadCell(row, 1), rowId);
            },
            cancellationToken, Id());
    }

    /// <summary>The greatest rowid of such a row; 0 where there is none.</summary>
    internal long ReadGreatestQuarantined(LedgerReader ledger, CancellationToken cancellationToken) => ledger.Query(
        $"SELECT coalesce(max(source_rowid), 0) FROM {LedgerSchema.ResidueTable} AS loaded WHERE run_id = $1 AND {IsLoaded}",
        row => row.GetInt64(0), cancellationToken, Id()).Single();

    private NpgsqlParameter Id() => new() { Value = RunId };

    private static KnownCell ReadCell(NpgsqlDataReader row, int first)
    {
        _ = ConversationTable.TryFind(row.GetString(first), out var column);
        return new KnownCell(column, Enum.Parse<StorageClass>(row.GetString(first + 1)), ReadBytes(row, first + 2), ReadBytes(row, first + 3));
    }

    private static long? ReadRowId(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetInt64(ordinal);

    private static byte[]? ReadBytes(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetFieldValue<byte[]>(ordinal);
}
