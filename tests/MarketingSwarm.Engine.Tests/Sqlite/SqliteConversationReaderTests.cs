using System.Globalization;
using MarketingSwarm.Engine.Conversations;
using MarketingSwarm.Engine.Sqlite;
using static MarketingSwarm.Engine.Tests.Sqlite.SqliteFiles;

namespace MarketingSwarm.Engine.Tests.Sqlite;

public sealed class SqliteConversationReaderTests : IDisposable
{
    private const int Megabyte = 1 << 20;

    // The smallest limits: a burst is one row, and no file is small enough to be copied.
    private static readonly SqliteReadLimits RowByRow = new() { BurstLength = 1, SnapshotTime = TimeSpan.Zero };

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

    [Theory]
    [InlineData("VARCHAR NOT NULL", "id")]
    [InlineData("NOT NULL", "id")]
    [InlineData("NUMERIC NOT NULL", "id DESC")]
    [InlineData("VARCHAR NOT NULL COLLATE NOCASE", "id")]
    public void ATableWithoutRowIdsIsReadInRangesOfItsIds(string type, string key)
    {
        var path = _folder.File("app.db");
        Sqlite3.Run(path, WithoutRowId(type, key) + """
            INSERT INTO conversations (id, user_query) VALUES ('b', 'q'), (x'62', 'q'), ('B2', 'q'), ('a', 'q'), (10, 'q'), (9, 'q'), (2.5, 'q'), ('', 'q'),
            (x'', 'q'), ('é', 'q'), (CAST(x'ff' AS TEXT), 'q'), ('a' || char(0), 'q'), ('2025', 'q'), (-9e999, 'q'), (9223372036854775807, 'q');
            """);
        var expected = Sqlite3.Run(path, "SELECT hex(id) FROM conversations ORDER BY id");
        Assert.Equal(15, expected.Count);

        foreach (var limits in (SqliteReadLimits[])[new(), RowByRow, new() { BurstLength = 1 }])
        {
            var rows = ReadAll(path, limits);

            Assert.Equal(expected, rows.Select(row => Hex(row.GetCell("id"))));
            Assert.All(rows, row => Assert.Null(row.RowId));
        }
    }

    [Theory]
    [InlineData("VARCHAR NOT NULL", "id, user_id")]
    [InlineData("VARCHAR NOT NULL", "id COLLATE NOCASE")]
    public void ATableWhoseKeyIsAnotherIsReadAtOnceOrNotAtAll(string type, string key)
    {
        var path = _folder.File("app.db");
        Sqlite3.Run(path, WithoutRowId(type, key) + "INSERT INTO conversations (id, user_id, user_query) VALUES ('b', '', 'q'), ('a', '', 'q')");

        Assert.Equal(["a", "b"], ReadAll(path).Select(row => row.Id));
        Assert.Equal(["a", "b"], ReadAll(path, new SqliteReadLimits { BurstLength = 1 }).Select(row => row.Id));
        Assert.Equal("SqliteSnapshotImpossible", Assert.Throws<SwarmDatabaseException>(() => ReadAll(path, RowByRow)).ErrorId);
    }

    [Fact]
    public void WhereItIsAllowedReadingGoesOnPastAWriteAndIsSaidToBeOfSeveralMoments()
    {
        var path = Create(_folder.File("app.db"), rows: 5);
        using var reader = OpenReader(path, limits: RowByRow with { AllowsInconsistent = true });
        using var rows = reader.Read(Token).GetEnumerator();
        Assert.True(rows.MoveNext());
        Assert.True(rows.MoveNext());
        Assert.True(reader.IsConsistent);
        Sqlite3.Run(path, "PRAGMA busy_timeout = 0; UPDATE conversations SET status = 'completed'");

        var rest = new List<string?>();
        while (rows.MoveNext()) rest.Add(rows.Current.Row!.Status);

        Assert.Equal(["completed", "completed", "completed"], rest);
        Assert.False(reader.IsConsistent);
    }

