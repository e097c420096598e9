using System.Collections;
using System.Management.Automation;
using System.Text;

namespace MarketingSwarm.Tests.CloudSql;

public sealed class SecrecyTests
{
    private const string UserPassword = "Hunter2-of-the-user!";
    private const string RootPassword = "Hunter2-of-postgres!";
    private const string SecretValue = "Hunter2-of-the-secret!";
    private const string OtherToken = "ya29.Hunter2-of-a-token";

    // Everything that a runbook does in the cloud, with all that it can be asked to say, and what goes wrong in it.
    private const string Runbook =
        """
        $VerbosePreference = 'Continue'
        $DebugPreference = 'Continue'
        function Show { process { $_; foreach ($property in $_.PSObject.Properties) { $property.Value } } }

        New-SwarmCloudSqlInstance db -Tier db-f1-micro -NoBackup -RootPassword $rootPassword -Database marketing_swarm -Credential $credential -SecretName db-pass -SecretAccessor serviceAccount:app@p.iam.gserviceaccount.com -WhatIf | Show
        New-SwarmCloudSqlInstance db -Tier db-f1-micro -NoBackup -RootPassword $rootPassword -Database marketing_swarm -Credential $credential -SecretName db-pass -SecretAccessor serviceAccount:app@p.iam.gserviceaccount.com | Show
        New-SwarmCloudSqlInstance db -Tier db-f1-micro -NoBackup -RootPassword $rootPassword -Database marketing_swarm -Credential $credential -SecretName db-pass | Show
        Get-SwarmCloudSqlInstance db | Show
        Get-SwarmCloudSqlUser -Instance db | Show
        New-SwarmCloudSqlUser -Instance db -Credential $other | Show
        Set-SwarmSecret another -Value $secret -WhatIf | Show
        Set-SwarmSecret another -Value $secret | Show
        Set-SwarmSecret another -Value $secret | Show
        Set-SwarmSecret generated -Generate | Show
        Get-SwarmSecret | Show
        Grant-SwarmSecretAccess another user:somebody@example.com | Show
        Set-SwarmBackupPolicy db -StartTime 02:00 -RetainedBackups 7 -Confirm:$false | Show
        New-SwarmNotificationChannel ops@example.com | Set-SwarmAlertPolicy -Instance db | Show
        Get-SwarmCloudSqlOperation -Instance db | Show
        Get-SwarmContext | Show

        New-SwarmCloudSqlUser -Instance none -Credential $other
        New-SwarmCloudSqlInstance 'Bad Name' -Tier db-f1-micro -RootPassword $rootPassword
        New-SwarmCloudSqlInstance db -Tier db-g1-small -RootPassword $rootPassword
        Set-SwarmSecret 'bad name' -Value $secret
        Set-SwarmSecret large -Value $large
        Set-SwarmAlertPolicy none
        """;

    private const string Failures =
        """
        $VerbosePreference = 'Continue'
        $DebugPreference = 'Continue'
        foreach ($attempt in @(
            { New-SwarmCloudSqlUser -Instance db -Credential $other },
            { New-SwarmCloudSqlInstance second -Tier db-f1-micro -RootPassword $rootPassword },
            { Set-SwarmSecret third -Value $secret },
            { Set-SwarmSecret another -Value $rootPassword }
        )) {
            try { & $attempt } catch { $_; $_.Exception.ToString(); $_.ScriptStackTrace; $_.InvocationInfo.Line }
        }
        """;

