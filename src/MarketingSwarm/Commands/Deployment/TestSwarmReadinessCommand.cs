using System.Management.Automation;
using MarketingSwarm.Engine.Backups;
using MarketingSwarm.Engine.Checks;

namespace MarketingSwarm.Commands;

/// <summary>
///   Goes through the checklist of the rollout, day by day, and holds each box against what is there; says what the next step is, and the command for it. Nothing is changed.
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "SwarmReadiness")]
[OutputType(typeof(ReadinessCheck), typeof(bool))]
public sealed class TestSwarmReadinessCommand : CloudCmdlet
{
    /// <summary>The database that is moved: the path of a SQLite file, or an object of Get-SwarmDatabase.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Source { get; set; }

    /// <summary>The database that it is moved to: a URL (<c>cloudsql://…</c>, <c>postgresql://…</c>), or an object of Get-SwarmDatabase.</summary>
    [Parameter(Mandatory = true, Position = 1)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Destination { get; set; }

    /// <summary>The Cloud SQL instance. Without it, that of a <c>cloudsql://</c> destination.</summary>
    [Parameter]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>The application's Cloud Run service.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string? Service { get; set; }

    /// <summary>The service's region. Without it: the session's, then the instance's.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    /// <summary>The account that the service runs as. Without it, the service's own, that of the service.yaml, or Cloud Run's default.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ServiceAccount { get; set; }

    /// <summary>The secret with the application's password. Without it, that of the destination's URL, else db-pass.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? SecretName { get; set; }

    /// <summary>The application's folder, with its service.yaml.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Path { get; set; }

    /// <summary>Where the database configuration is in that folder.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string ModulePath { get; set; } = "backend/utils/database_config.py";

    /// <summary>The full http or https address of the application's health route.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? Endpoint { get; set; }

    /// <summary>A report of the application's tests: JUnit's form (pytest --junitxml), NUnit's or trx.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? TestReport { get; set; }

    /// <summary>The certificate of New-SwarmMigrationReport.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? Certificate { get; set; }

    /// <summary>The folder of the source's backups. Without it, the folder backups beside the file.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? BackupFolder { get; set; }

    /// <summary>For how many days a backup of the source is kept after the cutover.</summary>
    [Parameter]
    [ValidateRange(1, 3650)]
    public int BackupRetentionDays { get; set; } = 30;

    /// <summary>How many connections an instance of the service opens, where its own variables do not say.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int ConnectionsPerInstance { get; set; } = 15;

    /// <summary>The days that are looked at.</summary>
    [Parameter]
    [ValidateRange(1, 4)]
    public int[] Day { get; set; } = [1, 2, 3, 4];

    /// <summary>How often each of the application's statements is measured, after one run to warm up.</summary>
    [Parameter]
    [ValidateRange(5, 1000)]
    public int SampleCount { get; set; } = 20;

    /// <summary>What the 95th percentile of each statement may take.</summary>
    [Parameter]
    [ValidateRange(1, 600_000)]
    public int LatencyLimitMilliseconds { get; set; } = 500;

    /// <summary>Emits one boolean in place of the boxes: whether every box of these days is ticked. One that was not looked at is not.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>The user and the password for a server; they go before those in the URL and in the environment.</summary>
    [Parameter]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected override void End()
    {
        var source = Resolve(Source, Credential);
        var checks = new ReadinessChecks(
            new ReadinessOptions
            {
                Source = source,
                Destination = Resolve(Destination, Credential),
                Instance = Instance is null ? null : ResolveInstance(Instance),
                Service = Service,
                Region = Region,
                ServiceAccount = ServiceAccount,
                Secret = SecretName,
                Folder = Path is null ? null : ResolvePath(Path),
                ModulePath = ModulePath,
                Endpoint = Endpoint,
                TestReport = TestReport is null ? null : ResolvePath(TestReport),
                Certificate = Certificate is null ? null : ResolvePath(Certificate),
                BackupFolder = BackupFolder is null ? BackupStore.GetDefaultFolder(source, ResolvePath(".")) : ResolvePath(BackupFolder),
                BackupDays = BackupRetentionDays,
                ConnectionsPerInstance = ConnectionsPerInstance,
                Database = new DatabaseCheckOptions { SampleCount = SampleCount, LatencyLimit = TimeSpan.FromMilliseconds(LatencyLimitMilliseconds) },
                Days = Day,
            },
            Api, TimeProvider.System).RunAsync(StopToken).GetAsyncEnumerator(StopToken);
        var isReady = true;
        try
        {
            while (RunCloud((_, _) => checks.MoveNextAsync().AsTask()))
            {
                isReady &= checks.Current.Passed == true;
                if (Quiet) WriteVerbose(checks.Current.ToString());
                else WriteObject(checks.Current);
                if (Quiet && !isReady) break;
            }
        }
        finally
        {
            checks.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        if (Quiet) WriteObject(isReady);
    }
}
