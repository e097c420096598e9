using System.Text.Json.Nodes;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Engine.Tests.GoogleCloud;

/// <summary>What is impossible of backups is refused before anything is sent, and what is asked is merged into what is there.</summary>
public sealed class BackupPolicyTests
{
    private static readonly BackupPolicyRequest Plan7 = new() { StartTime = "02:00", PointInTimeRecovery = true, RetainedBackups = 7 };

    public static TheoryData<string, string> Impossible => new()
    {
        { "nothing", "BackupPolicyNothingAsked" },
        { "25:00", "BackupStartTimeMalformed" },
        { "2:00", "BackupStartTimeMalformed" },
        { "02:60", "BackupStartTimeMalformed" },
        { "02:00\n", "BackupStartTimeMalformed" },
        { "retained 0", "RetainedBackupsOutOfRange" },
        { "retained 400", "RetainedBackupsOutOfRange" },
        { "log 0", "RetainedLogDaysOutOfRange" },
        { "log 8", "RetainedLogDaysOutOfRange" },
        { "log 36", "RetainedLogDaysOutOfRange" },
        { "retained 3", "LogOutlivesBackups" },
        { "disable with recovery", "PointInTimeRecoveryWithoutBackups" },
        { "disable with time", "BackupPolicyContradictory" },
        { "place", "BackupLocationMalformed" },
    };

    [Theory]
    [MemberData(nameof(Impossible))]
    public async Task WhatIsImpossibleHasItsOwnError(string what, string errorId)
    {
        var request = what switch
        {
            "nothing" => new BackupPolicyRequest(),
            "disable with recovery" => new BackupPolicyRequest { IsDisabled = true, PointInTimeRecovery = true },
            "disable with time" => new BackupPolicyRequest { IsDisabled = true, StartTime = "02:00" },
            "place" => new BackupPolicyRequest { Location = "Mars!" },
            _ when what.StartsWith("retained ", StringComparison.Ordinal) => new BackupPolicyRequest { RetainedBackups = int.Parse(what[9..], System.Globalization.CultureInfo.InvariantCulture) },
            _ when what.StartsWith("log ", StringComparison.Ordinal) => new BackupPolicyRequest { RetainedLogDays = int.Parse(what[4..], System.Globalization.CultureInfo.InvariantCulture) },
            _ => new BackupPolicyRequest { StartTime = what },
        };
        var transport = new ScriptedGoogle((_, _) => (200, Instance("ENTERPRISE").ToJsonString()));
        using var api = transport.CreateClient();

        var error = await Assert.ThrowsAsync<SwarmConfigurationException>(async () =>
        {
            BackupPolicies.Check("db", request);
            await InstancePatch.PlanAsync(api, "p", "db", instance => BackupPolicies.Plan(instance, request), TestContext.Current.CancellationToken);
        });
        Assert.Equal(errorId, error.ErrorId);
        Assert.NotNull(error.RecommendedAction);
        Assert.All(transport.Requests, line => Assert.StartsWith("GET ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void EnterprisePlusKeepsTheLogLonger()
    {
        var changes = BackupPolicies.Plan(Instance("ENTERPRISE_PLUS"), new BackupPolicyRequest { RetainedBackups = 35, RetainedLogDays = 35 });
        Assert.Contains(changes, change => change is { Name: "backupConfiguration.transactionLogRetentionDays", Wanted: "35" });
    }

    [Fact]
    public void ABackupPlansInstanceIsLeftAlone()
    {
        var instance = Instance("ENTERPRISE");
        instance["settings"]!["backupConfiguration"]!["backupTier"] = "ENHANCED";
        Assert.Equal("BackupsManagedElsewhere", Assert.Throws<SwarmConfigurationException>(() => BackupPolicies.Plan(instance, Plan7)).ErrorId);
    }

    [Fact]
    public void RecoveryOutlivesNoDisabledBackups()
    {
        var instance = Instance("ENTERPRISE");
        instance["settings"]!["backupConfiguration"]!["pointInTimeRecoveryEnabled"] = true;
        Assert.Equal(
            "PointInTimeRecoveryWithoutBackups",
            Assert.Throws<SwarmConfigurationException>(() => BackupPolicies.Plan(instance, new BackupPolicyRequest { IsDisabled = true })).ErrorId);
        Assert.Equal(2, BackupPolicies.Plan(instance, new BackupPolicyRequest { IsDisabled = true, PointInTimeRecovery = false }).Count);
    }

    /// <summary>Another writer changes the labels between our reading and our patch: HTTP 412, and both changes hold afterwards.</summary>
    [Fact]
    public async Task AStaleVersionIsReadAgain()
    {
        var instance = Instance("ENTERPRISE");
        var settings = instance["settings"]!.AsObject();
        var patches = 0;
        var transport = new ScriptedGoogle((line, body) =>
        {
            if (line.Contains("/operations", StringComparison.Ordinal)) return (200, "{}");
            if (line.StartsWith("GET ", StringComparison.Ordinal)) return (200, instance.ToJsonString());
            if (patches++ == 0)
            {
                settings["userLabels"] = new JsonObject { ["by"] = "another" };
                settings["settingsVersion"] = "8";
            }

            var patch = body!["settings"]!.AsObject();
            if ($"{patch["settingsVersion"]}" != $"{settings["settingsVersion"]}")
                return (412, """{"error":{"code":412,"message":"Condition does not match.","errors":[{"reason":"staleData"}]}}""");
            Assert.Null(patch["userLabels"]);
            foreach (var (name, value) in patch["backupConfiguration"]!.AsObject()) settings["backupConfiguration"]![name] = value!.DeepClone();
            settings["settingsVersion"] = "9";
            return (200, """{"name":"op","status":"DONE","operationType":"UPDATE"}""");
        });
        using var api = transport.CreateClient();

        var plan = await InstancePatch.PlanAsync(api, "p", "db", found => BackupPolicies.Plan(found, Plan7), TestContext.Current.CancellationToken);
        Assert.True(BackupPolicies.IsRestarting(plan.Differences));
        var result = await plan.ApplyAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);

        Assert.Equal(2, patches);
        Assert.Equal("another", $"{settings["userLabels"]!["by"]}");
        var policy = BackupPolicies.ToPolicy("p", result.After);
        Assert.Equal((true, "02:00", true, 7, 7), (policy.Enabled, policy.StartTime, policy.PointInTimeRecovery, policy.RetainedBackups, policy.RetainedLogDays));
        Assert.Equal(["Enabled", "StartTime", "PointInTimeRecovery"], result.Differences.Select(BackupPolicies.NameOf));

        var again = await InstancePatch.PlanAsync(api, "p", "db", found => BackupPolicies.Plan(found, Plan7), TestContext.Current.CancellationToken);
        Assert.Null(again.Request);
    }

    private static JsonObject Instance(string edition) => JsonNode.Parse(
        $$$"""
        {"name":"db","settings":{"settingsVersion":"7","edition":"{{{edition}}}","backupConfiguration":{"enabled":false,"startTime":"00:00",
         "backupRetentionSettings":{"retentionUnit":"COUNT","retainedBackups":7},"transactionLogRetentionDays":7,"backupTier":"STANDARD"} } }
        """)!.AsObject();
}
