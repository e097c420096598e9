using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MarketingSwarm.Emulator.Clusters;

namespace MarketingSwarm.Emulator.Tests.Clusters;

public class ClusterHostTests
{
    private static readonly ClusterId First = new("rehearsal", "first");
    private static readonly ClusterId Second = new("rehearsal", "second");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnInstanceIsAServerOfItsOwnOnLoopbackThatWantsThePassword()
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.CreateAsync("first", ("max_connections", "50"), ("cloudsql.iam_authentication", "on"));

        Assert.StartsWith("127.0.", cluster.Address.IPAddress, StringComparison.Ordinal);
        Assert.Equal(
            $"{cluster.Address.IPAddress}|{cluster.Address.Port}||50|scram-sha-256|UTC|{cluster.ServerVersion}",
            await ClusterState.PsqlAsync(
                cluster,
                """
                SELECT concat_ws('|', current_setting('listen_addresses'), current_setting('port'), current_setting('unix_socket_directories', true),
                    current_setting('max_connections'), current_setting('password_encryption'), current_setting('TimeZone'), split_part(current_setting('server_version'), ' ', 1))
                """));
        Assert.Equal("f|t|t|cloudsqlsuperuser", await ClusterState.PsqlAsync(
            cluster,
            """
            SELECT r.rolsuper, r.rolcreatedb, r.rolcreaterole, g.rolname
            FROM pg_roles r JOIN pg_auth_members m ON m.member = r.oid JOIN pg_roles g ON g.oid = m.roleid WHERE r.rolname = 'postgres'
            """));

        foreach (var wrong in (string[])["", "wrong"])
        {
            var refused = await ClusterState.TryPsqlAsync(cluster, "SELECT 1", password: wrong);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("password", refused.Error, StringComparison.Ordinal);
        }