    [Theory]
    [InlineData("VACUUM")]
    [InlineData("ALTER TABLE conversations RENAME TO others")]
    public void ATableThatIsMadeAnewBetweenTwoRangesIsAnErrorAllTheSame(string change)
    {
        var path = Create(_folder.File("app.db"), rows: 5);
        using var reader = OpenReader(path, limits: RowByRow with { AllowsInconsistent = true });
        using var rows = reader.Read(Token).GetEnumerator();
        Assert.True(rows.MoveNext());
        Sqlite3.Run(path, change);

        Assert.Equal("SqliteTableChangedWhileRead", Assert.Throws<SwarmDatabaseException>(() => rows.MoveNext()).ErrorId);
    }

    [Fact]
    public void ACopyThatWouldTakeTooLongIsNotBegun()
    {
        var path = Create(_folder.File("app.db"), rows: 5);
        var database = At(path);
        using var connection = SqliteConnector.OpenRead(database, Token);
        Assert.Equal(0, SQLitePCL.raw.sqlite3_exec(connection.Handle!, "COMMIT"));
        var limit = TimeSpan.FromSeconds(3);

        // The small file itself could be copied: it is the estimate that decides.
        Assert.Null(SqliteSnapshot.TryCreate(connection.Handle!, database, length: 60L << 20, readRate: 10 << 20, limit, Token));
        using var copy = SqliteSnapshot.TryCreate(connection.Handle!, database, length: 17L << 20, readRate: 1L << 40, limit, Token);
        Assert.Equal(["5"], Sqlite3.Run(copy!.Database.Path!, "SELECT count(*) FROM conversations"));
    }

    [Fact]
    public void ACopyKeepsTheRowIds()
    {
        // Without any index, VACUUM numbers the rows anew.
        var path = Create(_folder.File("app.db"), rows: 9, table: TableSql.Replace(", PRIMARY KEY (id)", "", StringComparison.Ordinal));
        Sqlite3.Run(path, "DELETE FROM conversations WHERE rowid % 3 <> 0");
        using var source = SqliteSource.Open(At(path), Token, new SqliteReadLimits { BurstLength = 1 });

        Assert.False(source.IsStable);
        Assert.True(source.TryMakeStable(Token));

        Assert.True(source.IsStable);
        using var statement = source.Prepare("SELECT rowid FROM conversations ORDER BY rowid");
        foreach (var expected in (int[])[3, 6, 9])
        {
            Assert.True(statement.Step());
            Assert.Equal(expected, statement.GetInteger(0));
        }
    }

    // The writer moves an amount from one row to another and back: at every moment both rows together have the same.
    [Theory]
    [InlineData("delete", true)]
    [InlineData("delete", false)]
    [InlineData("wal", false)]
    public void AWriterIsNeverRefusedWhileAFileOfManyRangesIsRead(string journalMode, bool allowsSnapshot)
    {
        var path = Create(_folder.File("app.db"), rows: 300, size: 100_000, journalMode: journalMode);
        Sqlite3.Run(path, "UPDATE conversations SET total_cost = 500 WHERE rowid IN (1, 300)");
        using var application = RunningPython.Start(
            """
            import select
            connection = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=5)
            connection.execute("SELECT 1 FROM conversations").fetchone()
            print("ready")
            writes = 0
            while not select.select([sys.stdin], [], [], 0.002)[0]:
                writes += 1
                amount = 1 if writes % 2 else -1
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("UPDATE conversations SET total_cost = total_cost + ? WHERE rowid = 1", (amount,))
                connection.execute("UPDATE conversations SET total_cost = total_cost - ? WHERE rowid = 300", (amount,))
                connection.execute("COMMIT")
            print(writes)
            """,
            path);
        var limits = new SqliteReadLimits { BurstLength = Megabyte, AllowsInconsistent = true, SnapshotTime = TimeSpan.FromSeconds(allowsSnapshot ? 3 : 0) };

        for (var i = 0; i < 3; i++)
        {
            using var reader = OpenReader(path, limits: limits);
            var rows = reader.ReadAll();

            Assert.Equal(Enumerable.Range(1, 300).Select(n => (long?)n), rows.Select(row => row.RowId));
            if (reader.IsConsistent) Assert.Equal(1000, rows[0].TotalCost + rows[299].TotalCost);
            // In the end, having waited 5 s for a lock, Python would say "database is locked".
            Assert.True(reader.IsConsistent || (journalMode == "delete" && !allowsSnapshot));
        }

        Assert.True(int.Parse(Assert.Single(application.Finish()), CultureInfo.InvariantCulture) > 0);
    }

