namespace MarketingSwarm.Tests.Deployment;

public sealed class CostEstimateTests(PostgresServer postgres)
{
    [Fact]
    public void TiersAreComparedTheCheapestFirst()
    {
        var output = PowerShellSession.Run("Get-SwarmCostEstimate db-custom-2-7680, db-f1-micro, db-g1-small -BackupSize 5").EnsureSuccess().Output;
        Assert.Equal(["db-f1-micro", "db-g1-small", "db-custom-2-7680"], output.Select(estimate => $"{estimate.Properties["Tier"].Value}"));
        Assert.Equal(9.77m, output[0].Properties["MonthlyCost"].Value);
        Assert.Equal(new DateTime(2026, 8, 1, 0, 0, 0, DateTimeKind.Unspecified), output[0].Properties["AsOf"].Value);
    }

    [Fact]
    public void TheViewNamesTheDateTheRegionAndTheCurrency()
    {
        var lines = PowerShellSession.Run("Get-SwarmCostEstimate -BackupSize 5 | Out-Default").EnsureSuccess().HostLines;
        Assert.Contains(lines, line => line.Contains("us-central1, list prices of 2026-08-01 in USD", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("db-f1-micro", StringComparison.Ordinal) && line.Contains("9.77", StringComparison.Ordinal));
    }

    [Fact]
    public async Task TheSizeOfADatabaseIsMeasured()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var file = folder.File("app.db");
        var output = PowerShellSession.Run(
            """
            $null = New-SwarmSampleDatabase $file -Count 200
            $null = Invoke-SwarmMigration $file $url -Confirm:$false
            Get-SwarmCostEstimate db-f1-micro -Database $file
            Get-SwarmCostEstimate db-f1-micro -Database $url
            """,
            ("file", file), ("url", database.Url)).EnsureSuccess().Output;
        Assert.Equal(new FileInfo(file).Length / (double)(1L << 30), (double)output[0].Properties["DataSizeGb"].Value, 6);
        var size = double.Parse(database.Psql("SELECT pg_database_size(current_database())"), System.Globalization.CultureInfo.InvariantCulture) / (1L << 30);
        Assert.InRange((double)output[1].Properties["DataSizeGb"].Value, size * 0.8, size * 1.2);
    }

    [Fact]
    public void AnUnknownRegionIsAnErrorThatNamesThoseThatAreKnown()
    {
        var error = PowerShellSession.Run("Get-SwarmCostEstimate -Region europe-west2").SingleError;
        Assert.StartsWith("RegionWithoutPrices", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("it has us-central1", error.Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnInstancesOwnSettingsAreTaken()
    {
        await using var emulator = await EmulatorServer.StartAsync();
        var output = emulator.Run(
            "p1",
            """
            $null = New-SwarmCloudSqlInstance db -Tier db-g1-small -AvailabilityType REGIONAL -StorageSize 50 -NoBackup -Confirm:$false
            Get-SwarmCloudSqlInstance db | Get-SwarmCostEstimate
            $null = Set-SwarmBackupPolicy db -StartTime 02:00 -RetainedBackups 7 -Confirm:$false
            Get-SwarmCloudSqlInstance db | Get-SwarmCostEstimate -BackupSize 10
            """).EnsureSuccess().Output;
        // 730 h x 0.07 + 50 x 0.34; then 10 x 0.08 more.
        Assert.Equal([68.10m, 68.90m], output.Select(estimate => (decimal)estimate.Properties["MonthlyCost"].Value));
    }
}
