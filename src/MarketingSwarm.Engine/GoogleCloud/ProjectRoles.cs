using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud;

/// <summary>Who has which role in a project (https://cloud.google.com/resource-manager/reference/rest/v1/projects/setIamPolicy).</summary>
internal static class ProjectRoles
{
    /// <summary>The role that may connect to instances.</summary>
    internal const string ClientRole = "roles/cloudsql.client";

    /// <summary>The role that may log in to instances as an IAM user.</summary>
    internal const string InstanceUserRole = "roles/cloudsql.instanceUser";

    /// <summary>The predefined roles with the permission cloudsql.instances.connect (https://cloud.google.com/sql/docs/postgres/iam-roles).</summary>
    internal static readonly IReadOnlyCollection<string> ConnectingRoles = [ClientRole, "roles/cloudsql.editor", "roles/cloudsql.admin", "roles/editor", "roles/owner"];

    private const string AdminRole = "roles/resourcemanager.projectIamAdmin";

    /// <summary>Reads the project's policy, conditions included.</summary>
    internal static GoogleRequest GetPolicy(string project) => new(
        GoogleApi.ResourceManager, HttpMethod.Post, $"v1/projects/{GoogleRequest.Escape(project)}:getIamPolicy",
        new JsonObject { ["options"] = new JsonObject { ["requestedPolicyVersion"] = 3 } })
    {
        // Google has reading under POST here.
        Idempotency = Idempotency.Repeatable,
        Project = project,
        Target = $"project '{project}'",
        Permission = "resourcemanager.projects.getIamPolicy",
        Role = "roles/iam.securityReviewer",
    };

    /// <summary>Writes the policy under its etag; under that lock it can be sent again.</summary>
    internal static GoogleRequest SetPolicy(string project, JsonObject policy) => new(
        GoogleApi.ResourceManager, HttpMethod.Post, $"v1/projects/{GoogleRequest.Escape(project)}:setIamPolicy",
        new JsonObject { ["policy"] = policy, ["updateMask"] = "bindings,etag" })
    {
        Idempotency = Idempotency.Repeatable,
        Project = project,
        Target = $"project '{project}'",
        Permission = "resourcemanager.projects.setIamPolicy",
        Role = AdminRole,
    };
}
