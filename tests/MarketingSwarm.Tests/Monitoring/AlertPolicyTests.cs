using System.Collections;
using System.Management.Automation;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Tests.Monitoring;

public sealed class AlertPolicyTests : IAsyncLifetime
{
    private const string Project = "p";

    private EmulatorServer? _emulator;

    public async ValueTask InitializeAsync()
    {
        _emulator = await EmulatorServer.StartAsync();
        Run("New-SwarmCloudSqlInstance db -Tier db-custom-2-7680 -NoBackup").EnsureSuccess();
    }

    public async ValueTask DisposeAsync()
    {
        if (_emulator is null) return;
        Assert.Empty(_emulator.Violations);
        await _emulator.DisposeAsync();
    }

    [Fact]
    public async Task ThePlansPolicyIsMadeOnceInTheFormThatWorks()
    {
        const string Sentence = "New-SwarmNotificationChannel ops@example.com | Set-SwarmAlertPolicy -Instance db";

        var first = Run(Sentence).EnsureSuccess();
        var made = await PoliciesAsync();
        var second = Run(Sentence).EnsureSuccess();

        Assert.Equal(["Created", "Present"], [.. Actions(first), .. Actions(second)]);
        var policy = Assert.Single(made);
        Assert.Equal(policy.ToJsonString(), Assert.Single(await PoliciesAsync()).ToJsonString());
        Assert.Equal(("Cloud SQL High CPU", "OR"), ($"{policy["displayName"]}", $"{policy["combiner"]}"));
        var condition = Assert.Single(policy["conditions"]!.AsArray())!;
        Assert.Equal("CPU > 80%", $"{condition["displayName"]}");
        var threshold = condition["conditionThreshold"]!;
        Assert.Equal(
            "resource.type = \"cloudsql_database\" AND resource.labels.database_id = \"p:db\" AND metric.type = \"cloudsql.googleapis.com/database/cpu/utilization\"",
            $"{threshold["filter"]}");
        Assert.Equal(("COMPARISON_GT", 0.8, "300s"), ($"{threshold["comparison"]}", threshold["thresholdValue"]!.GetValue<double>(), $"{threshold["duration"]}"));
        var channel = Assert.Single((await _emulator!.GetAsync($"/v3/projects/{Project}/notificationChannels"))["notificationChannels"]!.AsArray())!;
        Assert.Equal($"{channel["name"]}", $"{Assert.Single(policy["notificationChannels"]!.AsArray())}");
        Assert.Equal("ops@example.com", $"{channel["labels"]!["email_address"]}");
    }

    [Fact]
    public async Task OnlyWhatIsAskedIsChangedAndWhatOthersSetStays()
    {
        Run("Set-SwarmAlertPolicy db -Preset Cpu, Disk").EnsureSuccess();
        var name = $"{(await PoliciesAsync()).Single(policy => $"{policy["displayName"]}" == "Cloud SQL High CPU")["name"]}";
        await _emulator!.PatchAsync(
            $"/v3/{name}?updateMask=documentation,severity,user_labels.team", """{"documentation":{"content":"Call Ada."},"severity":"CRITICAL","userLabels":{"team":"data"}}""");

        var result = Run("Set-SwarmAlertPolicy db -Threshold 0.7 -DurationSeconds 600; Set-SwarmAlertPolicy db -Preset Cpu, Disk").EnsureSuccess();

        Assert.Equal(["Updated", "Present", "Present"], Actions(result));
        var changed = result.Output[0];
        Assert.Equal(["Threshold: 0.8 -> 0.7", "Duration: 300s -> 600s"], ((IEnumerable)Value(changed, "Changes")!).Cast<object>().Select(change => change.ToString()));
        Assert.Equal((TimeSpan.FromMinutes(10), 0.7), (Value(changed, "Duration"), Value(changed, "Threshold")));
        var policy = (await PoliciesAsync()).Single(one => $"{one["name"]}" == name);
        Assert.Equal(("Call Ada.", "CRITICAL", "data"), ($"{policy["documentation"]!["content"]}", $"{policy["severity"]}", $"{policy["userLabels"]!["team"]}"));
        Assert.Equal("CPU > 70%", $"{policy["conditions"]![0]!["displayName"]}");
    }

