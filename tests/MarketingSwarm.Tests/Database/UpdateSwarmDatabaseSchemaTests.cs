namespace MarketingSwarm.Tests.Database;

public sealed class UpdateSwarmDatabaseSchemaTests(PostgresServer postgres)
{
    private const string OldTable = """
        CREATE TABLE conversations (id VARCHAR NOT NULL, user_id VARCHAR, user_query TEXT NOT NULL, created_at TIMESTAMP, PRIMARY KEY (id));
        INSERT INTO conversations (id, user_query) VALUES ('a', 'q');
        """;

    [Fact]
    public async Task WhatIfShowsWhatIsMissingAndChangesNothing()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql(OldTable);

        var result = PowerShellSession.Run("Update-SwarmDatabaseSchema $url -WhatIf | Where-Object Action -eq WouldCreate", ("url", database.Url)).EnsureSuccess();

        Assert.Equal(
            [
                "Column status", "Column completed_at", "Column agent_responses", "Column conversation_metadata", "Column total_cost", "Column error_message",
                "Index conversations_id_c_idx", "Index conversations_created_at_idx", "Index conversations_user_id_idx",
            ],
            result.Output.Select(change => $"{change.Properties["Kind"].Value} {change.Properties["Name"].Value}"));
        Assert.Equal("4|1", database.Psql("SELECT (SELECT count(*) FROM information_schema.columns WHERE table_name = 'conversations'), (SELECT count(*) FROM pg_indexes WHERE tablename = 'conversations')"));
    }

    [Fact]
    public async Task WhatIsMissingIsAddedOnce()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql(OldTable);

        var result = PowerShellSession.Run(
            "Update-SwarmDatabaseSchema $url | Where-Object Action -eq Created; Update-SwarmDatabaseSchema $url | Where-Object Action -ne Present", ("url", database.Url)).EnsureSuccess();

        Assert.Equal(9, result.Output.Count);
        Assert.Equal("10|4|a", database.Psql("SELECT (SELECT count(*) FROM information_schema.columns WHERE table_name = 'conversations'), (SELECT count(*) FROM pg_indexes WHERE tablename = 'conversations'), id FROM conversations"));
        Assert.DoesNotContain(database.Password, result.AllText, StringComparison.Ordinal);
    }

    [Fact]
    public void ASqliteFileIsUpdatedWithAWarningForWhatItCannotSay()
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), OldTable);

        var result = PowerShellSession.Run("Update-SwarmDatabaseSchema $path", ("path", folder.File("a.db"))).EnsureSuccess();

        Assert.Contains(result.Warnings, warning => warning.Message.Contains("status is added without the default 'active'", StringComparison.Ordinal));
        Assert.Equal(["10|NULL"], Sqlite3.Run(folder.File("a.db"), "SELECT (SELECT count(*) FROM pragma_table_info('conversations')), quote(status) FROM conversations"));
    }

    [Fact]
    public void ADatabaseWithoutTheTableIsNotGivenOne()
    {
        using var folder = new TempFolder();
        Sqlite3.Run(folder.File("a.db"), "CREATE TABLE other (a)");

        var error = PowerShellSession.Run("Update-SwarmDatabaseSchema $path", ("path", folder.File("a.db"))).SingleError;

        Assert.StartsWith("SqliteTableNotFound", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Initialize-SwarmDatabase", error.ErrorDetails.RecommendedAction, StringComparison.Ordinal);
    }

    [Fact]
    public void TheEnvironmentAloneIsNotWrittenTo()
    {
        using var folder = new TempFolder();

        var error = PowerShellSession.Run("$null = $ExecutionContext.SessionState.Path.SetLocation($folder); Update-SwarmDatabaseSchema", ("folder", folder.Path)).SingleError;

        Assert.StartsWith("DatabaseNotNamed", error.FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
