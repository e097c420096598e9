using System.Text.Json.Nodes;

namespace MarketingSwarm.Tests.Migration;

/// <summary>The certificate: proven again from its backup alone, and found wherever anything was changed.</summary>
public sealed class MigrationReportTests(PostgresServer server)
{
    private const string Setup = """
        $null = New-SwarmSampleDatabase $path -Count 120 -Hazard All
        $null = Invoke-SwarmMigration $path $pg -Confirm:$false 3> $null
        $null = Start-SwarmCutover $path $pg { } -Confirm:$false -AllowInFlight -WatchMinutes 0.001 -BackupFolder $folder/backups
        New-SwarmMigrationReport $pg $folder/certificate.json -HtmlPath $folder/report.html
        """;

    [Fact]
    public async Task ItIsProvenAgainWithoutAServerAndFindsEveryTampering()
    {
        using var folder = new TempFolder();
        string backup;
        await using (var database = await server.CreateDatabaseAsync())
        {
            var made = PowerShellSession.Run(Setup, ("path", folder.File("app.db")), ("pg", database.Url), ("folder", folder.Path)).EnsureSuccess();
            backup = $"{made.Output.Single().Properties["BackupPath"].Value}";
        }

        var path = folder.File("certificate.json");
        Assert.Equal(["Certificate", "Plan", "Ledger", "Roots", "Backup", "Rows"], Test(path).Select(check => check.Name));
        Assert.All(Test(path), check => Assert.True(check.Passed, $"{check.Name}: {check.Actual}"));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));

        // One cell of the backup.
        var original = await File.ReadAllBytesAsync(backup, TestContext.Current.CancellationToken);
        var id = Sqlite3.Run(backup, "SELECT id FROM conversations WHERE typeof(id) = 'text' ORDER BY rowid LIMIT 1")[0];
        Sqlite3.Run(backup, $"UPDATE conversations SET error_message = 'tampered' WHERE id = '{id}'");
        var tampered = Test(path);
        Assert.Equal(["Backup", "Rows"], tampered.Where(check => !check.Passed).Select(check => check.Name));
        Assert.Equal($"the row '{id}', column error_message", tampered[^1].Actual);

        // Another file in its place, and none.
        Sqlite3.Run(backup, "DELETE FROM conversations WHERE rowid > 5");
        Assert.Contains("is missing", Test(path)[^1].Actual, StringComparison.Ordinal);
        File.Delete(backup);
        Assert.Equal("Backup", Test(path)[^1].Name);
        await File.WriteAllBytesAsync(backup, original, TestContext.Current.CancellationToken);

        // The JSON, each time edited in one place; the seal edited with it where that is the point.
        Assert.Equal(["Certificate"], Edit(path, certificate => certificate["source"] = "another"));
        Assert.Equal(["Certificate", "Ledger"], Edit(path, certificate => certificate["chunks"]!.AsArray().RemoveAt(0)));
        Assert.Equal(["Certificate", "Ledger"], Edit(path, certificate => certificate["generations"]!.AsArray().RemoveAt(0)));
        Assert.Equal(["Certificate", "Ledger"], Edit(path, certificate => certificate["chunks"]![0]!["counts"]![1] = 7));
        Assert.Equal(["Certificate", "Roots", "Rows"], Edit(path, certificate => certificate["rows"]!["sourceRoot"] = new string('0', 64)));
        Assert.Equal(["Certificate", "Backup"], Edit(path, certificate => certificate["backup"]!["sha256"] = new string('0', 64)));
        Assert.Equal(["Certificate"], Edit(path, certificate => certificate["sha256"] = new string('0', 64)));
        Assert.All(Test(path), check => Assert.True(check.Passed, check.Actual));
    }

    [Fact]
    public async Task APlainMigrationIsCertifiedFromABackupOfItsSourceAndNoOther()
    {
        using var folder = new TempFolder();
        await using var database = await server.CreateDatabaseAsync();
        var result = PowerShellSession.Run(
            """
            $null = New-SwarmSampleDatabase $path -Count 50
            $null = Invoke-SwarmMigration $path $pg -Confirm:$false
            $backup = Backup-SwarmDatabase $path -Folder $folder/backups
            Test-SwarmMigration $path $pg -SampleCount 5 | New-SwarmMigrationReport $pg $folder/certificate.json -Backup $backup.Path -HtmlPath $folder/report.html
            Test-SwarmMigration -Certificate $folder/certificate.json -Quiet
            """, ("path", folder.File("app.db")), ("pg", database.Url), ("folder", folder.Path)).EnsureSuccess();
        Sqlite3.Run(folder.File("app.db"), "UPDATE conversations SET status = 'other' WHERE rowid = 1");

        var other = PowerShellSession.Run(
            "$backup = Backup-SwarmDatabase $path -Folder $folder/backups; New-SwarmMigrationReport $pg $folder/other.json -Backup $backup.Path",
            ("path", folder.File("app.db")), ("pg", database.Url), ("folder", folder.Path));
        var none = PowerShellSession.Run("New-SwarmMigrationReport $pg $folder/none.json", ("pg", database.Url), ("folder", folder.Path));

        Assert.Equal(true, result.Output[^1].BaseObject);
        Assert.StartsWith("CertificateSidesDiffer", other.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.False(File.Exists(folder.File("other.json")));
        Assert.StartsWith("ReportNeedsBackup", none.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        var page = await File.ReadAllTextAsync(folder.File("report.html"), TestContext.Current.CancellationToken);
        Assert.Contains("50 conversations", page, StringComparison.Ordinal);
        Assert.Contains("SourceLatency", page, StringComparison.Ordinal);
        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotContain(database.Password, page, StringComparison.Ordinal);
    }

    private static IReadOnlyList<string> Edit(string path, Action<JsonNode> edit)
    {
        var before = File.ReadAllText(path);
        var certificate = JsonNode.Parse(before)!;
        edit(certificate);
        File.WriteAllText(path, certificate.ToJsonString());
        try
        {
            return [.. Test(path).Where(check => !check.Passed).Select(check => check.Name)];
        }
        finally
        {
            File.WriteAllText(path, before);
        }
    }

    private static IReadOnlyList<(string Name, bool Passed, string Actual)> Test(string path)
        => [.. PowerShellSession.Run("Test-SwarmMigration -Certificate $path", ("path", path)).EnsureSuccess().Output
            .Select(check => ($"{check.Properties["Name"].Value}", (bool)check.Properties["Passed"].Value, $"{check.Properties["Actual"].Value}"))];
}
