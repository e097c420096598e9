using System.Text.RegularExpressions;

namespace MarketingSwarm.Tests.CloudSql;

/// <summary>Google's own documents are the judge of every request that the cmdlets send, and of every answer that the emulator gives.</summary>
public sealed class DiscoveryTests
{
    private const string EveryCmdlet =
        """
        $null = New-SwarmCloudSqlInstance db -Tier db-f1-micro -Network default -NoBackup -DatabaseFlag @{ max_connections = 25 } -AuthorizedNetwork 203.0.113.0/24 -Database app -UserName app_user -GeneratePassword -SecretName db-pass -SecretAccessor serviceAccount:app@p.iam.gserviceaccount.com
        $null = Get-SwarmCloudSqlInstance
        $null = Get-SwarmCloudSqlInstance db | Get-SwarmCloudSqlDatabase
        $null = Get-SwarmCloudSqlInstance db | Get-SwarmCloudSqlUser
        $null = New-SwarmCloudSqlDatabase second -Instance db
        $null = New-SwarmCloudSqlUser -Instance db -UserName second -GeneratePassword -SecretName second-pass
        $null = Set-SwarmCloudSqlInstance db -SlowQueryMilliseconds 500 -Confirm:$false
        $null = Set-SwarmBackupPolicy db -StartTime 02:00 -PointInTimeRecovery -RetainedBackups 7 -Confirm:$false
        $null = Get-SwarmBackupPolicy db
        $null = New-SwarmCloudSqlBackup db
        $null = Get-SwarmCloudSqlBackup db
        $null = Get-SwarmCloudSqlOperation -Instance db | ForEach-Object { Wait-SwarmCloudSqlOperation $_.Name }
        $null = Set-SwarmSecret third -Value $secret
        $null = Set-SwarmSecret third -Value $secret
        $null = Get-SwarmSecret
        $null = Get-SwarmSecret third -Value
        $null = Grant-SwarmSecretAccess third -Member serviceAccount:app@p.iam.gserviceaccount.com
        $channel = New-SwarmNotificationChannel ops@example.com
        $null = Set-SwarmAlertPolicy db -Preset Cpu, Disk, Memory, Connections -NotificationChannel $channel
        $null = Set-SwarmAlertPolicy db -Preset Cpu -Threshold 0.9 -NotificationChannel $channel
        $null = Get-SwarmAlertPolicy
        $null = Remove-SwarmCloudSqlInstance db -Confirm:$false
        """;

    [Fact]
    public async Task WhatTheCmdletsSendAndAreAnsweredIsAsGoogleSays()
    {
        Assert.SkipWhen(DiscoveryValidator.TryLoad() is null, "Google's discovery documents were not found: SWARM_TEST_DISCOVERY names their folder.");
        await using var emulator = await EmulatorServer.StartAsync();

        emulator.Run("p", EveryCmdlet, ("secret", EmulatorServer.Secure("a secret of one's own"))).EnsureSuccess();

        Assert.Empty(emulator.Violations);
        string[] wanted =
        [
            "POST /v1/projects/p/instances", "GET /v1/projects/p/instances", "GET /v1/projects/p/instances/db", "PATCH /v1/projects/p/instances/db", "DELETE /v1/projects/p/instances/db",
            "POST /v1/projects/p/instances/db/databases", "GET /v1/projects/p/instances/db/databases", "POST /v1/projects/p/instances/db/users", "GET /v1/projects/p/instances/db/users",
            "POST /v1/projects/p/instances/db/backupRuns", "GET /v1/projects/p/instances/db/backupRuns", "GET /v1/projects/p/operations", "GET /v1/projects/p/operations/*",
            "POST /v1/projects/p/secrets", "GET /v1/projects/p/secrets", "POST /v1/projects/p/secrets/third:addVersion", "GET /v1/projects/p/secrets/third/versions/*",
            "GET /v1/projects/p/secrets/third:getIamPolicy", "POST /v1/projects/p/secrets/third:setIamPolicy", "GET /v1/services/servicenetworking.googleapis.com/connections",
            "POST /v3/projects/p/notificationChannels", "POST /v3/projects/p/alertPolicies", "GET /v3/projects/p/alertPolicies", "PATCH /v3/projects/p/alertPolicies/*",
        ];
        var sent = emulator.Requests!;
        Assert.All(wanted, request => Assert.Contains(sent, one => Regex.IsMatch(one, $"^{Regex.Escape(request).Replace(@"\*", ".+", StringComparison.Ordinal)}$")));
    }
}
