using System.Globalization;

namespace MarketingSwarm.Tests.Migration;

/// <summary>A source that somebody writes to, during a load and between an interruption and its resumption.</summary>
public sealed class ChangingSourceTests(PostgresServer postgres, LoadSource source, ITestOutputHelper output) : IClassFixture<LoadSource>, IDisposable
{
    // Two rows, the file's first and its last, always change together; others come and change. As the application: 5 s of patience.
    private const string WriterScript = """
        import threading
        connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)
        ends = [row[0] for row in connection.execute("SELECT id FROM conversations WHERE rowid IN ((SELECT min(rowid) FROM conversations), (SELECT max(rowid) FROM conversations))")]
        stop = threading.Event()
        threading.Thread(target=lambda: (sys.stdin.read(), stop.set()), daemon=True).start()
        print("ready")
        writes, failures, longest, total = 0, [], 0.0, connection.execute("SELECT count(*) FROM conversations").fetchone()[0]
        while not stop.is_set():
            started = time.monotonic()
            try:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO conversations (rowid, id, user_query, status, created_at) VALUES (?, ?, 'q', 'active', '2025-06-18 18:50:05.000001')", (-1 - writes, f"w-{writes}"))
                connection.execute("UPDATE conversations SET status = 'completed' WHERE id = ?", (f"w-{writes - 1}",))
                for key in ends: connection.execute("UPDATE conversations SET error_message = ? WHERE id = ?", (f"n-{writes}", key))
                connection.execute("COMMIT")
                writes += 1
            except sqlite3.OperationalError as error:
                failures.append(str(error))
                if connection.in_transaction: connection.execute("ROLLBACK")
            longest = max(longest, time.monotonic() - started)
            stop.wait(0.01)
        print(*ends)
        print(writes, f"{longest:.3f}", total, *failures)
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("delete")]
    [InlineData("wal")]
    public async Task AWriterIsNotDisturbedAndWhatIsLoadedIsOfOneMoment(string journalMode)
    {
        var (ended, database, ends) = await LoadBesideAWriterAsync(journalMode, temporary: null);
        await using (database)
        {
            Assert.True(ended.ExitCode == 0, $"{ended.ExitCode} {ended.Output} {ended.Error}");
            Assert.Contains("proven True consistent True", ended.Output);
            Assert.Equal("1", database.Psql($"SELECT count(DISTINCT coalesce(error_message, '')) FROM conversations WHERE id IN ('{string.Join("', '", ends)}')"));
            // One moment: all that the writer had written up to the number in the two rows, and no more.
            Assert.Equal("t", database.Psql($"SELECT (SELECT count(*) FROM conversations WHERE id LIKE 'w-%') = coalesce((SELECT substr(error_message, 3)::int + 1 FROM conversations WHERE id = '{ends[0]}'), 0)"));
            Assert.Equal($"{LoadSource.Rows}", database.Psql("SELECT count(*) FROM conversations WHERE id NOT LIKE 'w-%'"));
        }
    }

    [Fact]
    public async Task WhereThereIsNoRoomForASnapshotTheResultSaysThatTheRowsAreNotOfOneMoment()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "A small file system is mounted by root on Linux only.");
        var small = _folder.File("small");
        Directory.CreateDirectory(small);
        Assert.SkipUnless(Programs.Run("mount", ["-t", "tmpfs", "-o", "size=8m", "tmpfs", small]).ExitCode == 0, "A tmpfs cannot be mounted here.");
        try
        {
            var (ended, database, _) = await LoadBesideAWriterAsync("delete", small);
            await using (database)
            {
                Assert.True(ended.ExitCode == 2, $"{ended.ExitCode} {ended.Output} {ended.Error}");
                Assert.Contains("consistent False", ended.Output);
                Assert.Contains("not all of one moment", ended.Error.Replace("\n", " ", StringComparison.Ordinal) + ended.Output);
                Assert.Equal($"{LoadSource.Rows}", database.Psql("SELECT count(*) FROM conversations WHERE id NOT LIKE 'w-%'"));
            }
        }
        finally
        {
            Programs.Run("umount", [small]);
        }
    }

    [Theory]
    [InlineData("UPDATE conversations SET user_query = 'changed' WHERE rowid IN (2, 3500)")]
    [InlineData("DELETE FROM conversations WHERE rowid IN (1, 2, 3600)")]
    [InlineData("INSERT INTO conversations (rowid, id, user_query) VALUES (-7, 'first', 'q'), (9000, 'last', 'q')")]
    [InlineData("REPLACE INTO conversations SELECT id, user_id, 'replaced', status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message FROM conversations WHERE rowid IN (3, 1700)")]
    [InlineData("DELETE FROM conversations WHERE rowid % 7 = 0; VACUUM")]
    [InlineData("CREATE TABLE renumbered AS SELECT * FROM conversations ORDER BY rowid DESC; DELETE FROM conversations; INSERT INTO conversations SELECT * FROM renumbered; DROP TABLE renumbered")]
    [InlineData("DELETE FROM conversations WHERE rowid < 3000")]
    public async Task TheResumedLoadEndsWithTheSourceAsItThenIs(string changes)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var path = _folder.File("app.db");
        File.Copy(source.Path, path);
        // One connection: the first chunk is the one that is committed first.
        var command = Loads.GetCommand(path, database.Url, "-Connections 1");
        await Interruption.KillAsync(database, command);
        Sqlite3.Run(path, changes);

        using var load = new LoadProcess(command);
        var ended = await load.WaitAsync();

        Assert.True(ended.ExitCode == 0, ended.Error);
        var (_, withdrawn) = await Loads.JudgeAsync(path, database.PsqlAsync, _folder.Path);
        Assert.True(withdrawn > 0);
    }

    private async Task<(ProgramResult Ended, TestDatabase Database, string[] Ends)> LoadBesideAWriterAsync(string journalMode, string? temporary)
    {
        var database = await postgres.CreateDatabaseAsync();
        var path = _folder.File("app.db");
        File.Copy(source.Path, path);
        Sqlite3.Run(path, $"PRAGMA journal_mode = {journalMode}");
        using var writer = RunningPython.Start(WriterScript, path);
        var command = Loads.GetCommand(path, database.Url);
        using var load = new LoadProcess(command, temporary is null ? [] : [new("TMPDIR", temporary)]);
        var ended = await load.WaitAsync();
        var lines = writer.Finish();
        var ends = lines[0].Split(' ');
        var report = lines[1].Split(' ', 4);
        output.WriteLine($"{journalMode}{(temporary is null ? "" : ", no snapshot")}: {report[0]} writes, the longest took {report[1]} s. {ended.Output}");
        Assert.True(int.Parse(report[0], CultureInfo.InvariantCulture) > 10);
        Assert.True(report.Length == 3, $"The writer failed: {string.Join(' ', report)}");
        return (ended, database, ends);
    }
}
