using System.Management.Automation;

namespace MarketingSwarm.Tests.Database;

public sealed class InitializeSwarmDatabaseTests(PostgresServer postgres)
{
    [Fact]
    public void WhatIfShowsTheStatementsAndMakesNoFile()
    {
        using var folder = new TempFolder();

        var result = PowerShellSession.Run("Initialize-SwarmDatabase $path -WhatIf", ("path", folder.File("new.db"))).EnsureSuccess();

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal(["Table conversations: WouldCreate", "Index conversations_created_at_idx: WouldCreate", "Index conversations_user_id_idx: WouldCreate"], result.Output.Select(change => change.ToString()));
        Assert.Contains(result.HostLines, line => line.Contains("Make the table conversations", StringComparison.Ordinal) && line.Contains("new.db", StringComparison.Ordinal));
        Sqlite3.Run(folder.File("by hand.db"), string.Join('\n', result.Output.Select(change => (string)change.Properties["Sql"].Value)));
        Assert.Equal(["10"], Sqlite3.Run(folder.File("by hand.db"), "SELECT count(*) FROM pragma_table_info('conversations')"));
    }

    [Fact]
    public void AMissingFileIsMadeAndFoundTheSecondTime()
    {
        using var folder = new TempFolder();

        var result = PowerShellSession.Run("Initialize-SwarmDatabase $path; Initialize-SwarmDatabase $path", ("path", folder.File("new.db"))).EnsureSuccess();

        Assert.Equal(["Created", "Created", "Created", "Present", "Present", "Present"], result.Output.Select(change => change.Properties["Action"].Value.ToString()));
        Assert.Empty(result.Warnings);
        Sqlite3.Run(folder.File("new.db"), "INSERT INTO conversations (id, user_query) VALUES ('a', 'q')");
        Assert.Equal(["active|[]|{}|0.0"], Sqlite3.Run(folder.File("new.db"), "SELECT status, agent_responses, conversation_metadata, total_cost FROM conversations"));
    }

    [Fact]
    public async Task ADatabaseOnAServerGetsTheTable()
    {
        await using var database = await postgres.CreateDatabaseAsync();

        var result = PowerShellSession.Run("Initialize-SwarmDatabase $url -WhatIf; Initialize-SwarmDatabase $url", ("url", database.Url)).EnsureSuccess();

        Assert.Equal(["WouldCreate", "WouldCreate", "WouldCreate", "Created", "Created", "Created"], result.Output.Select(change => change.Properties["Action"].Value.ToString()));
        database.Psql("INSERT INTO conversations (id, user_query) VALUES ('a', 'q')");
        Assert.Equal("active|[]|{}|0", database.Psql("SELECT status, agent_responses, conversation_metadata, total_cost FROM conversations"));
        Assert.DoesNotContain(database.Password, result.AllText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherTableOfThatNameIsLeftAloneWithAWarning()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations (id integer PRIMARY KEY, title text)");

        var result = PowerShellSession.Run("Initialize-SwarmDatabase $url", ("url", database.Url)).EnsureSuccess();

        Assert.Equal("Table conversations: Present", Assert.Single(result.Output).ToString());
        Assert.Contains(result.Warnings, warning => warning.Message.Contains("the column id is integer", StringComparison.Ordinal) && warning.Message.Contains("the column title is none of", StringComparison.Ordinal));
        Assert.Contains(result.Warnings, warning => warning.Message.Contains("Update-SwarmDatabaseSchema", StringComparison.Ordinal));
        Assert.Equal("2", database.Psql("SELECT count(*) FROM information_schema.columns WHERE table_name = 'conversations'"));
    }

    [Fact]
    public void TheEnvironmentAloneIsNotWrittenTo()
    {
        using var folder = new TempFolder();

        var error = PowerShellSession.Run("$null = $ExecutionContext.SessionState.Path.SetLocation($folder); Initialize-SwarmDatabase", ("folder", folder.Path)).SingleError;

        Assert.StartsWith("DatabaseNotNamed", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Theory]
    [InlineData("no folder/new.db", "SqliteFolderNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("archive.json", "ArchiveNotADatabase", ErrorCategory.InvalidArgument)]
    public void ANameThatCannotBeADatabaseIsRefused(string name, string id, ErrorCategory category)
    {
        using var folder = new TempFolder();

        var error = PowerShellSession.Run("Initialize-SwarmDatabase $path", ("path", folder.File(name))).SingleError;

        Assert.StartsWith(id, error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.NotNull(error.ErrorDetails?.RecommendedAction);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }
}
