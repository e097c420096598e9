using FsCheck.Fluent;
using MarketingSwarm.Engine.Restoration;
using MarketingSwarm.Engine.Tests.Checks;

namespace MarketingSwarm.Engine.Tests.Migration;

/// <summary>What a restore makes is compared with the source by Python: the rowid, the storage class and the bytes of every cell.</summary>
public sealed class DatabaseRestorerTests(PostgresServer postgres)
{
    private static readonly TimestampForm[] Units =
        [TimestampForm.EpochSeconds, TimestampForm.EpochMilliseconds, TimestampForm.EpochMicroseconds, TimestampForm.JulianDay];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(HazardShape.Application, "UTF-8")]
    [InlineData(HazardShape.Plan, "UTF-8")]
    [InlineData(HazardShape.Untyped, "UTF-8")]
    [InlineData(HazardShape.WithoutRowId, "UTF-8")]
    [InlineData(HazardShape.Plan, "UTF-16le")]
    [InlineData(HazardShape.Untyped, "UTF-16be")]
    public async Task Every_hazard_comes_back_with_its_storage_class_and_bytes(HazardShape shape, string encoding)
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        var rows = HazardFile.Create(source, shape, encoding);
        var target = await LoadedTarget.LoadAsync(database, source);

        var summary = await RestoreAsync(database, folder.File("restored.db"));

        Assert.Equal(HazardFile.ReadCells(source), HazardFile.ReadCells(summary.Path));
        Assert.Equal(HazardFile.ReadSchema(source), HazardFile.ReadSchema(summary.Path));
        Assert.Equal(rows, summary.Rows);
        Assert.Equal((0L, (long)target.Quarantined, 0L, 0L, 0), (summary.NewRows, summary.RowsFromResidue, summary.CellsChangedSince, summary.RowsLeftOut, summary.ExitCode));
        Assert.Equal(target.Cells - 10 * target.Quarantined, summary.CellsFromResidue);
        Assert.Equal(["restored.db", "source.db"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(summary.Path));
    }

    [Theory]
    [InlineData(TimestampForm.NoFraction, TimestampForm.IsoUtcMilliseconds)]
    [InlineData(TimestampForm.EpochSeconds, TimestampForm.EpochMicroseconds)]
    public async Task The_runs_forms_and_policies_make_no_difference(TimestampForm createdAt, TimestampForm completedAt)
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        HazardFile.Create(source, HazardShape.Untyped);
        var policy = new ConversionPolicy
        {
            OnNul = NulAction.Base64,
            OnInvalidText = InvalidTextAction.Windows1252,
            OnNullKey = NullKeyAction.Generate,
            OnOffset = OffsetAction.KeepWallClock,
        };
        await LoadedTarget.LoadAsync(database, source, policy, createdAt, completedAt, Units);

        var summary = await RestoreAsync(database, folder.File("restored.db"));

        Assert.Equal(HazardFile.ReadCells(source), HazardFile.ReadCells(summary.Path));
    }

    [Fact]
    public async Task What_the_application_has_written_since_comes_with_the_rest()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        HazardFile.Create(
            source, HazardShape.Plan,
            [
                Row("10", "t" + Hex("same"), createdAt: "i1750272605", query: "t" + Hex("caf") + "e9"),
                Row("11", "t" + Hex("changed"), createdAt: "t" + Hex("2025-06-18T18:50:05Z"), query: "b" + Hex("blob")),
                Row("12", "t" + Hex("deleted"), query: "i7"),
                Row("13", "b" + Hex("key")),
                Row("20", "n"),
                Row("30", "t" + Hex("taken\0key")),
            ]);
        await LoadedTarget.LoadAsync(database, source, new ConversionPolicy { OnNul = NulAction.Strip, OnInvalidText = InvalidTextAction.Replace });
        database.Psql(
            """
            UPDATE conversations SET created_at = '2025-07-01 00:00:00', user_query = 'new query', completed_at = '2025-07-01 10:00:00' WHERE id = 'changed';
            DELETE FROM conversations WHERE id = 'deleted';
            INSERT INTO conversations (id, user_query, created_at, completed_at, total_cost) VALUES ('new', 'q', '2025-07-01 00:00:00', '2025-07-01 00:00:00', 'NaN');
            """);

        var summary = await RestoreAsync(database, folder.File("restored.db"));

        var before = HazardFile.ReadCells(source).ToDictionary(line => line.Split('|')[0]);
        var after = HazardFile.ReadCells(summary.Path).ToDictionary(line => line.Split('|')[0]);
        Assert.Equal(["10", "11", "13", "20", "30", "31", "UTF-8"], after.Keys.Order());
        Assert.All((string[])["10", "13", "20", "30"], rowId => Assert.Equal(before[rowId], after[rowId]));
        var changed = before["11"]
            .Replace($"user_query=blob:{Hex("blob")}", $"user_query=text:{Hex("new query")}", StringComparison.Ordinal)
            .Replace($"created_at=text:{Hex("2025-06-18T18:50:05Z")}", $"created_at=text:{Hex("2025-07-01 00:00:00.000000")}", StringComparison.Ordinal)
            .Replace("completed_at=null", $"completed_at=text:{Hex("2025-07-01 10:00:00")}", StringComparison.Ordinal);
        Assert.Equal(changed, after["11"]);
        Assert.Equal(
            $"31|id=text:{Hex("new")}|user_id=null|user_query=text:{Hex("q")}|status=text:{Hex("active")}|created_at=text:{Hex("2025-07-01 00:00:00.000000")}"
            + $"|completed_at=text:{Hex("2025-07-01 00:00:00")}|agent_responses=text:{Hex("[]")}|conversation_metadata=text:{Hex("{}")}|total_cost=null|error_message=null",
            after["31"]);
        Assert.Equal((5L + 1, 1L, 2L, 2L, 0), (summary.Rows, summary.NewRows, summary.RowsFromResidue, summary.CellsChangedSince, summary.ExitCode));
    }

    [Theory]
    [InlineData("id VARCHAR PRIMARY KEY", "", 3)]
    [InlineData("id VARCHAR", "CREATE UNIQUE INDEX by_id ON conversations (id);", 4)]
    public async Task A_row_of_the_residue_whose_key_is_taken_by_now_is_named(string key, string index, int rows)
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        Sqlite3.Run(
            source,
            $"""
            CREATE TABLE conversations ({key}, user_id, user_query, status, created_at, completed_at, agent_responses, conversation_metadata, total_cost, error_message);
            {index} INSERT INTO conversations (id, user_query) VALUES ('kept', 'q'), ('lost', NULL);
            """);
        await LoadedTarget.LoadAsync(database, source);
        database.Psql("INSERT INTO conversations (id, user_query) VALUES ('lost', 'written since'), ('other', 'q')");

        using var restorer = await DatabaseRestorer.OpenAsync(new RestoreOptions { Source = database.ToSwarm(), Path = folder.File("restored.db") }, Token);
        var summary = restorer.Restore(report: null, Token);

        // A key keeps the row out; a unique index is made after the rows, and has to go.
        Assert.Equal(((long)rows, 4L - rows, 2), (summary.Rows, summary.RowsLeftOut, summary.ExitCode));
        Assert.Contains(index.Length == 0 ? "'lost' (rowid 2)" : "by_id", Assert.Single(restorer.Warnings), StringComparison.Ordinal);
        Assert.Equal(index.Length == 0 ? ["kept|1", "lost|3", "other|4"] : ["kept|1", "lost|2", "lost|3", "other|4"], Sqlite3.Run(summary.Path, "SELECT id, rowid FROM conversations ORDER BY rowid;"));
    }

    [Fact]
    public async Task A_cell_that_its_columns_type_would_change_comes_back_as_it_was()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        HazardFile.Create(source, HazardShape.Untyped, [Row("5", "i1", createdAt: "t" + Hex("2025"), query: "i42"), Row("6", "r3ff8000000000000", query: "r4045000000000000")]);
        // The type is declared after the cell was stored.
        Sqlite3.Run(
            source,
            "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = 'CREATE TABLE conversations (id TEXT, user_id, user_query VARCHAR(3), status, created_at DATETIME, "
            + "completed_at, agent_responses, conversation_metadata, total_cost DECIMAL(10, 2) DEFAULT 0, error_message)';");
        await LoadedTarget.LoadAsync(database, source);

        var summary = await RestoreAsync(database, folder.File("restored.db"));

        var cells = HazardFile.ReadCells(source);
        Assert.Contains(cells, line => line.Contains("created_at=text:" + Hex("2025"), StringComparison.Ordinal) && line.Contains("user_query=integer:42", StringComparison.Ordinal));
        Assert.Equal(cells, HazardFile.ReadCells(summary.Path));
        Assert.Equal(HazardFile.ReadSchema(source)[0], HazardFile.ReadSchema(summary.Path)[0]);
    }

    [Fact]
    public async Task A_database_without_runs_gives_the_applications_own_table()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        await MarketingSwarm.Engine.Schemas.SchemaInitializer.ApplyAsync(database.ToSwarm(), Token);
        database.Psql("INSERT INTO conversations (id, user_query, created_at) VALUES ('a', 'q', '2025-06-18 18:50:05')");

        var summary = await RestoreAsync(database, folder.File("restored.db"));

        Assert.Equal((1L, 1L, 0), (summary.Rows, summary.NewRows, summary.ExitCode));
        Assert.Contains($"created_at=text:{Hex("2025-06-18 18:50:05.000000")}", HazardFile.ReadCells(summary.Path)[1], StringComparison.Ordinal);
        Assert.Equal("('ok',)", HazardFile.ReadSchema(summary.Path)[^1]);
    }

    [Fact]
    public async Task An_error_or_a_stop_leaves_what_was_there()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        HazardFile.Create(source);
        await LoadedTarget.LoadAsync(database, source);
        var path = folder.File("restored.db");
        await File.WriteAllTextAsync(path, "mine", Token);

        var taken = await Assert.ThrowsAsync<SwarmDatabaseException>(() => RestoreAsync(database, path));
        using var stop = new CancellationTokenSource();
        using (var restorer = await DatabaseRestorer.OpenAsync(new RestoreOptions { Source = database.ToSwarm(), Path = path, Overwrite = true }, Token))
        {
            Assert.ThrowsAny<OperationCanceledException>(() => restorer.Restore(
                (rows, _) =>
                {
                    if (rows == 50) stop.Cancel();
                },
                stop.Token));
        }

        database.Psql("UPDATE conversations SET created_at = 'infinity' WHERE id = 'h-001'");
        var unusable = await Assert.ThrowsAsync<SwarmDataException>(() => RestoreAsync(database, path, overwrite: true));

        Assert.Equal("RestoreFileExists", taken.ErrorId);
        Assert.Contains("h-001", unusable.Message, StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(path, Token));
        Assert.Equal(["restored.db", "source.db"], Directory.GetFiles(folder.Path).Select(Path.GetFileName).Order());

        database.Psql("UPDATE conversations SET created_at = NULL WHERE id = 'h-001'");
        Assert.Equal(0, (await RestoreAsync(database, path, overwrite: true)).ExitCode);
    }

    [Fact]
    public async Task Random_cells_of_every_class_in_every_column_come_back()
    {
        var cell = Gen.OneOf(
            Gen.Constant("n"),
            Gen.Elements(0L, -1, 1750272605, 1750272605123, 20250618, long.MaxValue, long.MinValue).Select(value => FormattableString.Invariant($"i{value}")),
            Gen.Choose(int.MinValue, int.MaxValue).Select(value => FormattableString.Invariant($"i{value}")),
            Gen.Elements(0.1 + 0.2, 2460845.28478, 1e300, 5e-324, 42, double.PositiveInfinity, 1750272605.5).Select(value => "r" + BitConverter.DoubleToUInt64Bits(value).ToString("x16", System.Globalization.CultureInfo.InvariantCulture)),
            Gen.Elements("2025-06-18 18:50:05", "2025-06-18 18:50:05.000001", "2025-06-18T18:50:05.123Z", "2025-06-18 18:50:05+02:00", "2025", "", "now", "a\0b", "\u00e9").Select(text => "t" + Hex(text)),
            Gen.Choose(0, 255).ArrayOf().Select(bytes => "t" + Convert.ToHexString([.. bytes.Select(value => (byte)value)])),
            Gen.Choose(0, 255).ArrayOf().Select(bytes => "b" + Convert.ToHexString([.. bytes.Select(value => (byte)value)])));
        var rows = Gen.ArrayOf(cell, 10).ListOf(Scale.Rows(small: 150, full: 3000)).Sample(1, Scale.Rows(small: 3, full: 40));
        foreach (var sample in rows)
        {
            using var folder = new TempFolder();
            await using var database = await postgres.CreateDatabaseAsync();
            var source = folder.File("source.db");
            HazardFile.Create(source, HazardShape.Untyped, sample.Select((cells, i) => $"{i * 3 - 7}|{string.Join('|', cells)}"));
            await LoadedTarget.LoadAsync(database, source, createdAt: TimestampForm.IsoUtcMilliseconds, units: Units);

            var summary = await RestoreAsync(database, folder.File("restored.db"));

            Assert.Equal(HazardFile.ReadCells(source), HazardFile.ReadCells(summary.Path));
        }
    }

    private static string Row(string rowId, string id, string createdAt = "n", string query = "t71")
        => $"{rowId}|{id}|n|{query}|n|{createdAt}|n|n|n|r0000000000000000|n";

    private static string Hex(string text) => Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(text));

    private static async Task<RestoreSummary> RestoreAsync(TestDatabase database, string path, Guid? runId = null, bool overwrite = false)
    {
        using var restorer = await DatabaseRestorer.OpenAsync(
            new RestoreOptions { Source = database.ToSwarm(), Path = path, RunId = runId, Overwrite = overwrite }, Token);
        return restorer.Restore(report: null, Token);
    }
}
