using System.Management.Automation;
using MarketingSwarm.Engine;

namespace MarketingSwarm.Commands;

/// <summary>Ends proxies of this session, and with them the connections through them.</summary>
[Cmdlet(VerbsLifecycle.Stop, "SwarmCloudSqlProxy", DefaultParameterSetName = ProxySet, SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(void), ParameterSetName = [ProxySet, InstanceSet])]
public sealed class StopSwarmCloudSqlProxyCommand : SwarmCmdlet
{
    private const string ProxySet = "Proxy";
    private const string InstanceSet = "Instance";

    /// <summary>The proxy, an object of Get-SwarmCloudSqlProxy or Start-SwarmCloudSqlProxy.</summary>
    [Parameter(ParameterSetName = ProxySet, Mandatory = true, Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public CloudSqlProxy? Proxy { get; set; }

    /// <summary>The name of the instance whose proxies are ended; wildcards are allowed.</summary>
    [Parameter(ParameterSetName = InstanceSet, Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [SupportsWildcards]
    public string? Instance { get; set; }

    private protected override void Process()
    {
        var pattern = Instance is null ? null : WildcardPattern.Get(Instance, WildcardOptions.IgnoreCase);
        var isFound = Instance is not null && WildcardPattern.ContainsWildcardCharacters(Instance);
        foreach (var running in CloudSqlProxyStore.Running)
        {
            var shown = running.Describe();
            if (pattern is null ? shown.Id != Proxy!.Id : !pattern.IsMatch(shown.Instance) && !pattern.IsMatch(shown.ConnectionName)) continue;
            isFound = true;
            if (ShouldProcess(shown.ToString(), "End the proxy and its connections")) CloudSqlProxyStore.End(running);
        }

        if (!isFound) WriteError(ErrorRecords.From(Instance is null ? Errors.ProxyNotFound(Proxy!.Id) : Errors.InstanceHasNoProxy(Instance)));
    }
}
