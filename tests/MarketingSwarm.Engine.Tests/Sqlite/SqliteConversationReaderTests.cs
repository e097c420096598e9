using System.Globalization;
using MarketingSwarm.Engine.Sqlite;
using static MarketingSwarm.Engine.Tests.Sqlite.SqliteFiles;

namespace MarketingSwarm.Engine.Tests.Sqlite;

public sealed class SqliteConversationReaderTests : IDisposable
{
    private const int Megabyte = 1 << 20;

    // The smallest limits: a burst is one row, and no file is small enough to be copied.
    private static readonly SqliteReadLimits RowByRow = new() { BurstLength = 1, SnapshotLength = 0 };

    private readonly TempFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AReaderOfAFileInUseKeepsNoWriterWaitingAndSeesOneMoment()
    {
        // Larger than a burst, so that the reader makes a snapshot.
        var path = Create(_folder.File("app.db"), rows: 12, size: Megabyte);
        using var application = RunningPython.Start(
            """
            import select
            connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)
            print("ready")
            writes = 0
            while not select.select([sys.stdin], [], [], 0)[0]:
                writes += 1
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE conversations SET user_id = ? WHERE id = 'c-000001'", (str(writes),))
                connection.execute("UPDATE conversations SET user_id = ? WHERE id = 'c-000012'", (str(writes),))
                connection.execute("COMMIT")
            print(writes)
            """,
            path);

        var seen = new List<(string? First, string? Last)>();
        for (var i = 0; i < 5; i++)
        {
            var rows = ReadAll(path);
            Assert.Equal(12, rows.Count);
            seen.Add((rows[0].UserId, rows[11].UserId));
        }

        // A writer that waited for 5 s in vain would have ended with "database is locked".
        var writes = int.Parse(Assert.Single(application.Finish()), CultureInfo.InvariantCulture);
        Assert.True(writes > 0);
        Assert.All(seen, pair => Assert.Equal(pair.First, pair.Last));
    }

    [Fact]
    public void BetweenTwoRowsOfAPipeAFileInRollbackJournalModeIsNotLocked()
    {
        var path = Create(_folder.File("app.db"), rows: 12, size: Megabyte);
        using var reader = OpenReader(path);
        using var rows = reader.Read(Token).GetEnumerator();
        Assert.True(rows.MoveNext());

        // The pipe stands still here, as it does while somebody reads a page of `more`.
        Sqlite3.Run(path, "PRAGMA busy_timeout = 0; UPDATE conversations SET status = 'completed'");

        var rest = 1;
        for (; rows.MoveNext(); rest++) Assert.Equal("active", rows.Current.Row!.Status);
        Assert.Equal(12, rest);
        Assert.Equal([.. Enumerable.Repeat("completed", 12)], ReadAll(path).Select(row => row.Status));
    }

    [Fact]
    public void AReaderThatIsOnlyOpenLocksNothing()
    {
        var path = Create(_folder.File("app.db"), rows: 3);
        using var reader = OpenReader(path);

        // The cmdlet may be asking its user for a confirmation now.
        Sqlite3.Run(path, "PRAGMA busy_timeout = 0; UPDATE conversations SET status = 'completed'");

        Assert.All(reader.ReadAll(), row => Assert.Equal("completed", row.Status));
    }

    [Fact]
    public void BurstsGiveEveryRowOnce()
    {
        var path = Create(_folder.File("app.db"), rows: 25);
        Sqlite3.Run(path, "DELETE FROM conversations WHERE rowid % 3 = 0; INSERT INTO conversations (rowid, id, user_query) VALUES (-5, 'before', 'q'), (1099511627776, 'after', 'q')");

        var rows = ReadAll(path, RowByRow);

        Assert.Equal(Sqlite3.Run(path, "SELECT rowid || '|' || id FROM conversations ORDER BY rowid"), rows.Select(row => $"{row.RowId}|{row.Id}"));
    }

