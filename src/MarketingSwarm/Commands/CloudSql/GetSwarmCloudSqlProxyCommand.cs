using System.Management.Automation;
using MarketingSwarm.Engine;

namespace MarketingSwarm.Commands;

/// <summary>Shows the proxies that this session started, with the connections and bytes that went through them.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmCloudSqlProxy")]
[OutputType(typeof(CloudSqlProxy))]
public sealed class GetSwarmCloudSqlProxyCommand : SwarmCmdlet
{
    /// <summary>The instance's name; wildcards are allowed. Without it, all.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string Instance { get; set; } = "*";

    private protected override void Process()
    {
        var pattern = WildcardPattern.Get(Instance, WildcardOptions.IgnoreCase);
        var isFound = WildcardPattern.ContainsWildcardCharacters(Instance);
        foreach (var proxy in CloudSqlProxyStore.Running)
        {
            var shown = proxy.Describe();
            if (!pattern.IsMatch(shown.Instance) && !pattern.IsMatch(shown.ConnectionName)) continue;
            isFound = true;
            WriteObject(shown);
        }

        if (!isFound) WriteError(ErrorRecords.From(Errors.InstanceHasNoProxy(Instance)));
    }
}
