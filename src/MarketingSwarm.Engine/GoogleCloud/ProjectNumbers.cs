namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>Tells a project's number, of which Google makes the names of its default accounts and networks.</summary>
internal static class ProjectNumbers
{
    /// <summary>null where Google does not tell it.</summary>
    /// <exception cref="SwarmCloudException">The project cannot be read.</exception>
    internal static async Task<string?> FindAsync(IGoogleApi api, string project, CancellationToken cancellationToken)
    {
        var request = new GoogleRequest(GoogleApi.ResourceManager, HttpMethod.Get, $"v1/projects/{GoogleRequest.Escape(project)}")
        {
            Project = project,
            Target = $"project '{project}'",
            Permission = "resourcemanager.projects.get",
            Role = "roles/browser",
        };
        return (await api.SendAsync(request, cancellationToken).ConfigureAwait(false)).Text("projectNumber");
    }
}
