namespace MarketingSwarm.Tests.Module;

/// <summary>What goes wrong in a driver reaches the user as an exception of the Model: it has a public name, an id, a category, a target and an advice.</summary>
public sealed class ErrorTypeTests(PostgresServer postgres)
{
    [Theory]
    [InlineData("Export-SwarmConversation $none", "SwarmDatabaseException")]
    [InlineData("Export-SwarmConversation $folder", "SwarmDatabaseException")]
    [InlineData("Export-SwarmConversation $text", "SwarmDatabaseException")]
    [InlineData("Export-SwarmConversation $empty", "SwarmDatabaseException")]
    [InlineData("Get-SwarmDatabaseSchema $text", "SwarmDatabaseException")]
    [InlineData("Get-SwarmDatabaseSchema 'postgresql://user:hidden-word@127.0.0.1:1/nothing?sslmode=disable'", "SwarmDatabaseException")]
    [InlineData("Get-SwarmDatabaseSchema 'postgresql://user:hidden-word@no-such-host.invalid/nothing'", "SwarmDatabaseException")]
    [InlineData("Get-SwarmDatabase 'mysql://user:hidden-word@host/db'", "SwarmConfigurationException")]
    [InlineData("$null = Initialize-SwarmDatabase $new; Import-SwarmConversation $new -Path $text", "SwarmArchiveException")]
    public void WithoutAServer(string sentence, string exception)
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("text.db"), "This is a text, long enough to have a header's length and more than that: 0123456789012345678901234567890123456789.");
        Sqlite3.Run(folder.File("empty.db"), "CREATE TABLE other (a)");

        Check(
            PowerShellSession.Run(
                sentence,
                ("none", folder.File("none.db")), ("folder", folder.Path), ("text", folder.File("text.db")),
                ("empty", folder.File("empty.db")), ("new", folder.File("new.db"))),
            exception);
    }

    [Fact]
    public async Task OfAServer()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        database.Psql("CREATE TABLE conversations (id integer)");

        Check(PowerShellSession.Run("Export-SwarmConversation $url", ("url", database.GetUrl("nobody-here", "hidden-word"))), "SwarmDatabaseException");
        Check(PowerShellSession.Run("Export-SwarmConversation $url", ("url", database.Url.Replace(database.Name, "no_such_database", StringComparison.Ordinal))), "SwarmDatabaseException");
        Check(PowerShellSession.Run("Export-SwarmConversation $url", ("url", database.Url)), "SwarmSchemaException");
    }

    private static void Check(PowerShellResult result, string exception)
    {
        var error = result.SingleError;
        Assert.Equal($"MarketingSwarm.{exception}", error.Exception.GetType().FullName);
        Assert.Same(BuiltModule.Model, error.Exception.GetType().Assembly);
        Assert.NotEqual(System.Management.Automation.ErrorCategory.NotSpecified, error.CategoryInfo.Category);
        Assert.NotEmpty(error.FullyQualifiedErrorId);
        Assert.NotNull(error.TargetObject);
        Assert.False(string.IsNullOrWhiteSpace(error.ErrorDetails?.RecommendedAction), $"'{error}' says nothing of what to do.");
        Assert.DoesNotContain("hidden-word", result.AllText, StringComparison.Ordinal);
    }
}
