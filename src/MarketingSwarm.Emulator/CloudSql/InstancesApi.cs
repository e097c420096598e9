using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The instances themselves.</summary>
internal sealed partial class InstancesApi(Instances instances, InstanceSettings settings, Operations operations, SqlViews views) : IApi
{
    private const int LongestFullName = 98;
    private const int LargestPage = 500;
    private const string Path = "/projects/{project}/instances/{instance}";
    private const string Resource = "instances/{instance}";
    private const string Service = "SqlInstancesService.";

    public void Map(IEndpointRouteBuilder routes)
    {
        SqlSurface.Map(routes, "POST", "/projects/{project}/instances", Service + "Insert", "cloudsql.instances.create", "projects/{project}", [], "DatabaseInstance", Answer(Insert));
        SqlSurface.Map(
            routes, "GET", "/projects/{project}/instances", Service + "List", "cloudsql.instances.list", "projects/{project}",
            ["filter", "maxResults:int32", "pageToken"], null, Answer(List));
        SqlSurface.Map(routes, "GET", Path, Service + "Get", "cloudsql.instances.get", Resource, [], null, Answer(Get));
        SqlSurface.Map(routes, "PATCH", Path, Service + "Patch", "cloudsql.instances.update", Resource, [], "DatabaseInstance", Answer(Patch));
        SqlSurface.Map(routes, "PUT", Path, Service + "Update", "cloudsql.instances.update", Resource, [], "DatabaseInstance", Answer(Update));
        SqlSurface.Map(
            routes, "DELETE", Path, Service + "Delete", "cloudsql.instances.delete", Resource,
            ["enableFinalBackup:bool", "finalBackupDescription", "finalBackupExpiryTime", "finalBackupTtlDays:int64"], null, Answer(Delete));
        SqlSurface.Map(routes, "POST", Path + "/restart", Service + "Restart", "cloudsql.instances.restart", Resource, [], null, Answer(Restart));
        SqlSurface.Map(
            routes, "POST", Path + "/restoreBackup", Service + "RestoreBackup", "cloudsql.instances.restoreBackup", Resource, [], "InstancesRestoreBackupRequest",
            Answer(RestoreBackup));
    }

    private static Func<ApiRequest, SqlSurface, Task<JsonObject>> Answer(Func<ApiRequest, SqlSurface, JsonObject> handler)
        => (request, surface) => Task.FromResult(handler(request, surface));

    private static ClusterId IdOf(ApiRequest request) => new(request.Route("project"), request.Route("instance"));

    private JsonObject Insert(ApiRequest request, SqlSurface surface)
    {
        var project = request.Route("project");
        var body = request.Body;
        if (!ProjectName().IsMatch(project)) throw SqlErrors.Invalid($"project name ({project}).");
        var name = body["name"]?.GetValue<string>() ?? "";
        if (!InstanceName().IsMatch(name) || project.Length + 1 + name.Length > LongestFullName) throw SqlErrors.Invalid($"instance name ({name}).");
        if (body["masterInstanceName"] is not null || body["instanceType"]?.GetValue<string>() is not (null or "CLOUD_SQL_INSTANCE" or "SQL_INSTANCE_TYPE_UNSPECIFIED"))
            throw SqlErrors.Invalid("The emulator has no replicas, read pools or external instances.");

        var version = body["databaseVersion"]?.GetValue<string>() ?? "MYSQL_8_0";
        Catalog.MajorVersionOf(version);
        var region = body["region"]?.GetValue<string>() ?? "us-central1";
        if (!Catalog.Regions.Contains(region)) throw SqlErrors.Invalid($"Invalid region ({region}).");
        if (body["settings"] is not JsonObject asked) throw SqlErrors.Required("settings");
        var zone = body["gceZone"]?.GetValue<string>() ?? asked["locationPreference"]?["zone"]?.GetValue<string>() ?? region + "-a";
        if (!zone.StartsWith(region + "-", StringComparison.Ordinal)) throw SqlErrors.Invalid($"Invalid zone ({zone}) for region ({region}).");
        var complete = InstanceSettings.Complete(asked, version, zone);
        complete["settingsVersion"] = "1";
        ClusterId id = new(project, name);
        // What exists is said before what is wrong with the settings, as a client that asks again wants to know that first.
        if (instances.Find(id) is not null) throw SqlErrors.InstanceAlreadyExists();
        settings.Check(project, name, complete, before: null);

        var number = Projects.NumberOf(project);
        JsonObject instance = new()
        {
            ["kind"] = "sql#instance",
            ["name"] = name,
            ["project"] = project,
            ["region"] = region,
            ["gceZone"] = zone,
            ["state"] = "PENDING_CREATE",
            ["backendType"] = "SECOND_GEN",
            ["instanceType"] = "CLOUD_SQL_INSTANCE",
            ["databaseVersion"] = version,
            ["connectionName"] = $"{project}:{region}:{name}",
            ["createTime"] = Operations.Now(),
            ["serviceAccountEmailAddress"] = $"p{number}-{Projects.NumberOf(name)[..6]}@gcp-sa-cloud-sql.iam.gserviceaccount.com",
            ["sqlNetworkArchitecture"] = "NEW_NETWORK_ARCHITECTURE",
            ["settings"] = complete,
        };
        var password = body["rootPassword"]?.GetValue<string>() is { Length: > 0 } given ? given : null;
        var record = operations.Begin(new PendingOperation(id, "CREATE", [], password is not null), password, () => instances.Add(id, instance));
        return SqlViews.Operation(request, surface, record);
    }