        Assert.True(await state.Host.IsRunningAsync(First, Cancellation));
        await state.Host.DeleteAsync(First, Cancellation);
        Assert.Null(state.Host.Find(First));
        Assert.False(Directory.Exists(state.GetFolder("first")));
        Assert.NotEqual(0, (await ClusterState.TryPsqlAsync(cluster, "SELECT 1")).ExitCode);
    }

    [Fact]
    public async Task WithoutARootPasswordNobodyLogsInAsPostgres()
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.Host.CreateAsync(First, new ClusterSpec("POSTGRES_15", new Dictionary<string, string>(), null), Cancellation);
        foreach (var password in (string[])["", "postgres"])
            Assert.Contains("password", (await ClusterState.TryPsqlAsync(cluster, "SELECT 1", password: password)).Error, StringComparison.Ordinal);

        await state.Host.SetUserAsync(First, "postgres", UserKind.BuiltIn, "given later", null, Cancellation);
        Assert.Equal("1", await ClusterState.PsqlAsync(cluster, "SELECT 1", password: "given later"));
    }

    [Fact]
    public async Task AUserOfTheApiMakesTablesInADatabaseOfTheApi()
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.CreateAsync("first");
        await state.Host.CreateDatabaseAsync(First, "marketing \"swarm\"", "UTF8", "en_US.UTF8", Cancellation);
        await state.Host.SetUserAsync(First, "app_user", UserKind.BuiltIn, "first password", null, Cancellation);

        const string Database = "marketing \"swarm\"";
        Assert.Equal("a,B,c", await ClusterState.PsqlAsync(
            cluster, "CREATE TABLE t (x text); INSERT INTO t VALUES ('B'), ('c'), ('a'); SELECT string_agg(x, ',' ORDER BY x) FROM t", "app_user", "first password", Database));
        Assert.Equal("cloudsqlsuperuser|UTF8", await ClusterState.PsqlAsync(
            cluster, "SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()", database: Database));
        Assert.Equal(
            [new DatabaseInfo(Database, "UTF8", "en_US.UTF8"), new DatabaseInfo("postgres", "UTF8", "en_US.UTF8")],
            await state.Host.GetDatabasesAsync(First, Cancellation));

        // What is made in SQL is there for the API too.
        await ClusterState.PsqlAsync(cluster, "CREATE ROLE by_sql LOGIN PASSWORD 'x'", "app_user", "first password", Database);
        var users = await state.Host.GetUsersAsync(First, Cancellation);
        Assert.Equal(["app_user", "by_sql", "postgres"], users.Select(user => user.Name));
        Assert.Equal(["cloudsqlsuperuser"], users[0].DatabaseRoles);

        var exists = await Assert.ThrowsAsync<ClusterException>(() => state.Host.CreateDatabaseAsync(First, Database, null, null, Cancellation));
        Assert.Equal(ClusterFailure.AlreadyExists, exists.Failure);
        await state.Host.DropDatabaseAsync(First, Database, Cancellation);
        Assert.Equal("0", await ClusterState.PsqlAsync(cluster, "SELECT count(*) FROM pg_database WHERE datname LIKE 'marketing%'"));
        Assert.Equal(ClusterFailure.NotFound, (await Assert.ThrowsAsync<ClusterException>(() => state.Host.DropDatabaseAsync(First, Database, Cancellation))).Failure);
    }

    [Theory]
    [InlineData("C", "C")]
    [InlineData("de_DE.UTF8", "de_DE.UTF8")]
    [InlineData("sv_SE.UTF-8", "sv_SE.UTF8")]
    public async Task ACollationThatTheSystemLacksIsReportedAsAskedFor(string asked, string reported)
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.CreateAsync("first");
        await state.Host.CreateDatabaseAsync(First, "sorted", null, asked, Cancellation);
        Assert.Equal(reported, (await state.Host.GetDatabasesAsync(First, Cancellation)).Single(database => database.Name == "sorted").Collation);
        // Swedish has ö after z, German does not; C has it after all letters, and capitals before small ones.
        var expected = asked switch { "C" => "B,a,z,ö", "de_DE.UTF8" => "a,B,ö,z", _ => "a,B,z,ö" };
        Assert.Equal(expected, await ClusterState.PsqlAsync(cluster, "SELECT string_agg(x, ',' ORDER BY x) FROM (VALUES ('ö'), ('z'), ('B'), ('a')) v (x)", database: "sorted"));
    }

    [Theory]
    [InlineData("UTF8", "xx_YY.UTF8")]
    [InlineData("UTF8", "nonsense'; DROP ROLE postgres; --")]
    [InlineData("EBCDIC", "C")]
    public async Task ACollationThatNobodyHasIsRefused(string charset, string collation)
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.CreateAsync("first");
        var refusal = await Assert.ThrowsAsync<ClusterException>(() => state.Host.CreateDatabaseAsync(First, "refused", charset, collation, Cancellation));
        Assert.Equal(ClusterFailure.InvalidValue, refusal.Failure);
        Assert.Equal("postgres", await ClusterState.PsqlAsync(cluster, "SELECT rolname FROM pg_roles WHERE rolname = 'postgres'"));
        Assert.Equal("0", await ClusterState.PsqlAsync(cluster, "SELECT count(*) FROM pg_database WHERE datname = 'refused'"));
    }

    [Fact]
    public async Task AUserIsChangedAndDropped()
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.CreateAsync("first");
        const string User = "o'neil \"x\"; --";
        await state.Host.SetUserAsync(First, User, UserKind.BuiltIn, "one", null, Cancellation);
        await state.Host.SetUserAsync(First, User, UserKind.BuiltIn, "zwei ℌ Ünï\u00a0'", null, Cancellation);
        Assert.Contains("password", (await ClusterState.TryPsqlAsync(cluster, "SELECT 1", User, "one")).Error, StringComparison.Ordinal);
        Assert.Equal("t", await ClusterState.PsqlAsync(cluster, "CREATE TABLE mine (); SELECT pg_has_role('cloudsqlsuperuser', 'member')", User, "zwei ℌ Ünï\u00a0'"));

        // Its password stays as it is.
        await state.Host.SetUserAsync(First, User, UserKind.BuiltIn, null, ["pg_monitor"], Cancellation);
        Assert.Equal("f|t|f", await ClusterState.PsqlAsync(
            cluster, "SELECT pg_has_role('cloudsqlsuperuser', 'member'), pg_has_role('pg_monitor', 'member'), (SELECT rolcreaterole FROM pg_roles WHERE rolname = current_user)", User, "zwei ℌ Ünï\u00a0'"));

        var owner = await Assert.ThrowsAsync<ClusterException>(() => state.Host.DropUserAsync(First, User, Cancellation));
        Assert.Equal(ClusterFailure.InUse, owner.Failure);
        await ClusterState.PsqlAsync(cluster, "DROP TABLE mine", User, "zwei ℌ Ünï\u00a0'");
        await state.Host.DropUserAsync(First, User, Cancellation);
        Assert.DoesNotContain(await state.Host.GetUsersAsync(First, Cancellation), user => user.Name == User);
        Assert.Equal(ClusterFailure.NotFound, (await Assert.ThrowsAsync<ClusterException>(() => state.Host.DropUserAsync(First, User, Cancellation))).Failure);

        await state.Host.SetUserAsync(First, "ann@example.com", UserKind.IamUser, null, null, Cancellation);
        await state.Host.SetUserAsync(First, "app@p.iam", UserKind.IamServiceAccount, null, null, Cancellation);
        var users = await state.Host.GetUsersAsync(First, Cancellation);
        Assert.Equal([("ann@example.com", UserKind.IamUser), ("app@p.iam", UserKind.IamServiceAccount)], users.Where(user => user.Kind != UserKind.BuiltIn).Select(user => (user.Name, user.Kind)));
        Assert.All(users.Where(user => user.Kind != UserKind.BuiltIn), user => Assert.Empty(user.DatabaseRoles));
    }

    [Theory]
    [InlineData("cloudsqladmin", null)]
    [InlineData("pg_mine", null)]
    [InlineData("", null)]
    [InlineData("a23456789012345678901234567890123456789012345678901234567890abcd", null)]
    [InlineData("user", "cloudsqladmin")]
    [InlineData("user", "pg_execute_server_program")]
    [InlineData("user", "pg_write_server_files")]
    public async Task AUserCannotBecomeThePowerBehindTheServer(string name, string? role)
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.CreateAsync("first");
        var refusal = await Assert.ThrowsAsync<ClusterException>(() => state.Host.SetUserAsync(First, name, UserKind.BuiltIn, "x", role is null ? null : [role], Cancellation));
        Assert.Equal(ClusterFailure.InvalidValue, refusal.Failure);
        Assert.Equal("postgres", await ClusterState.PsqlAsync(cluster, "SELECT string_agg(rolname, ',') FROM pg_roles WHERE rolcanlogin AND rolname <> 'cloudsqladmin'"));
        Assert.NotEqual(0, (await ClusterState.TryPsqlAsync(cluster, "SELECT 1", "cloudsqladmin", "x")).ExitCode);
    }

    [Fact]
    public async Task FlagsAreTakenAtOnceOrByARestartAndOnlyWhenAllOfThemAreGood()
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.CreateAsync("first", ("max_connections", "50"));
        const string Show = "SELECT concat_ws('|', current_setting('max_connections'), current_setting('log_min_duration_statement'), current_setting('work_mem'))";

        Assert.False(await state.Host.SetFlagsAsync(First, Flags(("max_connections", "50"), ("log_min_duration_statement", "250")), Cancellation));
        Assert.Equal("50|250ms|4MB", await ClusterState.PsqlAsync(cluster, Show));
        Assert.True(await state.Host.SetFlagsAsync(First, Flags(("max_connections", "60"), ("log_min_duration_statement", "250"), ("work_mem", "8192")), Cancellation));
        Assert.Equal("60|250ms|8MB", await ClusterState.PsqlAsync(cluster, Show));

        foreach (var (name, value) in new[]
                 {
                     ("work_mem", "lots"), ("no_such_flag", "1"), ("max_connections", "many"), ("max_connections", "0"), ("archive_command", "touch /tmp/x"), ("listen_addresses", "*"),
                     ("shared_preload_libraries", "x"), ("port", "1"), ("work_mem' \n fsync", "1"), ("log_line_prefix", "a\nb"), ("fsync", "on"),
                 })
        {
            var refusal = await Assert.ThrowsAsync<ClusterException>(() => state.Host.SetFlagsAsync(First, Flags((name, value)), Cancellation));
            Assert.Equal(ClusterFailure.InvalidFlag, refusal.Failure);
            Assert.Contains(name, refusal.Message, StringComparison.Ordinal);
            Assert.Equal("60|250ms|8MB", await ClusterState.PsqlAsync(cluster, Show));
        }

        // A flag that is taken away is one of its default again.
        Assert.True(await state.Host.SetFlagsAsync(First, Flags(), Cancellation));
        Assert.Equal("100|-1|4MB", await ClusterState.PsqlAsync(cluster, Show));

        var created = await Assert.ThrowsAsync<ClusterException>(() => state.CreateAsync("second", ("max_connections", "many")));
        Assert.Equal(ClusterFailure.InvalidFlag, created.Failure);
        Assert.Contains("max_connections", created.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(state.GetFolder("second")));
    }

    [Fact]
    public async Task ABackupIsRestoredHereAndElsewhereAndADamagedOneIsNot()
    {
        await using var state = await ClusterState.OpenAsync();
        var first = await state.CreateAsync("first", ("max_connections", "50"));
        var second = await state.CreateAsync("second");
        await ClusterState.PsqlAsync(first, "CREATE TABLE t AS SELECT n FROM generate_series(1, 1000) n");
        var backup = await state.Host.BackupAsync(First, "1700", Cancellation);
        Assert.InRange(backup.SizeInBytes, 10_000_000, 1_000_000_000);
        await ClusterState.PsqlAsync(first, "DROP TABLE t; ALTER ROLE postgres PASSWORD 'changed'");

        first = await state.Host.RestoreAsync(First, First, "1700", Cancellation);
        Assert.Equal("1000|50", await ClusterState.PsqlAsync(first, "SELECT count(*), current_setting('max_connections') FROM t"));
        second = await state.Host.RestoreAsync(Second, First, "1700", Cancellation);
        Assert.Equal("1000|100", await ClusterState.PsqlAsync(second, "SELECT count(*), current_setting('max_connections') FROM t"));
        // The restored cluster has the other's password: it is used, kept and backed up like any.
        await state.Host.RestartAsync(Second, Cancellation);
        await state.Host.BackupAsync(Second, "1", Cancellation);
        Assert.NotEqual(first.Address, second.Address);

        var file = Directory.EnumerateFiles(Path.Combine(state.GetFolder("first"), "postgres", "backups", "1700", "base", "1")).First(file => new FileInfo(file).Length > 0);
        await using (var stream = File.OpenWrite(file)) stream.WriteByte(0xff);
        await ClusterState.PsqlAsync(first, "INSERT INTO t VALUES (0)");
        await Assert.ThrowsAsync<ClusterException>(() => state.Host.RestoreAsync(First, First, "1700", Cancellation));
        Assert.Equal("1001", await ClusterState.PsqlAsync(first, "SELECT count(*) FROM t"));
        Assert.Equal(ClusterFailure.NotFound, (await Assert.ThrowsAsync<ClusterException>(() => state.Host.RestoreAsync(First, First, "../../second", Cancellation))).Failure);

        await state.Host.DeleteBackupAsync(First, "1700", Cancellation);
        Assert.Equal(ClusterFailure.NotFound, (await Assert.ThrowsAsync<ClusterException>(() => state.Host.RestoreAsync(First, First, "1700", Cancellation))).Failure);
    }

    [Fact]
    public async Task ANormalEndStopsTheServersAndTheNextStartBringsThemBack()
    {
        await using var state = await ClusterState.OpenAsync();
        var first = await state.CreateAsync("first");
        await state.CreateAsync("second");
        await state.Host.StopAsync(Second, Cancellation);
        await ClusterState.PsqlAsync(first, "CREATE TABLE t AS SELECT 1 AS n");
        await state.Host.DisposeAsync();
        Assert.NotEqual(0, (await ClusterState.TryPsqlAsync(first, "SELECT 1")).ExitCode);

        var found = await state.ReopenAsync();
        Assert.Equal([("first", true), ("second", false)], found.Select(cluster => (cluster.Id.Instance, cluster.IsRunning)).Order());
        Assert.Equal(first.Address, state.Host.Find(First)!.Address);
        Assert.Equal("1", await ClusterState.PsqlAsync(first, "SELECT n FROM t"));
    }

    [Fact]
    public async Task AfterAKillTheServersThatRunAreAdoptedAndTheOthersStarted()
    {
        await using var state = await ClusterState.OpenAsync();
        var first = await state.CreateAsync("first");
        var second = await state.CreateAsync("second");
        await ClusterState.PsqlAsync(second, "CREATE TABLE t AS SELECT 1 AS n");
        const string Started = "SELECT pg_postmaster_start_time()";
        var started = await ClusterState.PsqlAsync(first, Started);

        // The second server dies with all its processes; its number is then another process's.
        var processFile = Path.Combine(state.GetFolder("second"), "postgres", "data", "postmaster.pid");
        using (var server = Process.GetProcessById(int.Parse(File.ReadLines(processFile).First(), CultureInfo.InvariantCulture)))
        {
            server.Kill();
            await server.WaitForExitAsync(Cancellation);
        }

        var lines = await File.ReadAllLinesAsync(processFile, Cancellation);
        await File.WriteAllLinesAsync(processFile, [$"{Environment.ProcessId}", .. lines[1..]], Cancellation);
        Assert.False(await state.Host.IsRunningAsync(Second, Cancellation));

        var found = await state.ReopenAsync();
        Assert.All(found, cluster => Assert.True(cluster.IsRunning, string.Join(' ', cluster.Remarks)));
        Assert.Equal(started, await ClusterState.PsqlAsync(first, Started));
        Assert.Equal("1", await ClusterState.PsqlAsync(state.Host.Find(Second)!, "SELECT n FROM t"));
    }

    [Fact]
    public async Task AServersNumberThatBelongsToAnotherServerNowIsNotItsOwn()
    {
        await using var state = await ClusterState.OpenAsync();
        var first = await state.CreateAsync("first");
        var second = await state.CreateAsync("second");
        await state.Host.StopAsync(Second, Cancellation);
        File.Copy(Path.Combine(state.GetFolder("first"), "postgres", "data", "postmaster.pid"), Path.Combine(state.GetFolder("second"), "postgres", "data", "postmaster.pid"));
        var lines = await File.ReadAllLinesAsync(Path.Combine(state.GetFolder("second"), "postgres", "data", "postmaster.pid"), Cancellation);
        await File.WriteAllLinesAsync(Path.Combine(state.GetFolder("second"), "postgres", "data", "postmaster.pid"), [lines[0], state.GetFolder("second"), .. lines[2..]], Cancellation);

        second = await state.Host.StartAsync(Second, Cancellation);
        await ClusterState.PsqlAsync(second, "CREATE TABLE only_here ()");
        Assert.Equal("0", await ClusterState.PsqlAsync(first, "SELECT count(*) FROM pg_class WHERE relname = 'only_here'"));
    }

    [Fact]
    public async Task WhatAKillLeftHalfDoneIsUndone()
    {
        await using var state = await ClusterState.OpenAsync();
        var first = await state.CreateAsync("first");
        await ClusterState.PsqlAsync(first, "CREATE TABLE t AS SELECT 1 AS n");
        await state.CreateAsync("second");

        // A restore whose server never ran, and an instance without its record, which runs.
        await state.Host.StopAsync(First, Cancellation);
        await state.Host.StartAsync(First, Cancellation);
        await state.Host.DisposeAsync();
        var server = Path.Combine(state.GetFolder("first"), "postgres");
        Directory.Move(Path.Combine(server, "data"), Path.Combine(server, "previous"));
        Directory.CreateDirectory(Path.Combine(server, "data"));
        await state.ReopenAsync();
        var second = state.Host.Find(Second)!;
        File.Delete(Path.Combine(state.GetFolder("second"), "cluster.json"));

        var found = await state.ReopenAsync();
        Assert.Equal(First, Assert.Single(found).Id);
        Assert.Equal("1", await ClusterState.PsqlAsync(state.Host.Find(First)!, "SELECT n FROM t"));
        Assert.False(Directory.Exists(state.GetFolder("second")));
        Assert.NotEqual(0, (await ClusterState.TryPsqlAsync(second, "SELECT 1")).ExitCode);
    }

    [Fact]
    public async Task AnAddressThatSomebodyElseHasIsLeftToHim()
    {
        await using var state = await ClusterState.OpenAsync();
        await using var other = await ClusterState.OpenAsync();
        var first = await state.CreateAsync("first");
        Assert.NotEqual(first.Address, (await other.CreateAsync("first")).Address);

        await state.Host.StopAsync(First, Cancellation);
        using var listener = new TcpListener(IPAddress.Parse(first.Address.IPAddress), first.Address.Port);
        listener.Start();
        var moved = await state.Host.StartAsync(First, Cancellation);
        Assert.NotEqual(first.Address, moved.Address);
        Assert.Equal("1", await ClusterState.PsqlAsync(moved, "SELECT 1"));
        await state.ReopenAsync();
        Assert.Equal(moved.Address, state.Host.Find(First)!.Address);
    }

    [Fact]
    public async Task NoPasswordIsInAnyFileWhateverTheServerLogs()
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.Host.CreateAsync(
            First,
            new ClusterSpec(
                "POSTGRES_15",
                new Dictionary<string, string>
                {
                    ["log_statement"] = "all", ["log_min_duration_statement"] = "0", ["log_min_error_statement"] = "debug5", ["log_duration"] = "on", ["log_connections"] = "on",
                },
                "secret-of-root"),
            Cancellation);
        await state.Host.SetUserAsync(First, "app_user", UserKind.BuiltIn, "secret-of-user", null, Cancellation);
        await state.Host.SetUserAsync(First, "app_user", UserKind.BuiltIn, "secret-of-üser", null, Cancellation);
        await Assert.ThrowsAsync<ClusterException>(() => state.Host.SetUserAsync(First, "new_user", UserKind.BuiltIn, "secret-of-nobody-ü", ["no_such_role"], Cancellation));
        await ClusterState.PsqlAsync(cluster, "SELECT 'a witness that statements are logged'", "app_user", "secret-of-üser");

        var files = Directory.EnumerateFiles(state.Folder, "*", SearchOption.AllDirectories).ToDictionary(file => file, ReadShared);
        Assert.Contains(files, file => Contains(file.Value, "a witness that statements are logged"));
        foreach (var secret in (string[])["secret-of-", "SCRAM-SHA-256$"])
            Assert.DoesNotContain(files, file => Contains(file.Value, secret) && !(secret[0] == 'S' && (file.Key.Contains("/base/", StringComparison.Ordinal) || file.Key.Contains("/global/", StringComparison.Ordinal) || file.Key.Contains("/pg_wal/", StringComparison.Ordinal))));

        // Whoever may not be the emulator or its server reads none of them.
        Assert.Equal("", (await Programs.RunAsync("find", [state.GetFolder("first"), "-name", "*password*", "-perm", "/077"])).Output);
    }

    [Theory]
    [InlineData("..", "first")]
    [InlineData("rehearsal", "..")]
    [InlineData("rehearsal", "a/b")]
    [InlineData("reh/earsal", "first")]
    [InlineData("/tmp", "first")]
    public async Task ANameIsNoWayOutOfTheStateFolder(string project, string instance)
    {
        await using var state = await ClusterState.OpenAsync();
        var refusal = await Assert.ThrowsAsync<ClusterException>(
            () => state.Host.CreateAsync(new ClusterId(project, instance), new ClusterSpec("POSTGRES_15", new Dictionary<string, string>(), null), Cancellation));
        Assert.Equal(ClusterFailure.InvalidValue, refusal.Failure);
    }

    [Fact]
    public async Task AVersionThatIsNotHereIsServedByTheNewestAndSaidSo()
    {
        await using var state = await ClusterState.OpenAsync();
        var cluster = await state.Host.CreateAsync(First, new ClusterSpec("POSTGRES_12", new Dictionary<string, string>(), null), Cancellation);
        Assert.Contains(cluster.Remarks, remark => remark.Contains("POSTGRES_12", StringComparison.Ordinal) && remark.Contains(cluster.ServerVersion, StringComparison.Ordinal));
    }

    private static Dictionary<string, string> Flags(params (string Name, string Value)[] flags) => flags.ToDictionary(flag => flag.Name, flag => flag.Value);

    private static byte[] ReadShared(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }

    private static bool Contains(byte[] content, string text) => content.AsSpan().IndexOf(Encoding.UTF8.GetBytes(text)) >= 0;
}
