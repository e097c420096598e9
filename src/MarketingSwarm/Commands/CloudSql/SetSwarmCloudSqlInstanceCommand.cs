using System.Collections;
using System.Globalization;
using System.Management.Automation;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>
///   Changes settings of a Cloud SQL instance and leaves all others as they are. Flags and networks are merged with those that are there. Shows each setting
///   before and after, as it was read back.
/// </summary>
[Cmdlet(VerbsCommon.Set, "SwarmCloudSqlInstance", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
[OutputType(typeof(CloudSqlInstanceChange), typeof(CloudSqlOperation))]
public sealed class SetSwarmCloudSqlInstanceCommand : InstancePatchCmdlet
{
    private const string WholeInternet = "0.0.0.0/0";

    /// <summary>The instance; without it the session's.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [Alias("Name")]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>The machine, such as <c>db-g1-small</c> or <c>db-custom-2-7680</c>. The server restarts.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TierCompleter))]
    public string? Tier { get; set; }

    /// <summary>ENTERPRISE or ENTERPRISE_PLUS. The server restarts; a machine of the other edition must be given with it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Edition { get; set; }

    /// <summary>Database flags by name; they are added to those that are set. <c>$null</c> takes a flag away.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? DatabaseFlag { get; set; }

    /// <summary>Logs statements that take so many milliseconds or more: the flag <c>log_min_duration_statement</c>. 0 logs all, -1 none.</summary>
    [Parameter]
    [ValidateRange(-1, int.MaxValue)]
    public int? SlowQueryMilliseconds { get; set; }

    /// <summary>Networks that may connect to the public address, in CIDR notation; they are added to those that may already.</summary>
    [Parameter]
    [AllowEmptyCollection]
    [ValidateNotNull]
    public string[]? AuthorizedNetwork { get; set; }

    /// <summary>Takes away all networks that <c>-AuthorizedNetwork</c> does not name.</summary>
    [Parameter]
    public SwitchParameter ReplaceAuthorizedNetwork { get; set; }

    /// <summary>Whether Google refuses to delete the instance.</summary>
    [Parameter]
    public bool? DeletionProtection { get; set; }

    /// <summary>Always starts an instance that is stopped, Never stops it.</summary>
    [Parameter]
    [ValidateSet("Always", "Never")]
    public string? ActivationPolicy { get; set; }

    private protected override void Process()
    {
        var (project, name) = ResolveInstance(Instance);
        var wanted = ReadSettings(name);
        var patch = RunCloud((api, token) => InstancePatch.PlanAsync(api, project, name, wanted.Plan, token));
        Warn(wanted, patch);
        Apply(project, name, patch, $"instance '{name}'");
    }

    private protected override IReadOnlyList<string> GetRestartReasons(IReadOnlyList<SettingDifference> differences) => InstanceRules.GetRestartReasons(differences);

    private protected override string RestartEffect => ActivationPolicy == "Never" ? "stops" : base.RestartEffect;

    private InstanceSettings ReadSettings(string instance)
    {
        var flags = DatabaseFlags.Read(DatabaseFlag);
        if (SlowQueryMilliseconds is { } milliseconds && !flags.TryAdd(InstanceRules.SlowQueryFlag, milliseconds.ToString(CultureInfo.InvariantCulture)))
            throw Engine.Errors.FlagGivenTwice(InstanceRules.SlowQueryFlag);
        if (ReplaceAuthorizedNetwork && AuthorizedNetwork is null) throw Engine.Errors.NetworksNotGiven();
        if (flags.Count == 0 && Tier is null && Edition is null && AuthorizedNetwork is null && DeletionProtection is null && ActivationPolicy is null)
            throw Engine.Errors.NothingToSet(instance);
        return new InstanceSettings
        {
            Tier = Tier,
            Edition = Edition?.ToUpperInvariant(),
            ActivationPolicy = ActivationPolicy?.ToUpperInvariant(),
            DeletionProtection = DeletionProtection,
            Flags = flags,
            Networks = AuthorizedNetwork is null ? null : [.. AuthorizedNetwork.Select(InstanceRules.RequireNetwork)],
            ReplaceNetworks = ReplaceAuthorizedNetwork,
        };
    }

    private void Warn(InstanceSettings wanted, InstancePatch patch)
    {
        if (wanted.Networks?.Contains(WholeInternet) == true)
            WriteWarning($"{WholeInternet} lets the whole internet try to log in. Authorize single networks, or connect by the Cloud SQL connectors, which need none.");
        if ((wanted.Tier ?? patch.Instance.Text("settings", "tier")) is { } tier
            && InstanceRules.GetConnectionsWarning(tier, wanted.Flags.GetValueOrDefault(InstanceRules.ConnectionsFlag)) is { } warning)
            WriteWarning(warning);
    }
}
