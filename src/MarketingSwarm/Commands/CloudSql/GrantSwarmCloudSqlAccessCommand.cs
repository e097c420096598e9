using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud;

namespace MarketingSwarm.Commands;

/// <summary>Lets members connect to the project's Cloud SQL instances: the role roles/cloudsql.client in the project. All other grants stay as they are.</summary>
[Cmdlet(VerbsSecurity.Grant, "SwarmCloudSqlAccess", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(SwarmRoleGrant))]
public sealed class GrantSwarmCloudSqlAccessCommand : CloudCmdlet
{
    /// <summary>Who: <c>serviceAccount:EMAIL</c>, <c>user:EMAIL</c>, <c>group:EMAIL</c>, <c>domain:DOMAIN</c>, <c>principal://…</c> or <c>principalSet://…</c>.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNullOrEmpty]
    public string[] Member { get; set; } = [];

    /// <summary>Lets them log in without a password too: roles/cloudsql.instanceUser.</summary>
    [Parameter]
    public SwitchParameter IamLogin { get; set; }

    private protected override void Process()
    {
        // All of them before the first is sent.
        foreach (var member in Member) IamGrants.RequireMember(member);
        var project = Settings.RequireProject();
        foreach (var member in Member)
        {
            foreach (var role in IamLogin ? new[] { ProjectRoles.ClientRole, ProjectRoles.InstanceUserRole } : [ProjectRoles.ClientRole]) Grant(project, member, role);
        }
    }

    private void Grant(string project, string member, string role)
    {
        var get = ProjectRoles.GetPolicy(project);
        if (RunCloud((api, token) => IamGrants.PlanAsync(api, get, policy => ProjectRoles.SetPolicy(project, policy), role, member, token)) is not { } request)
        {
            Write(CloudAction.Present);
            return;
        }

        if (ConfirmRequest(request, $"Give {member} the role {role} in project '{project}'", out var isWhatIf))
            Write(RunCloud((api, token) => IamGrants.EnsureAsync(api, get, policy => ProjectRoles.SetPolicy(project, policy), role, member, token)));
        else if (isWhatIf)
            Write(CloudAction.WouldCreate);

        void Write(CloudAction action) => WriteObject(new SwarmRoleGrant { Project = project, Member = member, Role = role, Action = action });
    }
}
