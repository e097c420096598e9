using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>What is asked of an instance's backups; what is null stays as it is.</summary>
internal sealed record BackupPolicyRequest
{
    /// <summary>HH:MM in UTC.</summary>
    internal string? StartTime { get; init; }

    internal bool? PointInTimeRecovery { get; init; }

    internal int? RetainedBackups { get; init; }

    internal int? RetainedLogDays { get; init; }

    internal string? Location { get; init; }

    /// <summary>Whether automated backups are to end. Everything else but <see cref="PointInTimeRecovery"/> false turns them on.</summary>
    internal bool IsDisabled { get; init; }
}

/// <summary>The rules of an instance's backups, checked before anything is sent.</summary>
/// <remarks>
///   Ranges: https://cloud.google.com/sql/docs/postgres/backup-recovery/backups and the reference of <c>gcloud sql instances patch</c>, which leaves the start
///   time unchecked.
/// </remarks>
internal static partial class BackupPolicies
{
    internal const string PointInTimeRecovery = Field + ".pointInTimeRecoveryEnabled";

    private const string Field = "backupConfiguration";
    private const string Retention = "backupRetentionSettings";
    private const int MostBackups = 365;
    private const int MostLogDays = 35;
    private const int MostLogDaysOfEnterprise = 7;
    private const int DefaultBackups = 7;
    private const int DefaultBackupsOfEnterprisePlus = 15;
    private const int DefaultLogDays = 7;
    private const int DefaultLogDaysOfEnterprisePlus = 14;
    private const string EnterprisePlus = "ENTERPRISE_PLUS";

    // A Backup and DR plan manages it, and writes its own settings over ours.
    private const string ManagedTier = "ENHANCED";

    /// <summary>What can be known to be impossible of any instance.</summary>
    /// <exception cref="SwarmConfigurationException">A value is out of its range, or two exclude each other.</exception>
    internal static void Check(string instance, BackupPolicyRequest request)
    {
        if (request == new BackupPolicyRequest()) throw Errors.BackupPolicyNothingAsked(instance);
        if (request.StartTime is { } time && !TimeOfDay().IsMatch(time)) throw Errors.BackupStartTimeMalformed(instance, time);
        if (request.RetainedBackups is < 1 or > MostBackups) throw Errors.RetainedBackupsOutOfRange(instance, request.RetainedBackups.Value, MostBackups);
        if (request.RetainedLogDays is < 1 or > MostLogDays) throw Errors.RetainedLogDaysOutOfRange(instance, request.RetainedLogDays.Value, MostLogDays, edition: null);
        if (request.Location is { } location && !Place().IsMatch(location)) throw Errors.BackupLocationMalformed(instance, location);
        if (!request.IsDisabled) return;
        if (request.PointInTimeRecovery == true) throw Errors.PointInTimeRecoveryWithoutBackups(instance, isOn: false);
        if (request.StartTime is not null || request.RetainedBackups is not null || request.RetainedLogDays is not null || request.Location is not null)
            throw Errors.BackupPolicyContradictory(instance);
    }

