using System.Buffers.Binary;
using System.Text;
using MarketingSwarm.Engine.Sqlite;
using static MarketingSwarm.Engine.Tests.Sqlite.SqliteFiles;

namespace MarketingSwarm.Engine.Tests.Sqlite;

/// <summary>What a crashed program leaves is read as SQLite would recover it, and stays as it was left.</summary>
public sealed class SqliteRecoveryTests : IDisposable
{
    // The cache is too small for the change, which therefore reaches the file before its commit.
    private const string Unfinished = """
        import os
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA cache_size = 1")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE conversations SET user_query = user_query || 'changed'")
        print("ready")
        sys.stdin.read()
        os._exit(0)
        """;

    private const string Logged = """
        import os
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        connection.execute("UPDATE conversations SET status = 'in the log'")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE conversations SET status = 'unfinished'")
        print("ready")
        sys.stdin.read()
        os._exit(0)
        """;

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        SetMode(_folder.Path, isReadOnly: false);
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void AnUnfinishedTransactionIsRolledBackInACopy(bool isReadOnly)
    {
        var path = Create(_folder.File("app.db"), rows: 200, size: 1000);
        Crash(Unfinished, path);
        SetMode(_folder.Path, isReadOnly);
        var before = Photograph(_folder.Path);
        Assert.Equal([path, path + "-journal"], before.Select(file => file.Name));

        using (var connection = SqliteConnector.OpenRead(At(path), Token, out var isCopy))
        {
            Assert.True(isCopy);
            AssertPrivate(connection.DataSource);
        }

        var rows = ReadAll(path);

        Assert.Equal(before, Photograph(_folder.Path));
        // The oracle rolls the file itself back.
        SetMode(_folder.Path, isReadOnly: false);
        Assert.Equal(Sqlite3.Run(path, "SELECT id || user_query FROM conversations ORDER BY rowid"), rows.Select(row => row.Id + row.UserQuery));
        Assert.Equal(200, rows.Count);
        Assert.False(File.Exists(path + "-journal"));
    }

    [Fact]
    public void AnUnfinishedTransactionOnSeveralFilesIsRefused()
    {
        var path = Create(_folder.File("app.db"), rows: 200, size: 1000);
        Crash(Unfinished, path);
        var name = Encoding.UTF8.GetBytes(_folder.File("äpp.db-mj0123"));
        var trailer = new byte[4 + name.Length + 16];
        name.CopyTo(trailer, 4);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(4 + name.Length), name.Length);
        BinaryPrimitives.WriteInt32BigEndian(trailer.AsSpan(8 + name.Length), name.Sum(value => (sbyte)value));
        Convert.FromHexString("D9D505F920A163D7").CopyTo(trailer, 12 + name.Length);
        using (var journal = File.OpenWrite(path + "-journal"))
        {
            journal.Position = journal.Length;
            journal.Write(trailer);
        }

        var before = Photograph(_folder.Path);

        var error = Assert.Throws<SwarmDatabaseException>(() => ReadAll(path));

        Assert.Equal("SqliteSuperJournal", error.ErrorId);
        Assert.Contains("äpp.db-mj0123", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, Photograph(_folder.Path));
        // To SQLite too that is a super-journal: as it is gone, the transaction counts as committed.
        Assert.Equal(["1"], Sqlite3.Run(path, "SELECT count(*) > 0 FROM conversations WHERE user_query LIKE '%changed'"));
    }

    [Fact]
    public void TheJournalOfALiveWriterIsLeftToIt()
    {
        var path = Create(_folder.File("app.db"), rows: 3);
        using var application = RunningPython.Start(
            """
            connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE conversations SET status = 'completed'")
            print("ready")
            sys.stdin.read()
            connection.execute("COMMIT")
            """,
            path);
        Assert.True(new FileInfo(path + "-journal").Length > 0);

        using (SqliteConnector.OpenRead(At(path), Token, out var isCopy)) Assert.False(isCopy);
        Assert.All(ReadAll(path), row => Assert.Equal("active", row.Status));

        application.Finish();
        Assert.All(ReadAll(path), row => Assert.Equal("completed", row.Status));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void ALogThatNobodyHasOpenIsReadFromACopy(bool hasIndex, bool isReadOnly)
    {
        Assert.SkipWhen(OperatingSystem.IsMacOS(), "The index left by a crash cannot be told from one in use there.");
        var path = Create(_folder.File("app.db"), rows: 3);
        Crash(Logged, path);
        if (!hasIndex) File.Delete(path + "-shm");
        SetMode(_folder.Path, isReadOnly);
        var before = Photograph(_folder.Path);
        Assert.Equal(hasIndex ? 3 : 2, before.Count);

        using (var connection = SqliteConnector.OpenRead(At(path), Token, out var isCopy))
        {
            // An index that may not be written is one that SQLite does not write: that file is read where it is.
            if (!isReadOnly || !hasIndex)
            {
                Assert.True(isCopy);
                AssertPrivate(connection.DataSource);
            }
        }

        Assert.Equal(["in the log", "in the log", "in the log"], ReadAll(path).Select(row => row.Status));

        Assert.Equal(before, Photograph(_folder.Path));
        SetMode(_folder.Path, isReadOnly: false);
        Assert.Equal(["in the log|3"], Sqlite3.Run(path, "SELECT status, count(*) FROM conversations GROUP BY status"));
    }

    private static void Crash(string script, string path)
    {
        using var application = RunningPython.Start(script, path);
        application.Finish();
    }

    private static void AssertPrivate(string copy)
    {
        if (OperatingSystem.IsWindows()) return;
        var (file, folder) = (UnixFileMode.UserRead | UnixFileMode.UserWrite, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal(folder, File.GetUnixFileMode(Path.GetDirectoryName(copy)!));
        foreach (var name in Directory.GetFiles(Path.GetDirectoryName(copy)!)) Assert.Equal(file, File.GetUnixFileMode(name));
    }

    private static void SetMode(string folder, bool isReadOnly)
    {
        if (OperatingSystem.IsWindows()) return;
        var write = isReadOnly ? UnixFileMode.None : UnixFileMode.UserWrite;
        File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserExecute | write);
        foreach (var file in Directory.GetFiles(folder)) File.SetUnixFileMode(file, UnixFileMode.UserRead | write);
    }
}
