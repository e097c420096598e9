using System.Globalization;

namespace MarketingSwarm.Tests.Conversation;

/// <summary>What stands between a row and its table must not make it vanish: triggers, conflict clauses, other sessions, scripts that go on.</summary>
public sealed class ConservationTests(PostgresServer postgres)
{
    private const string OurSessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'MarketingSwarm' AND datname = current_database()";

    [Theory]
    [InlineData("PRIMARY KEY (id) ON CONFLICT REPLACE", "DuplicateId,")]
    [InlineData("PRIMARY KEY (id) ON CONFLICT IGNORE", "DuplicateId,")]
    [InlineData("PRIMARY KEY (id), UNIQUE (status) ON CONFLICT REPLACE", "ConstraintViolated,")]
    public void AConflictClauseOfTheTableIsNotObeyed(string constraint, string errorId)
    {
        using var folder = new TempFolder();
        var path = folder.File("target.db");
        Sqlite3.Run(path, $"""
            CREATE TABLE conversations (id VARCHAR, user_id VARCHAR, user_query TEXT, status VARCHAR, created_at DATETIME, completed_at DATETIME,
                agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT, {constraint})
            """);
        Sqlite3.Run(path, "INSERT INTO conversations (id, user_query, status) VALUES ('a', 'the first', 'active')");

        var error = PowerShellSession.Run(
            """
            [MarketingSwarm.Conversation]@{ Id = 'b'; UserQuery = 'q'; Status = 'failed' },
            [MarketingSwarm.Conversation]@{ Id = $id; UserQuery = 'q'; Status = 'active' } | Import-SwarmConversation $path
            """,
            ("path", path), ("id", errorId == "DuplicateId," ? "a" : "c")).SingleError;

        Assert.StartsWith(errorId, error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["a|the first"], Sqlite3.Run(path, "SELECT id || '|' || user_query FROM conversations"));
    }

    [Fact]
    public async Task AnExportByTimeEndsAtARowThatTheFilterDidNotDecideOn()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        Prepare(folder, database);
        database.Psql("INSERT INTO conversations (id, user_query, created_at, completed_at) VALUES ('endless', 'q', '2025-06-18', 'infinity')");

        var error = PowerShellSession.Run(
            "Export-SwarmConversation $url -Since 2000-01-01 | Import-SwarmConversation $path",
            ("url", database.Url), ("path", Initialize(folder.File("copy.db")))).SingleError;

        Assert.StartsWith("TimeNotRepresentable,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["0"], Sqlite3.Run(folder.File("copy.db"), "SELECT count(*) FROM conversations"));
    }

