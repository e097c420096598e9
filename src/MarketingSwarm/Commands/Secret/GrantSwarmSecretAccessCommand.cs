using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Secrets;

namespace MarketingSwarm.Commands;

/// <summary>Lets members read a secret's values: the role roles/secretmanager.secretAccessor on this secret alone. All other grants stay as they are.</summary>
[Cmdlet(VerbsSecurity.Grant, "SwarmSecretAccess", DefaultParameterSetName = NameSet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(SwarmSecretGrant))]
public sealed class GrantSwarmSecretAccessCommand : CloudCmdlet
{
    private const string NameSet = "Name";
    private const string ObjectSet = "InputObject";

    /// <summary>The secret's name.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = NameSet)]
    [ValidateNotNull]
    public string Name { get; set; } = "";

    /// <summary>The secret, as Get-SwarmSecret and Set-SwarmSecret give it.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ObjectSet)]
    [ValidateNotNull]
    public SwarmSecret? InputObject { get; set; }

    /// <summary>Who: <c>serviceAccount:EMAIL</c>, <c>user:EMAIL</c>, <c>group:EMAIL</c>, <c>domain:DOMAIN</c>, <c>principal://…</c> or <c>principalSet://…</c>.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNullOrEmpty]
    public string[] Member { get; set; } = [];

    private protected override void Process()
    {
        // All of them before the first is sent.
        foreach (var member in Member) IamGrants.RequireMember(member);
        var project = InputObject?.Project ?? Settings.RequireProject();
        var name = InputObject?.Name ?? Name;
        foreach (var member in Member)
        {
            if (RunCloud((api, token) => SecretGrants.PlanAsync(api, project, name, member, token)) is not { } request)
            {
                Write(CloudAction.Present);
                continue;
            }

            if (ConfirmRequest(request, $"Let {member} read secret '{name}' of project '{project}'", out var isWhatIf))
                Write(RunCloud((api, token) => SecretGrants.EnsureAsync(api, project, name, member, token)));
            else if (isWhatIf)
                Write(CloudAction.WouldCreate);

            void Write(CloudAction action) => WriteObject(new SwarmSecretGrant { Project = project, Name = name, Member = member, Role = SecretGrants.AccessorRole, Action = action });
        }
    }
}
