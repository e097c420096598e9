using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Secrets;

/// <summary>The requests to Secret Manager (https://cloud.google.com/secret-manager/docs/reference/rest), a method each.</summary>
internal static class SecretRequests
{
    private const string AdminRole = "roles/secretmanager.admin";
    private const string ViewerRole = "roles/secretmanager.viewer";

    internal static GoogleRequest List(string project, string? pageToken)
        => Create(HttpMethod.Get, project, "secrets" + Page(pageToken), "secrets", "secretmanager.secrets.list", ViewerRole);

    internal static GoogleRequest Get(string project, string secret)
        => Create(HttpMethod.Get, project, Secret(secret), Named(secret), "secretmanager.secrets.get", ViewerRole);

    internal static GoogleRequest ListVersions(string project, string secret, string? pageToken)
        => Create(HttpMethod.Get, project, Secret(secret) + "/versions" + Page(pageToken), Named(secret), "secretmanager.versions.list", ViewerRole);

    /// <param name="project">The project's id.</param>
    /// <param name="secret">The secret's name.</param>
    /// <param name="version">A number, <c>latest</c> or an alias.</param>
    internal static GoogleRequest Access(string project, string secret, string version)
        => Create(
            HttpMethod.Get, project, $"{Secret(secret)}/versions/{GoogleRequest.Escape(version)}:access", $"version '{version}' of secret '{secret}'",
            "secretmanager.versions.access", SecretGrants.AccessorRole);

    internal static GoogleRequest Insert(string project, string secret)
        => Create(
            HttpMethod.Post, project, $"secrets?secretId={GoogleRequest.Escape(secret)}", Named(secret), "secretmanager.secrets.create", AdminRole,
            new JsonObject { ["replication"] = new JsonObject { ["automatic"] = new JsonObject() } });

    internal static GoogleRequest AddVersion(string project, string secret, ReadOnlySpan<byte> value)
        => Create(
            HttpMethod.Post, project, Secret(secret) + ":addVersion", Named(secret), "secretmanager.versions.add", AdminRole,
            new JsonObject
            {
                ["payload"] = new JsonObject { ["data"] = Convert.ToBase64String(value), ["dataCrc32c"] = Crc32C.Compute(value).ToString(System.Globalization.CultureInfo.InvariantCulture) },
            });

    /// <summary>Version 3 of the policy, which alone has conditions: an older one would lose them when it is written back.</summary>
    internal static GoogleRequest GetPolicy(string project, string secret)
        => Create(
            HttpMethod.Get, project, Secret(secret) + ":getIamPolicy?options.requestedPolicyVersion=3", Named(secret), "secretmanager.secrets.getIamPolicy", AdminRole);

    /// <summary>Writes a policy under its etag; under that lock it can be sent again.</summary>
    internal static GoogleRequest SetPolicy(string project, string secret, JsonObject policy)
        => new(GoogleApi.SecretManager, HttpMethod.Post, Path(project, Secret(secret) + ":setIamPolicy"), new JsonObject { ["policy"] = policy, ["updateMask"] = "bindings,etag" })
        {
            Idempotency = Idempotency.Repeatable,
            Project = project,
            Target = Named(secret),
            Permission = "secretmanager.secrets.setIamPolicy",
            Role = AdminRole,
        };

    private static GoogleRequest Create(HttpMethod method, string project, string path, string target, string permission, string role, JsonObject? body = null)
        => new(GoogleApi.SecretManager, method, Path(project, path), body) { Project = project, Target = target, Permission = permission, Role = role };

    private static string Path(string project, string path) => $"v1/projects/{GoogleRequest.Escape(project)}/{path}";

    private static string Secret(string name) => $"secrets/{GoogleRequest.Escape(name)}";

    private static string Named(string name) => $"secret '{name}'";

    private static string Page(string? token) => token is null ? "" : $"?pageToken={GoogleRequest.Escape(token)}";
}
