using System.Security;

namespace MarketingSwarm.Tests.Context;

/// <summary>What a session is told of Google Cloud, and what of it is shown.</summary>
public sealed class ContextTests
{
    [Fact]
    public void EachPartSaysWhereItCameFrom()
    {
        using var folder = new TempFolder();
        var gcloud = Directory.CreateDirectory(Path.Combine(folder.Path, "configurations"));
        File.WriteAllText(Path.Combine(folder.Path, "active_config"), "work\n");
        File.WriteAllText(Path.Combine(gcloud.FullName, "config_work"), "[core]\nproject = from-gcloud\n\n[compute]\nregion = europe-west1\n");

        var lines = RunInShell(
            "$c = Get-SwarmContext; $c.Project; $c.Region; $c.Origins | ForEach-Object { \"$($_.Setting)=$($_.Origin)\" }",
            ("CLOUDSDK_CONFIG", folder.Path), ("CLOUDSDK_COMPUTE_REGION", "asia-east1"));

        Assert.Equal("from-gcloud", lines[0]);
        Assert.Equal("asia-east1", lines[1]);
        Assert.Contains($"Project={Path.Combine(gcloud.FullName, "config_work")}, core/project", lines);
        Assert.Contains("Region=environment variable CLOUDSDK_COMPUTE_REGION", lines);
    }

    [Fact]
    public void SessionsDoNotSeeEachOther()
    {
        using var first = PowerShellSession.Start("Set-SwarmContext only-mine; (Get-SwarmContext).Project");
        Assert.Equal("only-mine", first.Result.EnsureSuccess().Output[^1].ToString());

        var second = PowerShellSession.Run("(Get-SwarmContext).Project").EnsureSuccess();
        Assert.DoesNotContain(second.Output, value => value?.ToString() == "only-mine");
    }

    [Fact]
    public void WhatIsNotGivenStaysAndResetForgets()
    {
        var result = PowerShellSession.Run(
            """
            $null = Set-SwarmContext one -Region us-central1 -Instance db
            $null = Set-SwarmContext two
            $c = Get-SwarmContext
            "$($c.Project) $($c.Region) $($c.Instance)"
            $c = Set-SwarmContext -Reset -Instance other
            "$($c.Project -eq 'two') $($c.Region -eq 'us-central1') $($c.Instance)"
            """).EnsureSuccess();

        Assert.Equal(["two us-central1 db", "False False other"], result.Output.Select(value => value.ToString()));
    }

    [Fact]
    public void AnotherAccountIsNotActedForByAToken()
    {
        using var token = new SecureString();
        foreach (var c in "ya29.token") token.AppendChar(c);

        var result = PowerShellSession.Run(
            "$null = Set-SwarmContext p -AccessToken $token; Set-SwarmContext -ImpersonateServiceAccount sa@p.iam.gserviceaccount.com", ("token", token));

        Assert.Equal("ImpersonationNeedsCredential", result.SingleError.FullyQualifiedErrorId.Split(',')[0]);
    }

    [Fact]
    public void TheTokenIsShownNowhere()
    {
        using var token = new SecureString();
        foreach (var c in "ya29.very-secret") token.AppendChar(c);
        var result = PowerShellSession.Run(
            """
            $VerbosePreference = $DebugPreference = 'Continue'
            Set-SwarmContext p -Endpoint http://127.0.0.1:9 -AccessToken $token -WhatIf
            Set-SwarmContext p -Endpoint http://127.0.0.1:9 -AccessToken $token
            $c = Get-SwarmContext
            $c
            $c.Origins
            $c.Credential
            """,
            ("token", token)).EnsureSuccess();

        Assert.DoesNotContain("very-secret", result.AllText, StringComparison.Ordinal);
        Assert.Equal("an access token", result.Output[^1].ToString());
    }

    [Theory]
    [InlineData("Set-SwarmContext -Endpoint http://example.com", "EndpointNotEncrypted")]
    [InlineData("Set-SwarmContext -Endpoint ftp://127.0.0.1", "EndpointMalformed")]
    [InlineData("Set-SwarmContext -Endpoint https://user@example.com/", "EndpointMalformed")]
    [InlineData("Set-SwarmContext -CredentialPath ./missing.json", "CredentialFileNotFound")]
    public void WhatIsWrongIsRefusedAndChangesNothing(string sentence, string errorId)
    {
        var result = PowerShellSession.Run($"$null = Set-SwarmContext before; try {{ {sentence} -Project after }} catch {{ $_.FullyQualifiedErrorId.Split(',')[0] }}; (Get-SwarmContext).Project");

        Assert.Equal([errorId, "before"], result.Output.Select(value => value.ToString()));
    }

    private static IReadOnlyList<string> RunInShell(string command, params (string Name, string? Value)[] environment)
    {
        var result = ShellProcess.RunCommand(command, [.. environment.Select(variable => new KeyValuePair<string, string?>(variable.Name, variable.Value))]);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Lines;
    }
}
