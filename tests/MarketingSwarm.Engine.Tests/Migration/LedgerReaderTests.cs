using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Tests.Checks;

namespace MarketingSwarm.Engine.Tests.Migration;

public sealed class LedgerReaderTests(PostgresServer postgres)
{
    // The hash as it is described, by other hands: hashlib and struct on what psql prints.
    private const string HashScript = """
        import hashlib, struct, uuid
        print("ready")
        lasts = {}
        for line in sys.stdin:
            run, chunk, lane, withdraws, after, last, counts, source, keys, ids = line.rstrip("\n").split("|")
            def position(text): return struct.pack(">i", -1) if text == "-" else struct.pack(">i", len(text) // 2) + bytes.fromhex(text)
            data = lasts.get(int(lane), bytes(32)) + uuid.UUID(run).bytes + struct.pack(">iii", int(chunk), int(lane), int(withdraws)) + position(after) + position(last)
            data += struct.pack(">7q", *map(int, counts.split(","))) + bytes.fromhex(source)
            data += hashlib.sha256(bytes.fromhex(keys)).digest() + hashlib.sha256(bytes.fromhex(ids)).digest()
            lasts[int(lane)] = hashlib.sha256(data).digest()
            print(lasts[int(lane)].hex())
        print(hashlib.sha256(b"".join(lasts[lane] for lane in sorted(lasts))).hexdigest())
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_ledgers_hashes_are_those_that_are_described_and_a_change_breaks_them()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        HazardFile.Create(folder.File("source.db"));
        var target = await LoadedTarget.LoadAsync(database, folder.File("source.db"));
        var lines = database.Psql(
            """
            SELECT run_id, chunk, lane, coalesce(withdraws, -1), coalesce(encode(after_position, 'hex'), '-'), coalesce(encode(last_position, 'hex'), '-'),
                concat_ws(',', rows_read, rows_loaded, rows_skipped, rows_quarantined, cells_converted, cells_quarantined, bytes),
                encode(source_hash, 'hex'), encode(row_keys, 'hex'), encode(coalesce(row_ids, ''), 'hex') FROM swarm_migration.chunk ORDER BY chunk
            """).Split('\n');
        using var python = RunningPython.Start(HashScript);
        foreach (var line in lines) python.Send(line);

        Assert.Equal(
            python.Finish(),
            [.. database.Psql("SELECT encode(hash, 'hex') FROM swarm_migration.chunk ORDER BY chunk").Split('\n'), database.Psql("SELECT encode(ledger_head, 'hex') FROM swarm_migration.run")]);

        var run = Assert.Single(await ReadRunsAsync(database));
        Assert.Equal((target.RunId, true, 2, lines.Length), (run.RunId, run.IsLedgerIntact, run.ExitCode, run.Chunks));
        Assert.True(lines.Length >= 3);
        foreach (var change in (string[])[
            "UPDATE swarm_migration.chunk SET rows_loaded = rows_loaded + 1 WHERE chunk = 2",
            "UPDATE swarm_migration.chunk SET row_keys = set_byte(row_keys, 5, get_byte(row_keys, 5) # 1) WHERE chunk = 1",
            "UPDATE swarm_migration.chunk SET last_position = NULL WHERE chunk = 1",
            "UPDATE swarm_migration.chunk SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE chunk = 3",
            "DELETE FROM swarm_migration.chunk WHERE chunk = 1",
            $"DELETE FROM swarm_migration.chunk WHERE chunk = {lines.Length}",
        ])
        {
            database.Psql($"CREATE TABLE saved AS TABLE swarm_migration.chunk; {change}");
            var changed = Assert.Single(await ReadRunsAsync(database));
            Assert.Equal((false, 1), (changed.IsLedgerIntact, changed.ExitCode));
            database.Psql("DELETE FROM swarm_migration.chunk; INSERT INTO swarm_migration.chunk SELECT * FROM saved; DROP TABLE saved");
        }

        Assert.True(Assert.Single(await ReadRunsAsync(database)).IsLedgerIntact);
    }

    [Fact]
    public async Task The_residue_comes_cell_by_cell_as_it_is_filtered()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        HazardFile.Create(folder.File("source.db"), HazardShape.Untyped);
        var target = await LoadedTarget.LoadAsync(database, folder.File("source.db"));

        var all = await ReadAsync(database, new ResidueFilter());
        Assert.Equal(database.Psql("SELECT count(*) FROM swarm_migration.residue"), $"{all.Count}");
        Assert.Equal(target.Cells, all.Count);
        Assert.Equal(
            database.Psql("SELECT count(*) FROM swarm_migration.residue WHERE outcome = 'Quarantined' AND column_name IN ('user_query', 'total_cost')"),
            $"{(await ReadAsync(database, new ResidueFilter { Outcomes = [CellOutcome.Quarantined], Columns = [ConversationColumn.UserQuery, ConversationColumn.TotalCost] })).Count}");
        var whole = await ReadAsync(database, new ResidueFilter { Ids = ["key\0nul"], RunId = target.RunId });
        Assert.Equal(Enum.GetValues<ConversationColumn>(), whole.Select(cell => cell.Column));
        Assert.All(whole, cell => Assert.Equal((null, CellOutcome.RowQuarantined, null), (cell.Id, cell.Outcome, cell.Stored)));
        Assert.Empty(await ReadAsync(database, new ResidueFilter { RunId = Guid.NewGuid() }));
        var number = Assert.Single(all, cell => cell.Original.StorageClass == StorageClass.Integer && cell.Original.Integer == 42 && cell.Column == ConversationColumn.UserQuery);
        Assert.Equal(("42", ConversionRule.NumberAsText, CellOutcome.Converted), (number.Stored, number.Rule, number.Outcome));
        Assert.Contains(all, cell => cell.Stored is DateTime { Kind: DateTimeKind.Utc });
    }

    [Fact]
    public async Task A_user_without_the_right_is_told_who_has_it()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        Assert.Null(await LedgerReader.OpenAsync(database.ToSwarm(), Token));
        HazardFile.Create(folder.File("source.db"));
        await LoadedTarget.LoadAsync(database, folder.File("source.db"));
        var role = $"reader_{Guid.NewGuid():N}";
        database.Psql($"CREATE ROLE {role} LOGIN PASSWORD 'secret'; GRANT SELECT ON conversations TO {role}");
        try
        {
            var other = database.ToSwarm(role, "secret");

            var refused = await Assert.ThrowsAsync<SwarmDatabaseException>(() => LedgerReader.OpenAsync(other, Token));
            var restore = await Assert.ThrowsAsync<SwarmDatabaseException>(() => Restoration.DatabaseRestorer.OpenAsync(
                new Restoration.RestoreOptions { Source = other, Path = folder.File("restored.db") }, Token));

            Assert.Equal(("LedgerNotReadable", SwarmDatabaseFailure.PermissionDenied), (refused.ErrorId, refused.Failure));
            Assert.Contains(database.User, refused.Message, StringComparison.Ordinal);
            Assert.Equal("LedgerNotReadable", restore.ErrorId);
        }
        finally
        {
            database.Psql($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    private static async Task<IReadOnlyList<MigrationRun>> ReadRunsAsync(TestDatabase database)
    {
        using var reader = await LedgerReader.OpenAsync(database.ToSwarm(), Token);
        return reader!.ReadRuns(runId: null, Token);
    }

    private static async Task<List<ResidueCell>> ReadAsync(TestDatabase database, ResidueFilter filter)
    {
        using var reader = await LedgerReader.OpenAsync(database.ToSwarm(), Token);
        return [.. reader!.ReadResidue(filter, Token)];
    }
}