    private JsonObject Get(ApiRequest request, SqlSurface surface) => views.Instance(request, surface, instances.Get(IdOf(request)));

    private JsonObject List(ApiRequest request, SqlSurface surface)
    {
        var filter = ListFilter.Parse(request.Query("filter"));
        var page = Page.Of(
            instances.List(request.Route("project")).Where(filter), instance => instance["name"]!.GetValue<string>(), request.QueryInt32("maxResults"), LargestPage,
            request.Query("pageToken"));
        return SqlViews.List("sql#instancesList", page.Items.Select(instance => views.Instance(request, surface, instance)), page.NextToken);
    }

    private JsonObject Patch(ApiRequest request, SqlSurface surface) => Change(request, surface, isPatch: true);

    private JsonObject Update(ApiRequest request, SqlSurface surface) => Change(request, surface, isPatch: false);

    private JsonObject Change(ApiRequest request, SqlSurface surface, bool isPatch)
    {
        var id = IdOf(request);
        var instance = GetFree(id);
        var before = instance["settings"]!.AsObject();
        foreach (var fixedField in new[] { "name", "project", "region", "databaseVersion", "masterInstanceName" })
        {
            if (request.Body[fixedField] is { } asked && asked.ToString() != instance[fixedField]?.ToString())
                throw SqlErrors.Invalid($"The field {fixedField} of an instance cannot be changed here.");
        }

        var change = request.Body["settings"] as JsonObject ?? [];
        var version = change["settingsVersion"]?.ToString();
        if (!isPatch && version is null) throw SqlErrors.Required("Settings version");
        if (version is not null && version != before["settingsVersion"]!.GetValue<string>()) throw SqlErrors.StaleSettings();
        if (!isPatch && change["tier"] is null) throw SqlErrors.Required("tier");

        var wanted = isPatch ? InstanceSettings.Merge(before, change) : change;
        // The edition is what it was, not what a new instance would have.
        if (!isPatch) wanted["edition"] ??= before["edition"]!.DeepClone();
        var after = InstanceSettings.Complete(wanted, instance["databaseVersion"]!.GetValue<string>(), instance["gceZone"]!.GetValue<string>());
        settings.Check(id.Project, id.Instance, after, before);
        after["settingsVersion"] = (long.Parse(before["settingsVersion"]!.GetValue<string>(), null) + 1).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var record = operations.Begin(new PendingOperation(id, "UPDATE", new JsonObject { ["settings"] = after }), prepare: () =>
        {
            // Another change may have come and gone since the settings were read.
            var now = instances.GetRunnable(id)["settings"]!["settingsVersion"]!.GetValue<string>();
            if (now != before["settingsVersion"]!.GetValue<string>()) throw version is null ? SqlErrors.OperationInProgress() : SqlErrors.StaleSettings();
        });
        return SqlViews.Operation(request, surface, record);
    }

    private JsonObject Delete(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        var instance = instances.Get(id);
        if (instance["settings"]!["deletionProtectionEnabled"]!.GetValue<bool>())
        {
            throw new ApiException(
                400, null,
                "The instance is protected. Please disable the deletion protection and try again. "
                + "To disable deletion protection, update the instance settings with deletionProtectionEnabled set to false.",
                "invalid");
        }

        if (request.QueryBool("enableFinalBackup")) throw SqlErrors.Invalid("The emulator keeps no backup of an instance that is deleted. Leave out enableFinalBackup.");
        JsonObject arguments = new() { ["stateBefore"] = instance["state"]!.DeepClone() };
        var record = operations.Begin(
            new PendingOperation(id, "DELETE", arguments), prepare: () => instances.Change(id, stored => stored["state"] = "PENDING_DELETE"));
        return SqlViews.Operation(request, surface, record);
    }

    private JsonObject Restart(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        if (GetFree(id)["settings"]!["activationPolicy"]!.GetValue<string>() == "NEVER") throw SqlErrors.Invalid("Invalid request since instance is not running.");
        return SqlViews.Operation(request, surface, operations.Begin(new PendingOperation(id, "RESTART", [])));
    }

    private JsonObject RestoreBackup(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        GetFree(id);
        if (request.Body["restoreBackupContext"] is not JsonObject context || context["backupRunId"]?.ToString() is not { Length: > 0 } backup)
            throw SqlErrors.Required("restoreBackupContext.backupRunId");
        ClusterId source = new(context["project"]?.GetValue<string>() ?? id.Project, context["instanceId"]?.GetValue<string>() ?? id.Instance);
        if (instances.FindBackup(source, backup)?["status"]!.GetValue<string>() != "SUCCESSFUL") throw SqlErrors.BackupRunDoesNotExist();
        JsonObject arguments = new() { ["backup"] = backup, ["sourceProject"] = source.Project, ["sourceInstance"] = source.Instance };
        return SqlViews.Operation(request, surface, operations.Begin(new PendingOperation(id, "RESTORE_VOLUME", arguments)));
    }

    private JsonObject GetFree(ClusterId id)
    {
        instances.Get(id);
        operations.CheckFree(id);
        return instances.GetRunnable(id);
    }

    [GeneratedRegex("^[a-z]([a-z0-9-]*[a-z0-9])?$")]
    private static partial Regex InstanceName();

    [GeneratedRegex("^[a-z0-9]([a-z0-9.:-]*[a-z0-9])?$")]
    private static partial Regex ProjectName();
}
