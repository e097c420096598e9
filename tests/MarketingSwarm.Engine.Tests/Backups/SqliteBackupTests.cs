using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Backups;
using MarketingSwarm.Engine.Sqlite;
using static MarketingSwarm.Engine.Tests.Backups.BackupOracle;
using static MarketingSwarm.Engine.Tests.Sqlite.SqliteFiles;

namespace MarketingSwarm.Engine.Tests.Backups;

/// <summary>What a backup of a SQLite file is, by the word of Python, sha256sum and stat, and what it does to the application.</summary>
public sealed class SqliteBackupTests : IDisposable
{
    // The application: two rows of one fact in one transaction. Errors are counted, as it swallows them; Python waits 5 s before one.
    private const string Writer = """
        import threading
        path = sys.argv[1]
        connection = sqlite3.connect(path, isolation_level=None)
        stop, errors, writes = threading.Event(), 0, 0
        threading.Thread(target=lambda: (sys.stdin.readline(), stop.set()), daemon=True).start()
        print("ready")
        while not stop.is_set():
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE conversations SET user_id = ? WHERE id = 'c-000001'", (str(writes + 1),))
                connection.execute("UPDATE conversations SET user_id = ? WHERE id = (SELECT max(id) FROM conversations)", (str(writes + 1),))
                connection.execute("COMMIT")
                writes += 1
            except sqlite3.OperationalError:
                errors += 1
                if connection.in_transaction: connection.execute("ROLLBACK")
            time.sleep(0.002)
        print(f"{errors} {writes}")
        """;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Backups => _folder.File("backups");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(HazardShape.Application, "UTF-8", "delete")]
    [InlineData(HazardShape.Plan, "UTF-8", "wal")]
    [InlineData(HazardShape.Untyped, "UTF-16be", "delete")]
    [InlineData(HazardShape.WithoutRowId, "UTF-8", "wal")]
    [InlineData(HazardShape.Plan, "UTF-16le", "truncate")]
    public void EveryCellRowidAndStatementIsInTheBackup(HazardShape shape, string encoding, string journalMode)
    {
        var path = _folder.File("app.db");
        var rows = HazardFile.Create(path, shape, encoding, journalMode);
        var before = Photograph(_folder.Path);

        var backup = BackUp(path, Backups);

        Assert.Equal(before, Photograph(_folder.Path));
        Assert.Equal([Path.GetFileName(backup.Path), Path.GetFileName(backup.ManifestPath)], List(Backups));
        Assert.Equal(("600", "600", "700"), (Mode(backup.Path), Mode(backup.ManifestPath), Mode(Backups)));
        Assert.Equal(Sha256(backup.Path), backup.Sha256);
        Assert.Equal(((long?)rows, new FileInfo(backup.Path).Length), (backup.Rows, backup.Bytes));
        Assert.Equal(HazardFile.ReadCells(path), HazardFile.ReadCells(backup.Path));
        Assert.Equal(HazardFile.ReadSchema(path), HazardFile.ReadSchema(backup.Path));
        foreach (var pragma in new[] { "encoding", "page_size", "user_version", "application_id" }) Assert.Equal(Sqlite3.Run(path, $"PRAGMA {pragma}"), Sqlite3.Run(backup.Path, $"PRAGMA {pragma}"));
        Assert.Equal(journalMode == "wal" ? "wal" : "delete", Sqlite3.Run(backup.Path, "PRAGMA journal_mode")[0]);
    }

    [Fact]
    public void TheManifestSaysWhatTheBackupIs()
    {
        var path = Create(_folder.File("app.db"), rows: 3);

        var backup = BackUp(path, Backups);

        var manifest = JsonNode.Parse(File.ReadAllText(backup.ManifestPath))!;
        Assert.Equal(backup.Path + ".json", backup.ManifestPath);
        Assert.Equal(Path.GetFileName(backup.Path), (string)manifest["file"]!);
        Assert.Equal((path, 3, Sha256(backup.Path)), ((string)manifest["source"]!["path"]!, (int)manifest["rows"]!, (string)manifest["sha256"]!));
        Assert.Equal(["path"], manifest["source"]!.AsObject().Select(property => property.Key));
        Assert.InRange((DateTime)manifest["takenAt"]!, DateTime.UtcNow.AddMinutes(-5), DateTime.UtcNow);
        Assert.Matches(@"^3\.\d+\.\d+$", (string)manifest["engineVersion"]!);
    }

    [Fact]
    public void TheSchemasHashChangesWithTheSchemaAlone()
    {
        var path = Create(_folder.File("app.db"), rows: 3);
        var first = BackUp(path, Backups);
        Sqlite3.Run(path, "DELETE FROM conversations");
        var second = BackUp(path, Backups);
        Sqlite3.Run(path, "CREATE INDEX status ON conversations (status)");
        var third = BackUp(path, Backups);

        Assert.Equal(first.SchemaSha256, second.SchemaSha256);
        Assert.NotEqual(first.Sha256, second.Sha256);
        Assert.NotEqual(first.SchemaSha256, third.SchemaSha256);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("wal")]
    public void TheApplicationWritesOnAndTheBackupIsOfOneMoment(string journalMode)
    {
        var path = Create(_folder.File("app.db"), rows: 4000, size: 10_000, journalMode: journalMode);
        using var writer = RunningPython.Start(Writer, path);
        List<DatabaseBackup> backups = [];
        for (var i = 0; i < 3; i++) backups.Add(BackUp(path, Backups, seconds: 4));
        writer.Send("stop");
        var numbers = writer.Finish()[0].Split(' ');

        Assert.Equal("0", numbers[0]);
        Assert.NotEqual("0", numbers[1]);
        foreach (var backup in backups)
        {
            Assert.Equal(["ok"], Sqlite3.Run(backup.Path, "PRAGMA integrity_check"));
            Assert.Single(Sqlite3.Run(backup.Path, "SELECT DISTINCT user_id FROM conversations WHERE id IN ('c-000001', 'c-004000')"));
            Assert.Equal(journalMode == "wal", backup.LockTime == TimeSpan.Zero);
            Assert.Equal("0", Sqlite3.Run(backup.Path, "SELECT count(*) FROM conversations WHERE length(user_query) <> 10000")[0]);
        }
    }

    [Fact]
    public void WhatWouldHoldWritersUpForTooLongIsNotCopied()
    {
        var path = Create(_folder.File("app.db"), rows: 3000, size: 10_000);

        var error = Assert.Throws<SwarmDatabaseException>(() => BackUp(path, Backups, seconds: 0.001));

        Assert.Equal(("BackupTakesTooLong", SwarmDatabaseFailure.Locked), (error.ErrorId, error.Failure));
        Assert.False(Directory.Exists(Backups));
        Sqlite3.Run(path, "DELETE FROM conversations");
        // In WAL mode there is no such limit.
        Sqlite3.Run(path, "PRAGMA journal_mode = wal");
        using var reader = RunningPython.Start("connection = sqlite3.connect(sys.argv[1]); connection.execute('SELECT 1 FROM conversations').fetchall(); print('ready'); sys.stdin.read()", path);
        Assert.Equal(0, BackUp(path, Backups, seconds: 0.001).Rows);
    }

    [Fact]
    public void AStoppedBackupLeavesNothing()
    {
        var path = Create(_folder.File("app.db"), rows: 3000, size: 10_000);
        using var stop = new CancellationTokenSource();
        using var source = SqliteBackup.Open(At(path), Token);

        Assert.ThrowsAny<OperationCanceledException>(() => source.Complete(Backups, BackupPurpose.Requested, TimeSpan.FromMinutes(1), (_, _) => stop.Cancel(), stop.Token));
        source.Dispose();

        Assert.False(Directory.Exists(Backups));
        Sqlite3.Run(path, "DELETE FROM conversations");
    }

    [Fact]
    public void AFileThatIsDamagedIsNotTakenForABackup()
    {
        var path = Create(_folder.File("app.db"), rows: 300, size: 1000);
        using (var file = new FileStream(path, FileMode.Open))
        {
            file.Position = file.Length - 4096;
            file.Write(new byte[64]);
        }

        var error = Assert.Throws<SwarmDatabaseException>(() => BackUp(path, Backups));

        using var oracle = RunningPython.Start(
            """
            print("ready")
            try: print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone()[0])
            except sqlite3.DatabaseError as error: print(error)
            """,
            path);
        Assert.NotEqual("ok", oracle.ReadLine());
        Assert.Equal(("BackupNotSound", SwarmDatabaseFailure.NotADatabase), (error.ErrorId, error.Failure));
        Assert.False(Directory.Exists(Backups));
    }

    [Fact]
    public void ADiskWithoutRoomIsRefusedBeforeAndAFullOneLeavesNothing()
    {
        var path = Create(_folder.File("app.db"), rows: 1000, size: 4000);
        var length = new FileInfo(path).Length;
        var small = _folder.File("small");

        using (MountSmall(small, length - 4096))
        {
            Assert.Equal("BackupNoRoom", Assert.Throws<SwarmDatabaseException>(() => BackUp(path, small)).ErrorId);
            Assert.Empty(List(small));
        }

        // Just the backup fits; its manifest does not.
        using (MountSmall(small, length))
        {
            Assert.Equal("BackupNotWritten", Assert.Throws<SwarmDatabaseException>(() => BackUp(path, small)).ErrorId);
            Assert.Empty(List(small));
        }

        // Somebody else fills the disk while it is copied.
        using (MountSmall(small, length + 65536))
        {
            using var source = SqliteBackup.Open(At(path), Token);
            var other = Path.Combine(small, "other");
            var error = Assert.Throws<SwarmDatabaseException>(() => source.Complete(
                small, BackupPurpose.Requested, TimeSpan.FromMinutes(1), (done, total) => { if (!File.Exists(other)) File.WriteAllBytes(other, new byte[total - done]); }, Token));
            Assert.Equal("BackupDiskFull", error.ErrorId);
            Assert.Equal(["other"], List(small));
        }
    }

    [Fact]
    public void AFolderThatMayNotBeWrittenIsNamed()
    {
        var path = Create(_folder.File("app.db"), rows: 3);
        using var mount = MountSmall(_folder.File("small"), 1 << 20);
        Assert.Equal(0, Programs.Run("mount", ["-o", "remount,ro", _folder.File("small")]).ExitCode);

        var error = Assert.Throws<SwarmDatabaseException>(() => BackUp(path, _folder.File("small")));

        Assert.Equal("BackupNotWritten", error.ErrorId);
        Assert.Contains(_folder.File("small"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void OnlyItsOwnBackupsOfThatDatabaseAreOldEnoughToDelete()
    {
        var path = Create(_folder.File("app.db"), rows: 3);
        var other = Create(_folder.File("other.db"), rows: 3);
        var old = BackUp(path, Backups);
        var kept = BackUp(path, Backups);
        var others = BackUp(other, Backups);
        var fence = BackUp(path, Backups);
        var unreadable = BackUp(path, Backups);
        var now = DateTime.UtcNow;
        foreach (var backup in new[] { old, others, fence, unreadable }) EditManifest(backup, json => json["takenAt"] = now.AddDays(-30).AddSeconds(-1));
        EditManifest(kept, json => json["takenAt"] = now.AddDays(-30).AddSeconds(1));
        EditManifest(fence, json => json["purpose"] = "Fence");
        EditManifest(unreadable, json => json["more"] = 1);
        File.WriteAllText(Path.Combine(Backups, "conversations.json"), "{}");
        File.Copy(old.Path, Path.Combine(Backups, "by hand.db"));

        var expired = BackupStore.FindExpired(Backups, At(path), 30, now);

        Assert.Equal([old.Path], expired.Select(backup => backup.Path));
        Assert.Single(BackupStore.FindExpired(Backups, At(other), 30, now));
        Assert.Empty(BackupStore.FindExpired(Backups, At(path), 31, now));
        var before = List(Backups).ToList();
        BackupStore.Delete(expired[0]);
        Assert.Equal(before.Except([Path.GetFileName(old.Path), Path.GetFileName(old.ManifestPath)]), List(Backups));
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("wal")]
    public void AFencesBackupHasTheFencedState(string journalMode)
    {
        var path = Create(_folder.File("app.db"), rows: 500, size: 4000, journalMode: journalMode);
        using var application = RunningPython.Start(
            """
            connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
            print("ready")
            for line in sys.stdin:
                try:
                    connection.execute("INSERT INTO conversations (id, user_query) VALUES (?, 'later')", (line,))
                    print("written", flush=True)
                except sqlite3.OperationalError as error: print(error, flush=True)
            """,
            path);
        DatabaseBackup backup;
        using (var fence = SqliteConnector.OpenWrite(At(path), create: false, Token))
        {
            SqliteConnector.BeginWrite(fence, At(path), Token);
            using var fenced = FencedBackup.Open(At(path), Token);
            Assert.Equal(journalMode == "wal", fenced.OutlivesFence);
            application.Send("one");
            Assert.Equal("database is locked", application.ReadLine());
            if (!fenced.OutlivesFence) fenced.Copy(Backups, Token);
            fence.Close();
            application.Send("two");
            Assert.Equal("written", application.ReadLine());
            if (fenced.OutlivesFence) fenced.Copy(Backups, Token);
            backup = fenced.Complete(Token);
        }

        application.Finish();
        Assert.Equal((500L, BackupPurpose.Fence), (backup.Rows!.Value, backup.Purpose));
        Assert.Equal(Sha256(backup.Path), backup.Sha256);
        Assert.Equal(["500"], Sqlite3.Run(backup.Path, "SELECT count(*) FROM conversations"));
        Assert.Equal(["501"], Sqlite3.Run(path, "SELECT count(*) FROM conversations"));
        Assert.Empty(BackupStore.FindExpired(Backups, At(path), 1, DateTime.UtcNow.AddYears(1)));
    }
}
