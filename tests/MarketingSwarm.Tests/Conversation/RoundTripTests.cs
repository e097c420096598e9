namespace MarketingSwarm.Tests.Conversation;

/// <summary>What goes in comes out: every row and every column, read by psql and by Python.</summary>
public sealed class RoundTripTests(PostgresServer postgres) : IDisposable
{
    // What either engine can hold, and what is easily changed on the way.
    private const string Hazards = "KeyOrder, InfiniteCost, ExactDouble, NegativeZeroCost, LargeIntegerCost, NanCost, NulInJson, LoneSurrogate, NanInJson, JsonSpelling, "
        + "InvalidJson, EmptyText, LongVarchar, TimeTie, RowIdGap";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Application", "Delete", "Fail")]
    [InlineData("Plan", "Wal", "Skip")]
    [InlineData("Application", "Wal", "Update")]
    public async Task FromSqliteToPostgresAndBack(string shape, string journalMode, string onConflict)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var count = Scale.Rows(small: 300, full: onConflict == "Fail" ? 200_000 : 5000);
        var (source, back) = (_folder.File("app.db"), _folder.File("back.db"));
        var result = PowerShellSession.Run(
            $$"""
            $null = New-SwarmSampleDatabase $source -Count {{count}} -Shape {{shape}} -JournalMode {{journalMode}} -Hazard {{Hazards}}
            $null = Initialize-SwarmDatabase $url
            Export-SwarmConversation $source | Import-SwarmConversation $url -OnConflict {{onConflict}}
            $null = Initialize-SwarmDatabase $back
            Export-SwarmConversation $url | Import-SwarmConversation $back -OnConflict {{onConflict}}
            """,
            ("source", source), ("url", database.Url), ("back", back)).EnsureSuccess();

        var expected = Dump.OfSqliteAsPostgresHasIt(source);
        Assert.True(expected.Count > count);
        Assert.Equal(expected, Dump.OfPostgres(database));
        Assert.Equal(Dump.OfSqlite(source), Dump.OfSqlite(back));
        Assert.Equal(2, result.Output.Count);
        Assert.All(result.Output, summary =>
        {
            Assert.Equal((long)expected.Count, summary.Properties["Read"].Value);
            Assert.Equal((long)expected.Count, summary.Properties["Inserted"].Value);
            Assert.Equal(0L, summary.Properties["CellsConverted"].Value);
            Assert.Equal(0L, summary.Properties["Quarantined"].Value);
            Assert.Equal(0, summary.Properties["ExitCode"].Value);
        });
    }

    [Fact]
    public void FromSqliteToSqliteEveryHazardKeepsItsStorageClass()
    {
        var (source, target) = (_folder.File("app.db"), _folder.File("target.db"));
        PowerShellSession.Run(
            """
            $null = New-SwarmSampleDatabase $source -Count 20 -Shape Plan -Hazard All
            $null = New-SwarmSampleDatabase $target -Count 0 -Shape Plan
            $null = Export-SwarmConversation $source | Import-SwarmConversation $target
            """,
            ("source", source), ("target", target)).EnsureSuccess();

        Assert.Equal(Dump.OfSqlite(source), Dump.OfSqlite(target));
    }

    [Theory]
    [InlineData("a.json")]
    [InlineData("a.json.gz")]
    [InlineData("a.ndjson")]
    [InlineData("a.ndjson.gz")]
    public async Task ThroughAnArchive(string name)
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var (source, target) = (_folder.File("app.db"), _folder.File("target.db"));
        PowerShellSession.Run(
            $$"""
            $null = New-SwarmSampleDatabase $source -Count 50 -Shape Plan -Hazard All
            $null = New-SwarmSampleDatabase $target -Count 0 -Shape Plan
            $null = Export-SwarmConversation $source -Path $all
            $null = Import-SwarmConversation $target -Path $all
            $null = New-SwarmSampleDatabase $plain -Count 50 -Hazard {{Hazards}}
            $null = Export-SwarmConversation $plain -Path $some
            $null = Initialize-SwarmDatabase $url
            $null = Import-SwarmConversation $url -Path $some
            """,
            ("source", source), ("target", target), ("plain", _folder.File("plain.db")), ("url", database.Url),
            ("all", _folder.File("all-" + name)), ("some", _folder.File("some-" + name))).EnsureSuccess();

        Assert.Equal(Dump.OfSqlite(source), Dump.OfSqlite(target));
        Assert.Equal(Dump.OfSqliteAsPostgresHasIt(_folder.File("plain.db")), Dump.OfPostgres(database));
    }

    [Fact]
    public async Task ATimeInTheOtherSpellingIsTheSameInstantAndCounted()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        var result = PowerShellSession.Run(
            """
            $null = New-SwarmSampleDatabase $source -Count 5 -Hazard TimeWithoutFraction
            $null = Initialize-SwarmDatabase $url
            Export-SwarmConversation $source | Import-SwarmConversation $url
            """,
            ("source", _folder.File("app.db")), ("url", database.Url)).EnsureSuccess();

        Assert.Equal(1L, Assert.Single(result.Output).Properties["CellsConverted"].Value);
        Assert.Equal(Dump.OfSqliteAsPostgresHasIt(_folder.File("app.db")), Dump.OfPostgres(database));
    }
}
