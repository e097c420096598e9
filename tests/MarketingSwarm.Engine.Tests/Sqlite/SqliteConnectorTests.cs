using MarketingSwarm.Engine.Checks;
using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Schemas;
using MarketingSwarm.Engine.Sqlite;
using static MarketingSwarm.Engine.Tests.Sqlite.SqliteFiles;

namespace MarketingSwarm.Engine.Tests.Sqlite;

public sealed class SqliteConnectorTests : IDisposable
{
    // Makes a file in WAL mode whose rows are in the -wal alone, and copies both while it has them open, so that the copy has no -shm.
    private const string CopyWithLog = """
        import shutil
        source, copy = sys.argv[1:]
        connection = sqlite3.connect(source, isolation_level=None)
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("CREATE TABLE conversations (id VARCHAR NOT NULL, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR, created_at DATETIME, "
            "completed_at DATETIME, agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT, PRIMARY KEY (id))")
        connection.executemany("INSERT INTO conversations (id, user_query) VALUES (?, 'q')", [(f"c-{i}",) for i in range(100)])
        for suffix in ("", "-wal"): shutil.copy(source + suffix, copy + suffix)
        print("ready")
        sys.stdin.read()
        """;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("delete", "app.db")]
    [InlineData("wal", "app.db")]
    [InlineData("delete", "link.db")]
    [InlineData("delete", "folder/app.db")]
    public async Task AnImportKeepsItsLockWhileTheSameProcessReadsTheFile(string journalMode, string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows keeps a lock with its handle, and links need a privilege.");
        var path = Create(_folder.File("app.db"), rows: 3, journalMode: journalMode);
        File.CreateSymbolicLink(_folder.File("link.db"), path);
        Directory.CreateSymbolicLink(_folder.File("folder"), _folder.Path);
        var database = At(_folder.File(name));

        using var writer = SqliteConversationWriter.Open(At(path), ConflictAction.Fail, Token);
        Assert.Equal(3, ReadAll(database.Path!).Count);
        Assert.Equal(10, (await SchemaReader.ReadAsync(database, countRows: true, Token)).Columns.Count);
        await foreach (var check in new DatabaseChecker(database, new DatabaseCheckOptions { SampleCount = 5 }).RunAsync(Token)) Assert.NotNull(check);
        using (var preview = await ConversationStore.OpenWriterAsync(database, new ImportOptions { IsPreview = true }, Token)) Assert.NotNull(preview);

        var error = Assert.ThrowsAny<Exception>(() => Sqlite3.Run(path, "PRAGMA busy_timeout = 0; DELETE FROM conversations"));
        Assert.Contains("database is locked", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhatIsWrongWithAFileInUseIsLeftToSqlite()
    {
        var path = Create(_folder.File("app.db"), rows: 500, size: 1000);
        using var connection = SqliteConnector.OpenWrite(At(path), create: false, Token);
        using (var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) file.SetLength(file.Length / 2);

        var error = Assert.Throws<SwarmDatabaseException>(() => ReadAll(path));

        Assert.Equal("SqliteFileDamaged", error.ErrorId);
        connection.Dispose();
        Assert.Equal("SqliteFileTruncated", Assert.Throws<SwarmDatabaseException>(() => ReadAll(path)).ErrorId);
    }

    [Fact]
    public async Task ReadingAFileInWalModeThatNobodyHasOpenLeavesNothingBesideIt()
    {
        var source = new TempFolder();
        using var application = RunningPython.Start(CopyWithLog, source.File("app.db"), _folder.File("app.db"));
        using (source) application.Finish();
        var before = Photograph(_folder.Path);
        Assert.Equal([_folder.File("app.db"), _folder.File("app.db-wal")], before.Select(file => file.Name));
        var database = At(_folder.File("app.db"));

        string copy;
        using (var connection = SqliteConnector.OpenRead(database, Token))
        {
            copy = Path.GetDirectoryName(connection.DataSource)!;
            Assert.NotEqual(_folder.Path, copy);
            Assert.True(Directory.Exists(copy));
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(copy));
        }

        Assert.False(Directory.Exists(copy));
        Assert.Equal(100, ReadAll(database.Path!).Count);
        var schema = await SchemaReader.ReadAsync(database, countRows: true, Token);
        await foreach (var check in new DatabaseChecker(database, new DatabaseCheckOptions { SampleCount = 5 }).RunAsync(Token)) Assert.NotNull(check);
        using (var preview = await ConversationStore.OpenWriterAsync(database, new ImportOptions { OnConflict = ConflictAction.Skip, IsPreview = true }, Token))
        {
            preview.Write(new Conversation(new Dictionary<string, object?> { ["id"] = "c-7", ["user_query"] = "q" }), Token);
            Assert.Equal(new WriteCounts(0, 0, 1), await preview.CommitAsync(Token));
        }

        Assert.Equal(100, schema.RowCount);
        Assert.Equal(before, Photograph(_folder.Path));
    }

    [Fact]
    public void AFileInWalModeWithoutItsLogIsReadAndLeftAsItWas()
    {
        var path = Create(_folder.File("app.db"), rows: 3, journalMode: "wal");
        var before = Photograph(_folder.Path);

        Assert.Equal(3, ReadAll(path).Count);

        Assert.Equal(before, Photograph(_folder.Path));
        Assert.Equal([path], before.Select(file => file.Name));
    }

    [Fact]
    public void AFileInWalModeThatTheApplicationHasOpenIsReadWhereItIs()
    {
        var path = _folder.File("app.db");
        using var application = RunningPython.Start(
            """
            connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=0)
            connection.execute("PRAGMA journal_mode = wal")
            for statement in sys.argv[2].split(";"): connection.execute(statement)
            connection.execute("INSERT INTO conversations (id, user_query) VALUES ('in the log', 'q')")
            print("ready")
            for line in sys.stdin:
                connection.execute("INSERT INTO conversations (id, user_query) VALUES (?, 'q')", (line.strip(),))
                print("written")
            """,
            path, TableSql);
        using (var connection = SqliteConnector.OpenRead(At(path), Token)) Assert.Equal(path, connection.DataSource);

        using (var reader = OpenReader(path))
        {
            application.Send("while it is read");
            Assert.Equal("written", application.ReadLine());
            // All of one moment: the one before the writing.
            Assert.Equal(["in the log"], reader.ReadAll().Select(row => row.Id));
        }

        Assert.Equal(["in the log", "while it is read"], ReadAll(path).Select(row => row.Id));
        application.Send("after");
        Assert.Equal("written", application.ReadLine());
        application.Finish();
        Assert.Equal(["3"], Sqlite3.Run(path, "SELECT count(*) FROM conversations"));
    }

    [Fact]
    public void AnEmptyFileBesideALogIsRefusedAndTheLogKept()
    {
        File.WriteAllBytes(_folder.File("app.db"), []);
        File.WriteAllText(_folder.File("app.db-wal"), "the newest rows");

        Assert.Equal("SqliteEmptyBesideWal", Assert.Throws<SwarmDatabaseException>(() => ReadAll(_folder.File("app.db"))).ErrorId);
        var error = Assert.Throws<SwarmDatabaseException>(() => SqliteConnector.OpenWrite(At(_folder.File("app.db")), create: true, Token));
        Assert.Equal("SqliteEmptyBesideWal", error.ErrorId);

        Assert.Equal("the newest rows", File.ReadAllText(_folder.File("app.db-wal")));
    }

    [Fact]
    public void AFileIsHeldByOneAtATime()
    {
        var path = _folder.File("app.db");
        using (SqliteOpenFiles.Add(path, Token))
        using (SqliteOpenFiles.Add(path, Token))
        {
            Assert.Null(SqliteOpenFiles.TryHold(path, Token));
            using var other = SqliteOpenFiles.TryHold(_folder.File("other.db"), Token);
            Assert.NotNull(other);
        }

        using var stop = new CancellationTokenSource();
        var hold = SqliteOpenFiles.TryHold(path, Token);
        Assert.NotNull(hold);
        var waiting = Task.Run(() => SqliteOpenFiles.Add(path, stop.Token), Token);
        stop.Cancel();
        Assert.Throws<OperationCanceledException>(() => waiting.GetAwaiter().GetResult());
        hold.Dispose();
        hold.Dispose();
        using (SqliteOpenFiles.Add(path, Token)) Assert.Null(SqliteOpenFiles.TryHold(path, Token));
        using (var again = SqliteOpenFiles.TryHold(path, Token)) Assert.NotNull(again);
    }
}
