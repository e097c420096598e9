using System.Management.Automation;

namespace MarketingSwarm.Tests.Migration;

/// <summary>
///   The whole way and back: a file of hazards, Invoke-SwarmMigration, Restore-SwarmDatabase, and Python's comparison of every rowid, storage
///   class and byte.
/// </summary>
public sealed class MigrationRestoreTests(PostgresServer postgres)
{
    [Theory]
    [InlineData(HazardShape.Application, "UTF-8", "delete")]
    [InlineData(HazardShape.Plan, "UTF-8", "wal")]
    [InlineData(HazardShape.Untyped, "UTF-8", "delete")]
    [InlineData(HazardShape.WithoutRowId, "UTF-8", "delete")]
    [InlineData(HazardShape.Plan, "UTF-16le", "delete")]
    [InlineData(HazardShape.Untyped, "UTF-16be", "wal")]
    public async Task EveryHazardGoesThereAndBack(HazardShape shape, string encoding, string journalMode)
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        var rows = HazardFile.Create(source, shape, encoding, journalMode);

        var result = PowerShellSession.Run(
            """
            Invoke-SwarmMigration -Source $source -Destination $pg -Confirm:$false
            Restore-SwarmDatabase -Source $pg -Path $restored -Confirm:$false
            Get-SwarmMigration $pg
            """,
            ("source", source), ("pg", database.Url), ("restored", folder.File("restored.db"))).EnsureSuccess();

        Assert.Equal(HazardFile.ReadCells(source), HazardFile.ReadCells(folder.File("restored.db")));
        Assert.Equal(HazardFile.ReadSchema(source), HazardFile.ReadSchema(folder.File("restored.db")));
        // Something is quarantined: a script ends with 2. All of it is in the file: that ends with 0.
        Assert.Equal([2, 0, 2], result.Output.Select(item => (int)item.Properties["ExitCode"].Value));
        Assert.Equal((long)rows, result.Output[0].Properties["Read"].Value);
        Assert.Equal((long)rows, result.Output[1].Properties["Rows"].Value);
        Assert.Equal(true, result.Output[2].Properties["IsLedgerIntact"].Value);
    }

    [Fact]
    public async Task WhatTheApplicationHasWrittenSinceComesBackToo()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var source = folder.File("source.db");
        HazardFile.Create(source);
        PowerShellSession.Run("Invoke-SwarmMigration -Source $source -Destination $pg -Confirm:$false", ("source", source), ("pg", database.Url)).EnsureSuccess();
        database.Psql(
            """
            UPDATE conversations SET status = 'failed' WHERE id = 'h-001';
            DELETE FROM conversations WHERE id = 'h-002';
            INSERT INTO conversations (id, user_query, created_at) VALUES ('new', 'q', '2025-07-01 00:00:00');
            """);

        PowerShellSession.Run("Restore-SwarmDatabase -Source $pg -Path $restored -Confirm:$false", ("pg", database.Url), ("restored", folder.File("restored.db"))).EnsureSuccess();

        var before = HazardFile.ReadCells(source);
        var after = HazardFile.ReadCells(folder.File("restored.db"));
        var isTouched = (string line) => ((string[])["h-001", "h-002", "new"]).Any(id => line.Contains($"|id=text:{Convert.ToHexStringLower(System.Text.Encoding.UTF8.GetBytes(id))}|", StringComparison.Ordinal));
        Assert.Equal(before.Where(line => !isTouched(line)), after.Where(line => !isTouched(line)));
        Assert.Equal(["1|failed", $"{Sqlite3.Run(source, "SELECT max(rowid) + 1 FROM conversations;")[0]}|active"], Sqlite3.Run(folder.File("restored.db"), "SELECT rowid, status FROM conversations WHERE id IN ('h-001', 'h-002', 'new') ORDER BY rowid;"));
    }

    [Fact]
    public async Task WithoutARunThereIsNothingToShowAndTheTableIsRestoredInTheApplicationsForms()
    {
        using var folder = new TempFolder();
        await using var database = await postgres.CreateDatabaseAsync();
        var path = folder.File("restored.db");
        var result = PowerShellSession.Run(
            """
            $null = Initialize-SwarmDatabase $pg
            Get-SwarmMigration $pg -Verbose
            Get-SwarmMigration $pg -Residue
            Restore-SwarmDatabase $pg $path -WhatIf
            """,
            ("pg", database.Url), ("path", path)).EnsureSuccess();

        Assert.Empty(result.Output);
        Assert.Contains(result.Verbose, line => line.Message.Contains("swarm_migration", StringComparison.Ordinal));
        Assert.False(File.Exists(path));

        database.Psql("INSERT INTO conversations (id, user_query, created_at) VALUES ('a', 'q', '2025-06-18 18:50:05')");
        var restored = PowerShellSession.Run(
            "Restore-SwarmDatabase $pg $path -Confirm:$false; Restore-SwarmDatabase $pg $path -Confirm:$false", ("pg", database.Url), ("path", path));

        Assert.Equal(1L, Assert.Single(restored.Output).Properties["Rows"].Value);
        Assert.StartsWith("RestoreFileExists", restored.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(ErrorCategory.ResourceExists, restored.SingleError.CategoryInfo.Category);
        Assert.Equal(["a|2025-06-18 18:50:05.000000"], Sqlite3.Run(path, "SELECT id, created_at FROM conversations;"));
        Assert.StartsWith(
            "RunNotFound",
            PowerShellSession.Run("Get-SwarmMigration $pg -RunId 0f2c6a1e-5f0e-4c57-9c39-0c2f4f6f3a11", ("pg", database.Url)).SingleError.FullyQualifiedErrorId,
            StringComparison.Ordinal);
    }
}
