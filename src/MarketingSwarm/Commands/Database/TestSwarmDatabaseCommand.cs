using System.Management.Automation;
using MarketingSwarm.Engine.Checks;

namespace MarketingSwarm.Commands;

/// <summary>
///   <para>Looks whether a database is ready for the application, and says of each thing that is not what to do about it.</para>
///   <para>Each check is an object, emitted as soon as it is made. A check that did not pass is no error: see Passed. Nothing is written and no lock is taken.</para>
/// </summary>
[Cmdlet(VerbsDiagnostic.Test, "SwarmDatabase")]
[OutputType(typeof(DatabaseCheck), typeof(bool))]
public sealed class TestSwarmDatabaseCommand : DatabaseCmdlet
{
    /// <summary>How often each of the application's statements is measured, after one run to warm up.</summary>
    [Parameter]
    [ValidateRange(5, 1000)]
    public int SampleCount { get; set; } = 20;

    /// <summary>What the 95th percentile of each statement, and the answer of the health route, may take. The default is the migration plan's.</summary>
    [Parameter]
    [ValidateRange(1, 600_000)]
    public int LatencyLimitMilliseconds { get; set; } = 500;

    /// <summary>How many connections one instance of the application may open: SQLAlchemy's pool_size and max_overflow together.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int PoolSize { get; set; } = 15;

    /// <summary>How many instances of the application may run at once.</summary>
    [Parameter]
    [ValidateRange(1, 10_000)]
    public int InstanceCount { get; set; } = 1;

    /// <summary>The full http or https address of the application's own health route, to be asked as well.</summary>
    [Parameter]
    [ValidateNotNull]
    public Uri? Endpoint { get; set; }

    /// <summary>How long the health route may take to answer at all.</summary>
    [Parameter]
    [ValidateRange(1, 3600)]
    public int EndpointTimeoutSeconds { get; set; } = 10;

    /// <summary>Emits one boolean in place of the checks: whether all of them passed. It ends at the first one that did not.</summary>
    [Parameter]
    public SwitchParameter Quiet { get; set; }

    private protected override void Process()
    {
        var checker = new DatabaseChecker(ResolveDatabase(forWriting: false), new DatabaseCheckOptions
        {
            SampleCount = SampleCount,
            LatencyLimit = TimeSpan.FromMilliseconds(LatencyLimitMilliseconds),
            PoolSize = PoolSize,
            InstanceCount = InstanceCount,
            Endpoint = Endpoint,
            EndpointTimeout = TimeSpan.FromSeconds(EndpointTimeoutSeconds),
        });

        var checks = checker.RunAsync(StopToken).GetAsyncEnumerator(StopToken);
        var allPassed = true;
        try
        {
            while (Run(_ => checks.MoveNextAsync().AsTask()))
            {
                var check = checks.Current;
                allPassed &= check.Passed == true;
                if (!Quiet)
                {
                    WriteObject(check);
                    continue;
                }

                WriteVerbose(check.ToString());
                if (!allPassed) break;
            }
        }
        finally
        {
            checks.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }

        if (Quiet) WriteObject(allPassed);
    }
}