    /// <summary>All settings that make an instance's backups what is asked.</summary>
    /// <param name="instance">The instance as it was read.</param>
    /// <param name="request">What is asked; checked by <see cref="Check"/>.</param>
    /// <exception cref="SwarmConfigurationException">The instance cannot have them.</exception>
    internal static IReadOnlyList<WantedSetting> Plan(JsonObject instance, BackupPolicyRequest request)
    {
        var name = instance.Text("name") ?? "";
        var settings = instance["settings"];
        var now = settings?[Field];
        if (now.Text("backupTier") == ManagedTier) throw Errors.BackupsManagedElsewhere(name);

        var isPlus = settings.Text("edition") == EnterprisePlus;
        var mostLogDays = isPlus ? MostLogDays : MostLogDaysOfEnterprise;
        if (request.IsDisabled)
            return request.PointInTimeRecovery ?? now.Flag("pointInTimeRecoveryEnabled") ? throw Errors.PointInTimeRecoveryWithoutBackups(name, isOn: true) : [Setting("enabled", false), .. Recovery()];

        if (request.RetainedLogDays > mostLogDays) throw Errors.RetainedLogDaysOutOfRange(name, request.RetainedLogDays.Value, mostLogDays, settings.Text("edition"));
        var backups = request.RetainedBackups ?? now.Number(Retention, "retainedBackups") ?? (isPlus ? DefaultBackupsOfEnterprisePlus : DefaultBackups);
        var logDays = request.RetainedLogDays ?? now.Number("transactionLogRetentionDays") ?? (isPlus ? DefaultLogDaysOfEnterprisePlus : DefaultLogDays);
        // Google refuses it also while no log is kept: the number stands there all the same.
        if (logDays > backups) throw Errors.LogOutlivesBackups(name, logDays, backups);

        var isOnlyOff = request == new BackupPolicyRequest { PointInTimeRecovery = false };
        List<WantedSetting> changes = [];
        if (!isOnlyOff) changes.Add(Setting("enabled", true));
        if (request.StartTime is { } time) changes.Add(Setting("startTime", time));
        changes.AddRange(Recovery());
        if (request.RetainedBackups is { } count)
        {
            if (now.Text(Retention, "retentionUnit") != "COUNT") changes.Add(Setting($"{Retention}.retentionUnit", "COUNT"));
            changes.Add(Setting($"{Retention}.retainedBackups", count));
        }

        if (request.RetainedLogDays is { } days) changes.Add(Setting("transactionLogRetentionDays", days));
        if (request.Location is { } location) changes.Add(Setting("location", location));
        return changes;

        IEnumerable<WantedSetting> Recovery() => request.PointInTimeRecovery is { } wanted ? [Setting("pointInTimeRecoveryEnabled", wanted)] : [];
    }

    /// <summary>Whether the changes restart PostgreSQL: keeping its log does (https://cloud.google.com/sql/docs/postgres/backup-recovery/pitr).</summary>
    internal static bool IsRestarting(IEnumerable<SettingDifference> differences)
        => differences.Any(difference => difference is { Name: PointInTimeRecovery, After: "true" });

    /// <summary>A setting as <see cref="CloudSqlBackupPolicy"/> calls it.</summary>
    internal static string NameOf(SettingDifference difference) => difference.Name[(difference.Name.LastIndexOf('.') + 1)..] switch
    {
        "enabled" => nameof(CloudSqlBackupPolicy.Enabled),
        "startTime" => nameof(CloudSqlBackupPolicy.StartTime),
        "pointInTimeRecoveryEnabled" => nameof(CloudSqlBackupPolicy.PointInTimeRecovery),
        "retainedBackups" => nameof(CloudSqlBackupPolicy.RetainedBackups),
        "transactionLogRetentionDays" => nameof(CloudSqlBackupPolicy.RetainedLogDays),
        "location" => nameof(CloudSqlBackupPolicy.Location),
        var other => other,
    };

    internal static CloudSqlBackupPolicy ToPolicy(string project, JsonObject instance)
    {
        var now = instance["settings"]?[Field];
        return new CloudSqlBackupPolicy
        {
            Project = instance.Text("project") ?? project,
            Instance = instance.Text("name") ?? "",
            Enabled = now.Flag("enabled"),
            StartTime = now.Text("startTime"),
            PointInTimeRecovery = now.Flag("pointInTimeRecoveryEnabled"),
            RetainedBackups = (int?)now.Number(Retention, "retainedBackups"),
            RetainedLogDays = (int?)now.Number("transactionLogRetentionDays"),
            Location = now.Text("location"),
            Tier = now.Text("backupTier"),
            Json = now?.ToJsonString() ?? "{}",
        };
    }

    private static WantedSetting Setting(string name, JsonNode value) => WantedSetting.Value($"{Field}.{name}", value);

    [GeneratedRegex(@"^([01][0-9]|2[0-3]):[0-5][0-9]\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex TimeOfDay();

    // A multi-region (us, eu, asia) or a region (us-central1).
    [GeneratedRegex(@"^[a-z]+(-[a-z]+[0-9]+)?\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
