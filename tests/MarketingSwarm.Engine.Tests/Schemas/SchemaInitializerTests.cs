using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Tests.Checks;
using Npgsql;
using static MarketingSwarm.Engine.Tests.Checks.CheckRunner;
using static MarketingSwarm.Engine.Tests.Schemas.SchemaFixtures;

namespace MarketingSwarm.Engine.Tests.Schemas;

public sealed class SchemaInitializerTests(PostgresServer postgres)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task ThePostgresTableHoldsTheApplicationsDataUnchanged()
    {
        await using var database = await postgres.CreateDatabaseAsync();

        var plan = await SchemaInitializer.ApplyAsync(database.ToSwarm(), Token);

        Assert.Equal(3, plan.Needed.Count());
        Assert.Equal(
            """
            id|character varying|NO|C|
            user_id|character varying|YES||
            user_query|text|NO||
            status|character varying|YES||'active'::character varying
            created_at|timestamp without time zone|YES||(now() AT TIME ZONE 'utc'::text)
            completed_at|timestamp without time zone|YES||
            agent_responses|text|YES||'[]'::text
            conversation_metadata|text|YES||'{}'::text
            total_cost|double precision|YES||0.0
            error_message|text|YES||
            """,
            database.DescribeColumns());
        Assert.Equal(
            """
            CREATE INDEX conversations_created_at_idx ON public.conversations USING btree (created_at)
            CREATE UNIQUE INDEX conversations_pkey ON public.conversations USING btree (id)
            CREATE INDEX conversations_user_id_idx ON public.conversations USING btree (user_id)
            """,
            database.DescribeIndexes());
        SchemaCompatibility.CheckTarget(await ReadAsync(database));
    }

    [Fact]
    public async Task ManyRunsAtOnceMakeOneTable()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var start = new Barrier(8);

        var plans = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(Token);
                return SchemaInitializer.ApplyAsync(database.ToSwarm(), Token);
            },
            Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

        Assert.Single(plans, plan => plan.HasWork);
        Assert.All(plans.Where(plan => !plan.HasWork), plan => Assert.Empty(plan.Warnings));
        Assert.Equal("3", database.Psql("SELECT count(*) FROM pg_indexes WHERE tablename = 'conversations'"));
    }

    [Fact]
    public async Task ManyRunsAtOnceMakeOneSqliteTable()
    {
        using var folder = new TempFolder();
        var path = folder.File("new.db");
        using var start = new Barrier(8);

        var plans = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait(Token);
                return SchemaInitializer.ApplyAsync(SqliteFile(path), Token);
            },
            Token, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

        Assert.Single(plans, plan => plan.HasWork);
        Assert.Equal(["conversations_created_at_idx", "conversations_user_id_idx"], Sqlite3.Run(path, "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name"));
    }

    [Fact]
    public async Task TheApplicationMayMakeItsTableMeanwhile()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var connection = await OpenAsync(database, Token);
        await using var transaction = await connection.BeginTransactionAsync(Token);
        await using (var create = new NpgsqlCommand(ApplicationPostgres, connection)) await create.ExecuteNonQueryAsync(Token);

        var run = Task.Run(() => SchemaInitializer.ApplyAsync(database.ToSwarm(), Token), Token);
        await WaitForAsync(database, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'MarketingSwarm' AND wait_event_type = 'Lock' AND datname = current_database()", "1");
        await transaction.CommitAsync(Token);

        Assert.False((await run).HasWork);
    }

    [Fact]
    public async Task ANameThatIsTakenIsAnErrorAndNothingIsMade()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations_user_id_idx (a int)");

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => SchemaInitializer.ApplyAsync(database.ToSwarm(), Token));

        Assert.Contains("conversations_user_id_idx", error.Message, StringComparison.Ordinal);
        Assert.Equal("1", database.Psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"));
    }

    [Fact]
    public async Task ATableThatIsThereIsLeftAsItIs()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations (id varchar PRIMARY KEY, agent_responses jsonb); INSERT INTO conversations VALUES ('a', '[]')");
        var columns = database.DescribeColumns();

        var plan = await SchemaInitializer.ApplyAsync(database.ToSwarm(), Token);

        Assert.False(plan.HasWork);
        Assert.Equal("Table", Assert.Single(plan.Steps).Kind);
        Assert.Contains(plan.Warnings, warning => warning.Contains("the column agent_responses is jsonb", StringComparison.Ordinal));
        Assert.Contains(plan.Warnings, warning => warning.Contains("It lacks the column user_id, ", StringComparison.Ordinal) && warning.Contains("Update-SwarmDatabaseSchema", StringComparison.Ordinal));
        Assert.Equal(columns, database.DescribeColumns());
    }

    [Fact]
    public async Task PlanningMakesNoFile()
    {
        using var folder = new TempFolder();

        var plan = await SchemaInitializer.PlanAsync(SqliteFile(folder.File("new.db")), Token);

        Assert.True(plan.HasWork);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task TheStatementsShownMakeTheSameTable()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var other = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();

        var plan = await SchemaInitializer.PlanAsync(database.ToSwarm(), Token);
        other.Psql(string.Join('\n', plan.ToChanges(database.ToSwarm(), SchemaChangeAction.WouldCreate).Select(change => change.Sql)));
        await SchemaInitializer.ApplyAsync(database.ToSwarm(), Token);
        Assert.Equal(database.DescribeColumns(), other.DescribeColumns());
        Assert.Equal(database.DescribeIndexes(), other.DescribeIndexes());

        var sqlite = await SchemaInitializer.PlanAsync(SqliteFile(folder.File("a.db")), Token);
        Sqlite3.Run(folder.File("b.db"), string.Join('\n', sqlite.ToChanges(SqliteFile(folder.File("a.db")), SchemaChangeAction.WouldCreate).Select(change => change.Sql)));
        await SchemaInitializer.ApplyAsync(SqliteFile(folder.File("a.db")), Token);
        const string all = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name";
        Assert.Equal(Sqlite3.Run(folder.File("b.db"), all), Sqlite3.Run(folder.File("a.db"), all));
    }

    [Fact]
    public async Task AUserWhoMayNotCreateIsToldWhatToGrant()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        await using var role = await TestRole.CreateAsync(database);

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => SchemaInitializer.ApplyAsync(role.Database, Token));

        Assert.Equal((SwarmDatabaseFailure.PermissionDenied, "TableNotCreated"), (error.Failure, error.ErrorId));
        database.Psql($"GRANT USAGE, CREATE ON SCHEMA public TO \"{role.Name}\"");
        Assert.True((await SchemaInitializer.ApplyAsync(role.Database, Token)).HasWork);
    }

    [Fact]
    public async Task AFileThatIsNoDatabaseIsLeftAsItIs()
    {
        using var folder = new TempFolder();
        var path = folder.File("a.db");
        await File.WriteAllTextAsync(path, "these are notes, not a database", Token);

        var error = await Assert.ThrowsAsync<SwarmDatabaseException>(() => SchemaInitializer.ApplyAsync(SqliteFile(path), Token));

        Assert.Equal(SwarmDatabaseFailure.NotADatabase, error.Failure);
        Assert.Equal("these are notes, not a database", await File.ReadAllTextAsync(path, Token));
    }
}
