using MarketingSwarm.Engine.Checks;
using MarketingSwarm.Engine.Samples;
using MarketingSwarm.Engine.Tests.GoogleCloud;

namespace MarketingSwarm.Engine.Tests.Checks;

/// <summary>What Cloud Run and Cloud Monitoring say of a service, where no emulator has numbers; the rest is tested at the prompt.</summary>
public sealed class MigrationCriteriaTests : IDisposable
{
    private const string Service = """
        {"name":"projects/p/locations/us-central1/services/app","latestReadyRevision":"projects/p/locations/us-central1/services/app/revisions/app-2",
         "trafficStatuses":[{"type":"TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST","percent":90},{"revision":"app-1","percent":10},{"revision":"app-0","percent":0}]}
        """;

    private static readonly DateTimeOffset Deployed = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new();
    private DateTimeOffset _now = Deployed + TimeSpan.FromMinutes(34);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("3", "1", true, "1.00 % of 300 requests in 30 minutes; before the deployment 0.50 % of 200")]
    [InlineData("4", "1", false, "1.33 % of 301 requests in 30 minutes; before the deployment 0.50 % of 200")]
    // No more than before is no increase.
    [InlineData("30", "40", true, "9.17 % of 327 requests in 30 minutes; before the deployment 16.74 % of 239")]
    public async Task ErrorsAreComparedWithThoseBeforeTheDeployment(string after, string before, bool passed, string actual)
    {
        var (check, requests) = await MeasureAsync(MigrationCriteria.ErrorRate, line
            => line.Contains("interval.endTime=2026-03-01T12%3A30", StringComparison.Ordinal) || line.Contains("interval.endTime=2026-03-01T12:30", StringComparison.Ordinal)
                ? Series(("2xx", "250"), ("3xx", "47"), ("5xx", after)) : Series(("2xx", "199"), ("5xx", before)));

        Assert.Equal((passed, actual), (check.Passed, check.Actual.Replace(" %", "%", StringComparison.Ordinal).Replace("%", " %", StringComparison.Ordinal)));
        Assert.Equal(passed, check.RecommendedAction is null);
        var asked = requests.Where(line => line.Contains("/timeSeries", StringComparison.Ordinal)).Select(Uri.UnescapeDataString).ToList();
        Assert.Equal(2, asked.Count);
        Assert.All(asked, line => Assert.Contains(
            "metric.type = \"run.googleapis.com/request_count\" AND resource.type = \"cloud_run_revision\" AND resource.labels.service_name = \"app\" AND resource.labels.location = \"us-central1\"",
            line, StringComparison.Ordinal));
        Assert.Contains("interval.startTime=2026-03-01T12:00:00Z&interval.endTime=2026-03-01T12:30:00Z&aggregation.alignmentPeriod=1800s", asked[0], StringComparison.Ordinal);
        Assert.Contains("interval.startTime=2026-03-01T11:30:00Z&interval.endTime=2026-03-01T12:00:00Z", asked[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutARequestNothingIsMeasured()
    {
        var (check, _) = await MeasureAsync(MigrationCriteria.ErrorRate, _ => "{}");
        Assert.Null(check.Passed);
        Assert.Equal("service 'app' answered no request in 30 minutes", check.Actual);
    }

    [Fact]
    public async Task RightAfterTheDeploymentNothingIsMeasured()
    {
        _now -= TimeSpan.FromMinutes(30);
        var (check, requests) = await MeasureAsync(MigrationCriteria.ErrorRate, _ => "{}");
        Assert.Null(check.Passed);
        Assert.Contains("2026-03-01 12:00 UTC", check.Actual, StringComparison.Ordinal);
        Assert.DoesNotContain(requests, line => line.Contains("/timeSeries", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"instances":["p:us-central1:db"]}""", "p:us-central1:db", true, "app-2 (90 %), app-1 (10 %)")]
    [InlineData("""{"instances":["p:us-central1:db"]}""", "p:us-central1:old", false, "app-1, with 10 % of the requests, is connected to p:us-central1:old")]
    [InlineData("null", "p:us-central1:db", false, "app-2, with 90 % of the requests, is connected to no instance")]
    public async Task EveryRevisionThatServesIsLookedAt(string volume, string variable, bool passed, string actual)
    {
        var (check, _) = await MeasureAsync(MigrationCriteria.Deployment, _ => "{}", volume, variable);
        Assert.Equal((passed, actual), (check.Passed, check.Actual));
        Assert.Equal(passed, check.RecommendedAction is null);
    }

    [Fact]
    public async Task AServiceThatIsNotThereIsAFinding()
    {
        var (check, _) = await MeasureAsync(MigrationCriteria.Deployment, _ => "{}", service: null);
        Assert.False(check.Passed);
        Assert.Contains("service 'app' in region 'us-central1'", check.Actual, StringComparison.Ordinal);
    }

    private static string Series(params (string Class, string Count)[] counts)
        => $"{{\"timeSeries\":[{string.Join(',', counts.Select(count =>
            $"{{\"metric\":{{\"labels\":{{\"response_code_class\":\"{count.Class}\"}}}},\"points\":[{{\"value\":{{\"int64Value\":\"{count.Count}\"}}}}]}}"))}]}}";

    private async Task<(MigrationCheck Check, IReadOnlyList<string> Requests)> MeasureAsync(
        string name, Func<string, string> series, string volume = "null", string variable = "", string? service = Service)
    {
        var token = TestContext.Current.CancellationToken;
        var path = _folder.File("app.db");
        SampleDatabase.Write(new SampleOptions { Path = path, Count = 5 }, null, token);
        var database = new SwarmDatabase(DatabaseEngine.Sqlite) { Path = path };
        using var google = new ScriptedGoogle((line, _) =>
            line.Contains("/timeSeries", StringComparison.Ordinal) ? (200, series(line))
            : line.EndsWith("/revisions/app-2", StringComparison.Ordinal) ? (200, $$"""{"createTime":"2026-03-01T12:00:00Z","volumes":[{"name":"sql","cloudSqlInstance":{{volume}}}]}""")
            : line.EndsWith("/revisions/app-1", StringComparison.Ordinal)
                ? (200, $$"""{"createTime":"2026-02-01T12:00:00Z","containers":[{"env":[{"name":"INSTANCE_CONNECTION_NAME","value":"{{variable}}"}]}]}""")
            : service is null ? (404, ScriptedGoogle.Error(404, "NOT_FOUND")) : (200, service));
        using var api = google.CreateClient();
        var criteria = new MigrationCriteria(
            database, database,
            new MigrationCriteriaOptions { Database = new DatabaseCheckOptions { SampleCount = 5 }, Instance = ("p", "db"), Service = "app", Region = "us-central1" }, api, new FixedClock(_now));
        MigrationCheck? found = null;
        await foreach (var check in criteria.RunAsync(token))
        {
            if (check.Name == name) found = check;
        }

        return (found!, google.Requests);
    }

    private sealed class FixedClock(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
