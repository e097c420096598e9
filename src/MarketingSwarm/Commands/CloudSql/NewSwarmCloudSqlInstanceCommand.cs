using System.Collections;
using System.Management.Automation;
using System.Net;
using System.Security;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>
///   Makes a Cloud SQL instance of PostgreSQL, and with <c>-Database</c> all that an application needs in it: the database, its user, and the secret that has the
///   user's password. Run again, it finishes what is missing and changes nothing else.
/// </summary>
[Cmdlet(VerbsCommon.New, "SwarmCloudSqlInstance", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = InstanceSet)]
[OutputType(typeof(CloudSqlInstance), typeof(CloudSqlOperation), ParameterSetName = [InstanceSet])]
[OutputType(typeof(CloudSqlProvisioning), ParameterSetName = [CredentialSet, GeneratedSet])]
public sealed partial class NewSwarmCloudSqlInstanceCommand : CloudCmdlet
{
    private const string InstanceSet = "Instance";
    private const string CredentialSet = "Credential";
    private const string GeneratedSet = "GeneratePassword";

    /// <summary>The instance's name: lower-case letters, digits and hyphens.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [Alias("Instance")]
    [ValidateNotNullOrEmpty]
    public string Name { get; set; } = "";

    /// <summary>The machine: <c>db-f1-micro</c>, <c>db-g1-small</c>, <c>db-custom-CPUS-MB</c>, or with Enterprise Plus <c>db-perf-optimized-N-CPUS</c>.</summary>
    [Parameter(Mandatory = true)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TierCompleter))]
    public string Tier { get; set; } = "";

    /// <summary>The region. Without it: the session's, then gcloud's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    /// <summary>The version of PostgreSQL.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string DatabaseVersion { get; set; } = "POSTGRES_15";

    /// <summary>The edition; Google's own default differs from version to version, and so it is always sent.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Edition { get; set; } = MachineTier.Enterprise;

    /// <summary>ZONAL, or REGIONAL for a second server in another zone, at twice the price.</summary>
    [Parameter]
    [ValidateSet("ZONAL", "REGIONAL")]
    public string? AvailabilityType { get; set; }

    /// <summary>The size of the data disk in GB; it grows by itself. 10 where it is not said.</summary>
    [Parameter]
    [ValidateRange(10, 65_536)]
    public int? StorageSize { get; set; }

    /// <summary>SSD or HDD. SSD where it is not said.</summary>
    [Parameter]
    [ValidateSet("SSD", "HDD")]
    public string? StorageType { get; set; }

    /// <summary>The VPC network in which it gets a private address: its name, or <c>projects/PROJECT/global/networks/NAME</c>.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Network { get; set; }

    /// <summary>Gives it no public address.</summary>
    [Parameter]
    public SwitchParameter NoPublicIp { get; set; }

    /// <summary>Networks that may connect to the public address, in CIDR notation. Without it only the Cloud SQL connectors can.</summary>
    [Parameter]
    [ValidateNotNull]
    public string[] AuthorizedNetwork { get; set; } = [];

    /// <summary>Database flags by name.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? DatabaseFlag { get; set; }

    /// <summary>Makes it without automated backups.</summary>
    [Parameter]
    public SwitchParameter NoBackup { get; set; }

    /// <summary>Has Google refuse to delete it.</summary>
    [Parameter]
    public SwitchParameter DeletionProtection { get; set; }

    /// <summary>Labels by name.</summary>
    [Parameter]
    [ValidateNotNull]
    public Hashtable? Label { get; set; }

    /// <summary>The password of the user postgres, for an instance that is made. Without it that user cannot log in.</summary>
    [Parameter]
    [ValidateNotNull]
    public SecureString? RootPassword { get; set; }

    /// <summary>How long the instance is waited for, in seconds.</summary>
    [Parameter]
    [ValidateRange(1, 86_400)]
    public int TimeoutSeconds { get; set; } = 3600;

    /// <summary>Gives the operation instead of waiting for it.</summary>
    [Parameter(ParameterSetName = InstanceSet)]
    public SwitchParameter NoWait { get; set; }

    private protected override string? GivenRegion => Region;

    private TimeSpan Timeout => TimeSpan.FromSeconds(TimeoutSeconds);

    private protected override void End()
    {
        var specification = ReadSpecification();
        specification.Require();
        if (ParameterSetName != InstanceSet) RequireApplication();
        if (InstanceRules.GetConnectionsWarning(Tier, specification.Flags.GetValueOrDefault(InstanceRules.ConnectionsFlag)) is { } warning) WriteWarning(warning);

        var creation = new InstanceCreation(Api, specification, Timeout);
        if (ParameterSetName != InstanceSet) Provision(specification, creation);
        else CreateInstance(specification, creation);
    }

    private void CreateInstance(InstanceSpecification specification, InstanceCreation creation)
    {
        if (RunCloud((_, token) => creation.FindAsync(token)) is not { } found)
        {
            if (CheckNetwork(specification) is { } notChecked) WriteWarning(notChecked);
            if (!ConfirmRequest(creation.Request, Describe(specification), out _)) return;
            var operation = RunCloud((_, token) => creation.StartAsync(token));
            if (NoWait && operation is not null) WriteObject(CloudSqlObjects.ToOperation(specification.Project, operation));
            else WriteObject(CloudSqlObjects.ToInstance(specification.Project, Wait(specification, creation, operation)));
            return;
        }

        WriteVerbose($"Instance '{Name}' is there already, as asked: nothing was changed.");
        // With -WhatIf nothing is waited for that does not run by this call.
        var isReady = NoWait || !ShouldWait(found);
        WriteObject(CloudSqlObjects.ToInstance(specification.Project, isReady ? found : Wait(specification, creation, operation: null)));
    }

    private bool ShouldWait(System.Text.Json.Nodes.JsonObject instance)
        => instance.Text("state") == "PENDING_CREATE" && !IsWhatIf;

    private bool IsWhatIf
        => MyInvocation.BoundParameters.TryGetValue("WhatIf", out var given) ? (SwitchParameter)given : LanguagePrimitives.IsTrue(GetVariableValue("WhatIfPreference"));

    private System.Text.Json.Nodes.JsonObject Wait(InstanceSpecification specification, InstanceCreation creation, System.Text.Json.Nodes.JsonObject? operation)
    {
        StopHint = operation is null
            ? $"The instance is being made nevertheless; look at it: Get-SwarmCloudSqlInstance {Name} -Project {specification.Project}"
            : $"The instance is being made nevertheless. {Engine.Errors.TakeUp(CloudSqlObjects.ToOperation(specification.Project, operation))}, or run this again.";
        var instance = RunCloud((_, token) => creation.WaitAsync(operation, token));
        StopHint = null;
        return instance;
    }

    private string? CheckNetwork(InstanceSpecification specification)
        => specification.Network is not { } network ? null
            : RunCloud((api, token) => NetworkPeering.CheckAsync(api, InstanceRules.RequireVpc(specification.Project, network), token));

    private InstanceSpecification ReadSpecification()
    {
        var project = Settings.RequireProject();
        var flags = DatabaseFlags.Read(DatabaseFlag);
        if (flags.FirstOrDefault(flag => flag.Value is null).Key is { } empty) throw Engine.Errors.FlagValueNotText(empty, null);
        return new InstanceSpecification
        {
            Project = project,
            Name = Name,
            Region = Settings.RequireRegion(),
            DatabaseVersion = DatabaseVersion.ToUpperInvariant(),
            Tier = Tier,
            Edition = Edition.ToUpperInvariant(),
            AvailabilityType = AvailabilityType?.ToUpperInvariant(),
            StorageGb = StorageSize,
            StorageType = StorageType is null ? null : $"PD_{StorageType.ToUpperInvariant()}",
            Network = Network is null ? null : InstanceRules.RequireVpc(project, Network).Path,
            NoPublicAddress = NoPublicIp,
            NoBackup = NoBackup,
            DeletionProtection = MyInvocation.BoundParameters.ContainsKey(nameof(DeletionProtection)) ? DeletionProtection.IsPresent : null,
            Flags = flags.ToDictionary(flag => flag.Key, flag => flag.Value!),
            AuthorizedNetworks = [.. AuthorizedNetwork.Select(InstanceRules.RequireNetwork).Distinct()],
            Labels = (Label ?? []).Cast<DictionaryEntry>().ToDictionary(label => $"{label.Key}", label => $"{label.Value}"),
            RootPassword = RootPassword is null ? null : new NetworkCredential("", RootPassword).Password,
        };
    }

    private static string Describe(InstanceSpecification specification)
        => $"Create instance '{specification.Name}' ({specification.Tier}, {specification.DatabaseVersion}, {specification.Region}) in project '{specification.Project}'";
}
