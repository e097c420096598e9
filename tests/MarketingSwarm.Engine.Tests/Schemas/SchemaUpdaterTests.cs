using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Tests.Checks;
using Npgsql;
using static MarketingSwarm.Engine.Tests.Checks.CheckRunner;
using static MarketingSwarm.Engine.Tests.Schemas.SchemaFixtures;

namespace MarketingSwarm.Engine.Tests.Schemas;

public sealed class SchemaUpdaterTests(PostgresServer postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("")]
    [InlineData("ALTER TABLE conversations ALTER COLUMN id TYPE varchar COLLATE \"en-x-icu\"")]
    public async Task TheApplicationsTableGetsItsKeysOrderAndItsIndexes(string sql)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"""
            {ApplicationPostgres} {sql};
            INSERT INTO conversations (id, user_query) SELECT chr(33 + g % 90) || g, 'q' FROM generate_series(1, 2000) g;
            """);
        var columns = database.DescribeColumns();

        var changes = await UpdateAsync(database.ToSwarm());

        Assert.Equal(["Index conversations_id_c_idx", "Index conversations_created_at_idx", "Index conversations_user_id_idx"], changes.Made());
        Assert.Equal(columns, database.DescribeColumns());
        Assert.Equal(
            """
            CREATE INDEX conversations_created_at_idx ON public.conversations USING btree (created_at)
            CREATE INDEX conversations_id_c_idx ON public.conversations USING btree (id COLLATE "C")
            CREATE UNIQUE INDEX conversations_pkey ON public.conversations USING btree (id)
            CREATE INDEX conversations_user_id_idx ON public.conversations USING btree (user_id)
            """,
            database.DescribeIndexes());
        // The point of it: pages in the key's order come from the index, without a sort.
        var plan = database.Psql("ANALYZE conversations; EXPLAIN SELECT id FROM conversations WHERE id COLLATE \"C\" > 'm' ORDER BY id COLLATE \"C\" LIMIT 10");
        Assert.Contains("conversations_id_c_idx", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("Sort", plan, StringComparison.Ordinal);
        Assert.Empty((await UpdateAsync(database.ToSwarm())).Made());
    }

    [Fact]
    public async Task MissingColumnsAreAddedAndNothingIsMadeUp()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations (id varchar COLLATE \"C\" PRIMARY KEY, created_at timestamp); INSERT INTO conversations VALUES ('old', '2025-01-01')");

        var plan = await SchemaUpdater.PlanAsync(database.ToSwarm(), Token);
        var changes = await UpdateAsync(database.ToSwarm());

        Assert.Contains("without NOT NULL", Assert.Single(plan.Warnings), StringComparison.Ordinal);
        Assert.Equal(10, changes.Made().Count());
        Assert.Equal("old||||[null]", database.Psql("SELECT id, user_query, status, agent_responses, coalesce(total_cost::text, '[null]') FROM conversations"));
        database.Psql("INSERT INTO conversations (id) VALUES ('new')");
        Assert.Equal("active|[]|{}|0|t", database.Psql("SELECT status, agent_responses, conversation_metadata, total_cost, created_at IS NULL FROM conversations WHERE id = 'new'"));
        SchemaCompatibility.CheckTarget(await ReadAsync(database));
        Assert.Empty((await UpdateAsync(database.ToSwarm())).Made());
    }

    [Fact]
    public async Task AnEmptyTableBecomesWhatInitializeMakes()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var other = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations ()");

        await UpdateAsync(database.ToSwarm());
        await SchemaInitializer.ApplyAsync(other.ToSwarm(), Token);

        Assert.Equal(other.DescribeColumns(), database.DescribeColumns());
        Assert.Equal(other.DescribeIndexes().Replace("conversations_pkey", "conversations_id_key", StringComparison.Ordinal).Split('\n').Order(), database.DescribeIndexes().Split('\n').Order());
    }

    [Fact]
    public async Task ASqliteTableGetsWhatItLacks()
    {
        using var folder = new TempFolder();
        var path = folder.File("a.db");
        Sqlite3.Run(path, "CREATE TABLE conversations (id VARCHAR COLLATE NOCASE, user_query TEXT); INSERT INTO conversations VALUES ('a', 'q'), ('A', 'r')");

        var plan = await SchemaUpdater.PlanAsync(SqliteFile(path), Token);
        var changes = await UpdateAsync(SqliteFile(path));

        Assert.Equal(5, plan.Warnings.Count);
        Assert.Equal(11, changes.Made().Count());
        Assert.Equal(["'a'|'q'|NULL|NULL|NULL", "'A'|'r'|NULL|NULL|NULL"], Sqlite3.Run(path, "SELECT quote(id), quote(user_query), quote(status), quote(created_at), quote(total_cost) FROM conversations ORDER BY rowid"));
        Assert.Equal(
            [
                "CREATE INDEX conversations_created_at_idx ON conversations (created_at)",
                "CREATE UNIQUE INDEX conversations_id_key ON conversations (id COLLATE BINARY)",
                "CREATE INDEX conversations_user_id_idx ON conversations (user_id)",
            ],
            Sqlite3.Run(path, "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"));
        Assert.Empty((await UpdateAsync(SqliteFile(path))).Made());
    }

    [Fact]
    public async Task AnEmptySqliteTableGetsDefaultsToo()
    {
        using var folder = new TempFolder();
        var path = folder.File("a.db");
        Sqlite3.Run(path, "CREATE TABLE conversations (error_message TEXT)");

        await UpdateAsync(SqliteFile(path));

        Sqlite3.Run(path, "INSERT INTO conversations (id, user_query) VALUES ('a', 'q')");
        Assert.Equal(["active|[]|{}|0.0|19"], Sqlite3.Run(path, "SELECT status, agent_responses, conversation_metadata, total_cost, length(created_at) FROM conversations"));
    }

    [Fact]
    public async Task IndexesThatDoTheSameUnderAnotherNameAreRecognised()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        database.Psql($"""
            {ApplicationPostgres}
            CREATE INDEX by_time ON conversations (created_at DESC, id);
            CREATE INDEX ix_user ON conversations (user_id);
            CREATE INDEX ordered ON conversations (id COLLATE "C");
            """);
        Sqlite3.Run(folder.File("a.db"), $"{ApplicationSqlite} CREATE INDEX by_time ON conversations (created_at DESC); CREATE INDEX ix_user ON conversations (user_id, status)");

        var changes = await UpdateAsync(database.ToSwarm());

        Assert.Empty(changes.Made());
        Assert.Equal(["conversations_pkey", "ordered", "by_time", "ix_user"], changes.TakeLast(4).Select(change => change.Name));
        Assert.Empty((await UpdateAsync(SqliteFile(folder.File("a.db")))).Made());
    }

    [Fact]
    public async Task IndexesThatDoNotServeTheQueriesDoNotCount()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"""
            {ApplicationPostgres}
            CREATE INDEX partial ON conversations (created_at) WHERE status = 'active';
            CREATE INDEX hashed ON conversations USING hash (user_id);
            CREATE INDEX second ON conversations (status, user_id);
            CREATE TABLE conversations_user_id_idx (a int);
            """);

        var changes = await UpdateAsync(database.ToSwarm());

        // The name is taken by a table, so that the index gets the next one.
        Assert.Equal(["Index conversations_id_c_idx", "Index conversations_created_at_idx", "Index conversations_user_id_idx1"], changes.Made());
    }

    [Theory]
    [InlineData("('a', 'q'), ('a', 'r'), ('b', 's'), ('b', 't')", "more than one row has the id 'a', 'b'")]
    [InlineData("(NULL, 'q'), ('a', 'r')", "the id is NULL in ")]
    public async Task AKeyThatCannotBeIsRefusedBeforeAnythingChanges(string rows, string reason)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        var path = folder.File("a.db");
        var sql = $"CREATE TABLE conversations (id varchar, user_query text); INSERT INTO conversations VALUES {rows};";
        database.Psql(sql);
        Sqlite3.Run(path, sql);
        var before = await File.ReadAllBytesAsync(path, Token);

        foreach (var target in new[] { database.ToSwarm(), SqliteFile(path) })
        {
            Assert.Contains(reason, (await Assert.ThrowsAsync<SwarmSchemaException>(() => SchemaUpdater.PlanAsync(target, Token))).Message, StringComparison.Ordinal);
            Assert.Contains(reason, (await Assert.ThrowsAsync<SwarmSchemaException>(() => UpdateAsync(target))).Message, StringComparison.Ordinal);
        }

        Assert.Equal("2", database.Psql("SELECT count(*) FROM information_schema.columns WHERE table_name = 'conversations'"));
        Assert.Equal("", database.DescribeIndexes());
        Assert.Equal(before, await File.ReadAllBytesAsync(path, Token));
    }

    [Fact]
    public async Task RowsWithoutAnIdColumnAreNotGivenOne()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations (user_query text); INSERT INTO conversations VALUES ('q')");

        Assert.Equal("KeyColumnNotAdded", (await Assert.ThrowsAsync<SwarmSchemaException>(() => UpdateAsync(database.ToSwarm()))).ErrorId);
    }

    [Fact]
    public async Task ABuildThatFailsLeavesNoIndexBehind()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql(ApplicationPostgres + "CREATE INDEX keep ON conversations (user_id)");
        await using var connection = await OpenAsync(database, Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        // The build waits for this transaction, which wrote to the table.
        await using (var insert = new NpgsqlCommand("INSERT INTO conversations (id, user_query) VALUES ('a', 'q')", connection)) await insert.ExecuteNonQueryAsync(Token);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);

        var update = Task.Run(
            async () =>
            {
                await foreach (var _ in SchemaUpdater.ApplyAsync(database.ToSwarm(), stop.Token))
                {
                }
            },
            Token);
        await WaitForAsync(database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", "1");
        await stop.CancelAsync();
        // The clean-up waits for it too.
        await WaitForAsync(database, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'DROP INDEX CONCURRENTLY%' AND pid <> pg_backend_pid()", "1");
        await transaction.RollbackAsync(Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => update);
        Assert.Equal("conversations_pkey\nkeep", database.Psql("SELECT indexname FROM pg_indexes WHERE tablename = 'conversations' ORDER BY 1"));
    }

    [Fact]
    public async Task AnUnfinishedIndexIsBuiltAnew()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"{ApplicationPostgres} CREATE INDEX conversations_created_at_idx ON conversations (created_at); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'conversations_created_at_idx'::regclass");

        var changes = await UpdateAsync(database.ToSwarm());

        Assert.Contains("Index conversations_created_at_idx", changes.Made());
        Assert.Equal("0", database.Psql("SELECT count(*) FROM pg_index WHERE NOT indisvalid"));
    }

    [Fact]
    public async Task TheApplicationWritesWhileIndexesAreBuilt()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"{ApplicationPostgres} INSERT INTO conversations (id, user_query) SELECT g, repeat('x', 100) FROM generate_series(1, 20000) g");
        using var done = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writer = Task.Run(
            async () =>
            {
                await using var connection = await OpenAsync(database, Token);
                var rows = 0;
                while (!done.IsCancellationRequested)
                {
                    await using var insert = new NpgsqlCommand($"INSERT INTO conversations (id, user_query) VALUES ('w{++rows}', 'q')", connection);
                    await insert.ExecuteNonQueryAsync(Token);
                }

                return rows;
            },
            Token);

        await UpdateAsync(database.ToSwarm());
        await done.CancelAsync();

        Assert.Equal($"{20000 + await writer}", database.Psql("SELECT count(*) FROM conversations"));
        Assert.Equal("4|0", database.Psql("SELECT count(*), count(*) FILTER (WHERE NOT indisvalid) FROM pg_index WHERE indrelid = 'conversations'::regclass"));
    }

    [Fact]
    public async Task TwoRunsAtOnceBothSucceedAndBuildOnce()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations (id varchar PRIMARY KEY); INSERT INTO conversations SELECT g::text FROM generate_series(1, 1000) g");

        var runs = await Task.WhenAll(Task.Run(() => UpdateAsync(database.ToSwarm()), Token), Task.Run(() => UpdateAsync(database.ToSwarm()), Token));

        Assert.Equal(12, runs.Sum(changes => changes.Made().Count()));
        Assert.Equal("10|4", database.Psql("""
            SELECT (SELECT count(*) FROM information_schema.columns WHERE table_name = 'conversations'),
                   (SELECT count(*) FROM pg_index WHERE indrelid = 'conversations'::regclass AND indisvalid)
            """));
    }

    [Fact]
    public async Task ALockedTableIsAnErrorAndNotAQueue()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations (id varchar PRIMARY KEY)");
        await using var connection = await OpenAsync(database, Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var select = new NpgsqlCommand("SELECT * FROM conversations", connection)) await select.ExecuteNonQueryAsync(Token);

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => UpdateAsync(database.ToSwarm()));

        Assert.Equal((SwarmDatabaseFailure.Locked, "55P03"), (error.Failure, error.SqlState));
        Assert.Equal("1", database.Psql("SELECT count(*) FROM information_schema.columns WHERE table_name = 'conversations'"));
    }

    [Fact]
    public async Task ALockedSqliteFileIsAnErrorAndLeftAsItIs()
    {
        using var folder = new TempFolder();
        var path = folder.File("a.db");
        Sqlite3.Run(path, ApplicationSqlite);
        await using var other = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={path};Pooling=False");
        await other.OpenAsync(Token);
        await using var begin = other.CreateCommand();
        begin.CommandText = "BEGIN IMMEDIATE";
        await begin.ExecuteNonQueryAsync(Token);

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => UpdateAsync(SqliteFile(path)));

        Assert.Equal(SwarmDatabaseFailure.Locked, error.Failure);
        other.Close();
        Assert.Equal(["1"], Sqlite3.Run(path, "SELECT count(*) FROM sqlite_master WHERE sql IS NOT NULL"));
    }

    [Fact]
    public async Task AUserWhoDoesNotOwnTheTableIsTold()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations (id varchar PRIMARY KEY)");
        await using var role = await TestRole.CreateAsync(database);
        database.Psql($"GRANT ALL ON conversations TO {role.Name}");

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => UpdateAsync(role.Database));

        Assert.Equal((SwarmDatabaseFailure.PermissionDenied, "TableNotAltered"), (error.Failure, error.ErrorId));
    }

    [Fact]
    public async Task APartitionedTableIsNotIndexedBehindItsWritersBack()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql($"{ApplicationPostgres.TrimEnd().TrimEnd(';')} PARTITION BY HASH (id); CREATE TABLE p PARTITION OF conversations FOR VALUES WITH (MODULUS 1, REMAINDER 0)");

        var error = await Assert.ThrowsAsync<SwarmSchemaException>(() => UpdateAsync(database.ToSwarm()));

        Assert.Contains("the index conversations_created_at_idx", error.Message, StringComparison.Ordinal);
    }
}
