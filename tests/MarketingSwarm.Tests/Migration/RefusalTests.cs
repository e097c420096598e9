using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Migration;

/// <summary>What cannot be done is refused by one clear error that says what to do, and nothing is half done.</summary>
public sealed class RefusalTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Invoke-SwarmMigration $s $s", "MigrationTargetNotPostgres")]
    [InlineData("Invoke-SwarmMigration $d $d", "MigrationSourceNotSqlite")]
    [InlineData("Invoke-SwarmMigration $s $d -Connections 0", "ParameterArgumentValidationError")]
    [InlineData("Invoke-SwarmMigration $s $d -Connections 17", "ParameterArgumentValidationError")]
    [InlineData("Invoke-SwarmMigration \"$s.gone\" $d", "SqliteFileNotFound")]
    [InlineData("Invoke-SwarmMigration -Undo -Destination $d -Confirm:$false", "NothingToUndo")]
    [InlineData("Invoke-SwarmMigration -Undo -Destination $s -Confirm:$false", "MigrationTargetNotPostgres")]
    public async Task WrongArgumentsAreNamed(string command, string error)
    {
        await using var database = await postgres.CreateDatabaseAsync();

        var refused = PowerShellSession.Run(command, ("s", CreateSqlite(_folder.File("app.db"), rows: 3)), ("d", database.Url)).SingleError;

        Assert.Equal(error, refused.FullyQualifiedErrorId.Split(',')[0]);
        AssertUntouched(database);
    }

    [Fact]
    public async Task FailLoadsNothingWhereSomethingCannotBeStored()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var path = _folder.File("app.db");
        HazardFile.Create(path);

        var refused = Invoke(database.Url, path, "-OnUnrepresentable Fail").SingleError;

        Assert.Equal("PlanQuarantines", refused.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("has loaded nothing", refused.ToString());
        AssertUntouched(database);
    }

    [Fact]
    public async Task ARoleThatLacksAPrivilegeIsToldWhich()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var path = CreateSqlite(_folder.File("app.db"), rows: 3);
        var role = $"role_{Guid.NewGuid():N}";
        database.Psql($"CREATE ROLE {role} LOGIN PASSWORD 'secret'");
        try
        {
            var noTable = Invoke(database.GetUrl(role, "secret"), path).SingleError;
            database.Psql($"GRANT CREATE ON SCHEMA public TO {role}");
            var noSchema = Invoke(database.GetUrl(role, "secret"), path).SingleError;
            AssertUntouched(database);
            database.Psql("CREATE SCHEMA swarm_migration");
            database.Psql($"GRANT CREATE ON DATABASE {database.Name} TO {role}");
            var foreign = Invoke(database.GetUrl(role, "secret"), path).SingleError;
            database.Psql("DROP SCHEMA swarm_migration");
            Invoke(database.Url, CreateSqlite(_folder.File("b.db"), rows: 3)).EnsureSuccess();
            var foreignRun = Invoke(database.GetUrl(role, "secret"), path).SingleError;

            Assert.Equal(
                ["TableCreationDenied", "LedgerCreationDenied", "LedgerAccessDenied", "LedgerAccessDenied"],
                new[] { noTable, noSchema, foreign, foreignRun }.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
            Assert.Contains($"GRANT CREATE ON SCHEMA public TO \"{role}\"", noTable.ErrorDetails.RecommendedAction);
            Assert.Contains($"GRANT CREATE ON DATABASE \"{database.Name}\" TO \"{role}\"", noSchema.ErrorDetails.RecommendedAction);
            Assert.DoesNotContain("secret", noTable.ToString() + noSchema + foreign + foreignRun);
        }
        finally
        {
            database.Psql($"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [Fact]
    public async Task ASourceThatNoLongerFitsItsApprovedPlanIsRefused()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var path = CreateSqlite(_folder.File("app.db"), rows: 3);
        var plan = _folder.File("plan.json");
        PowerShellSession.Run("Measure-SwarmConversation $s -Path $p", ("s", path), ("p", plan)).EnsureSuccess();
        Assert.True(File.Exists(plan));
        Sqlite3.Run(path, "UPDATE conversations SET user_id = CAST(x'610062' AS TEXT) WHERE id = 'c-2'");

        var refused = PowerShellSession.Run("Invoke-SwarmMigration $s $d -Plan $p", ("s", path), ("d", database.Url), ("p", plan)).SingleError;

        Assert.Equal("PlanNoLongerFits", refused.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("user_id", refused.ToString());
        AssertUntouched(database);
    }

    [Fact]
    public async Task AFullTargetIsNamedAndTheLoadGoesOnOnceThereIsRoom()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "A small file system is mounted by root on Linux only.");
        var (cluster, failure) = await PostgresCluster.TryStartAsync("fsync=off");
        Assert.SkipWhen(cluster is null, failure);
        await using (cluster)
        {
            var small = Path.Combine(cluster!.SocketFolder, "small");
            Directory.CreateDirectory(small);
            Assert.SkipUnless(Programs.Run("mount", ["-t", "tmpfs", "-o", "size=24m,mode=777", "tmpfs", small]).ExitCode == 0, "A tmpfs cannot be mounted here.");
            try
            {
                Programs.Run("chown", ["--reference", cluster.SocketFolder, small]);
                await cluster.PsqlAsync("postgres", $"CREATE TABLESPACE small LOCATION '{small}'");
                await cluster.PsqlAsync("postgres", "CREATE DATABASE full_target TABLESPACE small TEMPLATE template0 ENCODING 'UTF8'");
                var path = Loads.CreateSource(_folder.File("app.db"), rows: 1200, size: 20_000);
                var url = cluster.GetUrl("full_target");

                var full = Invoke(url, path).SingleError;

                Assert.Equal("TargetDiskFull", full.FullyQualifiedErrorId.Split(',')[0]);
                Assert.Contains("run the same command again", full.ErrorDetails.RecommendedAction);
                Programs.Run("mount", ["-o", "remount,size=300m", small]);
                Invoke(url, path).EnsureSuccess();
                await Loads.JudgeAsync(path, sql => cluster.PsqlAsync("full_target", sql), _folder.Path);
            }
            finally
            {
                await cluster.RestartAsync("immediate");
                await cluster.PsqlAsync("postgres", "DROP DATABASE IF EXISTS full_target WITH (FORCE)");
                Programs.Run("umount", ["-l", small]);
            }
        }
    }

    [Fact]
    public async Task AServerWithoutAConnectionLeftIsWaitedFor()
    {
        var (cluster, failure) = await PostgresCluster.TryStartAsync("fsync=off", "max_connections=6", "superuser_reserved_connections=1");
        Assert.SkipWhen(cluster is null, failure);
        await using (cluster)
        {
            await cluster!.PsqlAsync("postgres", "CREATE ROLE loader LOGIN PASSWORD 'secret'; CREATE DATABASE app OWNER loader");
            var url = $"postgresql://loader:secret@127.0.0.1:{cluster.Port}/app";
            var path = CreateSqlite(_folder.File("app.db"), rows: 3);
            var holders = new List<Npgsql.NpgsqlConnection>();
            try
            {
                for (var i = 0; i < 5; i++)
                {
                    var holder = new Npgsql.NpgsqlConnection($"Host=127.0.0.1;Port={cluster.Port};Database=app;Username=loader;Password=secret;Pooling=false");
                    holders.Add(holder);
                    await holder.OpenAsync(TestContext.Current.CancellationToken);
                }

                using var session = PowerShellSession.Start("Invoke-SwarmMigration $s $d", ("s", path), ("d", url));
                while (session.WarningCount == 0) TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                foreach (var holder in holders) await holder.DisposeAsync();
                var result = session.Result.EnsureSuccess();

                dynamic summary = Assert.Single(result.Output);
                Assert.Equal(summary.Retries, result.Warnings.Count);
                Assert.All(result.Warnings, warning => Assert.Contains("has no connection left for 'loader'", warning.Message));
            }
            finally
            {
                foreach (var holder in holders) await holder.DisposeAsync();
            }
        }
    }

    [Fact]
    public void AServerThatIsNotThereIsNotWaitedFor()
    {
        using var port = new ClosedPort();

        var result = PowerShellSession.Run("Invoke-SwarmMigration $s $d", ("s", CreateSqlite(_folder.File("app.db"), rows: 3)), ("d", $"postgresql://u:p@127.0.0.1:{port.Number}/app"));

        Assert.Equal("ConnectionRefused", result.SingleError.FullyQualifiedErrorId.Split(',')[0]);
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public async Task ARowThatTheTargetRefusesIsNamed()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + "ALTER TABLE conversations ADD CONSTRAINT cheap CHECK (total_cost < 0.3);");

        var refused = Invoke(database.Url, CreateSqlite(_folder.File("app.db"), rows: 3)).SingleError;

        Assert.Contains("c-3", refused.ToString());
        Assert.Contains("cheap", refused.ToString());
        Assert.Equal("0", database.Psql("SELECT count(*) FROM conversations"));
    }

    [Fact]
    public async Task AFileInAFolderThatMayOnlyBeReadIsLoaded()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var folder = Directory.CreateDirectory(_folder.File("sealed"));
        var path = CreateSqlite(Path.Combine(folder.FullName, "app.db"), rows: 3);
        Sqlite3.Run(path, "PRAGMA journal_mode = wal");
        Assert.SkipUnless(Environment.UserName == "root" && Programs.Run("mount", ["--bind", "-o", "ro", folder.FullName, folder.FullName]).ExitCode == 0, "A folder cannot be mounted read-only here.");
        try
        {
            Invoke(database.Url, path).EnsureSuccess();
        }
        finally
        {
            Programs.Run("umount", [folder.FullName]);
        }

        Assert.Equal("3", database.Psql("SELECT count(*) FROM conversations"));
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("wal")]
    public async Task ATemporaryFolderThatIsMissingIsNamed(string journalMode)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var path = CreateSqlite(_folder.File("app.db"), rows: 3);
        Sqlite3.Run(path, $"PRAGMA journal_mode = {journalMode}");

        using var load = new LoadProcess(Loads.GetCommand(path, database.Url), new KeyValuePair<string, string?>("TMPDIR", _folder.File("gone")));
        var ended = await load.WaitAsync();

        Assert.Equal(1, ended.ExitCode);
        Assert.Contains("The temporary folder", ended.Error);
        Assert.Contains("TMPDIR", ended.Error);
        AssertUntouched(database);
    }

    private static PowerShellResult Invoke(string url, string path, string more = "") => PowerShellSession.Run($"Invoke-SwarmMigration $s $d {more}", ("s", path), ("d", url));

    private static void AssertUntouched(TestDatabase database)
        => Assert.Equal("0", database.Psql("SELECT (SELECT count(*) FROM pg_namespace WHERE nspname = 'swarm_migration') + (SELECT count(*) FROM pg_class WHERE relname = 'conversations')"));
}
