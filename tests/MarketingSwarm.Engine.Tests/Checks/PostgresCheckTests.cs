using System.Net;
using System.Net.Sockets;
using MarketingSwarm.Engine.Checks;
using Npgsql;
using static MarketingSwarm.Engine.Tests.Checks.CheckRunner;

namespace MarketingSwarm.Engine.Tests.Checks;

public sealed class PostgresCheckTests(PostgresServer postgres)
{
    // The system columns tell of a row that was locked or rewritten, not only of one that differs.
    private const string FingerprintSql = "SELECT ctid, xmin, xmax, c.* FROM conversations c ORDER BY id";

    [Fact]
    public async Task AReadyDatabasePassesAndIsLeftAsItWas()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(TableSql + IndexSql + RowSql);
        const string relations = "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace ORDER BY 1";
        var before = (await database.PsqlAsync(FingerprintSql), await database.PsqlAsync(relations));

        var checks = await RunAsync(database.ToSwarm());

        AssertAllPassed(checks);
        Assert.Equal(Names, checks.Select(check => check.Name));
        Assert.Equal(before, (await database.PsqlAsync(FingerprintSql), await database.PsqlAsync(relations)));
    }

    [Fact]
    public async Task NoLockAndNoTransactionIsHeldBetweenChecks()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(TableSql + IndexSql + RowSql);
        const string held = """
            SELECT (SELECT count(*) FROM pg_locks WHERE relation = 'conversations'::regclass AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
                   (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'MarketingSwarm' AND xact_start IS NOT NULL),
                   (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'MarketingSwarm')
            """;

        await foreach (var check in new DatabaseChecker(database.ToSwarm(), FewSamples).RunAsync(TestContext.Current.CancellationToken))
            Assert.Equal(("0|0|1", check.Name), (await database.PsqlAsync(held), check.Name));

        Assert.EndsWith("|0", await database.PsqlAsync(held), StringComparison.Ordinal);
    }

    public static TheoryData<string> Refusals => ["refused", "unknown host", "silence", "wrong password", "missing database", "no TLS", "no connection left"];

    [Theory]
    [MemberData(nameof(Refusals))]
    public async Task EachRefusalIsRecognisedAndSaysItsOwnNextStep(string refusal)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database, "CONNECTION LIMIT 1");
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var silentPort = ((IPEndPoint)silent.LocalEndpoint).Port;
        using var closed = new ClosedPort();
        await using var other = new NpgsqlConnection(
            $"Host={database.Host};Port={database.Port};Database={database.Name};Username={role.Name};Password={role.Password};Pooling=false");
        if (refusal == "no connection left") await other.OpenAsync(TestContext.Current.CancellationToken);
        if (refusal == "no TLS") Assert.SkipWhen(await database.PsqlAsync("SHOW ssl") == "on", "The server offers TLS.");

        SwarmDatabase Name(string? host = null, int? port = null, string? name = null, string? password = null, TlsMode tls = TlsMode.Prefer) => new(DatabaseEngine.PostgreSql)
        {
            Host = host ?? database.Host,
            Port = port ?? database.Port,
            Database = name ?? database.Name,
            User = role.Name,
            Password = password ?? role.Password,
            Tls = tls,
            ConnectTimeout = TimeSpan.FromSeconds(1),
        };
        var (target, failure, word) = refusal switch
        {
            "refused" => (Name("127.0.0.1", closed.Number), SwarmDatabaseFailure.ConnectionRefused, "Auth Proxy"),
            "unknown host" => (Name("no-such-host.invalid"), SwarmDatabaseFailure.HostUnreachable, "DNS"),
            "silence" => (Name("127.0.0.1", silentPort), SwarmDatabaseFailure.Timeout, "firewall"),
            "wrong password" => (Name(password: "not it"), SwarmDatabaseFailure.AuthenticationFailed, "password"),
            "missing database" => (Name(name: "no_such_database"), SwarmDatabaseFailure.DatabaseNotFound, "CREATE DATABASE \"no_such_database\""),
            "no TLS" => (Name(tls: TlsMode.Require), SwarmDatabaseFailure.TlsFailed, "TLS"),
            _ => (Name(), SwarmDatabaseFailure.TooManyConnections, "max_connections"),
        };

        var checks = await RunAsync(target);

        var reachable = checks.GetFailed("Reachable");
        Assert.Equal(failure, reachable.Failure);
        Assert.Contains(word, reachable.RecommendedAction!, StringComparison.Ordinal);
        Assert.Equal(Names, checks.Select(check => check.Name));
        Assert.All(checks.Skip(1), check => Assert.Null(check.Passed));
        Assert.All(checks, check => Assert.DoesNotContain(role.Password, $"{check} {check.Expected} {check.RecommendedAction} {check.Database}", StringComparison.Ordinal));
    }

    [Fact]
    public async Task AMissingTableIsSaidOnceAndTheServerIsStillLookedAt()
    {
        await using var database = await postgres.CreateDatabaseAsync();

        var checks = await RunAsync(database.ToSwarm());

        var table = checks.GetFailed("Table");
        Assert.Equal(SwarmDatabaseFailure.TableNotFound, table.Failure);
        Assert.Contains("Initialize-SwarmDatabase", table.RecommendedAction!, StringComparison.Ordinal);
        Assert.All(["Columns", "Indexes", "WritePrivilege", "Latency"], (string name) => Assert.Null(checks.Get(name).Passed));
        Assert.All(["Reachable", "Version", "PoolHeadroom"], (string name) => Assert.True(checks.Get(name).Passed));
    }

    [Fact]
    public async Task AViewInTheTablesPlaceIsNoTable()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync("CREATE VIEW conversations AS SELECT 'x' AS id");

        var table = (await RunAsync(database.ToSwarm())).GetFailed("Table");

        Assert.Contains("a view", table.Actual, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ColumnsThatCannotHoldTheDataAreNamed()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(TableSql + "ALTER TABLE conversations ALTER agent_responses TYPE jsonb USING agent_responses::jsonb, DROP error_message");

        var checks = await RunAsync(database.ToSwarm());

        var columns = checks.GetFailed("Columns");
        Assert.Contains("agent_responses is jsonb", columns.Actual, StringComparison.Ordinal);
        Assert.Contains("error_message is missing", columns.Actual, StringComparison.Ordinal);
        Assert.Contains("Update-SwarmDatabaseSchema", columns.RecommendedAction!, StringComparison.Ordinal);
        Assert.Null(checks.Get("Latency").Passed);
    }

    [Theory]
    [InlineData("", "created_at or with user_id")]
    [InlineData("CREATE INDEX ON conversations (user_id, created_at)", "created_at")]
    [InlineData("CREATE INDEX ON conversations (created_at DESC); CREATE INDEX ON conversations (user_id) WHERE status = 'active'", "user_id")]
    [InlineData("CREATE INDEX ON conversations (created_at); CREATE INDEX ON conversations (user_id COLLATE \"POSIX\")", "user_id")]
    [InlineData("CREATE INDEX ON conversations (created_at); CREATE INDEX ON conversations (lower(user_id))", "user_id")]
    public async Task AnIndexCountsWhereTheApplicationsQueriesCanUseIt(string indexes, string missing)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(TableSql + indexes);

        var check = (await RunAsync(database.ToSwarm())).GetFailed("Indexes");

        Assert.Equal($"none begins with {missing}", check.Actual);
        Assert.Contains("Update-SwarmDatabaseSchema", check.RecommendedAction!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task MissingPrivilegesAreNamedAndTheAdviceGrantsThem()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);
        await database.PsqlAsync(TableSql + RowSql + $"GRANT SELECT ON conversations TO {role.Name}");

        var check = (await RunAsync(role.Database)).GetFailed("WritePrivilege");
        Assert.Equal($"'{role.Name}' lacks INSERT, UPDATE, DELETE", check.Actual);

        var grant = check.RecommendedAction!;
        await database.PsqlAsync(grant[grant.IndexOf("GRANT", StringComparison.Ordinal)..]);

        Assert.True((await RunAsync(role.Database)).Get("WritePrivilege").Passed);
    }

    [Fact]
    public async Task ReadOnlySessionsAndRowSecurityAreNoWritePrivilege()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);
        await database.PsqlAsync(TableSql + $"""
            GRANT ALL ON conversations TO {role.Name};
            ALTER ROLE {role.Name} SET default_transaction_read_only = on;
            ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
            """);

        var check = (await RunAsync(role.Database)).GetFailed("WritePrivilege");

        Assert.Contains("default_transaction_read_only", check.Actual, StringComparison.Ordinal);
        Assert.Contains("row-level security", check.Actual, StringComparison.Ordinal);

        await database.PsqlAsync($"ALTER ROLE {role.Name} RESET default_transaction_read_only; ALTER TABLE conversations DISABLE ROW LEVEL SECURITY");
        Assert.True((await RunAsync(role.Database)).Get("WritePrivilege").Passed);
    }

    [Fact]
    public async Task ALockedTableDelaysNothingButTheStatementsThatReadIt()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(TableSql + IndexSql + RowSql);
        await using var other = new NpgsqlConnection(
            $"Host={database.Host};Port={database.Port};Database={database.Name};Username={database.User};Password={database.Password};Pooling=false");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using var transaction = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE", other, transaction);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var checks = await RunAsync(database.ToSwarm());

        Assert.True(checks.Get("WritePrivilege").Passed);
        var latency = checks.GetFailed("Latency");
        Assert.Equal(SwarmDatabaseFailure.Locked, latency.Failure);
        Assert.Contains("pg_locks", latency.RecommendedAction!, StringComparison.Ordinal);
        Assert.True(checks.Get("PoolHeadroom").Passed);
    }

    [Fact]
    public async Task AStatementThatTakesTooLongIsEnded()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);
        await database.PsqlAsync(SleepingTable(role));

        var latency = (await RunAsync(role.Database, new DatabaseCheckOptions
        {
            LatencyLimit = TimeSpan.FromMilliseconds(1),
            MinimumStatementTimeout = TimeSpan.FromMilliseconds(200),
        })).GetFailed("Latency");

        Assert.Equal(SwarmDatabaseFailure.Timeout, latency.Failure);
    }

    [Fact]
    public async Task StoppingEndsTheStatementInTheServer()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database);
        await database.PsqlAsync(SleepingTable(role));
        const string sleeping = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

        var running = Task.Run(
            async () =>
            {
                await foreach (var _ in new DatabaseChecker(role.Database, FewSamples with { MinimumStatementTimeout = TimeSpan.FromMinutes(10) }).RunAsync(stop.Token))
                {
                }
            },
            TestContext.Current.CancellationToken);
        while (await database.PsqlAsync(sleeping) != "1") Assert.False(running.IsCompleted);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        while (await database.PsqlAsync(sleeping) != "0") TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
    }

    [Fact]
    public async Task LatencyIsMeasuredPerStatementAndJudgedByTheLimit()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(TableSql + IndexSql + RowSql);

        var passed = Assert.IsType<LatencyCheck>((await RunAsync(database.ToSwarm(), FewSamples with { SampleCount = 7, LatencyLimit = TimeSpan.FromMinutes(5) })).Get("Latency"));
        var failed = Assert.IsType<LatencyCheck>((await RunAsync(database.ToSwarm(), FewSamples with { LatencyLimit = TimeSpan.FromTicks(1) })).GetFailed("Latency"));

        Assert.True(passed.Passed);
        Assert.Equal(["HealthCheck", "SelectById", "SelectRecent"], passed.Statements.Select(statement => statement.Name));
        Assert.All(passed.Statements, statement =>
        {
            Assert.Equal(7, statement.SampleCount);
            Assert.True(statement.MedianMilliseconds > 0);
            Assert.True(statement.MedianMilliseconds <= statement.P95Milliseconds && statement.P95Milliseconds <= statement.MaxMilliseconds);
        });
        Assert.Equal(3, failed.Statements.Count);
        Assert.Contains("region", failed.RecommendedAction!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task HeadroomIsWhatTheServerAndTheUsersOwnLimitLeave()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await using var role = await TestRole.CreateAsync(database, "CONNECTION LIMIT 5");
        await database.PsqlAsync(TableSql + $"GRANT ALL ON conversations TO {role.Name}");
        await using var other = new NpgsqlConnection(
            $"Host={database.Host};Port={database.Port};Database={database.Name};Username={role.Name};Password={role.Password};Pooling=false");
        await other.OpenAsync(TestContext.Current.CancellationToken);

        await database.WaitForSessionsAsync(1);
        var fits = Assert.IsType<PoolHeadroomCheck>((await RunAsync(role.Database, FewSamples with { PoolSize = 2, InstanceCount = 2 })).Get("PoolHeadroom"));
        await database.WaitForSessionsAsync(1);
        var exceeds = Assert.IsType<PoolHeadroomCheck>((await RunAsync(role.Database, FewSamples with { PoolSize = 5 })).GetFailed("PoolHeadroom"));

        Assert.True(fits.Passed, fits.ToString());
        Assert.Equal((4, 4), (fits.FreeConnections, fits.NeededConnections));
        Assert.Equal(await database.PsqlAsync("SHOW max_connections"), $"{fits.MaxConnections}");
        Assert.Equal(await database.PsqlAsync("SHOW superuser_reserved_connections"), $"{fits.ReservedConnections}");
        Assert.Equal((4, 5, SwarmDatabaseFailure.TooManyConnections), (exceeds.FreeConnections, exceeds.NeededConnections, exceeds.Failure));
    }

    [Fact]
    public async Task HeadroomCountsTheConnectionsOfOthers()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync($"ALTER DATABASE {database.Name} CONNECTION LIMIT 10");
        await using var other = new NpgsqlConnection(
            $"Host={database.Host};Port={database.Port};Database={database.Name};Username={database.User};Password={database.Password};Pooling=false");
        await other.OpenAsync(TestContext.Current.CancellationToken);
        await using var role = await TestRole.CreateAsync(database);

        await database.WaitForSessionsAsync(1);
        // A user without a right to see others' sessions.
        var check = Assert.IsType<PoolHeadroomCheck>((await RunAsync(role.Database)).Get("PoolHeadroom"));

        Assert.Equal(9, check.FreeConnections);
        Assert.True(check.UsedConnections >= 1);
    }

    [Fact]
    public async Task AnotherEncodingThanUtf8Fails()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var name = $"{database.Name}_ascii";
        await database.PsqlAsync($"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'");
        try
        {
            var check = (await RunAsync(new SwarmDatabase(DatabaseEngine.PostgreSql)
            {
                Host = database.Host,
                Port = database.Port,
                Database = name,
                User = database.User,
                Password = database.Password,
                Tls = TlsMode.Prefer,
            })).GetFailed("Version");

            Assert.EndsWith(", SQL_ASCII", check.Actual, StringComparison.Ordinal);
        }
        finally
        {
            await database.PsqlAsync($"DROP DATABASE {name} WITH (FORCE)");
        }
    }

    [Fact]
    public void AnArchiveIsNoDatabase()
    {
        var error = Assert.Throws<SwarmConfigurationException>(
            () => new DatabaseChecker(new SwarmDatabase(DatabaseEngine.Archive) { Path = "/a.json" }, FewSamples));

        Assert.Equal("ArchiveNotADatabase", error.ErrorId);
    }

    // Reading a row sleeps for longer than any test; pg_sleep gives '' and lets the row be seen.
    private static string SleepingTable(TestRole role) => TableSql + RowSql + $"""
        GRANT ALL ON conversations TO {role.Name};
        ALTER TABLE conversations ENABLE ROW LEVEL SECURITY;
        CREATE POLICY slow ON conversations USING (pg_sleep(3600)::text = '');
        """;
}
