using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud.Monitoring;

namespace MarketingSwarm.Commands;

/// <summary>Lists the alert policies that Set-SwarmAlertPolicy made, or all of a project.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmAlertPolicy")]
[OutputType(typeof(AlertPolicy))]
public sealed class GetSwarmAlertPolicyCommand : CloudCmdlet
{
    /// <summary>Display names, resource names or ids; wildcards are understood. Without it, all.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string[]? Name { get; set; }

    /// <summary>Only the policies that watch this instance: its name, <c>PROJECT:REGION:NAME</c> or an object.</summary>
    [Parameter(ValueFromPipeline = true)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>Only the policies of these presets.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public AlertPreset[]? Preset { get; set; }

    /// <summary>Also the policies that others made.</summary>
    [Parameter]
    public SwitchParameter All { get; set; }

    private protected override void Process()
    {
        var project = Instance?.Project ?? Settings.RequireProject();
        var found = RunCloud((api, token) => AlertPolicies.ListAsync(api, project, All ? null : AlertPolicies.Filter(instance: null), token));
        AlertPolicy[] policies =
        [
            .. found.Select(policy => MonitoringObjects.ToPolicy(project, policy))
                .Where(policy => (Instance is null || policy.Instance == Instance.Name) && (Preset is null || (policy.Preset is { } preset && Preset.Contains(preset)))),
        ];
        foreach (var policy in policies.Where(policy => Name is null || Name.Any(name => Matches(policy, name)))) WriteObject(policy);
        foreach (var name in Name ?? [])
        {
            if (!WildcardPattern.ContainsWildcardCharacters(name) && !policies.Any(policy => Matches(policy, name)))
                WriteError(ErrorRecords.From(Engine.Errors.AlertPolicyNotFound(project, name, isOurs: !All)));
        }
    }

    private static bool Matches(AlertPolicy policy, string name)
    {
        var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
        return pattern.IsMatch(policy.DisplayName) || pattern.IsMatch(policy.Name) || pattern.IsMatch(policy.Name[(policy.Name.LastIndexOf('/') + 1)..]);
    }
}
