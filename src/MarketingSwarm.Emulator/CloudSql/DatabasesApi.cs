using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The databases of an instance: those that its server has.</summary>
internal sealed class DatabasesApi(Instances instances, IClusterHost clusters, Operations operations) : IApi
{
    private const int LongestName = 63;
    private const string Path = "/projects/{project}/instances/{instance}/databases";
    private const string Resource = "instances/{instance}/databases/{database}";
    private const string Service = "SqlDatabasesService.";

    private static readonly HashSet<string> SystemDatabases = new(StringComparer.Ordinal) { "postgres", "template0", "template1", "cloudsqladmin" };

    public void Map(IEndpointRouteBuilder routes)
    {
        SqlSurface.Map(routes, "POST", Path, Service + "Insert", "cloudsql.databases.create", "instances/{instance}", [], "Database", InsertAsync);
        SqlSurface.Map(routes, "GET", Path, Service + "List", "cloudsql.databases.list", "instances/{instance}", [], null, ListAsync);
        SqlSurface.Map(routes, "GET", Path + "/{database}", Service + "Get", "cloudsql.databases.get", Resource, [], null, GetAsync);
        SqlSurface.Map(routes, "DELETE", Path + "/{database}", Service + "Delete", "cloudsql.databases.delete", Resource, [], null, DeleteAsync);
        SqlSurface.Map(routes, "PATCH", Path + "/{database}", Service + "Patch", "cloudsql.databases.update", Resource, [], "Database", UpdateAsync);
        SqlSurface.Map(routes, "PUT", Path + "/{database}", Service + "Update", "cloudsql.databases.update", Resource, [], "Database", UpdateAsync);
    }

    private static ClusterId IdOf(ApiRequest request) => new(request.Route("project"), request.Route("instance"));

    private async Task<JsonObject> InsertAsync(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        var body = request.Body;
        var name = body["name"]?.GetValue<string>() ?? "";
        if (name.Length == 0) throw SqlErrors.Required("database.name");
        if (System.Text.Encoding.UTF8.GetByteCount(name) > LongestName || name.Any(char.IsControl)) throw SqlErrors.Invalid($"Invalid database name ({name}): {LongestName} bytes at most, without control characters.");
        if (body["sqlserverDatabaseDetails"] is not null) throw SqlErrors.Invalid("sqlserverDatabaseDetails is not for PostgreSQL.");
        var databases = await GetAllAsync(id, mustBeFree: true);
        if (SystemDatabases.Contains(name) || databases.Any(database => database.Name == name))
            throw SqlErrors.Invalid($"failed to create database {name}. Detail: pq: database \"{name}\" already exists.");
        JsonObject arguments = new() { ["name"] = name, ["charset"] = body["charset"]?.DeepClone(), ["collation"] = body["collation"]?.DeepClone() };
        return SqlViews.Operation(request, surface, operations.Begin(new PendingOperation(id, "CREATE_DATABASE", arguments)));
    }

    private async Task<JsonObject> ListAsync(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        return SqlViews.List("sql#databasesList", (await GetAllAsync(id)).Select(database => SqlViews.Database(request, surface, id, database)));
    }

    private async Task<JsonObject> GetAsync(ApiRequest request, SqlSurface surface)
        => SqlViews.Database(request, surface, IdOf(request), await FindAsync(request));

    private async Task<JsonObject> DeleteAsync(ApiRequest request, SqlSurface surface)
    {
        var database = await FindAsync(request, mustBeFree: true);
        if (SystemDatabases.Contains(database.Name)) throw SqlErrors.Invalid($"The database {database.Name} is the system's and cannot be deleted.");
        return SqlViews.Operation(
            request, surface, operations.Begin(new PendingOperation(IdOf(request), "DELETE_DATABASE", new JsonObject { ["name"] = database.Name })));
    }

    /// <remarks>PostgreSQL changes neither: only what is so already can be said again.</remarks>
    private async Task<JsonObject> UpdateAsync(ApiRequest request, SqlSurface surface)
    {
        var database = await FindAsync(request, mustBeFree: true);
        foreach (var (field, value) in new[] { ("name", database.Name), ("charset", database.Charset), ("collation", database.Collation) })
        {
            if (request.Body[field] is { } asked && asked.GetValue<string>() != value) throw SqlErrors.Invalid($"The {field} of a PostgreSQL database cannot be changed.");
        }

        return SqlViews.Operation(
            request, surface, operations.Begin(new PendingOperation(IdOf(request), "UPDATE_DATABASE", new JsonObject { ["name"] = database.Name })));
    }

    private async Task<DatabaseInfo> FindAsync(ApiRequest request, bool mustBeFree = false)
        => (await GetAllAsync(IdOf(request), mustBeFree)).FirstOrDefault(database => database.Name == request.Route("database")) ?? throw SqlErrors.DatabaseDoesNotExist();

    private async Task<IReadOnlyList<DatabaseInfo>> GetAllAsync(ClusterId id, bool mustBeFree = false)
    {
        instances.Get(id);
        // Said before the server is asked, which an operation may just be stopping.
        if (mustBeFree) operations.CheckFree(id);
        instances.GetRunnable(id);
        try
        {
            return await clusters.GetDatabasesAsync(id, CancellationToken.None);
        }
        catch (ClusterException e)
        {
            throw SqlErrors.Of(e);
        }
    }
}
