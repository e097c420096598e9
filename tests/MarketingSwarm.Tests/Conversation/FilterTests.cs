using System.Management.Automation;
using static MarketingSwarm.Tests.Conversation.Sources;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>Filters: the same rows from either engine as plain SQL gives.</summary>
public sealed class FilterTests(PostgresServer postgres) : IDisposable
{
    private const string Rows = """
        INSERT INTO conversations (id, user_id, user_query, status, created_at) VALUES
        ('a', 'ann', 'q', 'active', '2025-06-18 18:50:05.000001'),
        ('B', 'ann', 'q', 'completed', '2025-06-18 18:50:05.000000'),
        ('é', 'bob', 'q', 'completed', '2025-06-18 18:50:06.500000'),
        ('it''s', 'bob', 'q', 'failed', '2025-06-19 00:00:00.000000'),
        ('none', NULL, 'q', NULL, NULL),
        ('a'' OR ''1''=''1', 'eve', 'q', 'active'' --', '2025-06-20 00:00:00.000000');
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("", "1 = 1")]
    [InlineData("-Id a, 'it''s', é", "id IN ('a', 'it''s', 'é')")]
    [InlineData("-Id \"a' OR '1'='1\"", "id = 'a'' OR ''1''=''1'")]
    [InlineData("-Status completed, failed", "status IN ('completed', 'failed')")]
    [InlineData("-Status COMPLETED", "status = 'COMPLETED'")]
    [InlineData("-Status \"active' --\"", "status = 'active'' --'")]
    [InlineData("-UserId bob", "user_id = 'bob'")]
    [InlineData("-UserId ann, bob -Status completed", "user_id IN ('ann', 'bob') AND status = 'completed'")]
    [InlineData("-UserId \"x') OR 1=1; DROP TABLE conversations; --\"", "1 = 0")]
    [InlineData("-Since '2025-06-18 18:50:05.000001'", "created_at >= '2025-06-18 18:50:05.000001'")]
    [InlineData("-Until '2025-06-18 18:50:05.000001'", "created_at < '2025-06-18 18:50:05.000001'")]
    [InlineData("-Since '2025-06-18 18:50:05' -Until '2025-06-19'", "created_at >= '2025-06-18 18:50:05.000000' AND created_at < '2025-06-19 00:00:00.000000'")]
    [InlineData("-Since ([datetime]::new(2025, 6, 18, 18, 50, 6, [DateTimeKind]::Utc))", "created_at >= '2025-06-18 18:50:06.000000'")]
    [InlineData("-Since ([datetime]::new(2025, 6, 18, 18, 50, 6, [DateTimeKind]::Utc).ToLocalTime())", "created_at >= '2025-06-18 18:50:06.000000'")]
    [InlineData("-Since '2025-06-18' -Status completed -UserId ann", "status = 'completed' AND user_id = 'ann'")]
    public async Task TheSameRowsAsPlainSql(string filter, string condition)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + Rows);
        var path = _folder.File("app.db");
        Sqlite3.Run(path, SqliteTable + Rows);

        foreach (var cmdlet in (string[])["Get", "Export"])
        {
            Assert.Equal(
                Sqlite3.Run(path, $"SELECT id FROM conversations WHERE {condition} ORDER BY rowid"),
                GetIds($"{cmdlet}-SwarmConversation $database {filter}", path));
            Assert.Equal(
                database.Psql($"SELECT id FROM conversations WHERE {condition} ORDER BY id COLLATE \"C\"").Split('\n', StringSplitOptions.RemoveEmptyEntries),
                GetIds($"{cmdlet}-SwarmConversation $database {filter}", database.Url));
        }
    }

    [Theory]
    [InlineData("-First 2", 2)]
    [InlineData("-First 100", 6)]
    [InlineData("-First 1 -Since '2025-06-19'", 1)]
    [InlineData("-First 1 -Status completed", 1)]
    public async Task FirstIsNoMoreThanThat(string filter, int count)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + Rows);
        var path = _folder.File("app.db");
        Sqlite3.Run(path, SqliteTable + Rows);

        Assert.Equal(count, GetIds($"Get-SwarmConversation $database {filter}", path).Count);
        Assert.Equal(count, GetIds($"Get-SwarmConversation $database {filter}", database.Url).Count);
    }

    [Fact]
    public async Task AnIdThatIsNotThereIsAnErrorAndTheOthersCome()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + Rows);
        var path = _folder.File("app.db");
        Sqlite3.Run(path, SqliteTable + Rows);

        foreach (var url in (string[])[path, database.Url])
        {
            var result = PowerShellSession.Run("Get-SwarmConversation $url -Id a, A, é, missing | ForEach-Object { $_.Id }; 'went on'", ("url", url));

            Assert.Null(result.Terminating);
            Assert.Equal(["a", "é", "went on"], result.Output.Select(id => id.BaseObject));
            Assert.Equal(["A", "missing"], result.Errors.Select(error => error.TargetObject));
            Assert.All(result.Errors, error =>
            {
                Assert.Equal($"ConversationNotFound,{Command("Get-SwarmConversation")}", error.FullyQualifiedErrorId);
                Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
                Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction));
            });
        }
    }

    [Theory]
    [InlineData("Get-SwarmConversation")]
    [InlineData("Export-SwarmConversation")]
    public async Task ATimeThatCannotBeDecodedIsAnErrorForItsRow(string cmdlet)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable + Rows + """
            INSERT INTO conversations (id, user_query, created_at) VALUES ('later', 'q', 'infinity'), ('earlier', 'q', '0044-03-15 12:00:00 BC'), ('far', 'q', '12025-01-01')
            """);
        var path = _folder.File("app.db");
        Sqlite3.Run(path, SqliteTable + Rows + "INSERT INTO conversations (id, user_query, created_at) VALUES ('odd', 'q', '2025-06-18T18:50:05'), ('number', 'q', 1750272605)");

        var sqlite = PowerShellSession.Run($"{cmdlet} $path -Since '2025-06-19' | ForEach-Object {{ $_.Id }}", ("path", path));
        Assert.Null(sqlite.Terminating);
        Assert.Equal(["it's", "a' OR '1'='1"], sqlite.Output.Select(id => id.BaseObject));
        var isExport = cmdlet == "Export-SwarmConversation";
        // Nobody down the pipe of an export could know that a row is missing: an error at its end keeps an import from committing.
        if (isExport) AssertUndecided(sqlite, 2);
        Assert.Equal(["odd", "number"], sqlite.Errors.Take(2).Select(error => error.TargetObject));
        Assert.All(sqlite.Errors.Take(2), error => Assert.StartsWith("CellNotDecodable,", error.FullyQualifiedErrorId, StringComparison.Ordinal));

        // Without a filter the first such row ends it.
        var server = PowerShellSession.Run($"{cmdlet} $url | ForEach-Object {{ $_.Id }}", ("url", database.Url));
        Assert.All(server.AllErrors, error => Assert.StartsWith("TimeNotRepresentable,", $"{error.FullyQualifiedErrorId}: {error}", StringComparison.Ordinal));
        Assert.Equal(isExport ? ["earlier"] : ["earlier", "far", "later"], server.AllErrors.Select(error => error.TargetObject));
        Assert.Equal(
            database.Psql("SELECT id FROM conversations WHERE created_at IS NULL OR created_at BETWEEN '0001-01-01' AND '9999-12-31' ORDER BY id COLLATE \"C\"").Split('\n').Take(isExport ? 3 : 6),
            server.Output.Select(id => id.BaseObject));
        if (!isExport) Assert.Contains("infinity", server.Errors[2].Exception.Message, StringComparison.Ordinal);

        var filtered = PowerShellSession.Run($"{cmdlet} $url -Since '2025-06-19' | ForEach-Object {{ $_.Id }}", ("url", database.Url));
        Assert.Null(filtered.Terminating);
        if (isExport) AssertUndecided(filtered, 2);
        Assert.Equal(["far", "later"], filtered.Errors.Take(2).Select(error => error.TargetObject));
        Assert.Equal(["a' OR '1'='1", "it's"], filtered.Output.Select(id => id.BaseObject));
    }

    private static void AssertUndecided(PowerShellResult result, int rows)
    {
        Assert.Equal(rows + 1, result.Errors.Count);
        Assert.Equal($"RowsUndecided,{Command("Export-SwarmConversation")}", result.Errors[rows].FullyQualifiedErrorId);
        Assert.StartsWith($"{rows} rows of ", result.Errors[rows].Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnArchiveThatWouldLackARowIsNotWritten()
    {
        var path = _folder.File("app.db");
        Sqlite3.Run(path, SqliteTable + Rows + "INSERT INTO conversations (id, user_query, created_at) VALUES ('odd', 'q', '2025-06-18T18:50:05')");

        var error = PowerShellSession.Run("Export-SwarmConversation $path -Since '2025-06-19' -Path $archive", ("path", path), ("archive", _folder.File("a.json"))).SingleError;

        Assert.StartsWith("CellNotDecodable,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task TheOrderIsThatOfTheIdsBytesWhateverTheCollation()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        await database.PsqlAsync(PostgresTable.Replace("id varchar NOT NULL", "id varchar COLLATE \"en-US-x-icu\" NOT NULL", StringComparison.Ordinal)
            + "INSERT INTO conversations (id, user_query) SELECT unnest(ARRAY['b', 'é', 'A', 'a-b', 'z', '_', 'ab', 'B', 'a']), 'q'");

        Assert.Equal(["A", "B", "_", "a", "a-b", "ab", "b", "z", "é"], GetIds("Export-SwarmConversation $database", database.Url));
    }

    [Theory]
    [InlineData("-First 0")]
    [InlineData("-Id ''")]
    [InlineData("-Status @()")]
    [InlineData("-Since yesterday")]
    public void AWrongParameterIsAnErrorBeforeAnythingIsOpened(string parameters)
    {
        var result = PowerShellSession.Run($"Get-SwarmConversation no-such.db {parameters}");

        Assert.IsAssignableFrom<ParameterBindingException>(result.SingleError.Exception);
    }

    private static List<object> GetIds(string script, string database)
        => [.. PowerShellSession.Run($"{script} | ForEach-Object {{ $_.Id }}", ("database", database)).EnsureSuccess().Output.Select(id => id.BaseObject)];
}