    [Fact]
    public async Task ConnectionsAreAShareOfWhatTheInstanceAllows()
    {
        var byDefault = Run("Set-SwarmAlertPolicy db -Preset Connections -Threshold 0.5 -Verbose").EnsureSuccess();
        var byFlag = Run("$null = Set-SwarmCloudSqlInstance db -DatabaseFlag @{ max_connections = 120 } -Confirm:$false -WarningAction Ignore; Set-SwarmAlertPolicy db -Preset Connections").EnsureSuccess();

        Assert.Contains(byDefault.Verbose, record => record.Message.Contains("allows 400 connections: Cloud SQL's default for db-custom-2-7680", StringComparison.Ordinal));
        Assert.Equal(200d, Value(Assert.Single(byDefault.Output), "Threshold"));
        Assert.Equal(60d, Value(Assert.Single(byFlag.Output), "Threshold"));
        Assert.Equal(["Created", "Updated"], [.. Actions(byDefault), .. Actions(byFlag)]);
        var aggregation = Assert.Single(Assert.Single(await PoliciesAsync())["conditions"]![0]!["conditionThreshold"]!["aggregations"]!.AsArray())!;
        Assert.Equal("REDUCE_SUM", $"{aggregation["crossSeriesReducer"]}");
    }

    [Fact]
    public async Task WhatIfShowsTheRequestAndSendsNothing()
    {
        var result = Run("New-SwarmNotificationChannel ops@example.com -WhatIf | Set-SwarmAlertPolicy -Instance db -WhatIf").EnsureSuccess();

        Assert.Equal(["WouldCreate"], Actions(result));
        var text = string.Join('\n', result.HostLines);
        Assert.Contains($"POST {_emulator!.Endpoint}v3/projects/{Project}/alertPolicies", text, StringComparison.Ordinal);
        Assert.Contains("\"thresholdValue\": 0.8", text, StringComparison.Ordinal);
        Assert.Empty(await PoliciesAsync());
        Assert.Null((await _emulator.GetAsync($"/v3/projects/{Project}/notificationChannels"))["notificationChannels"]);
    }

    [Theory]
    [InlineData("Set-SwarmAlertPolicy db -Threshold 80", "AlertThresholdOutOfRange")]
    [InlineData("Set-SwarmAlertPolicy db -Threshold 0", "AlertThresholdOutOfRange")]
    [InlineData("Set-SwarmAlertPolicy db -DurationSeconds 90", "AlertDurationMalformed")]
    [InlineData("Set-SwarmAlertPolicy db -DurationSeconds -60", "AlertDurationMalformed")]
    [InlineData("Set-SwarmAlertPolicy db -Preset Cpu, Disk -DisplayName both", "AlertDisplayNameShared")]
    [InlineData("Set-SwarmAlertPolicy none", "AlertInstanceNotFound")]
    [InlineData("Set-SwarmAlertPolicy db -NotificationChannel 42", "NotificationChannelNotFound")]
    [InlineData("Set-SwarmAlertPolicy db -NotificationChannel projects/other/notificationChannels/42", "NotificationChannelElsewhere")]
    [InlineData("New-SwarmNotificationChannel 'no address'", "EmailAddressMalformed")]
    [InlineData("Get-SwarmAlertPolicy none", "AlertPolicyNotFound")]
    public async Task BadInputHasItsOwnError(string sentence, string id)
    {
        var error = Run(sentence).SingleError;

        Assert.StartsWith(id + ",", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction));
        Assert.NotNull(error.TargetObject);
        Assert.Empty(await PoliciesAsync());
    }

    [Fact]
    public async Task OnePolicyOfAnInstanceThatIsNotThereDoesNotKeepTheOthersBack()
    {
        var result = Run("'none', 'db' | Set-SwarmAlertPolicy; Get-SwarmAlertPolicy 'Cloud*' -Preset Cpu; Get-SwarmCloudSqlInstance | Get-SwarmAlertPolicy");

        Assert.StartsWith("AlertInstanceNotFound", result.SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["Cloud SQL High CPU (db)", "Cloud SQL High CPU (db)", "Cloud SQL High CPU (db)"], result.Output.Select(policy => policy.ToString()));
        Assert.Single(await PoliciesAsync());
    }

    private static IEnumerable<string?> Actions(PowerShellResult result) => result.Output.Select(policy => Value(policy, "Action")?.ToString());

    private static object? Value(PSObject item, string property) => item.Properties[property].Value;

    private PowerShellResult Run(string script) => _emulator!.Run(Project, script);

    private async Task<IReadOnlyList<JsonObject>> PoliciesAsync()
        => [.. ((await _emulator!.GetAsync($"/v3/projects/{Project}/alertPolicies"))["alertPolicies"] as JsonArray ?? []).Select(policy => policy!.AsObject())];
}
