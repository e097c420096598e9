using System.Text;
using MarketingSwarm.Engine.Migration;
using Npgsql;

namespace MarketingSwarm.Engine.Proof;

/// <summary>
///   The residue of one run or of several, read in one go and kept in a private file, a row of the source a row, so that it can be walked
///   in the order of rowids, of keys or of the table's keys. Entries of chunks that were withdrawn are not in it. Without any entry there is no file.
/// </summary>
internal sealed class ResidueSpool : IDisposable
{
    private const string Definition = """
        CREATE TABLE special (
            seq INTEGER PRIMARY KEY, run INTEGER, source_rowid INTEGER, target_id BLOB, key, is_quarantined INTEGER, has_key INTEGER,
            is_used INTEGER DEFAULT 0, payload BLOB)
        """;

    private PrivateDatabase? _file;

    /// <summary>The rows of the source that have entries.</summary>
    internal long Rows { get; private set; }

    /// <summary>The entries.</summary>
    internal long Cells { get; private set; }

    /// <summary>Entries whose column is none of the table's: in no row.</summary>
    internal List<string> UnknownColumns { get; } = [];

    /// <summary>Reads the residue of some runs, the newest first.</summary>
    internal static async Task<ResidueSpool> ReadAsync(NpgsqlConnection connection, IReadOnlyList<Guid> runs, CancellationToken cancellationToken, ConnectionActivity? activity = null)
    {
        var spool = new ResidueSpool();
        if (runs.Count == 0) return spool;
        try
        {
            var list = string.Join(", ", runs.Select(run => $"'{run}'::uuid"));
            var stream = await connection.BeginRawBinaryCopyAsync(
                $"""
                COPY (
                    SELECT array_position(ARRAY[{list}], r.run_id), r.chunk, r.row_number, r.column_name, r.source_rowid, r.id, r.outcome, r.rule, r.storage_class, r.original, r.stored
                    FROM {LedgerSchema.ResidueTable} r
                    WHERE r.run_id IN ({list})
                        AND NOT EXISTS (SELECT FROM {LedgerSchema.ChunkTable} w WHERE w.run_id = r.run_id AND w.withdraws = r.chunk)
                    ORDER BY 1, 2, 3)
                TO STDOUT (FORMAT binary)
                """, cancellationToken);
            using var stop = cancellationToken.Register(stream.Cancel);
            using var reader = new CopyOutReader(stream, columns: 11, activity);
            spool.Fill(reader, cancellationToken);
            return spool;
        }
        catch
        {
            spool.Dispose();
            throw;
        }
    }

    /// <summary>The rows in the order of their rowids in the source; a row that has none comes first.</summary>
    internal IEnumerable<ResidueRow> ReadByRowId() => Read("WHERE 1 ORDER BY source_rowid, seq", "special (source_rowid, seq)");

    /// <summary>The rows that the table has, in the order of its keys' bytes, the newest run's first.</summary>
    internal IEnumerable<ResidueRow> ReadByTargetId() => Read("WHERE target_id IS NOT NULL ORDER BY target_id, run, seq", "special (target_id, run, seq)");

    /// <summary>The rows whose key is stored otherwise, the newest run's first.</summary>
    internal IEnumerable<ResidueRow> ReadConvertedKeys() => Read("WHERE target_id IS NOT NULL AND has_key ORDER BY target_id, run, seq", "special (target_id, run, seq)");

    /// <summary>The rows that are in no table, the newest run's first.</summary>
    internal IEnumerable<ResidueRow> ReadQuarantined() => Read("WHERE is_quarantined ORDER BY run, seq", index: null);

    /// <summary>Finds the row of a key of the source that was not taken yet, and takes it.</summary>
    internal ResidueRow? Take(ConversationCell key)
    {
        if (_file is null) return null;
        EnsureIndex("special (key, seq)");
        // IS finds NULL too.
        using var find = _file.Prepare("SELECT seq, run, source_rowid, target_id, payload FROM special WHERE key IS ?1 AND typeof(key) = typeof(?1) AND NOT is_used ORDER BY seq LIMIT 1");
        find.Bind(1, key);
        if (!find.Step()) return null;
        var sequence = find.GetInteger(0);
        var row = Decode(find);
        _file.Execute(FormattableString.Invariant($"UPDATE special SET is_used = 1 WHERE seq = {sequence}"));
        return row;
    }

