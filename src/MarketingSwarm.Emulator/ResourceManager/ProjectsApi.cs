using System.Globalization;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.ResourceManager;

/// <summary>Cloud Resource Manager v1, as far as it tells a project's number from its id, and who has which role in it. Every project exists.</summary>
internal sealed class ProjectsApi(StateStore store) : IApi
{
    private const string Policies = "project-policies";

    private readonly IReadOnlyDictionary<string, MessageSchema> _messages = MessageSchema.Load("resourcemanager.messages");

    public void Map(IEndpointRouteBuilder routes)
    {
        const string Project = "/v1/projects/{project}";
        routes.MapApi("GET", Project, Method("GetProject", "get"), request => new JsonObject
        {
            ["projectNumber"] = Projects.NumberOf(request.Route("project")),
            ["projectId"] = request.Route("project"),
            ["lifecycleState"] = "ACTIVE",
            ["name"] = request.Route("project"),
        });
        routes.MapApi("POST", Project + ":getIamPolicy", Method("GetIamPolicy", "getIamPolicy", "GetIamPolicyRequest"), request =>
        {
            var version = request.Body.Message("options")?["requestedPolicyVersion"] is { } asked ? int.Parse(asked.ToString(), CultureInfo.InvariantCulture) : 0;
            return IamPolicy.Read(store.Get(Policies, Key(request)), version);
        });
        routes.MapApi("POST", Project + ":setIamPolicy", Method("SetIamPolicy", "setIamPolicy", "SetIamPolicyRequest"), request =>
            store.Change(Policies, Key(request), stored => IamPolicy.Set(stored, request.Body))!.DeepClone().AsObject());
    }

    // An id and its number name the same project.
    private static string Key(ApiRequest request) => Projects.NumberOf(request.Route("project"));

    private ApiMethod Method(string name, string permission, string? body = null) => new()
    {
        Service = ApiService.ResourceManager,
        Name = "google.cloudresourcemanager.v1.Projects." + name,
        Permission = "resourcemanager.projects." + permission,
        Body = body is null ? MessageSchema.Empty : _messages[body],
    };
}
