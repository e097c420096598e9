using Npgsql;

namespace MarketingSwarm.Tests.CloudSql;

/// <summary>Test-SwarmMigration at the prompt, of a migration to an instance by its name; what it finds is changed from outside.</summary>
public sealed class MigrationCriteriaTests : IAsyncLifetime
{
    private const string Target = "cloudsql://p1:us-central1:db/swarm?user=app_user&passwordSecret=db-pass";
    private const string Provision =
        "$null = New-SwarmCloudSqlInstance db -Tier db-f1-micro -NoBackup -Database swarm -GeneratePassword -SecretName db-pass -Confirm:$false";

    private EmulatorServer _emulator = null!;

    public async ValueTask InitializeAsync() => _emulator = await EmulatorServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_emulator is not null) await _emulator.DisposeAsync();
    }

    [Fact]
    public async Task EachCriterionIsFoundAsItIs()
    {
        using var folder = new TempFolder();
        var path = folder.File("app.db");
        var migrated = _emulator.Run(
            "p1",
            $$"""
            {{Provision}}
            $null = New-SwarmSampleDatabase $path -Count 50
            $null = Invoke-SwarmMigration $path '{{Target}}' -Confirm:$false
            Test-SwarmMigration $path '{{Target}}' -Service app -SampleCount 5
            Test-SwarmMigration $path '{{Target}}' -Quiet -SampleCount 5
            """,
            ("path", path)).EnsureSuccess();

        Assert.Equal(
            ["Rows True", "SourceLatency True", "DestinationLatency True", "Backups False", "Deployment False", "ErrorRate False"],
            migrated.Output.Take(6).Select(check => $"{check.Properties["Name"].Value} {check.Properties["Passed"].Value}"));
        Assert.Equal("50 rows: 50 equal, 0 quarantined with their bytes", $"{migrated.Output[0].Properties["Actual"].Value}");
        Assert.Equal(false, migrated.Output[6].BaseObject);

        // What was found wanting is mended from outside; and one cell is changed behind the module's back.
        await _emulator.PatchAsync(
            "/v2/projects/p1/locations/us-central1/services/app?allowMissing=true",
            """{"template":{"containers":[{"image":"us-docker.pkg.dev/p1/app/app"}],"volumes":[{"name":"sql","cloudSqlInstance":{"instances":["p1:us-central1:db"]}}]}}""");
        await _emulator.PatchAsync("/v1/projects/p1/instances/db", """{"settings":{"backupConfiguration":{"enabled":true,"startTime":"03:00"}}}""");
        var mended = _emulator.Run("p1", $"Test-SwarmMigration $path '{Target}' -Service app -SampleCount 5; Test-SwarmMigration $path '{Target}' -Quiet -SampleCount 5", ("path", path)).EnsureSuccess();
        Assert.Equal(
            ["Rows True", "SourceLatency True", "DestinationLatency True", "Backups True", "Deployment True", "ErrorRate "],
            mended.Output.Take(6).Select(check => $"{check.Properties["Name"].Value} {check.Properties["Passed"].Value}"));
        Assert.Equal(true, mended.Output[6].BaseObject);

        var id = await AskAsync("UPDATE conversations SET error_message = 'another' WHERE id = (SELECT min(id COLLATE \"C\") FROM conversations) RETURNING id");
        var changed = _emulator.Run("p1", $"Test-SwarmMigration $path '{Target}' -SampleCount 5; Test-SwarmMigration $path '{Target}' -Quiet -SampleCount 5", ("path", path)).EnsureSuccess();
        Assert.Equal(false, changed.Output[0].Properties["Passed"].Value);
        Assert.Contains(id, $"{changed.Output[0].Properties["Actual"].Value}", StringComparison.Ordinal);
        Assert.Contains("error_message", $"{changed.Output[0].Properties["Actual"].Value}", StringComparison.OrdinalIgnoreCase);
        Assert.Equal(false, changed.Output[^1].BaseObject);
        Assert.Empty(_emulator.Violations);
    }

    private async Task<string> AskAsync(string sql)
    {
        var instance = await _emulator.GetAsync("/v1/projects/p1/instances/db");
        var address = instance["ipAddresses"]!.AsArray()[0]!["ipAddress"]!.ToString();
        var password = await _emulator.GetSecretAsync("p1", "db-pass");
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder { Host = address, Username = "app_user", Password = password, Database = "swarm", Pooling = false }.ConnectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return $"{await command.ExecuteScalarAsync(TestContext.Current.CancellationToken)}";
    }
}