    /// <summary>The rows that nobody took.</summary>
    internal IEnumerable<ResidueRow> ReadUntaken() => Read("WHERE NOT is_used ORDER BY seq", index: null);

    public void Dispose() => _file?.Dispose();

    private void Fill(CopyOutReader reader, CancellationToken cancellationToken)
    {
        PrivateStatement? insert = null;
        try
        {
            ResidueRow? row = null;
            (int Run, int Chunk, int Number) place = default;
            while (reader.Read())
            {
                cancellationToken.ThrowIfCancellationRequested();
                _file ??= new PrivateDatabase(Definition);
                insert ??= _file.Prepare("INSERT INTO special (run, source_rowid, target_id, key, is_quarantined, has_key, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
                var here = (reader.GetInt32(0), reader.GetInt32(1), reader.GetInt32(2));
                if (row is null || here != place)
                {
                    if (row is not null) Insert(insert, row);
                    place = here;
                    row = new ResidueRow
                    {
                        Run = here.Item1 - 1,
                        RowId = reader.IsNull(4) ? null : reader.GetInt64(4),
                        TargetId = reader.IsNull(5) ? null : reader[5].ToArray(),
                    };
                }

                Cells++;
                var name = Encoding.UTF8.GetString(reader[3]);
                var index = Array.IndexOf(ConversationTable.ColumnNames, name);
                if (index < 0)
                {
                    UnknownColumns.Add(name);
                    continue;
                }

                _ = Enum.TryParse<StorageClass>(Encoding.UTF8.GetString(reader[8]), out var storageClass);
                row.Entries[index] = new ResidueEntry(
                    Encoding.UTF8.GetString(reader[6]), Encoding.UTF8.GetString(reader[7]), storageClass, reader[9].ToArray(), reader.IsNull(10) ? null : reader[10].ToArray());
            }

            if (row is not null) Insert(insert!, row);
        }
        finally
        {
            insert?.Dispose();
        }
    }

    private void Insert(PrivateStatement insert, ResidueRow row)
    {
        insert.Bind(1, ConversationCell.OfInteger(row.Run));
        insert.Bind(2, row.RowId is { } rowId ? ConversationCell.OfInteger(rowId) : ConversationCell.OfNull());
        insert.Bind(3, row.TargetId is { } id ? ConversationCell.OfBlob(id) : ConversationCell.OfNull());
        insert.Bind(4, row.Key);
        insert.Bind(5, ConversationCell.OfInteger(row.IsQuarantined ? 1 : 0));
        insert.Bind(6, ConversationCell.OfInteger(row[ConversationColumn.Id] is null ? 0 : 1));
        insert.Bind(7, ConversationCell.OfBlob(row.Write()));
        insert.Execute();
        Rows++;
    }

    private IEnumerable<ResidueRow> Read(string clause, string? index)
    {
        if (_file is null) yield break;
        if (index is not null) EnsureIndex(index);
        using var statement = _file.Prepare($"SELECT seq, run, source_rowid, target_id, payload FROM special {clause}");
        while (statement.Step()) yield return Decode(statement);
    }

    private static ResidueRow Decode(PrivateStatement statement)
    {
        var row = new ResidueRow
        {
            Run = (int)statement.GetInteger(1),
            RowId = statement.IsNull(2) ? null : statement.GetInteger(2),
            TargetId = statement.IsNull(3) ? null : statement.GetBytes(3).ToArray(),
        };
        row.Read(statement.GetBytes(4));
        return row;
    }

    private void EnsureIndex(string on)
        => _file!.Execute($"CREATE INDEX IF NOT EXISTS \"{on}\" ON {on}");
}
