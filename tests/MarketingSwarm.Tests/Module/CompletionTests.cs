using System.Management.Automation;

namespace MarketingSwarm.Tests.Module;

/// <summary>What the tab key gives at the prompt.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("Get-SwarmCostEstimate db-f1", "db-f1-micro")]
    [InlineData("New-SwarmCloudSqlInstance x -Edition ENTERPRISE_PLUS -Tier db-p", "db-perf-optimized-N-2")]
    [InlineData("Get-SwarmDeployment -Region europe-west3", "europe-west3")]
    [InlineData("Set-SwarmContext -Region us-c", "us-central1")]
    [InlineData("Get-SwarmConversation app.db -Status act", "active")]
    public void WhatIsKnownIsCompletedWithoutANetwork(string line, string wanted) => Assert.Contains(wanted, Complete(line));

    [Fact]
    public async Task WhatIsThereIsAskedForOfTheEmulator()
    {
        await using var emulator = await EmulatorServer.StartAsync();
        using var folder = new TempFolder();
        var result = emulator.Run(
            "p1",
            """
            $null = New-SwarmCloudSqlInstance my-database -Tier db-f1-micro -NoBackup -Database swarm -GeneratePassword -SecretName db-pass -Confirm:$false
            $null = New-SwarmSampleDatabase $file -Count 5
            $null = New-SwarmDeployment my-database -Path $folder -Service backend
            $null = Grant-SwarmSecretAccess db-pass ('serviceAccount:' + 'app@p1.iam.gserviceaccount.com') -Confirm:$false
            $null = Publish-SwarmDeployment $folder -Create -Confirm:$false -ErrorAction Ignore
            $url = 'cloudsql://p1:us-central1:my-database/swarm?user=app_user&passwordSecret=db-pass'
            $run = (Invoke-SwarmMigration $file $url -Confirm:$false).RunId
            foreach ($line in 'Get-SwarmBackupPolicy my', 'Get-SwarmDeployment back', 'Get-SwarmSecret -Project p', "Get-SwarmMigration '$url' -RunId ") {
                [System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches[0].CompletionText
            }
            "$run"
            """,
            ("file", folder.File("app.db")), ("folder", folder.Path));
        var texts = result.Output.Select(item => $"{item}").ToList();
        Assert.Equal(["my-database", "backend", "p1"], texts[..3]);
        Assert.Equal(texts[4], texts[3]);
    }

    [Fact]
    public void FilesOfDatabasesAreCompletedAndOthersAreNot()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.File("app.db"), "");
        File.WriteAllText(folder.File("app.txt"), "");
        var found = Complete($"Test-SwarmDatabase {folder.File("app")}");
        Assert.Contains(found, text => text.EndsWith("app.db", StringComparison.Ordinal));
        Assert.DoesNotContain(found, text => text.EndsWith("app.txt", StringComparison.Ordinal));
        Assert.Contains(Complete("Test-SwarmDatabase clou"), text => text.StartsWith("'cloudsql://PROJECT:", StringComparison.Ordinal));
    }

    [Fact]
    public void AServerThatDoesNotAnswerCompletesNothing()
    {
        using var closed = new ClosedPort();
        var output = PowerShellSession.Run(
            $"""
            $null = Set-SwarmContext p1 -Endpoint http://127.0.0.1:{closed.Number} -AccessToken $token
            $line = 'Get-SwarmBackupPolicy my'
            @([System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches | Where-Object ResultType -eq ParameterValue).Count
            """,
            ("token", EmulatorServer.Secure("t"))).EnsureSuccess().Output;
        Assert.Equal("0", $"{output.Single()}");
    }

    private static IReadOnlyList<string> Complete(string line)
        =>
        [
            .. PowerShellSession.Run("[System.Management.Automation.CommandCompletion]::CompleteInput($line, $line.Length, $null).CompletionMatches", ("line", line)).EnsureSuccess().Output
                .Select(match => ((CompletionResult)match.BaseObject).CompletionText),
        ];
}
