using System.Management.Automation;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Tests.Database;

/// <summary>Backup-SwarmDatabase and Restore-SwarmDatabase -Backup, as a user types them.</summary>
public sealed class BackupSwarmDatabaseTests(PostgresServer postgres) : IDisposable
{
    private const string Table = """
        CREATE TABLE conversations (id VARCHAR PRIMARY KEY, user_id VARCHAR, user_query TEXT NOT NULL, status VARCHAR, created_at DATETIME,
            completed_at DATETIME, agent_responses TEXT, conversation_metadata TEXT, total_cost FLOAT, error_message TEXT);
        INSERT INTO conversations (id, user_query) VALUES ('a', 'q'), ('b', 'q');
        """;

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void AFileIsBackedUpBesideItselfAndRestoredByTheObject()
    {
        var path = Create("app.db");

        var result = PowerShellSession.Run(
            """
            $backup = Backup-SwarmDatabase $path
            $backup
            Restore-SwarmDatabase -Backup $backup -Database $then
            Restore-SwarmDatabase -Backup $backup.Path -Confirm:$false
            """,
            ("path", path), ("then", _folder.File("then.db")), ("ConfirmPreference", "None")).EnsureSuccess();

        var backup = result.Output[0];
        Assert.Equal(_folder.File("backups"), Path.GetDirectoryName(Text(backup, "Path")));
        Assert.Equal($"sqlite:///{path}", Text(backup, "Source"));
        Assert.Equal(["a", "b"], Sqlite3.Run(Text(backup, "Path"), "SELECT id FROM conversations"));
        Assert.Equal(["a", "b"], Sqlite3.Run(_folder.File("then.db"), "SELECT id FROM conversations"));
        Assert.Null(result.Output[1].Properties["Previous"].Value);
        Assert.Equal(["a", "b"], Sqlite3.Run(Text(result.Output[2], "Previous"), "SELECT id FROM conversations"));
        Assert.Empty(result.Warnings);
    }

    [Fact]
    public void WhatIfMakesNothingAndNamesWhatWouldBeDeleted()
    {
        var path = Create("app.db");
        var old = Text(PowerShellSession.Run("Backup-SwarmDatabase $path", ("path", path)).EnsureSuccess().Output[0], "Path");
        Age(old, days: 8);
        var before = Directory.GetFileSystemEntries(_folder.File("backups"));

        var result = PowerShellSession.Run(
            "Backup-SwarmDatabase $path -WhatIf; Backup-SwarmDatabase $path -RetentionDays 7 -WhatIf; Restore-SwarmDatabase -Backup $old -WhatIf", ("path", path), ("old", old)).EnsureSuccess();

        Assert.Equal(before, Directory.GetFileSystemEntries(_folder.File("backups")));
        Assert.Empty(result.Output);
        Assert.Equal(2, result.HostLines.Count(line => line.Contains("Back up sqlite://", StringComparison.Ordinal)));
        Assert.Single(result.HostLines, line => line.Contains($"Delete the backup '{old}'", StringComparison.Ordinal));
        Assert.Single(result.HostLines, line => line.Contains($"Restore '{old}'", StringComparison.Ordinal));
    }

