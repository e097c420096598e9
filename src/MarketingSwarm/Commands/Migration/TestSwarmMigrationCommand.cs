using System.Management.Automation;
using MarketingSwarm.Engine.Backups;
using MarketingSwarm.Engine.Checks;
using MarketingSwarm.Engine.Reports;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Measures whether a migration has succeeded: every row is there, both sides are fast enough, backups are on, and the deployment uses the new database.</para>
///   <para>Each criterion is an object, emitted as soon as it is measured. One that is not met is no error: see Passed. Nothing is written.</para>
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "SwarmMigration", DefaultParameterSetName = DatabasesSet)]
[OutputType(typeof(MigrationCheck), typeof(bool))]
public sealed class TestSwarmMigrationCommand : CloudCmdlet
{
    private const string DatabasesSet = "Databases";
    private const string CertificateSet = "Certificate";

    /// <summary>A certificate of New-SwarmMigrationReport, to be proven again from its backup, without a server.</summary>
    [Parameter(Mandatory = true, ParameterSetName = CertificateSet)]
    [ValidateNotNullOrEmpty]
    public string? Certificate { get; set; }

    /// <summary>Where the certificate's backup is now. Without it, beside the certificate, or in the folder backups there.</summary>
    [Parameter(ParameterSetName = CertificateSet)]
    [ValidateNotNullOrEmpty]
    public string? Backup { get; set; }

    /// <summary>The database that was migrated: the path of a SQLite file, or an object of Get-SwarmDatabase.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = DatabasesSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Source { get; set; }

    /// <summary>The database that it was migrated to: a URL (<c>cloudsql://…</c>, <c>postgresql://…</c>), or an object of Get-SwarmDatabase.</summary>
    [Parameter(Mandatory = true, Position = 1, ParameterSetName = DatabasesSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(DatabaseCompleter))]
    public DatabaseReference? Destination { get; set; }

    /// <summary>The Cloud SQL instance whose backups are looked at. Without it, that of a <c>cloudsql://</c> destination.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    [ValidateNotNull]
    [ArgumentCompleter(typeof(InstanceCompleter))]
    public CloudSqlInstanceReference? Instance { get; set; }

    /// <summary>The application's Cloud Run service. Without it, the deployment and its error rate are not measured.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ServiceCompleter))]
    public string? Service { get; set; }

    /// <summary>The service's region. Without it: the session's, then the instance's.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(RegionCompleter))]
    public string? Region { get; set; }

    /// <summary>The full http or https address of the application's own health route, to be asked as well.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    [ValidateNotNull]
    public Uri? Endpoint { get; set; }

    /// <summary>How often each of the application's statements is measured on each side, after one run to warm up.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    [ValidateRange(5, 1000)]
    public int SampleCount { get; set; } = 20;

    /// <summary>What the 95th percentile of each statement may take. The default is the migration plan's.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    [ValidateRange(1, 600_000)]
    public int LatencyLimitMilliseconds { get; set; } = 500;

    /// <summary>The percentage of requests that may end in a 5xx, where it was not more before the deployment.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    [ValidateRange(0, 100)]
    public double ErrorRateLimitPercent { get; set; } = 1;

    /// <summary>How many minutes after the deployment, and as many before it, errors are counted in.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    [ValidateRange(1, 1440)]
    public int ErrorRateMinutes { get; set; } = 60;

    /// <summary>Has PostgreSQL compute digests where its rows are, and reads back only what differs: for slow links.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    public SwitchParameter HashOnServer { get; set; }

    /// <summary>Emits one boolean in place of the criteria: whether every row is there and no criterion failed. What was not measured does not count.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    /// <summary>The user and the password for a server; they go before those in the URL and in the environment.</summary>
    [Parameter(ParameterSetName = DatabasesSet)]
    [Credential]
    public PSCredential? Credential { get; set; }

    private protected override void End()
    {
        if (ParameterSetName == CertificateSet) TestCertificate();
        else TestDatabases();
    }

    private void TestCertificate()
    {
        var path = ResolvePath(Certificate!);
        var certificate = Engine.Reports.Certificate.Read(path);
        var hasFailed = false;
        foreach (var check in new CertificateCheck(certificate, path, FindBackup(path, certificate.Backup.File)).Run(StopToken))
        {
            hasFailed |= check.Passed == false;
            if (Quiet) WriteVerbose(check.ToString());
            else WriteObject(check);
        }

        if (Quiet) WriteObject(!hasFailed);
    }

    private string FindBackup(string certificate, string name)
    {
        if (Backup is not null) return ResolvePath(Backup);
        var folder = System.IO.Path.GetDirectoryName(certificate)!;
        // A name in an edited certificate may have a way out of the folder in it.
        name = System.IO.Path.GetFileName(name);
        var beside = System.IO.Path.Combine(folder, name);
        return System.IO.File.Exists(beside) ? beside : System.IO.Path.Combine(folder, BackupStore.DefaultFolderName, name);
    }

    private void TestDatabases()
    {
        var source = Resolve(Source, Credential);
        var destination = Resolve(Destination, Credential);
        var criteria = new MigrationCriteria(
            source, destination,
            new MigrationCriteriaOptions
            {
                Database = new DatabaseCheckOptions { SampleCount = SampleCount, LatencyLimit = TimeSpan.FromMilliseconds(LatencyLimitMilliseconds), Endpoint = Endpoint },
                HashOnServer = HashOnServer,
                Instance = Instance is null ? null : ResolveInstance(Instance),
                Service = Service,
                Region = Region,
                ErrorRateLimit = ErrorRateLimitPercent / 100,
                ErrorRateWindow = TimeSpan.FromMinutes(ErrorRateMinutes),
            },
            Api, TimeProvider.System);
        var checks = criteria.RunAsync(StopToken).GetAsyncEnumerator(StopToken);
        var hasFailed = false;
        try
        {
            while (RunCloud((_, _) => checks.MoveNextAsync().AsTask()))
            {
                var check = checks.Current;
                hasFailed |= check.Passed == false;
                if (!Quiet)
                {
                    WriteObject(check);
                    continue;
                }

                WriteVerbose(check.ToString());
                if (hasFailed) break;
            }
        }
        finally
        {
            checks.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        if (Quiet) WriteObject(!hasFailed);
    }
}
