using System.Globalization;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>Backups on demand. The emulator takes none of its own accord.</summary>
internal sealed class BackupRunsApi(Instances instances, Operations operations) : IApi
{
    private const int LargestPage = 500;
    private const string Path = "/projects/{project}/instances/{instance}/backupRuns";
    private const string Resource = "instances/{instance}";
    private const string Service = "SqlBackupRunsService.";

    private readonly Lock _lock = new();
    private long _last;

    public void Map(IEndpointRouteBuilder routes)
    {
        Map("POST", Path, "Insert", "cloudsql.backupRuns.create", [], "BackupRun", Insert);
        Map("GET", Path, "List", "cloudsql.backupRuns.list", ["maxResults:int32", "pageToken"], null, List);
        Map("GET", Path + "/{id}", "Get", "cloudsql.backupRuns.get", [], null, Get);
        Map("DELETE", Path + "/{id}", "Delete", "cloudsql.backupRuns.delete", [], null, Delete);

        void Map(string verb, string path, string name, string permission, string[] query, string? body, Func<ApiRequest, SqlSurface, JsonObject> handler)
            => SqlSurface.Map(
                routes, verb, path, Service + name, permission, Resource, query, body, (request, surface) => Task.FromResult(handler(request, surface)));
    }

    private static ClusterId IdOf(ApiRequest request) => new(request.Route("project"), request.Route("instance"));

    private JsonObject Insert(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        instances.Get(id);
        operations.CheckFree(id);
        var instance = instances.GetRunnable(id);
        if (instance["settings"]!["activationPolicy"]!.GetValue<string>() == "NEVER") throw SqlErrors.Invalid("Invalid request since instance is not running.");
        if (request.Body["type"]?.GetValue<string>() is "AUTOMATED") throw SqlErrors.Invalid("An automated backup cannot be asked for.");
        var backup = NextId();
        var now = Operations.Now();
        JsonObject run = new()
        {
            ["kind"] = "sql#backupRun",
            ["id"] = backup,
            ["instance"] = id.Instance,
            ["status"] = "ENQUEUED",
            ["type"] = "ON_DEMAND",
            ["backupKind"] = "PHYSICAL",
            ["enqueuedTime"] = now,
            ["windowStartTime"] = now,
            ["location"] = request.Body["location"]?.GetValue<string>() ?? RegionGroupOf(instance["region"]!.GetValue<string>()),
            ["databaseVersion"] = instance["databaseVersion"]!.DeepClone(),
        };
        if (request.Body["description"]?.GetValue<string>() is { Length: > 0 } description) run["description"] = description;
        JsonObject extra = new() { ["backupContext"] = new JsonObject { ["kind"] = "sql#backupContext", ["backupId"] = backup } };
        var record = operations.Begin(
            new PendingOperation(id, "BACKUP_VOLUME", new JsonObject { ["backup"] = backup }), prepare: () => instances.PutBackup(id, backup, run), extra: extra);
        return SqlViews.Operation(request, surface, record);
    }

    private JsonObject List(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        instances.Get(id);
        var page = Page.Of(
            instances.ListBackups(id), run => run["id"]!.GetValue<string>(), request.QueryInt32("maxResults"), LargestPage, request.Query("pageToken"), descending: true);
        return SqlViews.List("sql#backupRunsList", page.Items.Select(run => SqlViews.BackupRun(request, surface, id, run)), page.NextToken);
    }

    private JsonObject Get(ApiRequest request, SqlSurface surface) => SqlViews.BackupRun(request, surface, IdOf(request), Find(request));

    private JsonObject Delete(ApiRequest request, SqlSurface surface)
    {
        var backup = Find(request)["id"]!.GetValue<string>();
        return SqlViews.Operation(
            request, surface, operations.Begin(new PendingOperation(IdOf(request), "DELETE_BACKUP", new JsonObject { ["backup"] = backup })));
    }

    private JsonObject Find(ApiRequest request)
    {
        var id = IdOf(request);
        instances.Get(id);
        return instances.FindBackup(id, request.Route("id")) ?? throw SqlErrors.BackupRunDoesNotExist();
    }

    /// <summary>The time in milliseconds, as in the real API; always a later one, so that the ids are in the order of the backups.</summary>
    private string NextId()
    {
        lock (_lock)
        {
            _last = Math.Max(_last + 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
            return _last.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static string RegionGroupOf(string region) => region.Split('-')[0] switch
    {
        "europe" => "eu",
        "asia" => "asia",
        "us" => "us",
        _ => region,
    };
}