    [Fact]
    public void OldBackupsAreDeletedAfterTheNewOneAndNamed()
    {
        var path = Create("app.db");
        var old = Text(PowerShellSession.Run("Backup-SwarmDatabase $path", ("path", path)).EnsureSuccess().Output[0], "Path");
        Age(old, days: 31);
        File.WriteAllText(_folder.File("backups/by hand.db"), "kept");

        var failed = PowerShellSession.Run("Backup-SwarmDatabase $path", ("path", _folder.File("missing.db")));
        Assert.True(File.Exists(old));
        var result = PowerShellSession.Run("Backup-SwarmDatabase $path", ("path", path)).EnsureSuccess();

        Assert.StartsWith("SqliteFileNotFound", failed.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal([old], Assert.IsType<IEnumerable<string>>(result.Output[0].Properties["Pruned"].Value, exactMatch: false));
        var made = Path.GetFileName(Text(result.Output[0], "Path"));
        Assert.Equal([made, made + ".json", "by hand.db"], Directory.GetFiles(_folder.File("backups")).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void ARestoreAsksFirst()
    {
        var path = Create("app.db");
        var backup = Text(PowerShellSession.Run("Backup-SwarmDatabase $path", ("path", path)).EnsureSuccess().Output[0], "Path");
        Sqlite3.Run(path, "DELETE FROM conversations");

        // This host cannot ask, and so the restore does not happen.
        var result = PowerShellSession.Run("Restore-SwarmDatabase -Backup $backup", ("backup", backup));

        Assert.NotEmpty(result.AllErrors);
        Assert.Equal(["0"], Sqlite3.Run(path, "SELECT count(*) FROM conversations"));
    }

    [Theory]
    [InlineData("Backup-SwarmDatabase $missing", "SqliteFileNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Backup-SwarmDatabase $text", "NotASqliteFile", ErrorCategory.InvalidData)]
    [InlineData("Backup-SwarmDatabase $empty", "SqliteTableNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Backup-SwarmDatabase $path -Folder $text", "BackupFolderIsFile", ErrorCategory.ResourceExists)]
    [InlineData("Backup-SwarmDatabase $path -Folder $nowhere", "BackupFolderNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Backup-SwarmDatabase $path -TableOnly", "BackupParameterForServers", ErrorCategory.InvalidArgument)]
    [InlineData("Backup-SwarmDatabase $archive", "BackupOfArchive", ErrorCategory.InvalidArgument)]
    [InlineData("Backup-SwarmDatabase postgresql://user@localhost/app -LockLimitSeconds 3", "BackupParameterForFiles", ErrorCategory.InvalidArgument)]
    [InlineData("Restore-SwarmDatabase -Backup $missing -Confirm:$false", "BackupNotFound", ErrorCategory.ObjectNotFound)]
    [InlineData("Restore-SwarmDatabase -Backup $folder -Confirm:$false", "BackupIsFolder", ErrorCategory.ObjectNotFound)]
    [InlineData("Restore-SwarmDatabase -Backup $path -Confirm:$false", "BackupManifestNotFound", ErrorCategory.InvalidData)]
    [InlineData("Restore-SwarmDatabase -Backup (Backup-SwarmDatabase $path) -Database postgresql://user@localhost/app -Confirm:$false", "BackupOfAnotherEngine", ErrorCategory.InvalidArgument)]
    [InlineData("Restore-SwarmDatabase -Backup (Backup-SwarmDatabase $path) -Database $text -Confirm:$false", "BackupOfAnotherDatabase", ErrorCategory.InvalidArgument)]
    public void BadInputIsOneClearError(string script, string id, ErrorCategory category)
    {
        var path = Create("app.db");
        File.WriteAllText(_folder.File("text.db"), "this is no database");
        Sqlite3.Run(_folder.File("empty.db"), "CREATE TABLE other (id)");

        var result = PowerShellSession.Run(
            script, ("path", path), ("missing", _folder.File("missing.db")), ("text", _folder.File("text.db")), ("empty", _folder.File("empty.db")),
            ("nowhere", _folder.File("no/where")), ("archive", _folder.File("a.json")), ("folder", _folder.Path));

        var error = result.SingleError;
        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.NotNull(error.ErrorDetails?.RecommendedAction);
        Assert.NotNull(error.TargetObject);
        Assert.Equal("this is no database", File.ReadAllText(_folder.File("text.db")));
        Assert.Equal(["2"], Sqlite3.Run(path, "SELECT count(*) FROM conversations"));
    }

    [Fact]
    public async Task AServersDatabaseIsBackedUpAndRestored()
    {
        await using var database = await postgres.CreateDatabaseAsync();
        Assert.SkipUnless(Programs.Find("pg_dump") is not null || Directory.Exists("/usr/lib/postgresql"), "PostgreSQL's programs were not found.");
        database.Psql("CREATE TABLE conversations (id varchar PRIMARY KEY, user_query text NOT NULL); INSERT INTO conversations VALUES ('a', 'q'), ('b', 'q')");

        var result = PowerShellSession.Run(
            """
            $backup = Backup-SwarmDatabase $url -Folder $folder -TableOnly
            $backup
            Restore-SwarmDatabase -Backup $backup -Database $url -Confirm:$false
            """,
            ("url", database.Url), ("folder", _folder.File("backups"))).EnsureSuccess();

        database.Psql("DELETE FROM conversations");
        var backup = Text(result.Output[0], "Path");
        Assert.StartsWith(_folder.File($"backups/{database.Name}-"), backup, StringComparison.Ordinal);
        Assert.Equal($"postgresql://{database.User}@{database.Host}:{database.Port}/{database.Name}", Text(result.Output[0], "Source"));
        var login = new PSCredential(database.User, new System.Net.NetworkCredential("", database.Password).SecurePassword);
        var again = PowerShellSession.Run("Restore-SwarmDatabase -Backup $backup -Credential $login -Confirm:$false", ("backup", backup), ("login", login));
        // Without a word about TLS, the manifest's name of a server on this machine is enough.
        again.EnsureSuccess();
        Assert.Equal("2", database.Psql("SELECT count(*) FROM conversations"));
        Assert.DoesNotContain(database.Password, result.AllText + again.AllText, StringComparison.Ordinal);
    }

    [Fact]
    public void TheViewShowsWhatTheBackupHas()
    {
        var path = Create("app.db");

        var result = PowerShellSession.Run("Backup-SwarmDatabase $path | Out-Default", ("path", path)).EnsureSuccess();

        Assert.Contains(result.HostLines, line => line.Contains("Content  :", StringComparison.Ordinal) && line.Contains("2 rows", StringComparison.Ordinal) && line.Contains("SQLite 3.", StringComparison.Ordinal));
        Assert.DoesNotContain(result.HostLines, line => line.Contains("Pruned", StringComparison.Ordinal));
    }

    private string Create(string name)
    {
        Sqlite3.Run(_folder.File(name), Table);
        return _folder.File(name);
    }

    private static string Text(PSObject item, string property) => (string)item.Properties[property].Value;

    private static void Age(string backup, int days)
    {
        var manifest = JsonNode.Parse(File.ReadAllText(backup + ".json"))!;
        manifest["takenAt"] = DateTime.UtcNow.AddDays(-days);
        File.WriteAllText(backup + ".json", manifest.ToJsonString());
    }
}
