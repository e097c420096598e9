namespace MarketingSwarm.Tests.Migration;

/// <summary>Sync-SwarmConversation and the cutover as a user types them.</summary>
public sealed class SyncAndCutoverCommandTests(PostgresServer server)
{
    private const string Setup = """
        $null = New-SwarmSampleDatabase $path -Count 60
        $null = Invoke-SwarmMigration $path $pg -Confirm:$false
        """;

    [Fact]
    public async Task BothSidesAreKeptInStepAndCutOver()
    {
        using var folder = new TempFolder();
        await using var database = await server.CreateDatabaseAsync();
        var path = folder.File("app.db");
        PowerShellSession.Run(Setup, ("path", path), ("pg", database.Url)).EnsureSuccess();
        Sqlite3.Run(path, "UPDATE conversations SET error_message = 'changed' WHERE rowid = 3; DELETE FROM conversations WHERE rowid = 4");

        var result = PowerShellSession.Run(
            """
            Sync-SwarmConversation $path $pg -StatePath $state
            Sync-SwarmConversation $path $pg -StatePath $state -Continuous -IntervalSeconds 0.1 -UntilChanges 0
            $script:seen = $null
            Start-SwarmCutover $path $pg { param($cutover) $script:seen = "$($cutover.State)" } -Confirm:$false -WatchMinutes 0.001 -StatePath $state -AllowInFlight
            $script:seen
            (Get-SwarmCutover $pg).State
            """, ("path", path), ("pg", database.Url), ("state", folder.File("state"))).EnsureSuccess();

        Assert.Equal((0L, 1L, 1L), Describe(result.Output[0]));
        Assert.Equal(0L, result.Output[1].Properties["Changes"].Value);
        Assert.Equal("Closed", $"{result.Output[2].Properties["State"].Value}");
        Assert.Equal(0, result.Output[2].Properties["ExitCode"].Value);
        Assert.Equal(["Proven", "Closed"], result.Output.Skip(3).Select(line => $"{line}"));
        Assert.Equal("59|1", database.Psql("SELECT count(*), count(*) FILTER (WHERE error_message = 'changed') FROM conversations"));
        Assert.True(Directory.GetFiles(folder.File("backups"), "*.db").Length >= 2);
    }

    [Theory]
    [InlineData("throw 'no such service'", "no such service")]
    [InlineData("Get-SwarmConversation /no/such/file.db", "/no/such/file.db")]
    public async Task ASwitchThatFailsIsAnErrorAndIsRunAgain(string script, string said)
    {
        using var folder = new TempFolder();
        await using var database = await server.CreateDatabaseAsync();
        var path = folder.File("app.db");
        PowerShellSession.Run(Setup, ("path", path), ("pg", database.Url)).EnsureSuccess();

        var failed = PowerShellSession.Run($"Start-SwarmCutover $path $pg {{ {script} }} -Confirm:$false -AllowInFlight -WatchMinutes 0.001", ("path", path), ("pg", database.Url));
        var state = PowerShellSession.Run("(Get-SwarmCutover $pg).State", ("pg", database.Url)).EnsureSuccess();
        var again = PowerShellSession.Run("(Start-SwarmCutover $path $pg { } -Confirm:$false -AllowInFlight -WatchMinutes 0.001).State", ("path", path), ("pg", database.Url)).EnsureSuccess();

        Assert.StartsWith("SwitchFailed", failed.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains(said, failed.SingleError.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("Proven", $"{state.Output.Single()}");
        Assert.Equal("Closed", $"{again.Output.Single()}");
    }

    [Fact]
    public async Task ACutoverIsGivenUpBeforeTheSwitch()
    {
        using var folder = new TempFolder();
        await using var database = await server.CreateDatabaseAsync();
        var path = folder.File("app.db");
        PowerShellSession.Run(Setup, ("path", path), ("pg", database.Url)).EnsureSuccess();
        PowerShellSession.Run("Start-SwarmCutover $path $pg { throw 'x' } -Confirm:$false -FenceBudgetMilliseconds 10 -MaximumAttempts 1 -AllowInFlight", ("path", path), ("pg", database.Url));

        var stopped = PowerShellSession.Run("(Stop-SwarmCutover $path $pg -Confirm:$false).State", ("path", path), ("pg", database.Url)).EnsureSuccess();
        var nothing = PowerShellSession.Run("Stop-SwarmCutover $path $pg -Confirm:$false", ("path", path), ("pg", database.Url));

        Assert.Contains($"{stopped.Output.Single()}", (string[])["Aborted", "RolledBack"]);
        Assert.StartsWith("NoCutover", nothing.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACopyOfTheFileIsBroughtUpToDateWithTheDatabase()
    {
        using var folder = new TempFolder();
        await using var database = await server.CreateDatabaseAsync();
        var path = folder.File("app.db");
        PowerShellSession.Run(Setup, ("path", path), ("pg", database.Url)).EnsureSuccess();
        var copy = folder.File("copy.db");
        File.Copy(path, copy);
        database.Psql("INSERT INTO conversations (id, user_query, created_at, total_cost) VALUES ('new', 'q', '2025-06-18 18:50:05', 1); UPDATE conversations SET status = 'other' WHERE id = (SELECT min(id) FROM conversations WHERE id <> 'new')");

        var result = PowerShellSession.Run("Sync-SwarmConversation $pg $copy; (Sync-SwarmConversation $pg $copy).Changes", ("pg", database.Url), ("copy", copy)).EnsureSuccess();
        var refused = PowerShellSession.Run("Sync-SwarmConversation $pg $path", ("pg", database.Url), ("path", path));

        Assert.Equal((1L, 1L, 0L), Describe(result.Output[0]));
        Assert.Equal("0", $"{result.Output[1]}");
        Assert.Equal(["2025-06-18 18:50:05.000000|1.0"], Sqlite3.Run(copy, "SELECT created_at, total_cost FROM conversations WHERE id = 'new'"));
        Assert.Equal(["1"], Sqlite3.Run(copy, "SELECT count(*) FROM conversations WHERE status = 'other'"));
        Assert.StartsWith("ReverseIntoSource", refused.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFenceLongerThanHalfTheBusyTimeoutIsRefused()
    {
        using var folder = new TempFolder();
        await using var database = await server.CreateDatabaseAsync();

        var result = PowerShellSession.Run("Start-SwarmCutover $path $pg { } -Confirm:$false -FenceBudgetMilliseconds 2600", ("path", folder.File("app.db")), ("pg", database.Url));

        Assert.StartsWith("FenceBudgetTooLong", result.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    private static (long, long, long) Describe(System.Management.Automation.PSObject result)
        => ((long)result.Properties["Inserted"].Value, (long)result.Properties["Updated"].Value, (long)result.Properties["Deleted"].Value);
}