    // With the second, no other connection is to be had by which the server could be told to stop.
    [Theory]
    [InlineData("")]
    [InlineData("CONNECTION LIMIT 1")]
    public async Task CtrlCIsHeardWhileTheServerWaitsForAnotherSession(string limit)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        var source = Prepare(folder, database);
        var id = Sqlite3.Run(source, "SELECT id FROM conversations LIMIT 1")[0];
        // Whether the import's row is a duplicate is not known before this transaction ends.
        await using var other = await Npgsql.NpgsqlDataSource.Create(
            $"Host={database.Host};Port={database.Port};Username={database.User};Password={database.Password};Database={database.Name};Pooling=false")
            .OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await other.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var insert = new Npgsql.NpgsqlCommand("INSERT INTO conversations (id, user_query) VALUES ($1, 'q')", other) { Parameters = { new() { Value = id } } })
            await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        database.Psql($"CREATE ROLE \"{database.Name}\" LOGIN PASSWORD 'p' {limit}; GRANT ALL ON conversations TO \"{database.Name}\"");
        using var session = PowerShellSession.Start(
            "Export-SwarmConversation $source | Import-SwarmConversation $url", ("source", source), ("url", database.GetUrl(database.Name, "p")));
        while (database.Psql(OurSessions + " AND wait_event = 'transactionid'") == "0")
            await Task.Delay(20, TestContext.Current.CancellationToken);

        // Returns when the pipeline has stopped; the other transaction is still open then.
        session.Stop();

        Assert.Equal(0, session.OutputCount);
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);
        while (database.Psql(OurSessions) != "0") await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.Equal("0", database.Psql("SELECT count(*) FROM conversations"));
        database.Psql($"DROP OWNED BY \"{database.Name}\"; DROP ROLE \"{database.Name}\"");
    }

    [Fact]
    public async Task AScriptThatStopsAtErrorsEndsWithOneAndWithTwoWhereSomebodyShouldLook()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        using var folder = new TempFolder();
        Prepare(folder, database);
        var script = folder.File("move.ps1");
        await File.WriteAllTextAsync(
            script,
            """
            param($Source, $Url, $Action)
            $ErrorActionPreference = 'Stop'
            $summary = Export-SwarmConversation $Source | Import-SwarmConversation $Url -OnUnrepresentable $Action
            exit $summary.ExitCode
            """,
            TestContext.Current.CancellationToken);
        var hazards = folder.File("hazards.db");
        PowerShellSession.Run("$null = New-SwarmSampleDatabase $path -Count 0 -Hazard NulInText", ("path", hazards)).EnsureSuccess();

        int Move(string source, string action) => ShellProcess.Run(script, "-Source", source, "-Url", database.Url, "-Action", action).ExitCode;

        Assert.Equal(1, Move(hazards, "Fail"));
        Assert.Equal(0, Move(folder.File("app.db"), "Fail"));
        Assert.Equal("20", database.Psql("SELECT count(*) FROM conversations"));
        Assert.Equal(2, Move(hazards, "Quarantine"));
    }

    [Fact]
    public void AnArchiveThatCannotBeCheckedNeedsAttention()
    {
        using var folder = new TempFolder();
        var source = folder.File("app.db");
        var archive = folder.File("app.ndjson");
        PowerShellSession.Run(
            "$null = New-SwarmSampleDatabase $source -Count 20; $null = Export-SwarmConversation $source -Path $archive",
            ("source", source), ("archive", archive)).EnsureSuccess();

        Assert.Equal("0", Import("with.db"));
        File.Delete(archive + ".sha256");
        Assert.Equal("2", Import("without.db"));

        string Import(string name) => string.Create(CultureInfo.InvariantCulture, $"""
            {Assert.Single(PowerShellSession.Run(
                "(Import-SwarmConversation $path -Path $archive -WarningAction SilentlyContinue).ExitCode",
                ("path", Initialize(folder.File(name))), ("archive", archive)).EnsureSuccess().Output)}
            """);
    }

    [Theory]
    [InlineData("-Since 2025-06-18", "badtime", "RowsUndecided,")]
    [InlineData("-Id c-1, nobody", "good", "ConversationNotFound,")]
    public void AnExportThatDidNotGiveEveryRowAskedForKeepsTheImportFromCommitting(string filter, string kind, string errorId)
    {
        using var folder = new TempFolder();
        var source = Sources.CreateSqlite(folder.File("app.db"), rows: 3);
        if (kind == "badtime") Sqlite3.Run(source, "UPDATE conversations SET created_at = '2025-06-18T18:50:05' WHERE id = 'c-2'");

        var result = PowerShellSession.Run(
            $"Export-SwarmConversation $source {filter} | Import-SwarmConversation $target", ("source", source), ("target", Initialize(folder.File("target.db"))));

        Assert.StartsWith(errorId, result.AllErrors[^1].FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.Equal(["0"], Sqlite3.Run(folder.File("target.db"), "SELECT count(*) FROM conversations"));
    }

    [Theory]
    [InlineData("$first, [pscustomobject]@{ Id = 'x' }")]
    [InlineData("$first, 'abc'")]
    [InlineData("$first, $null")]
    [InlineData("$first, @{ Id = 'b'; Bogus = 1 }")]
    [InlineData("$first, @{ Id = 'b'; Status = $true }")]
    [InlineData("$first, [IO.FileInfo]::new('app.ndjson')")]
    public void AnObjectOfAnotherKindEndsTheImport(string objects)
    {
        using var folder = new TempFolder();
        var source = Sources.CreateSqlite(folder.File("app.db"), rows: 1);

        var error = PowerShellSession.Run(
            $"$first = Export-SwarmConversation $source; {objects} | Import-SwarmConversation $target",
            ("source", source), ("target", Initialize(folder.File("target.db")))).SingleError;

        Assert.StartsWith("NotAConversation,", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["0"], Sqlite3.Run(folder.File("target.db"), "SELECT count(*) FROM conversations"));
    }

    [Fact]
    public void AnEmptySourceIsAWarning()
    {
        using var folder = new TempFolder();
        var source = Sources.CreateSqlite(folder.File("app.db"), rows: 3);

        var result = PowerShellSession.Run(
            "(Export-SwarmConversation $source -Status faild | Import-SwarmConversation $target).Read",
            ("source", source), ("target", Initialize(folder.File("target.db")))).EnsureSuccess();

        Assert.Equal(0L, Assert.Single(result.Output).BaseObject);
        Assert.Contains("No conversation came", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Get-SwarmConversation $source -Since 2025-07-01 -Until 2025-06-01", "TimesReversed,", "-Until")]
    [InlineData("Export-SwarmConversation $source postgresql://u:geheim@h/d", "PathIsUrl,", "postgresql://u:***@h/d")]
    [InlineData("Get-SwarmConversation u:geheim@h/d", "DriveNotFound,", "'u'")]
    public void AMistakenWordIsNamed(string command, string errorId, string named)
    {
        using var folder = new TempFolder();

        var error = PowerShellSession.Run(command, ("source", Sources.CreateSqlite(folder.File("app.db"), rows: 1))).SingleError;

        Assert.StartsWith(errorId, error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(named, error.Exception.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", error.Exception.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void AScriptsMixedOutputShowsNoPagesOfResponses()
    {
        using var folder = new TempFolder();

        var result = PowerShellSession.Run(
            "& { New-SwarmSampleDatabase $path -Count 3; Initialize-SwarmDatabase $copy; Export-SwarmConversation $path | Import-SwarmConversation $copy; Get-SwarmConversation $copy } | Out-Default",
            ("path", folder.File("app.db")), ("copy", folder.File("copy.db"))).EnsureSuccess();

        var shown = string.Join('\n', result.HostLines);
        foreach (var expected in (string[])["Rows", "conversations_user_id_idx", "Quarantined", "UserQuery"]) Assert.Contains(expected, shown, StringComparison.Ordinal);
        foreach (var hidden in (string[])["AgentResponses", "\"agent\"", "CREATE TABLE"]) Assert.DoesNotContain(hidden, shown, StringComparison.Ordinal);
    }

    private static string Prepare(TempFolder folder, TestDatabase database)
    {
        var source = folder.File("app.db");
        PowerShellSession.Run(
            "$null = New-SwarmSampleDatabase $source -Count 20; $null = Initialize-SwarmDatabase $url", ("source", source), ("url", database.Url)).EnsureSuccess();
        return source;
    }

    private static string Initialize(string path)
    {
        PowerShellSession.Run("$null = Initialize-SwarmDatabase $path", ("path", path)).EnsureSuccess();
        return path;
    }
}
