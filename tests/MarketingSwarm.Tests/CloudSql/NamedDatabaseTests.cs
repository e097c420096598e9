namespace MarketingSwarm.Tests.CloudSql;

/// <summary>A database of an instance by its name, from the prompt: the way there, tested step by step, and a whole migration.</summary>
public sealed class NamedDatabaseTests(NamedInstances instances) : IClassFixture<NamedInstances>
{
    private const string Login = "?user=app_user&passwordSecret=db-pass";

    // The migration plan's troubleshooting: connection refused (name, state, network), authentication failed (secret, IAM, password), and what is missing.
    [Theory]
    [InlineData("p1:us-central1:one/swarm" + Login, "token-expired", "Api", "is not accepted")]
    [InlineData("p1:us-central1:one/swarm" + Login, "api-disabled=sqladmin.googleapis.com", "Api", "gcloud services enable sqladmin.googleapis.com")]
    [InlineData("p1:us-central1:one/swarm" + Login, "permission-missing=cloudsql.instances.connect", "Permission", "roles/cloudsql.client")]
    [InlineData("p1:us-central1:none/swarm" + Login, null, "Instance", "Check the name")]
    [InlineData("p1:europe-west1:one/swarm" + Login, null, "Instance", "Name it p1:us-central1:one")]
    [InlineData("p1:us-central1:one/swarm" + Login + "&ipType=private", null, "Address", "ipType=public")]
    [InlineData("p1:us-central1:one/swarm" + Login, "api-disabled=secretmanager.googleapis.com", "Secret", "gcloud services enable secretmanager.googleapis.com")]
    [InlineData("p1:us-central1:one/swarm" + Login, "permission-missing=secretmanager.versions.access", "Secret", "roles/secretmanager.secretAccessor")]
    [InlineData("p1:us-central1:one/swarm?user=app_user&passwordSecret=none", null, "Secret", "Get-SwarmSecret -Project p1 lists them")]
    [InlineData("p1:us-central1:one/swarm?user=app_user&password=wrong", null, "Login", "Get-SwarmCloudSqlUser -Instance p1:us-central1:one")]
    [InlineData("p1:us-central1:one/swarm?user=app_user", null, "Login", "passwordSecret=NAME")]
    [InlineData("p1:us-central1:one/swarm?user=ann%40example.com&iam=true", null, "Login", "New-SwarmCloudSqlUser")]
    [InlineData("p1:us-central1:one/none" + Login, null, "Database", "New-SwarmCloudSqlDatabase none -Instance p1:us-central1:one")]
    [InlineData("p1:us-central1:one/postgres" + Login, null, "Table", "Initialize-SwarmDatabase")]
    public async Task TheStepThatFailsSaysWhatToDo(string name, string? fault, string step, string action)
    {
        // What was known from before a fault hides it from no test of the way.
        instances.Run("Test-SwarmDatabase $url -Quiet", ("url", NamedInstances.Url)).EnsureSuccess();
        if (fault is not null) await instances.Emulator.SetFaultsAsync(fault);
        var result = instances.Run("$checks = @(Test-SwarmDatabase $url -SampleCount 5); $checks; $checks | Out-Default", ("url", $"cloudsql://{name}")).EnsureSuccess();
        await instances.Emulator.SetFaultsAsync();

        var checks = result.Output.Select(check => check.Properties).ToList();
        var failed = Assert.Single(checks, check => check["Passed"].Value is false);
        Assert.Equal(step, failed["Name"].Value);
        Assert.Contains(action, $"{failed["RecommendedAction"].Value} {failed["Actual"].Value}", StringComparison.Ordinal);
        Assert.All(checks.TakeWhile(check => check != failed), check => Assert.Equal(true, check["Passed"].Value));
        Assert.All(
            checks.SkipWhile(check => check != failed).Skip(1).Where(check => check["Passed"].Value is null),
            check => Assert.Equal($"Mend {step} first.", check["RecommendedAction"].Value));
        Assert.Single(result.HostLines, line => line.Contains("FAILED", StringComparison.Ordinal));
        Assert.DoesNotContain(instances.Password, result.AllText, StringComparison.Ordinal);
        Assert.DoesNotContain(instances.Emulator.Token, result.AllText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ADatabaseIsBackedUpAndRestoredThroughTheInstancesName()
    {
        using var folder = new TempFolder();
        await instances.AskServerAsync("CREATE TABLE IF NOT EXISTS conversations (id varchar PRIMARY KEY, user_query text NOT NULL); INSERT INTO conversations VALUES ('backed up', 'q')", "swarm");

        var result = instances.Run(
            """
            $backup = Backup-SwarmDatabase $url -Folder $folder -TableOnly
            $backup
            Restore-SwarmDatabase -Backup $backup -Database $url -Confirm:$false
            """,
            ("url", NamedInstances.Url), ("folder", folder.File("backups"))).EnsureSuccess();

        Assert.Equal("1", await instances.AskServerAsync("SELECT count(*) FROM conversations WHERE id = 'backed up'", "swarm"));
        Assert.Equal("cloudsql://app_user@p1:us-central1:one/swarm", result.Output[0].Properties["Source"].Value);
        Assert.Equal(0, result.Output[1].Properties["ExitCode"].Value);
        Assert.DoesNotContain(instances.Password, result.AllText + File.ReadAllText($"{result.Output[0].Properties["ManifestPath"].Value}"), StringComparison.Ordinal);
        await instances.AskServerAsync("DROP TABLE conversations", "swarm");
    }

    [Fact]
    public void AStoppedInstanceIsNamed()
    {
        var result = instances.Run(
            """
            $null = Set-SwarmCloudSqlInstance two -ActivationPolicy Never -Force
            Test-SwarmDatabase cloudsql://p1:us-central1:two/postgres?password=x | Where-Object Passed -eq $false
            $null = Set-SwarmCloudSqlInstance two -ActivationPolicy Always -Force
            """).EnsureSuccess();

        var check = Assert.Single(result.Output).Properties;
        Assert.Equal("Instance", check["Name"].Value);
        Assert.Contains("Set-SwarmCloudSqlInstance two -Project p1 -ActivationPolicy Always", $"{check["RecommendedAction"].Value}", StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutACredentialNothingIsAsked()
    {
        var result = PowerShellSession.Run(
            "$null = Set-SwarmContext p1 -Endpoint $endpoint; Test-SwarmDatabase $url | Where-Object Passed -ne $null",
            ("endpoint", instances.Emulator.Endpoint.ToString()), ("url", NamedInstances.Url)).EnsureSuccess();

        var check = Assert.Single(result.Output).Properties;
        Assert.Equal(("Credentials", false), (check["Name"].Value, check["Passed"].Value));
        Assert.Contains("-AccessToken", $"{check["RecommendedAction"].Value}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("by_password", "passwordSecret=db-pass&user=app_user")]
    [InlineData("by_iam", "iam=true&user=emulator%40swarm-emulator.iam")]
    public async Task AWholeMigrationGoesByTheName(string database, string login)
    {
        instances.Run("$null = New-SwarmCloudSqlDatabase $database -Instance one", ("database", database)).EnsureSuccess();
        await instances.AskServerAsync(
            $"GRANT CREATE ON DATABASE {database} TO \"{NamedInstances.Account}\"; GRANT ALL ON SCHEMA public TO \"{NamedInstances.Account}\"", database);
        using var folder = new TempFolder();

        var result = instances.Run(
            """
            $null = New-SwarmSampleDatabase $path -Count 300
            Invoke-SwarmMigration $path $url
            Compare-SwarmConversation $path $url
            """,
            ("path", folder.File("app.db")), ("url", $"cloudsql://p1:us-central1:one/{database}?{login}")).EnsureSuccess();

        var summary = result.Output[0].Properties;
        Assert.Equal((0, 300L, 300L, true), (summary["ExitCode"].Value, summary["Read"].Value, summary["Loaded"].Value, summary["IsProven"].Value));
        Assert.Equal(2, result.Output.Count);
        var expected = Sqlite3.Run(
            folder.File("app.db"),
            "SELECT lower(hex(id || '|' || user_query || '|' || agent_responses || '|' || coalesce(conversation_metadata, '~') || '|' || coalesce(error_message, '~'))) FROM conversations ORDER BY id");
        const string ask =
            "SELECT encode(convert_to(id || '|' || user_query || '|' || agent_responses || '|' || coalesce(conversation_metadata, '~') || '|' || coalesce(error_message, '~'), 'UTF8'), 'hex') FROM conversations ORDER BY id COLLATE \"C\"";
        Assert.Equal(300, expected.Count);
        // A table that Cloud IAM's user made is read by itself alone.
        Assert.Equal(
            expected,
            database == "by_iam"
                ? instances.Run($"$proxy = Start-SwarmCloudSqlProxy one -IamLogin -Port 0; & $psql -h $proxy.Host -p $proxy.Port -X -A -t -q -w -U {NamedInstances.Account} -d {database} -c $ask", ("ask", ask))
                    .EnsureSuccess().Output.Select(line => line.ToString())
                : (await instances.AskServerAsync(ask, database)).Split('\n'));
    }
}
