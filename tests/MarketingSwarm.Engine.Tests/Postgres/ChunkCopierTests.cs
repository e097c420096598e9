using System.Globalization;
using System.Text;
using MarketingSwarm.Engine.Conversion;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Postgres;
using MarketingSwarm.Engine.Tests.Checks;
using Npgsql;

namespace MarketingSwarm.Engine.Tests.Postgres;

/// <summary>A chunk's rows reach the table, and what is not stored as it was the residue. Nothing runs beside this, for it asks what the whole process allocated.</summary>
[Collection(EnvironmentCollection.Name)]
public sealed class ChunkCopierTests(PostgresServer postgres)
{
    private const int Slab = 256 * 1024;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task RowsOfEverySizeAroundASlabArriveAndSoDoTheirResidues()
    {
        int[] sizes = [0, Slab - 200, Slab, Slab + 1, 0, 3 * Slab, 5_000_000, 0, 0];
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(CheckRunner.TableSql);
        var rows = new RowChunk { Number = 7 };
        for (var i = 0; i < sizes.Length; i++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{9 - i}");
            Add(rows, 100 + i, new() { ["id"] = id + "-plain", ["user_query"] = new string('x', sizes[i]) });
            Add(rows, 200 + i, new() { ["id"] = id + "-blob", ["user_query"] = Encoding.UTF8.GetBytes(new string('y', sizes[i])) });
            Add(rows, 300 + i, new() { ["id"] = id + "-nul", ["user_query"] = "q", ["error_message"] = new string('z', sizes[i]) + "\0" });
            Add(rows, 400 + i, new() { ["id"] = null, ["user_query"] = new string('w', sizes[i]) });
        }

        var counts = await LoadAsync(database, rows);

        Assert.Equal(new ChunkCounts(27, 9, 9, 9), counts);
        Assert.Equal(
            from row in (from i in Enumerable.Range(0, sizes.Length) from kind in (string[])["blob", "nul", "plain"] select (i, kind))
            orderby $"{9 - row.i}-{row.kind}"
            select string.Create(CultureInfo.InvariantCulture, $"{9 - row.i}-{row.kind}|{(row.kind == "nul" ? 1 : sizes[row.i])}|t|t"),
            database.Psql(
                """
                SELECT id, length(user_query), user_query = repeat(CASE WHEN id LIKE '%blob' THEN 'y' WHEN id LIKE '%nul' THEN 'q' ELSE 'x' END, length(user_query)), error_message IS NULL
                FROM conversations ORDER BY id
                """).Split('\n'));
        Assert.Equal(
            sizes.SelectMany((size, i) => new[]
            {
                string.Create(CultureInfo.InvariantCulture, $"{200 + i}|{9 - i}-blob|Converted|BlobAsText|Blob|{size}|y|{size}"),
                string.Create(CultureInfo.InvariantCulture, $"{300 + i}|{9 - i}-nul|Quarantined|NulCharacter|Text|{size + 1}|z|"),
                string.Create(CultureInfo.InvariantCulture, $"{400 + i}||RowQuarantined|KeyNull|Text|{size}|w|"),
            }).Order(StringComparer.Ordinal),
            database.Psql(
                """
                SELECT source_rowid, id, outcome, rule, storage_class, length(original),
                    substr('yzw', (source_rowid / 100 - 1)::int, 1), length(stored)
                FROM swarm_migration.residue
                WHERE chunk = 7 AND column_name = CASE WHEN id LIKE '%nul' THEN 'error_message' ELSE 'user_query' END
                AND trim(leading substr('yzw', (source_rowid / 100 - 1)::int, 1) FROM convert_from(replace(encode(original, 'escape'), '\000', '')::bytea, 'UTF8')) = ''
                AND (stored IS NULL OR stored = original)
                ORDER BY source_rowid
                """).Split('\n'));
        Assert.Equal("18,90", database.Psql("SELECT count(*) FILTER (WHERE outcome <> 'RowQuarantined') || ',' || count(*) FILTER (WHERE outcome = 'RowQuarantined') FROM swarm_migration.residue"));
    }

    [Fact]
    public void TheKeysOfWhatWasLoadedAreInTheOrderOfReading()
    {
        var rows = new RowChunk();
        Add(rows, 5, new() { ["id"] = "b", ["user_query"] = "q" });
        Add(rows, 4, new() { ["id"] = null, ["user_query"] = "q" });
        Add(rows, 900, new() { ["id"] = "a", ["user_query"] = "q" });
        var chunk = new JudgedChunk(ConversionSettings.ForNewTable(), refuse: null, keepsRowKeys: true);

        chunk.Judge(rows);

        // What xxhsum -H128 gives for b and for a.
        Assert.Equal("4b2212e31ac97fd4575a0b1c44d8843fa96faf705af16834e6c632b61e964e1f", Convert.ToHexStringLower(chunk.RowKeys.Span));
        var rowIds = chunk.RowIds!.Value.Span;
        Assert.Equal(5, RowKeys.ReadRowId(ref rowIds, 0));
        Assert.Equal(900, RowKeys.ReadRowId(ref rowIds, 5));
        Assert.Equal(0, rowIds.Length);
        Assert.Equal([2, 0], chunk.LoadedOrder.ToArray());
    }

