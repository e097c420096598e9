using MarketingSwarm.Engine.Backups;
using static MarketingSwarm.Engine.Tests.Backups.BackupOracle;
using static MarketingSwarm.Engine.Tests.Sqlite.SqliteFiles;

namespace MarketingSwarm.Engine.Tests.Backups;

/// <summary>A restored file is what was backed up, by the word of Python; a file that is refused is what it was.</summary>
public sealed class SqliteRestorationTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Backups => _folder.File("backups");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(HazardShape.Application, "UTF-8", "delete", "delete", 4096)]
    [InlineData(HazardShape.Plan, "UTF-16le", "wal", "delete", 512)]
    [InlineData(HazardShape.Untyped, "UTF-16be", "delete", "wal", 65536)]
    [InlineData(HazardShape.WithoutRowId, "UTF-8", "wal", "wal", 1024)]
    public void AFileThatIsThereGetsTheBackupsContentAndStaysTheSameFile(HazardShape shape, string encoding, string journalMode, string presentMode, int presentPageSize)
    {
        var path = _folder.File("app.db");
        HazardFile.Create(path, shape, encoding, journalMode);
        var backup = BackUp(path, Backups);
        var (cells, schema) = (HazardFile.ReadCells(path), HazardFile.ReadSchema(path));
        File.Delete(path);
        Sqlite3.Run(path, $"PRAGMA page_size = {presentPageSize}");
        Create(path, rows: 2000, size: 100, presentMode, $"PRAGMA page_size = {presentPageSize}; {TableSql}");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        var (stat, present) = (Stat(path), HazardFile.ReadCells(path));

        var restoration = Restore(backup, path);

        Assert.Equal(stat, Stat(path));
        Assert.Equal(["app.db", "backups"], List(_folder.Path));
        Assert.Equal(cells, HazardFile.ReadCells(path));
        Assert.Equal(schema, HazardFile.ReadSchema(path));
        Assert.Equal(["ok"], Sqlite3.Run(path, "PRAGMA quick_check(1)").Where(finding => finding == "ok" || !finding.Contains("value in", StringComparison.Ordinal)).DefaultIfEmpty("ok"));
        Assert.Equal([journalMode, encoding], Sqlite3.Run(path, "PRAGMA journal_mode; PRAGMA encoding"));
        Assert.Equal(new FileInfo(backup.Path).Length, new FileInfo(path).Length);
        Assert.Equal(present, HazardFile.ReadCells(restoration.Previous!));
        Assert.Equal((backup.Rows, 0), (restoration.Rows, restoration.ExitCode));

        // The restore itself can be undone.
        Restore(BackupStore.Find(restoration.Previous!), path);
        Assert.Equal(present, HazardFile.ReadCells(path));
    }

    [Fact]
    public void AMissingFileIsMadeOfTheSameBytes()
    {
        var path = Create(_folder.File("app.db"), rows: 300, journalMode: "wal");
        var backup = BackUp(path, Backups);
        File.Delete(path);

        var restoration = Restore(backup, path);

        Assert.Equal(backup.Sha256, Sha256(path));
        Assert.Equal("600", Mode(path));
        Assert.Null(restoration.Previous);
        Assert.Equal(["app.db", "backups"], List(_folder.Path));
    }

    [Fact]
    public void AProgramThatHasTheFileOpenSeesTheRestoredContentAndWritesIntoIt()
    {
        var path = Create(_folder.File("app.db"), rows: 3);
        var backup = BackUp(path, Backups);
        using var application = RunningPython.Start(
            """
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("DELETE FROM conversations")
            print("ready")
            sys.stdin.readline()
            print(connection.execute("SELECT count(*) FROM conversations").fetchone()[0])
            connection.execute("INSERT INTO conversations (id, user_query) VALUES ('new', 'q')")
            """,
            path);

        Restore(backup, path);
        application.Send("go on");

        Assert.Equal("3", application.ReadLine());
        application.Finish();
        Assert.Equal(["4"], Sqlite3.Run(path, "SELECT count(*) FROM conversations"));
    }

    [Theory]
    [InlineData("delete", "BEGIN IMMEDIATE", "SqliteLocked")]
    [InlineData("wal", "SELECT 1", "RestoreTargetInUse")]
    public void AFileInUseIsRefused(string journalMode, string statement, string errorId)
    {
        var path = Create(_folder.File("app.db"), rows: 3, journalMode: journalMode);
        var backup = BackUp(path, Backups);
        using var application = RunningPython.Start(
            "connection = sqlite3.connect(sys.argv[1], isolation_level=None); connection.execute(\"DELETE FROM conversations\"); connection.execute(sys.argv[2]); print('ready'); sys.stdin.read()", path, statement);

        Assert.Equal(errorId, Assert.Throws<SwarmDatabaseException>(() => Restore(backup, path)).ErrorId);

        application.Finish();
        Assert.Equal(["0"], Sqlite3.Run(path, "SELECT count(*) FROM conversations"));
        Assert.Equal(2, List(Backups).Count());
    }

    [Fact]
    public void RowsThatAKilledProgramLeftInTheLogAreNotThrownAway()
    {
        var path = Create(_folder.File("app.db"), rows: 3, journalMode: "wal");
        var backup = BackUp(path, Backups);
        using (var application = RunningPython.Start(
            """
            import os
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("INSERT INTO conversations (id, user_query) VALUES ('in the log', 'q')")
            print("ready")
            sys.stdin.read()
            os._exit(0)
            """,
            path)) application.Finish();
        Assert.True(new FileInfo(path + "-wal").Length > 0);

        Assert.Equal("RestoreTargetUnfinished", Assert.Throws<SwarmDatabaseException>(() => Restore(backup, path)).ErrorId);
        var restoration = Restore(backup, path, force: true);

        Assert.Equal(["3"], Sqlite3.Run(path, "SELECT count(*) FROM conversations"));
        Assert.Equal(["in the log"], Sqlite3.Run(restoration.Previous!, "SELECT id FROM conversations WHERE id LIKE 'in%'"));
        Assert.Equal(["app.db", "backups"], List(_folder.Path));
    }

    [Fact]
    public void AHotJournalIsRefusedAndRolledBackWhereItIsForced()
    {
        var path = Create(_folder.File("app.db"), rows: 300, size: 1000);
        var backup = BackUp(path, Backups);
        Sqlite3.Run(path, "UPDATE conversations SET status = 'committed'");
        using (var application = RunningPython.Start(
            """
            import os
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("PRAGMA cache_size = 1")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE conversations SET user_query = user_query || 'unfinished'")
            print("ready")
            sys.stdin.read()
            os._exit(0)
            """,
            path)) application.Finish();

        Assert.Equal("RestoreTargetUnfinished", Assert.Throws<SwarmDatabaseException>(() => Restore(backup, path)).ErrorId);
        Assert.True(File.Exists(path + "-journal"));
        var restoration = Restore(backup, path, force: true);

        Assert.Equal(["300|committed|1000"], Sqlite3.Run(restoration.Previous!, "SELECT count(*), max(status), max(length(user_query)) FROM conversations"));
        Assert.Equal(["300|active|1000"], Sqlite3.Run(path, "SELECT count(*), max(status), max(length(user_query)) FROM conversations"));
        Assert.False(File.Exists(path + "-journal"));
    }

    [Fact]
    public void ADamagedFileIsKeptByteForByteWhereItIsForced()
    {
        var path = Create(_folder.File("app.db"), rows: 300, size: 1000);
        var backup = BackUp(path, Backups);
        File.WriteAllText(path, "this is no database");

        Assert.Equal("RestoreTargetDamaged", Assert.Throws<SwarmDatabaseException>(() => Restore(backup, path)).ErrorId);
        Assert.Equal("this is no database", File.ReadAllText(path));
        var restoration = Restore(backup, path, force: true);

        Assert.Equal(backup.Sha256, Sha256(path));
        Assert.Equal("this is no database", File.ReadAllText(restoration.Previous!));
        Assert.Equal(("600", 2), (Mode(restoration.Previous!), restoration.ExitCode));
    }

    [Fact]
    public void ABackupThatHasChangedOrIsOfAnotherDatabaseIsRefused()
    {
        var path = Create(_folder.File("app.db"), rows: 3);
        var other = Create(_folder.File("other.db"), rows: 5);
        var backup = BackUp(path, Backups);

        Assert.Equal("BackupOfAnotherDatabase", Assert.Throws<SwarmConfigurationException>(() => Restore(backup, other)).ErrorId);
        Assert.Equal(["5"], Sqlite3.Run(other, "SELECT count(*) FROM conversations"));
        Restore(backup, other, force: true);
        Assert.Equal(["3"], Sqlite3.Run(other, "SELECT count(*) FROM conversations"));

        using (var file = new FileStream(backup.Path, FileMode.Open))
        {
            file.Position = 5000;
            var value = file.ReadByte();
            file.Position = 5000;
            file.WriteByte((byte)(value ^ 1));
        }

        Assert.Equal("BackupChanged", Assert.Throws<SwarmArchiveException>(() => Restore(backup, path)).ErrorId);
        Assert.Equal(["3"], Sqlite3.Run(path, "SELECT count(*) FROM conversations"));
        File.Delete(backup.ManifestPath);
        Assert.Equal("BackupManifestNotFound", Assert.Throws<SwarmArchiveException>(() => BackupStore.Find(backup.Path)).ErrorId);
        File.WriteAllText(backup.ManifestPath, "{");
        Assert.Equal("BackupManifestInvalid", Assert.Throws<SwarmArchiveException>(() => BackupStore.Find(backup.Path)).ErrorId);
        File.Delete(backup.Path);
        Assert.Equal("BackupNotFound", Assert.Throws<SwarmDatabaseException>(() => BackupStore.Find(backup.Path)).ErrorId);
    }

    [Fact]
    public void ADiskThatRunsFullLeavesTheFileAsItWas()
    {
        var path = Create(_folder.File("app.db"), rows: 1000, size: 4000);
        var backup = BackUp(path, Backups);
        var small = _folder.File("small");
        using var mount = MountSmall(small, 1 << 20);
        var target = Create(Path.Combine(small, "app.db"), rows: 10);
        var before = Sqlite3.Run(target, "SELECT * FROM conversations");

        Assert.Equal("RestoreNotFinished", Assert.Throws<SwarmDatabaseException>(() => Restore(backup, target, force: true)).ErrorId);
        Assert.Equal("RestoreNotFinished", Assert.Throws<SwarmDatabaseException>(() => Restore(backup, Path.Combine(small, "new.db"))).ErrorId);

        Assert.Equal(before, Sqlite3.Run(target, "SELECT * FROM conversations"));
        Assert.Equal(["ok"], Sqlite3.Run(target, "PRAGMA integrity_check"));
        Assert.Equal(["app.db"], List(small));
    }

    [Fact]
    public void AStoppedRestoreLeavesTheFileAsItWas()
    {
        var path = Create(_folder.File("app.db"), rows: 3000, size: 10_000);
        var backup = BackUp(path, Backups);
        Sqlite3.Run(path, "DELETE FROM conversations WHERE rowid > 10");
        using var stop = new CancellationTokenSource();

        Assert.ThrowsAny<OperationCanceledException>(() => SqliteRestoration.Open(backup, At(path), force: false, Token).Restore((_, _) => stop.Cancel(), stop.Token));

        Assert.Equal(["10", "ok"], Sqlite3.Run(path, "SELECT count(*) FROM conversations; PRAGMA integrity_check"));
        Assert.Equal(["app.db", "backups"], List(_folder.Path));
    }
}
