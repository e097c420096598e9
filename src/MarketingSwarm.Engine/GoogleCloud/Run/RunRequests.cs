namespace MarketingSwarm.Engine.GoogleCloud.Run;

/// <summary>The requests to Cloud Run (https://cloud.google.com/run/docs/reference/rest/v2), a method each.</summary>
internal static class RunRequests
{
    private const string ViewerRole = "roles/run.viewer";

    /// <param name="project">The project's id.</param>
    /// <param name="region">The service's region.</param>
    /// <param name="service">The service's name.</param>
    internal static GoogleRequest GetService(string project, string region, string service)
        => Get(
            project, $"projects/{GoogleRequest.Escape(project)}/locations/{GoogleRequest.Escape(region)}/services/{GoogleRequest.Escape(service)}",
            $"service '{service}' in region '{region}'", "run.services.get");

    /// <param name="project">The project's id.</param>
    /// <param name="name">The revision's full resource name, as a service tells it.</param>
    internal static GoogleRequest GetRevision(string project, string name) => Get(project, name, $"revision '{name[(name.LastIndexOf('/') + 1)..]}'", "run.revisions.get");

    private static GoogleRequest Get(string project, string path, string target, string permission) => new(GoogleApi.Run, HttpMethod.Get, "v2/" + path)
    {
        Project = project,
        Target = target,
        Permission = permission,
        Role = ViewerRole,
    };
}