    [Fact]
    public void ARowChangedBetweenTwoBurstsIsAnError()
    {
        var path = Create(_folder.File("app.db"), rows: 5);
        using var reader = OpenReader(path, limits: RowByRow);
        using var rows = reader.Read(Token).GetEnumerator();
        Assert.True(rows.MoveNext());
        Sqlite3.Run(path, "PRAGMA busy_timeout = 0; UPDATE conversations SET status = 'completed'");

        var error = Assert.Throws<SwarmDatabaseException>(() => rows.MoveNext());

        Assert.Equal("SqliteChangedWhileRead", error.ErrorId);
        Assert.Equal(SwarmDatabaseFailure.Locked, error.Failure);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATableWithoutRowIdsIsReadAtOnceOrNotAtAll()
    {
        var path = Create(_folder.File("app.db"), rows: 5, table: TableSql.Replace("PRIMARY KEY (id));", "PRIMARY KEY (id)) WITHOUT ROWID;", StringComparison.Ordinal));

        var rows = ReadAll(path);
        Assert.Equal(["c-000001", "c-000002", "c-000003", "c-000004", "c-000005"], rows.Select(row => row.Id));
        Assert.All(rows, row => Assert.Null(row.RowId));
        Assert.Equal(5, ReadAll(path, new SqliteReadLimits { BurstLength = 1 }).Count);
        Assert.Equal("SqliteSnapshotImpossible", Assert.Throws<SwarmDatabaseException>(() => ReadAll(path, RowByRow)).ErrorId);
    }

    [Theory]
    [InlineData("UTF-16le")]
    [InlineData("UTF-16be")]
    public void AFileInUtf16IsRefused(string encoding)
    {
        var path = _folder.File("app.db");
        Sqlite3.Run(path, $"PRAGMA encoding = '{encoding}'; {TableSql}");

        var error = Assert.Throws<SwarmSchemaException>(() => OpenReader(path));

        Assert.Equal("SqliteEncodingNotUtf8", error.ErrorId);
        Assert.Contains(encoding, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnUnfinishedTransactionOfACrashedProgramIsNotTouched()
    {
        var source = Create(_folder.File("source.db"), rows: 200, size: 1000);
        var path = _folder.File("app.db");
        // The cache is too small for the change, which therefore reaches the file before its commit.
        using (var application = RunningPython.Start(
            """
            import shutil
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("PRAGMA cache_size = 1")
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE conversations SET user_query = user_query || 'changed'")
            for suffix in ("", "-journal"): shutil.copy(sys.argv[1] + suffix, sys.argv[2] + suffix)
            print("ready")
            """,
            source, path))
        {
            application.Finish();
        }

        var before = Photograph(_folder.Path);

        var error = Assert.Throws<SwarmDatabaseException>(() => ReadAll(path));

        Assert.Equal("SqliteHotJournal", error.ErrorId);
        Assert.Equal(before, Photograph(_folder.Path));
    }

    [Fact]
    public void StoppingEndsTheReading()
    {
        var path = Create(_folder.File("app.db"), rows: 5, journalMode: "wal");
        using var stop = new CancellationTokenSource();
        using var reader = OpenReader(path);
        using var rows = reader.Read(stop.Token).GetEnumerator();
        Assert.True(rows.MoveNext());

        stop.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => rows.MoveNext());
    }

    [Fact]
    public void EveryStorageClassComesAsItIsStored()
    {
        var path = Create(_folder.File("app.db"), rows: 0);
        Sqlite3.Run(path, """
            INSERT INTO conversations VALUES
            ('a', NULL, 'ü' || char(0) || 'x', CAST(x'ff' AS TEXT), '2025', 2025.5, x'', x'00ff', 1, ''),
            (x'61', '', '', '', 9223372036854775807, '-9e999', NULL, '{}', 'free', 9e999);
            """);

        var rows = ReadAll(path);

        var names = ConversationTable.ColumnNames;
        var expected = Sqlite3.Run(path, $"SELECT {string.Join(" || ';' || ", names.Select(name => $"typeof({name}) || ':' || coalesce(CASE WHEN typeof({name}) IN ('text', 'blob') THEN hex({name}) ELSE {name} END, '')"))} FROM conversations ORDER BY rowid");
        Assert.Equal(expected, rows.Select(row => string.Join(';', names.Select(name => Describe(row.GetCell(name))))));
    }

    private static string Describe(ConversationCell cell) => $"{cell.StorageClass.ToString().ToLowerInvariant()}:" + cell.StorageClass switch
    {
        StorageClass.Null => "",
        StorageClass.Integer => cell.Integer.ToString(CultureInfo.InvariantCulture),
        StorageClass.Real when double.IsInfinity(cell.Real) => cell.Real > 0 ? "Inf" : "-Inf",
        StorageClass.Real => cell.Real.ToString("0.0###", CultureInfo.InvariantCulture),
        _ => Convert.ToHexString(cell.Bytes.Span),
    };
}
