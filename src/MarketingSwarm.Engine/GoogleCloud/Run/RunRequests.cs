using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Run;

/// <summary>The requests to Cloud Run (https://cloud.google.com/run/docs/reference/rest/v2), a method each.</summary>
internal static class RunRequests
{
    private const string ViewerRole = "roles/run.viewer";
    private const string DeveloperRole = "roles/run.developer";

    /// <param name="project">The project's id.</param>
    /// <param name="region">The region.</param>
    /// <param name="token">The token of the page; null for the first.</param>
    internal static GoogleRequest ListServices(string project, string region, string? token)
        => Get(project, $"{Location(project, region)}/services?pageSize=100{Page(token)}", $"services in region '{region}'", "run.services.list");

    /// <param name="project">The project's id.</param>
    /// <param name="region">The service's region.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="token">The token of the page; null for the first.</param>
    internal static GoogleRequest ListRevisions(string project, string region, string service, string? token)
        => Get(project, $"{Path(project, region, service)}/revisions?pageSize=100{Page(token)}", $"revisions of service '{service}'", "run.revisions.list");

    /// <param name="project">The project's id.</param>
    /// <param name="name">The operation's full resource name.</param>
    /// <param name="service">The service that it changes.</param>
    internal static GoogleRequest GetOperation(string project, string name, string service) => Get(project, name, $"the change of service '{service}'", "run.operations.get");

    /// <param name="project">The project's id.</param>
    /// <param name="region">The region.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="body">The service.</param>
    internal static GoogleRequest CreateService(string project, string region, string service, JsonObject body)
        => Write(project, HttpMethod.Post, $"{Location(project, region)}/services?serviceId={GoogleRequest.Escape(service)}", body, region, service, "run.services.create");

    /// <param name="project">The project's id.</param>
    /// <param name="region">The region.</param>
    /// <param name="service">The service's name.</param>
    /// <param name="fields">What of it is written.</param>
    /// <param name="body">Those fields, and the etag under which they are written.</param>
    /// <param name="isNewRevision">Whether a revision is made of a template that is the same.</param>
    internal static GoogleRequest UpdateService(string project, string region, string service, IEnumerable<string> fields, JsonObject body, bool isNewRevision)
        => Write(project, HttpMethod.Patch, $"{Path(project, region, service)}?updateMask={string.Join(',', fields)}{(isNewRevision ? "&forceNewRevision=true" : "")}", body, region, service, "run.services.update");

    /// <param name="project">The project's id.</param>
    /// <param name="region">The service's region.</param>
    /// <param name="service">The service's name.</param>
    internal static GoogleRequest GetService(string project, string region, string service)
        => Get(
            project, Path(project, region, service), $"service '{service}' in region '{region}'", "run.services.get");

    /// <param name="project">The project's id.</param>
    /// <param name="name">The revision's full resource name, as a service tells it.</param>
    internal static GoogleRequest GetRevision(string project, string name) => Get(project, name, $"revision '{name[(name.LastIndexOf('/') + 1)..]}'", "run.revisions.get");

    private static string Location(string project, string region) => $"projects/{GoogleRequest.Escape(project)}/locations/{GoogleRequest.Escape(region)}";

    private static string Path(string project, string region, string service) => $"{Location(project, region)}/services/{GoogleRequest.Escape(service)}";

    private static string Page(string? token) => token is null ? "" : $"&pageToken={GoogleRequest.Escape(token)}";

    private static GoogleRequest Write(string project, HttpMethod method, string path, JsonObject body, string region, string service, string permission)
        => new(GoogleApi.Run, method, "v2/" + path, body)
        {
            Project = project,
            Target = $"service '{service}' in region '{region}'",
            Permission = permission,
            Role = DeveloperRole,
        };

    private static GoogleRequest Get(string project, string path, string target, string permission) => new(GoogleApi.Run, HttpMethod.Get, "v2/" + path)
    {
        Project = project,
        Target = target,
        Permission = permission,
        Role = ViewerRole,
    };
}
