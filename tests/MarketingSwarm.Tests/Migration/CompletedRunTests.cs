namespace MarketingSwarm.Tests.Migration;

/// <summary>A run that is complete is looked at again, and never taken for what is in the table now.</summary>
public sealed class CompletedRunTests(PostgresServer postgres) : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task RunAgainItLoadsNothingAndIsProvenAnew()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var source = await MigrateSampleAsync(database);
        var before = database.Psql("SELECT xmin, c::text FROM conversations c ORDER BY id");

        dynamic again = Assert.Single(Migrate(database, source).EnsureSuccess().Output);

        Assert.Equal(20L, again.RowsResumed);
        Assert.True(again.IsProven);
        Assert.Equal(0, again.ExitCode);
        Assert.Equal(before, database.Psql("SELECT xmin, c::text FROM conversations c ORDER BY id"));
    }

    [Theory]
    [InlineData("DELETE FROM conversations WHERE id = (SELECT min(id) FROM conversations)")]
    [InlineData("UPDATE conversations SET user_query = user_query || '!' WHERE id = (SELECT max(id) FROM conversations)")]
    public async Task ChangedSinceItIsNotProvenAndNeedsAttention(string change)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var source = await MigrateSampleAsync(database);
        database.Psql(change);

        var result = Migrate(database, source).EnsureSuccess();

        dynamic again = Assert.Single(result.Output);
        Assert.False(again.IsProven);
        Assert.Equal(2, again.ExitCode);
        Assert.Contains("has been changed since", Assert.Single(result.Warnings).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ATableThatWasDroppedIsLoadedAnew()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var source = await MigrateSampleAsync(database);
        database.Psql("DROP TABLE conversations");

        dynamic again = Assert.Single(Migrate(database, source).EnsureSuccess().Output);

        Assert.Equal(0L, again.RowsResumed);
        Assert.True(again.IsProven);
        Assert.Equal("20", database.Psql("SELECT count(*) FROM conversations"));
    }

    private async Task<string> MigrateSampleAsync(TestDatabase database)
    {
        var source = _folder.File("app.db");
        PowerShellSession.Run("$null = New-SwarmSampleDatabase $path -Count 20", ("path", source)).EnsureSuccess();
        Migrate(database, source).EnsureSuccess();
        Assert.Equal("20", await database.PsqlAsync("SELECT count(*) FROM conversations"));
        return source;
    }

    private static PowerShellResult Migrate(TestDatabase database, string source)
        => PowerShellSession.Run("Invoke-SwarmMigration $s $d -Confirm:$false", ("s", source), ("d", database.Url));
}
