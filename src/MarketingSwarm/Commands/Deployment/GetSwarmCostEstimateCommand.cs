using System.Management.Automation;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Checks;
using MarketingSwarm.Engine.Costs;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;

namespace MarketingSwarm.Commands;

/// <summary>Estimates what a Cloud SQL instance costs a month, by dated list prices, and compares tiers. Nothing is asked of Google.</summary>
[Cmdlet(VerbsCommon.Get, "SwarmCostEstimate", DefaultParameterSetName = TierSet)]
[OutputType(typeof(SwarmCostEstimate))]
public sealed class GetSwarmCostEstimateCommand : SwarmCmdlet
{
    private const string TierSet = "Tier";
    private const string InstanceSet = "InputObject";
    private const string DefaultRegion = "us-central1";
    private const double BytesPerGb = 1L << 30;

    /// <summary>The machines that are compared.</summary>
    [Parameter(Position = 0, ParameterSetName = TierSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(TierCompleter))]
    public string[] Tier { get; set; } = ["db-f1-micro", "db-g1-small", "db-custom-1-3840"];

    /// <summary>The region. Without it: the session's, else us-central1.</summary>
    [Parameter(ParameterSetName = TierSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    /// <summary>The edition.</summary>
    [Parameter(ParameterSetName = TierSet)]
    [ValidateNotNullOrEmpty]
    public string Edition { get; set; } = MachineTier.Enterprise;

    /// <summary>ZONAL, or REGIONAL for a second server and disk in another zone.</summary>
    [Parameter(ParameterSetName = TierSet)]
    [ValidateSet("ZONAL", "REGIONAL")]
    public string AvailabilityType { get; set; } = "ZONAL";

    /// <summary>How many backups are kept; 0 for none.</summary>
    [Parameter(ParameterSetName = TierSet)]
    [ValidateRange(0, 365)]
    public int RetainedBackups { get; set; } = 7;

    /// <summary>For how many days any moment can be restored; 0 for none.</summary>
    [Parameter(ParameterSetName = TierSet)]
    [ValidateRange(0, 35)]
    public int RetainedLogDays { get; set; }

    /// <summary>The disk in GiB. Without it, what the data needs, and at least 10.</summary>
    [Parameter(ParameterSetName = TierSet)]
    [ValidateRange(10, 65_536)]
    public int StorageSize { get; set; }

    /// <summary>An instance, as Get-SwarmCloudSqlInstance gives it: its own tier, region, disk and backups are taken.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = InstanceSet)]
    [ValidateNotNull]
    public CloudSqlInstance? InputObject { get; set; }

    /// <summary>A database whose size is measured: a SQLite file, or a server's.</summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Database { get; set; }

    /// <summary>The backups in GiB. Without it they are estimated from the data.</summary>
    [Parameter]
    [ValidateRange(0d, 1_000_000d)]
    public double BackupSize { get; set; }

    /// <summary>How much of write-ahead log a day brings, in GiB.</summary>
    [Parameter]
    [ValidateRange(0d, 10_000d)]
    public double LogSizePerDay { get; set; } = 0.5;

    /// <summary>What the data grows by, in GiB a month.</summary>
    [Parameter]
    [ValidateRange(0d, 10_000d)]
    public double MonthlyGrowth { get; set; }

    /// <summary>How many months are looked at.</summary>
    [Parameter]
    [ValidateRange(1, 120)]
    public int Months { get; set; } = 12;

    /// <summary>A table of other prices: a JSON file in the form of the module's own.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? PriceTable { get; set; }

    /// <summary>The user and the password of the database's server.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected override void Process()
    {
        var prices = PriceTable is null ? Engine.Costs.PriceTable.Default : Engine.Costs.PriceTable.Read(ResolvePath(PriceTable));
        var estimator = new CostEstimator(prices);
        double? data = null;
        if (Database is not null)
        {
            var database = Resolve(Database, Credential);
            data = Run(token => DatabaseSizes.MeasureAsync(database, token)) / BytesPerGb;
        }

        foreach (var estimate in Ask(data).Select(estimator.Estimate).OrderBy(estimate => estimate.MonthlyCost).ToList()) WriteObject(estimate);
    }

    private IEnumerable<CostQuestion> Ask(double? data)
    {
        var common = new CostQuestion
        {
            Tier = "",
            Edition = Edition.ToUpperInvariant(),
            IsRegional = AvailabilityType.Equals("REGIONAL", StringComparison.OrdinalIgnoreCase),
            Region = Region ?? SwarmContextStore.Current.Region ?? DefaultRegion,
            StorageGb = MyInvocation.BoundParameters.ContainsKey(nameof(StorageSize)) ? StorageSize : null,
            DataGb = data,
            GrowthGb = MonthlyGrowth,
            Months = Months,
            RetainedBackups = RetainedBackups,
            BackupGb = MyInvocation.BoundParameters.ContainsKey(nameof(BackupSize)) ? BackupSize : null,
            LogDays = RetainedLogDays,
            LogGbPerDay = LogSizePerDay,
        };
        if (InputObject is not { } instance) return Tier.Select(tier => common with { Tier = tier });

        var policy = BackupPolicies.ToPolicy(instance.Project, JsonNode.Parse(instance.Json)!.AsObject());
        return
        [
            common with
            {
                Tier = instance.Tier ?? "",
                Edition = instance.Edition ?? MachineTier.Enterprise,
                IsRegional = instance.AvailabilityType == "REGIONAL",
                Region = instance.Region ?? common.Region,
                StorageGb = (int?)instance.DiskSizeGb,
                RetainedBackups = policy.Enabled ? policy.RetainedBackups ?? 7 : 0,
                LogDays = policy is { Enabled: true, PointInTimeRecovery: true } ? policy.RetainedLogDays ?? 7 : 0,
            },
        ];
    }
}
