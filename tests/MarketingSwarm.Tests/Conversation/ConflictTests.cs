using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>Rows that the table has already.</summary>
public sealed class ConflictTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Skip", true, 1, 0, 3)]
    [InlineData("Skip", false, 1, 0, 3)]
    [InlineData("Update", true, 1, 1, 2)]
    [InlineData("Update", false, 1, 2, 1)]
    public async Task SkipKeepsAndUpdateOverwritesWhatDiffers(string onConflict, bool isPostgres, long inserted, long updated, long skipped)
    {
        // 'same' is there as it is; 'respelled' has the same instant in another spelling, which only SQLite keeps; 'other' differs.
        var source = CreateSqlite(_folder.File("app.db"), rows: 0);
        Sqlite3.Run(source, """
            INSERT INTO conversations (id, user_query, created_at, total_cost) VALUES
            ('other', 'new', NULL, 2), ('same', 'q', '2025-06-18 18:50:05.000001', 1), ('respelled', 'q', '2025-06-18 18:50:05', 1), ('new', 'q', NULL, NULL)
            """);
        const string rows = """
            INSERT INTO conversations (id, user_query, created_at, total_cost) VALUES
            ('same', 'q', '2025-06-18 18:50:05.000001', 1), ('other', 'old', NULL, 2), ('respelled', 'q', '2025-06-18 18:50:05.000000', 1), ('untouched', 'q', NULL, NULL)
            """;
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + rows);
        var target = CreateSqlite(_folder.File("target.db"), rows: 0);
        Sqlite3.Run(target, rows);
        const string versions = "SELECT id, xmin FROM conversations WHERE id IN ('same', 'untouched', 'respelled') ORDER BY id";
        var before = database.Psql(versions);
        var photograph = Photograph(database);
        var file = Photograph(_folder.Path);
        (string, object?)[] variables = [("source", source), ("target", isPostgres ? database.Url : target)];
        var script = $"Export-SwarmConversation $source | Import-SwarmConversation $target -OnConflict {onConflict}";

        var preview = Assert.Single(PowerShellSession.Run(script + " -WhatIf", variables).EnsureSuccess().Output);
        Assert.Equal(photograph, Photograph(database));
        Assert.Equal(file, Photograph(_folder.Path));
        var summary = Assert.Single(PowerShellSession.Run(script, variables).EnsureSuccess().Output);

        foreach (var (counted, isPreview) in new[] { (preview, true), (summary, false) })
        {
            Assert.Equal(isPreview, counted.Properties["IsPreview"].Value);
            Assert.Equal(
                (4L, inserted, updated, skipped, inserted + updated),
                ((long)counted.Properties["Read"].Value, (long)counted.Properties["Inserted"].Value, (long)counted.Properties["Updated"].Value,
                    (long)counted.Properties["Skipped"].Value, (long)counted.Properties["Loaded"].Value));
        }

        string[] expected = ["new|q", $"other|{(onConflict == "Update" ? "new" : "old")}", "respelled|q", "same|q", "untouched|q"];
        const string query = "SELECT id || '|' || user_query FROM conversations ORDER BY id";
        Assert.Equal(expected, isPostgres ? database.Psql(query).Split('\n') : Sqlite3.Run(target, query));
        Assert.Equal(before, database.Psql(versions));
    }

    [Fact]
    public async Task OthersSeeNothingBeforeTheCommitAndPassThruKeepsTheOrder()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable);
        var source = CreateSqlite(_folder.File("app.db"), rows: 40, size: 1 << 20);
        Func<string> count = () => database.Psql("SELECT count(*) FROM conversations");

        var result = PowerShellSession.Run(
            "Export-SwarmConversation $source | Import-SwarmConversation $url -PassThru | ForEach-Object { if ($_.Id -eq 'c-40') { $count.Invoke() } ; if ($_.Id) { $_.Id } else { $_ } }; $count.Invoke()",
            ("source", source), ("url", database.Url), ("count", count)).EnsureSuccess();

        var output = result.Output.Select(item => item.BaseObject).ToList();
        Assert.Equal("0", output[39]);
        Assert.Equal(Enumerable.Range(1, 40).Select(i => $"c-{i}"), output.Take(39).Append(output[40]));
        Assert.Equal("MarketingSwarm.ImportSummary", result.Output[41].TypeNames[0]);
        Assert.Equal("40", output[42]);
        Assert.Equal(43, output.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatIfOpensNothingForWriting(bool isPostgres)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + TwoRows);
        var target = CreateSqlite(_folder.File("target.db"), rows: 2);
        var source = CreateSqlite(_folder.File("app.db"), rows: 3);
        Sqlite3.Run(target, "DELETE FROM conversations WHERE id = 'c-2'");
        var (file, rows) = (Photograph(_folder.Path), Photograph(database));
        // The application is in the middle of a write.
        using var application = RunningPython.Start(
            "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\nconnection.execute('BEGIN IMMEDIATE')\nprint('ready')\nsys.stdin.read()", target);

        var result = PowerShellSession.Run(
            "Export-SwarmConversation $source | Import-SwarmConversation $target -OnConflict Skip -WhatIf", ("source", source), ("target", isPostgres ? database.Url : target)).EnsureSuccess();

        Assert.Equal(isPostgres ? 3L : 2L, Assert.Single(result.Output).Properties["Inserted"].Value);
        Assert.Contains(result.HostLines, line => line.Contains("Load conversations into", StringComparison.Ordinal));
        application.Finish();
        Assert.Equal(file, Photograph(_folder.Path));
        Assert.Equal(rows, Photograph(database));
    }
}
