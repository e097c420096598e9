using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.ResourceManager;

/// <summary>Cloud Resource Manager v1, as far as it tells a project's number from its id. Every project exists.</summary>
internal sealed class ProjectsApi : IApi
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapApi(
        "GET", "/v1/projects/{project}",
        new ApiMethod
        {
            Service = ApiService.ResourceManager,
            Name = "google.cloudresourcemanager.v1.Projects.GetProject",
            Permission = "resourcemanager.projects.get",
        },
        request => new JsonObject
        {
            ["projectNumber"] = Projects.NumberOf(request.Route("project")),
            ["projectId"] = request.Route("project"),
            ["lifecycleState"] = "ACTIVE",
            ["name"] = request.Route("project"),
        });
}
