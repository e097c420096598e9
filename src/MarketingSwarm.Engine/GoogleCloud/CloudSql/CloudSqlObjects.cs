using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>The objects that users get, from what the API says.</summary>
internal static class CloudSqlObjects
{
    internal static CloudSqlInstance ToInstance(string project, JsonObject instance)
    {
        var settings = instance["settings"];
        var policy = settings.Text("activationPolicy");
        var state = instance.Text("state") ?? "";
        return new CloudSqlInstance
        {
            Project = instance.Text("project") ?? project,
            Name = instance.Text("name") ?? "",
            Region = instance.Text("region"),
            State = state == "RUNNABLE" && policy == "NEVER" ? "STOPPED" : state,
            DatabaseVersion = instance.Text("databaseVersion"),
            Edition = settings.Text("edition"),
            Tier = settings.Text("tier"),
            AvailabilityType = settings.Text("availabilityType"),
            DiskSizeGb = settings.Number("dataDiskSizeGb"),
            ConnectionName = instance.Text("connectionName"),
            PublicAddress = Address("PRIMARY"),
            PrivateAddress = Address("PRIVATE"),
            PrivateNetwork = settings.Text("ipConfiguration", "privateNetwork"),
            AuthorizedNetworks = [.. settings.Items("ipConfiguration", "authorizedNetworks").Select(network => network.Text("value") ?? "")],
            DatabaseFlags = settings.Items("databaseFlags").ToDictionary(flag => flag.Text("name") ?? "", flag => flag.Text("value") ?? ""),
            BackupEnabled = settings.Flag("backupConfiguration", "enabled"),
            PointInTimeRecoveryEnabled = settings.Flag("backupConfiguration", "pointInTimeRecoveryEnabled"),
            DeletionProtectionEnabled = settings.Flag("deletionProtectionEnabled"),
            ActivationPolicy = policy,
            ServiceAccount = instance.Text("serviceAccountEmailAddress"),
            CreateTime = instance.Time("createTime"),
            SettingsVersion = settings.Number("settingsVersion"),
            Labels = settings.Map("userLabels"),
            Json = SecretFields.Mask(instance).ToJsonString(),
        };

        string? Address(string type) => instance.Items("ipAddresses").FirstOrDefault(address => address.Text("type") == type).Text("ipAddress");
    }

    internal static CloudSqlOperation ToOperation(string project, JsonObject operation) => new()
    {
        Project = operation.Text("targetProject") ?? project,
        Name = operation.Text("name") ?? "",
        OperationType = operation.Text("operationType") ?? "",
        Status = operation.Text("status") ?? "",
        Instance = operation.Text("targetId"),
        User = operation.Text("user"),
        InsertTime = operation.Time("insertTime"),
        StartTime = operation.Time("startTime"),
        EndTime = operation.Time("endTime"),
        BackupId = operation.Text("backupContext", "backupId"),
        Errors = [.. operation.Items("error", "errors").Select(error => $"[{error.Text("code")}] {error.Text("message")}")],
        Json = SecretFields.Mask(operation).ToJsonString(),
    };
}