    private static string WithoutRowId(string type, string key) => TableSql
        .Replace("id VARCHAR NOT NULL,", $"id {type},", StringComparison.Ordinal)
        .Replace("PRIMARY KEY (id));", $"PRIMARY KEY ({key})) WITHOUT ROWID;", StringComparison.Ordinal);

    // As SQLite's hex() of the cell.
    private static string Hex(ConversationCell cell) => cell.StorageClass switch
    {
        StorageClass.Integer => Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes(cell.Integer.ToString(CultureInfo.InvariantCulture))),
        StorageClass.Real => Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes(double.IsInfinity(cell.Real) ? "-Inf" : cell.Real.ToString("0.0###", CultureInfo.InvariantCulture))),
        _ => Convert.ToHexString(cell.Bytes.Span),
    };

    [Theory]
    [InlineData("UTF-16le", "delete")]
    [InlineData("UTF-16be", "delete")]
    [InlineData("UTF-16le", "wal")]
    public void AFileInUtf16IsReadUnitByUnit(string encoding, string journalMode)
    {
        var path = _folder.File("app.db");
        // Texts as their stored units: BMP and not, lone surrogates either way round, a byte order mark of either order, NUL, nothing.
        string[] units = ["00e4", "d83dde00", "d83d", "de00", "de00d83d", "0041d83d0042", "feff0041", "fffe", "00410000", "", "d83dd83dde00de00", "ffff0800"];
        var values = units.Select((text, i) => $"(CAST(x'{ToBytes("0041" + text, encoding)}' AS TEXT), CAST(x'{ToBytes(text, encoding)}' AS TEXT), x'{text}', {i}, {i}.5)");
        Sqlite3.Run(path, $"PRAGMA encoding = '{encoding}'; PRAGMA journal_mode = {journalMode}; {TableSql} INSERT INTO conversations (id, user_query, error_message, created_at, total_cost) VALUES {string.Join(", ", values)}");
        var stored = Sqlite3.Run(path, "SELECT typeof(user_query) || hex(CAST(user_query AS BLOB)) || typeof(error_message) || hex(error_message) || typeof(created_at) || created_at || total_cost FROM conversations ORDER BY rowid");

        foreach (var limits in (SqliteReadLimits[])[new(), RowByRow, new() { BurstLength = 1 }])
        {
            var rows = ReadAll(path, limits);

            Assert.Equal(stored, rows.Select((row, i) =>
            {
                var query = row.GetCell("user_query");
                var wtf8 = query.Bytes.Span;
                var utf16 = new byte[Utf16Text.GetMaxUtf16Length(wtf8.Length)];
                Assert.True(Utf16Text.TryFromWtf8(wtf8, encoding == "UTF-16be", utf16, out var length));
                var message = row.GetCell("error_message");
                return $"{query.StorageClass.ToString().ToLowerInvariant()}{Convert.ToHexString(utf16, 0, length)}{message.StorageClass.ToString().ToLowerInvariant()}{Convert.ToHexString(message.Bytes.Span)}integer{i}{i}.5";
            }));
            // What is text is UTF-8, so that it travels as such; what is not is not.
            Assert.Equal("ä", rows[0].UserQuery);
            Assert.Equal("\U0001F600", rows[1].UserQuery);
            Assert.Equal("EDA0BD", Convert.ToHexString(rows[2].GetCell("user_query").Bytes.Span));
        }

        using var one = OpenReader(path, ConversationFilter.All with { Ids = ["Aä"] });
        Assert.Equal("Aä", Assert.Single(one.ReadAll()).Id);
    }

    private static string ToBytes(string units, string encoding)
        => encoding == "UTF-16be" ? units : string.Concat(units.Chunk(4).Select(unit => $"{unit[2]}{unit[3]}{unit[0]}{unit[1]}"));

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
