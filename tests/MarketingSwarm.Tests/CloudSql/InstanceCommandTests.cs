namespace MarketingSwarm.Tests.CloudSql;

/// <summary>Instances and operations from the prompt, against the emulator; what is there is asked of the emulator itself and of PostgreSQL.</summary>
public sealed class InstanceCommandTests : IAsyncLifetime
{
    private const string Create = "New-SwarmCloudSqlInstance db -Tier db-f1-micro -Network default -NoBackup -DatabaseFlag @{ max_connections = 25 }";

    private EmulatorServer _emulator = null!;

    public async ValueTask InitializeAsync() => _emulator = await EmulatorServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_emulator is not null) await _emulator.DisposeAsync();
    }

    [Fact]
    public async Task AnApplicationsDatabaseIsMadeOnceAndFoundAgain()
    {
        const string provision = Create + " -Database swarm -GeneratePassword -SecretName db-pass -SecretAccessor serviceAccount:app@p.iam.gserviceaccount.com";

        var first = Assert.Single(_emulator.Run("p1", provision).EnsureSuccess().Output).Properties;
        var second = Assert.Single(_emulator.Run("p1", provision).EnsureSuccess().Output).Properties;

        Assert.Equal(["Present", "Created", "Created", "Created", "Created", "Created", "NotChecked"], Actions(first["Steps"].Value));
        Assert.Equal(["Present", "Present", "Present", "Present", "Present", "NotChecked"], Actions(second["Steps"].Value));
        Assert.Equal("1", $"{second["SecretVersion"].Value}");
        var password = await _emulator.GetSecretAsync("p1", "db-pass");
        var answer = await AskAsync($"{first["PublicAddress"].Value}", password, "SELECT current_user || ' ' || current_setting('max_connections')");
        Assert.Equal("app_user 25", answer);
        Assert.Empty(_emulator.Violations);
    }

    [Fact]
    public async Task SettingsAreMergedAndShownBeforeAndAfter()
    {
        var result = _emulator.Run(
            "p1",
            $$"""
            $null = {{Create}}
            Set-SwarmCloudSqlInstance db -SlowQueryMilliseconds 1000 -AuthorizedNetwork 203.0.113.0/24 -DeletionProtection $true
            Set-SwarmCloudSqlInstance db -SlowQueryMilliseconds 1000 -Tier db-g1-small -Force
            """).EnsureSuccess();

        Assert.Equal(
            [
                "deletionProtectionEnabled: false -> true Updated", "databaseFlags.log_min_duration_statement:  -> 1000 Updated",
                "ipConfiguration.authorizedNetworks.203.0.113.0/24:  -> authorized Updated",
                "databaseFlags.log_min_duration_statement: 1000 -> 1000 Present", "tier: db-f1-micro -> db-g1-small Updated",
            ],
            result.Output.Select(change => $"{change} {change.Properties["Action"].Value}"));
        var settings = (await _emulator.GetAsync("/v1/projects/p1/instances/db"))["settings"]!;
        Assert.Equal(["log_min_duration_statement=1000", "max_connections=25"], settings["databaseFlags"]!.AsArray().Select(flag => $"{flag!["name"]}={flag["value"]}").Order());
        Assert.Equal("db-g1-small", $"{settings["tier"]}");
        Assert.Empty(_emulator.Violations);
    }

    [Fact]
    public async Task AProtectedInstanceStaysUntilTheProtectionIsLifted()
    {
        _emulator.Run("p1", $"$null = {Create} -DeletionProtection").EnsureSuccess();

        Assert.StartsWith("InstanceProtected,", _emulator.Run("p1", "Remove-SwarmCloudSqlInstance db -Confirm:$false").SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("db", $"{(await _emulator.GetAsync("/v1/projects/p1/instances/db"))["name"]}");

        var removed = _emulator.Run(
            "p1", "$null = Set-SwarmCloudSqlInstance db -DeletionProtection $false; Remove-SwarmCloudSqlInstance db -Confirm:$false; Remove-SwarmCloudSqlInstance db -Confirm:$false")
            .EnsureSuccess();
        Assert.Contains("nothing was deleted", Assert.Single(removed.Warnings).Message, StringComparison.Ordinal);
        Assert.Null((await _emulator.GetAsync("/v1/projects/p1/instances"))["items"]);
    }

    [Fact]
    public async Task WhatIfShowsEachRequestAndSendsNone()
    {
        var result = _emulator.Run("p1", Create + " -Database swarm -GeneratePassword -SecretName db-pass -RootPassword $root -WhatIf", ("root", EmulatorServer.Secure("s3cret-of-root")))
            .EnsureSuccess();

        Assert.Contains("/v1/projects/p1/instances", result.AllText, StringComparison.Ordinal);
        Assert.Contains("\"rootPassword\": \"***\"", result.AllText, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret-of-root", result.AllText, StringComparison.Ordinal);
        Assert.Equal(["Present", "WouldCreate", "WouldCreate", "WouldCreate", "WouldCreate", "NotChecked"], Actions(Assert.Single(result.Output).Properties["Steps"].Value));
        Assert.Null((await _emulator.GetAsync("/v1/projects/p1/instances"))["items"]);
        Assert.Null((await _emulator.GetAsync("/v1/projects/p1/secrets"))["secrets"]);
    }

    [Fact]
    public void OperationsAndInstancesPipeIntoEachOther()
    {
        var result = _emulator.Run(
            "p1",
            "New-SwarmCloudSqlInstance db -Tier db-f1-micro -NoWait | Wait-SwarmCloudSqlOperation; Get-SwarmCloudSqlInstance d* | Get-SwarmCloudSqlOperation -First 1 | Get-SwarmCloudSqlOperation")
            .EnsureSuccess();

        Assert.Equal(["CREATE db: DONE", "CREATE db: DONE"], result.Output.Select(operation => $"{operation}"));
        Assert.StartsWith("OperationNotFound,", _emulator.Run("p1", "Wait-SwarmCloudSqlOperation none").SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.StartsWith("InstanceNotFound,", _emulator.Run("p1", "Get-SwarmCloudSqlInstance none").SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_emulator.Run("p1", "Get-SwarmCloudSqlInstance none*").EnsureSuccess().Output);
    }

    [Fact]
    public void WhatCannotBeIsRefusedByItsOwnName()
    {
        foreach (var (arguments, expected) in new[]
        {
            ("A_b -Tier db-f1-micro", "InstanceNameMalformed"),
            ("x -Tier db-n1-standard-1", "TierNotForPostgres"),
            ("x -Tier db-f1-micro -Edition ENTERPRISE_PLUS", "TierNotForEdition"),
            ("x -Tier db-f1-micro -Region moon-base1", "RegionUnknown"),
            ("x -Tier db-f1-micro -Network lonely", "NetworkNotPeered"),
            ("x -Tier db-f1-micro -DatabaseFlag @{ a = @(1, 2) }", "FlagValueNotText"),
            ("x -Tier db-f1-micro -Database d -GeneratePassword -SecretName a/b", "SecretNameMalformed"),
        })
        {
            var error = _emulator.Run("p1", $"New-SwarmCloudSqlInstance {arguments}").SingleError;
            Assert.StartsWith($"{expected},", error.FullyQualifiedErrorId, StringComparison.Ordinal);
            Assert.NotEmpty(error.ErrorDetails.RecommendedAction);
        }
    }

    private static IEnumerable<string> Actions(object steps)
        => ((System.Collections.IEnumerable)steps).Cast<object>().Select(step => $"{new System.Management.Automation.PSObject(step).Properties["Action"].Value}");

    private static async Task<string> AskAsync(string host, string password, string sql)
    {
        await using var source = global::Npgsql.NpgsqlDataSource.Create($"Host={host};Username=app_user;Password={password};Database=swarm");
        await using var command = source.CreateCommand(sql);
        return $"{await command.ExecuteScalarAsync()}";
    }
}
