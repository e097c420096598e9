using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.CloudSql;

/// <summary>The requests to the Cloud SQL Admin API (https://cloud.google.com/sql/docs/postgres/admin-api/rest), a method each.</summary>
internal static class CloudSqlRequests
{
    private const string AdminRole = "roles/cloudsql.admin";
    private const string ViewerRole = "roles/cloudsql.viewer";

    internal static GoogleRequest InsertInstance(string project, JsonObject instance)
        => Create(HttpMethod.Post, project, "instances", $"instance '{instance["name"]}'", "cloudsql.instances.create", instance);

    internal static GoogleRequest GetInstance(string project, string instance)
        => Create(HttpMethod.Get, project, Instance(instance), $"instance '{instance}'", "cloudsql.instances.get");

    internal static GoogleRequest ListInstances(string project, string? pageToken)
        => Create(HttpMethod.Get, project, "instances" + Page(pageToken), "instances", "cloudsql.instances.list");

    internal static GoogleRequest PatchInstance(string project, string instance, JsonObject patch)
        => Create(HttpMethod.Patch, project, Instance(instance), $"instance '{instance}'", "cloudsql.instances.update", patch);

    /// <param name="project">The project's id.</param>
    /// <param name="instance">The instance's name.</param>
    /// <param name="finalBackupDays">How many days a last backup is kept; null makes none.</param>
    internal static GoogleRequest DeleteInstance(string project, string instance, int? finalBackupDays = null)
        => Create(
            HttpMethod.Delete, project,
            Instance(instance) + (finalBackupDays is null ? "" : FormattableString.Invariant($"?enableFinalBackup=true&finalBackupTtlDays={finalBackupDays}")), $"instance '{instance}'", "cloudsql.instances.delete");

    internal static GoogleRequest InsertDatabase(string project, string instance, JsonObject database)
        => Create(HttpMethod.Post, project, Instance(instance) + "/databases", $"database '{database["name"]}' of instance '{instance}'", "cloudsql.databases.create", database);

    internal static GoogleRequest ListDatabases(string project, string instance)
        => Create(HttpMethod.Get, project, Instance(instance) + "/databases", $"instance '{instance}'", "cloudsql.databases.list");

    internal static GoogleRequest InsertUser(string project, string instance, JsonObject user)
        => Create(HttpMethod.Post, project, Instance(instance) + "/users", $"user '{user["name"]}' of instance '{instance}'", "cloudsql.users.create", user);

    /// <summary>Sets a user's password.</summary>
    internal static GoogleRequest UpdateUser(string project, string instance, string name, JsonObject user)
        => Create(HttpMethod.Put, project, $"{Instance(instance)}/users?name={GoogleRequest.Escape(name)}", $"user '{name}' of instance '{instance}'", "cloudsql.users.update", user);

    internal static GoogleRequest ListUsers(string project, string instance)
        => Create(HttpMethod.Get, project, Instance(instance) + "/users", $"instance '{instance}'", "cloudsql.users.list");

    internal static GoogleRequest GetOperation(string project, string operation)
        => Create(HttpMethod.Get, project, $"operations/{GoogleRequest.Escape(operation)}", $"operation '{operation}'", "cloudsql.instances.get");

    internal static GoogleRequest ListOperations(string project, string? instance, int? maxResults = null, string? pageToken = null)
    {
        string[] query =
        [
            .. instance is null ? Array.Empty<string>() : [$"instance={GoogleRequest.Escape(instance)}"],
            .. maxResults is null ? Array.Empty<string>() : [FormattableString.Invariant($"maxResults={maxResults}")],
            .. pageToken is null ? Array.Empty<string>() : [$"pageToken={GoogleRequest.Escape(pageToken)}"],
        ];
        return Create(
            HttpMethod.Get, project, "operations" + (query.Length == 0 ? "" : "?" + string.Join('&', query)),
            instance is null ? "operations" : $"instance '{instance}'", "cloudsql.instances.get");
    }

    internal static GoogleRequest InsertBackup(string project, string instance, JsonObject backup)
        => Create(HttpMethod.Post, project, Instance(instance) + "/backupRuns", $"instance '{instance}'", "cloudsql.backupRuns.create", backup);

    internal static GoogleRequest GetBackup(string project, string instance, string id)
        => Create(HttpMethod.Get, project, $"{Instance(instance)}/backupRuns/{GoogleRequest.Escape(id)}", $"backup '{id}' of instance '{instance}'", "cloudsql.backupRuns.get");

    internal static GoogleRequest ListBackups(string project, string instance, string? pageToken)
        => Create(HttpMethod.Get, project, Instance(instance) + "/backupRuns" + Page(pageToken), $"instance '{instance}'", "cloudsql.backupRuns.list");

    private static GoogleRequest Create(HttpMethod method, string project, string path, string target, string permission, JsonObject? body = null)
        => new(GoogleApi.CloudSqlAdmin, method, $"v1/projects/{GoogleRequest.Escape(project)}/{path}", body)
        {
            Project = project,
            Target = target,
            Permission = permission,
            Role = method == HttpMethod.Get ? ViewerRole : AdminRole,
        };

    private static string Instance(string name) => $"instances/{GoogleRequest.Escape(name)}";

    private static string Page(string? token) => token is null ? "" : $"?pageToken={GoogleRequest.Escape(token)}";
}