    [Fact]
    public async Task ARowThatTheServerRefusesIsNamed()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(CheckRunner.TableSql + "ALTER TABLE conversations ADD CHECK (status <> 'bad')");
        var rows = new RowChunk();
        // Refused is the second in the order of the keys that are loaded, the first in that of reading.
        Add(rows, 1, new() { ["id"] = "c-2", ["user_query"] = "q", ["status"] = "bad" });
        Add(rows, 2, new() { ["id"] = null, ["user_query"] = "q" });
        Add(rows, 3, new() { ["id"] = "c-3", ["user_query"] = "q" });
        Add(rows, 4, new() { ["id"] = "c-1", ["user_query"] = "q" });
        await using var connection = await PostgresConnector.OpenAsync(database.ToSwarm(), Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var copier = new ChunkCopier(database.ToSwarm(), connection, "conversations", ConversionSettings.ForNewTable(), Guid.NewGuid());
        var chunk = new JudgedChunk(ConversionSettings.ForNewTable(), refuse: null, keepsRowKeys: false);
        chunk.Judge(rows);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => copier.CopyAsync(chunk, Token));

        Assert.Equal("23514", refused.SqlState);
        Assert.Equal("c-2", copier.RefusedRow);
    }

    [Fact]
    public void TheFirstCellThatCannotBeStoredIsRefusedInTheOrderOfReading()
    {
        var rows = new RowChunk();
        Add(rows, 1, new() { ["id"] = "z", ["user_query"] = "q", ["created_at"] = "2025-06-18 18:50:03" });
        Add(rows, 2, new() { ["id"] = "y", ["user_query"] = "q", ["created_at"] = "never" });
        Add(rows, 3, new() { ["id"] = null, ["user_query"] = "q" });
        var chunk = new JudgedChunk(
            ConversionSettings.ForNewTable(), (row, column, reason) => Errors.CellNotRepresentable(row, column, "PostgreSQL", reason), keepsRowKeys: false);

        var error = Assert.Throws<SwarmDataException>(() => chunk.Judge(rows));

        Assert.Equal(("y", "created_at"), (error.ConversationId, error.Column));
    }

    [Fact]
    public async Task APlainRowAllocatesNothing()
    {
        const int count = 40_000;
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(CheckRunner.TableSql);
        await using var connection = await PostgresConnector.OpenAsync(database.ToSwarm(), Token);
        var copier = new ChunkCopier(database.ToSwarm(), connection, "conversations", ConversionSettings.ForNewTable(), Guid.NewGuid());
        var chunk = new JudgedChunk(ConversionSettings.ForNewTable(), refuse: null, keepsRowKeys: true);
        var images = Enumerable.Range(0, count).Select(i => CreateRow(i)).ToList();
        var rows = new RowChunk();
        var allocated = new List<long>();
        // The first load makes the room that the second uses again.
        for (var load = 0; load < 2; load++)
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            var before = GC.GetTotalAllocatedBytes(precise: true);
            rows.Clear();
            foreach (var image in images) rows.Add(image.Image.Bytes, 1);
            chunk.Judge(rows);
            Assert.Equal(count, (await copier.CopyAsync(chunk, Token)).Loaded);
            allocated.Add(GC.GetTotalAllocatedBytes(precise: true) - before);
        }

        Assert.True(allocated[1] < 8 * count, $"{allocated[1]} bytes for {count} rows");
    }

    private static async Task<ChunkCounts> LoadAsync(TestDatabase database, RowChunk rows)
    {
        await using var connection = await PostgresConnector.OpenAsync(database.ToSwarm(), Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        var copier = new ChunkCopier(
            database.ToSwarm(), connection, "conversations", ConversionSettings.ForNewTable(), Guid.NewGuid(), token => LedgerSchema.EnsureAsync(connection, token));
        var chunk = new JudgedChunk(ConversionSettings.ForNewTable(), refuse: null, keepsRowKeys: false);
        chunk.Judge(rows);
        var counts = await copier.CopyAsync(chunk, Token);
        await transaction.CommitAsync(Token);
        return counts;
    }

    // Half of the keys differ early, and half late.
    private static Conversation CreateRow(int i) => new(new Dictionary<string, object?>
    {
        ["id"] = string.Create(CultureInfo.InvariantCulture, $"{(i % 2 == 0 ? (i * 7919 % 40_009).ToString("x8", CultureInfo.InvariantCulture) : "conversation-")}{i}"),
        ["user_query"] = new string('x', 200),
        ["status"] = "completed",
        ["created_at"] = "2025-06-18 18:50:03.000001",
        ["completed_at"] = "2025-06-18 18:51:03",
        ["total_cost"] = 0.5,
    });

    private static void Add(RowChunk rows, long rowId, Dictionary<string, object?> values) => rows.Add(new Conversation(values).Image.Bytes, rowId);
}
