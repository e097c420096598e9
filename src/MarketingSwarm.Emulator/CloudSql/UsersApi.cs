using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.CloudSql;

/// <summary>The users of an instance: those that its server has. A password is handed on and kept nowhere.</summary>
internal sealed class UsersApi(Instances instances, IClusterHost clusters, Operations operations) : IApi
{
    private const int LongestName = 63;
    private const string Path = "/projects/{project}/instances/{instance}/users";
    private const string Resource = "instances/{instance}";
    private const string Service = "SqlUsersService.";
    private const string ServiceAccountSuffix = ".gserviceaccount.com";

    public void Map(IEndpointRouteBuilder routes)
    {
        SqlSurface.Map(routes, "POST", Path, Service + "Insert", "cloudsql.users.create", Resource, [], "User", InsertAsync);
        SqlSurface.Map(routes, "GET", Path, Service + "List", "cloudsql.users.list", Resource, [], null, ListAsync);
        SqlSurface.Map(routes, "GET", Path + "/{name}", Service + "Get", "cloudsql.users.get", Resource, ["host"], null, GetAsync);
        SqlSurface.Map(
            routes, "PUT", Path, Service + "Update", "cloudsql.users.update", Resource, ["name", "host", "databaseRoles", "revokeExistingRoles:bool"], "User", UpdateAsync);
        SqlSurface.Map(routes, "DELETE", Path, Service + "Delete", "cloudsql.users.delete", Resource, ["name", "host"], null, DeleteAsync);
    }

    private static ClusterId IdOf(ApiRequest request) => new(request.Route("project"), request.Route("instance"));

    private async Task<JsonObject> InsertAsync(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        var body = request.Body;
        var kind = UserKinds.Parse(body["type"]?.GetValue<string>());
        var name = body["name"]?.GetValue<string>() ?? "";
        CheckName(name, kind);
        CheckHost(body["host"]?.GetValue<string>());
        CheckBody(body);
        var password = PasswordOf(body);
        if (kind is not UserKind.BuiltIn && password is not null) throw SqlErrors.Invalid("A user of Cloud IAM has no password.");
        var existing = (await GetAllAsync(id, mustBeFree: true)).FirstOrDefault(user => user.Name == name);
        if (existing is not null && (existing.Kind != kind || kind is not UserKind.BuiltIn))
            throw new ApiException(409, null, $"The user {name} already exists.", "userAlreadyExists");

        JsonObject arguments = new() { ["name"] = name, ["kind"] = kind.ToString(), ["isNew"] = existing is null, ["databaseRoles"] = body["databaseRoles"]?.DeepClone() };
        return SqlViews.Operation(request, surface, operations.Begin(new PendingOperation(id, "CREATE_USER", arguments, password is not null), password));
    }

    private async Task<JsonObject> ListAsync(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        return SqlViews.List("sql#usersList", (await GetAllAsync(id)).Select(user => SqlViews.User(id, user)));
    }

    private async Task<JsonObject> GetAsync(ApiRequest request, SqlSurface surface)
        => SqlViews.User(IdOf(request), await FindAsync(IdOf(request), request.Route("name")));

    private async Task<JsonObject> UpdateAsync(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        var name = request.Query("name") ?? throw SqlErrors.Required("name");
        CheckHost(request.Query("host"));
        CheckBody(request.Body);
        var user = await FindAsync(id, name, mustBeFree: true);
        var password = PasswordOf(request.Body);
        if (user.Kind is not UserKind.BuiltIn && password is not null) throw SqlErrors.Invalid("A user of Cloud IAM has no password.");
        var roles = request.QueryList("databaseRoles").Concat((request.Body["databaseRoles"] as JsonArray ?? []).Select(role => role!.GetValue<string>())).ToList();
        JsonArray? wanted = null;
        if (roles.Count > 0 || request.QueryBool("revokeExistingRoles"))
        {
            if (!request.QueryBool("revokeExistingRoles")) roles = [.. user.DatabaseRoles.Union(roles, StringComparer.Ordinal)];
            wanted = [.. roles.Select(role => JsonValue.Create(role))];
        }

        if (password is null && wanted is null) throw SqlErrors.Required("password");
        JsonObject arguments = new() { ["name"] = name, ["kind"] = user.Kind.ToString(), ["databaseRoles"] = wanted };
        return SqlViews.Operation(request, surface, operations.Begin(new PendingOperation(id, "UPDATE_USER", arguments, password is not null), password));
    }

    private async Task<JsonObject> DeleteAsync(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        var user = await FindAsync(id, request.Query("name") ?? throw SqlErrors.Required("name"), mustBeFree: true);
        return SqlViews.Operation(request, surface, operations.Begin(new PendingOperation(id, "DELETE_USER", new JsonObject { ["name"] = user.Name })));
    }

    private static string? PasswordOf(JsonObject body) => body["password"]?.GetValue<string>() is { Length: > 0 } password ? password : null;

    private static void CheckName(string name, UserKind kind)
    {
        if (name.Length == 0) throw SqlErrors.Required("user.name");
        if (System.Text.Encoding.UTF8.GetByteCount(name) > LongestName || name.Any(char.IsControl)) throw SqlErrors.Invalid($"Invalid user name ({name}): {LongestName} bytes at most, without control characters.");
        if (name.StartsWith("cloudsql", StringComparison.Ordinal) || name.StartsWith("pg_", StringComparison.Ordinal)) throw SqlErrors.Invalid($"Invalid user name ({name}): it is the system's.");
        if (kind is UserKind.BuiltIn) return;
        if (!name.Contains('@')) throw SqlErrors.Invalid($"Invalid user name ({name}): a user of Cloud IAM is named by its e-mail address.");
        if (kind is UserKind.IamServiceAccount && name.EndsWith(ServiceAccountSuffix, StringComparison.Ordinal))
            throw SqlErrors.Invalid($"Database username for Cloud IAM service account should be created without \"{ServiceAccountSuffix}\" suffix.");
        if (kind is UserKind.IamUser && name.EndsWith(".iam", StringComparison.Ordinal)) throw SqlErrors.Invalid($"Invalid user name ({name}): a service account has the type CLOUD_IAM_SERVICE_ACCOUNT.");
    }

    private static void CheckHost(string? host)
    {
        if (!string.IsNullOrEmpty(host)) throw SqlErrors.Invalid("A PostgreSQL user has no host.");
    }

    private static void CheckBody(JsonObject body)
    {
        foreach (var field in new[] { "sqlserverUserDetails", "dualPasswordType" })
        {
            if (body[field] is not null) throw SqlErrors.Invalid($"{field} is not for PostgreSQL.");
        }

        if (body["passwordPolicy"] is JsonObject policy && policy.Any(entry => entry.Key != "status")) throw SqlErrors.Invalid("The emulator has no password policies.");
    }

    private async Task<UserInfo> FindAsync(ClusterId id, string name, bool mustBeFree = false)
        => (await GetAllAsync(id, mustBeFree)).FirstOrDefault(user => user.Name == name) ?? throw SqlErrors.UserDoesNotExist();

    private async Task<IReadOnlyList<UserInfo>> GetAllAsync(ClusterId id, bool mustBeFree = false)
    {
        instances.Get(id);
        // Said before the server is asked, which an operation may just be stopping.
        if (mustBeFree) operations.CheckFree(id);
        instances.GetRunnable(id);
        try
        {
            return await clusters.GetUsersAsync(id, CancellationToken.None);
        }
        catch (ClusterException e)
        {
            throw SqlErrors.Of(e);
        }
    }
}