    [Fact]
    public async Task NothingThatCanBeSeenHoldsASecret()
    {
        await using var emulator = await EmulatorServer.StartAsync();
        var shown = new StringBuilder();
        var variables = Variables();

        var runbook = emulator.Run("p", Runbook, variables);
        Collect(runbook);
        // It did its work, and what it was to say was said.
        Assert.Equal(UserPassword, await emulator.GetSecretAsync("p", "db-pass"));
        Assert.Equal(SecretValue, await emulator.GetSecretAsync("p", "another"));
        Assert.Contains(runbook.Debug, record => record.Message.Contains("\"password\": \"***\"", StringComparison.Ordinal));
        Assert.Contains(runbook.Verbose, record => record.Message.Contains("/users: HTTP 200", StringComparison.Ordinal));
        Assert.Contains(runbook.HostLines, line => line.Contains("\"rootPassword\": \"***\"", StringComparison.Ordinal));
        Assert.InRange(runbook.AllErrors.Count, 6, 12);

        foreach (var fault in new[] { "permission-missing=cloudsql.users.create", "api-disabled=secretmanager.googleapis.com", "token-expired", "operation-failure=100%", "429=100%", "503-after=100%" })
        {
            // The client tries these again for minutes.
            if (fault is "429=100%" or "503-after=100%" && !Scale.IsFull) continue;
            await emulator.SetFaultsAsync(fault);
            Collect(emulator.Run("p", Failures, variables));
        }

        await emulator.SetFaultsAsync();
        Collect(emulator.Run("p", $"$null = Set-SwarmContext -Endpoint $endpoint -AccessToken $otherToken\n{Failures}", [.. variables, ("otherToken", EmulatorServer.Secure(OtherToken))]));

        var log = emulator.Log;
        Assert.Contains("/users", log, StringComparison.Ordinal);
        var generated = await emulator.GetSecretAsync("p", "generated");
        var seen = $"{shown}\n{log}";
        foreach (var secret in new[] { UserPassword, RootPassword, SecretValue, OtherToken, emulator.Token, generated })
        {
            Assert.DoesNotContain(secret, seen, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)), seen, StringComparison.Ordinal);
        }

        void Collect(PowerShellResult result)
        {
            shown.AppendLine(result.AllText);
            foreach (var item in result.Output) shown.AppendLine(Properties(item));
            foreach (var error in result.AllErrors)
                shown.AppendLine(Describe(error)).AppendLine(Properties(PSObject.AsPSObject(error.Exception))).AppendLine(Properties(PSObject.AsPSObject(error.TargetObject ?? "")));
        }
    }

    // A transcript has what the host was told and what was typed; a password that a script spells out stands there by the script's own doing.
    [Fact]
    public async Task ATranscriptHoldsNoSecret()
    {
        var pwsh = Environment.GetEnvironmentVariable("SWARM_TEST_PWSH") is { Length: > 0 } named ? named : Programs.Find("pwsh");
        Assert.SkipWhen(pwsh is null, "pwsh was found neither in PATH nor by SWARM_TEST_PWSH.");
        await using var emulator = await EmulatorServer.StartAsync();
        using var folder = new TempFolder();
        var script = folder.File("runbook.ps1");
        File.WriteAllText(script, $$"""
            Import-Module $env:TEST_MODULE
            function Secure($name) { ConvertTo-SecureString ([Environment]::GetEnvironmentVariable($name)) -AsPlainText -Force }
            $rootPassword = Secure TEST_ROOT; $secret = Secure TEST_SECRET
            $credential = [pscredential]::new('app_user', (Secure TEST_USER)); $other = [pscredential]::new('other', (Secure TEST_USER))
            $large = Secure TEST_LARGE
            $null = Set-SwarmContext p -Region us-central1 -Endpoint $env:TEST_ENDPOINT -AccessToken (Secure TEST_TOKEN)
            $null = Start-Transcript $env:TEST_TRANSCRIPT
            {{Runbook}}
            $null = Stop-Transcript
            """);
        var result = await Programs.RunAsync(pwsh!, ["-NoProfile", "-NonInteractive", "-File", script], null,
        [
            new("TEST_MODULE", Repository.ModuleManifest), new("TEST_ENDPOINT", emulator.Endpoint.ToString()), new("TEST_TOKEN", emulator.Token),
            new("TEST_USER", UserPassword), new("TEST_ROOT", RootPassword), new("TEST_SECRET", SecretValue), new("TEST_LARGE", Large),
            new("TEST_TRANSCRIPT", folder.File("transcript.txt")), new("NO_COLOR", "1"),
        ]);

        var transcript = File.ReadAllText(folder.File("transcript.txt"));
        Assert.Contains("\"rootPassword\": \"***\"", transcript, StringComparison.Ordinal);
        Assert.Contains("/users: HTTP 200", transcript, StringComparison.Ordinal);
        var seen = $"{transcript}\n{result.Output}\n{result.Error}";
        foreach (var secret in new[] { UserPassword, RootPassword, SecretValue, emulator.Token, await emulator.GetSecretAsync("p", "generated") })
            Assert.DoesNotContain(secret, seen, StringComparison.OrdinalIgnoreCase);
    }

    // More than 64 KiB, which a secret may not have, in the 65536 characters that a SecureString may; it holds the marker so that a part of it would be found.
    private static string Large => string.Concat(Enumerable.Repeat(SecretValue, 2900)) + new string('é', 1700);

    private static (string Name, object? Value)[] Variables() =>
    [
        ("rootPassword", EmulatorServer.Secure(RootPassword)),
        ("secret", EmulatorServer.Secure(SecretValue)),
        ("large", EmulatorServer.Secure(Large)),
        ("credential", new PSCredential("app_user", EmulatorServer.Secure(UserPassword))),
        ("other", new PSCredential("other", EmulatorServer.Secure(UserPassword))),
    ];

    private static string Describe(ErrorRecord error)
        => $"{error.FullyQualifiedErrorId} {error.CategoryInfo} {error.ScriptStackTrace} {error.InvocationInfo?.PositionMessage} {error.ErrorDetails?.Message} {error.ErrorDetails?.RecommendedAction}";

    private static string Properties(PSObject? item)
    {
        if (item is null) return "";
        var text = new StringBuilder().AppendLine(item.ToString());
        foreach (var property in item.Properties)
        {
            object? value;
            try
            {
                value = property.Value;
            }
            catch (GetValueInvocationException)
            {
                continue;
            }

            text.AppendLine(property.Name).AppendLine(value?.ToString());
            if (value is IEnumerable and not string)
            {
                foreach (var part in (IEnumerable)value) text.AppendLine(part?.ToString());
            }
        }

        return text.ToString();
    }
}
