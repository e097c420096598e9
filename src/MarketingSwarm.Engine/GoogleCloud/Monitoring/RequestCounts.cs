namespace MarketingSwarm.Engine.GoogleCloud.Monitoring;

/// <summary>How many requests a Cloud Run service answered, and how many of them with a 5xx.</summary>
/// <param name="Total">All requests.</param>
/// <param name="Failed">Those that were answered with a 5xx.</param>
internal readonly record struct RequestCounts(long Total, long Failed)
{
    private const string Metric = "run.googleapis.com/request_count";
    private const string ClassLabel = "response_code_class";
    private const string ServerErrors = "5xx";

    /// <summary>The share of failed requests, 0 to 1; 0 where there was no request.</summary>
    internal double ErrorRate => Total == 0 ? 0 : (double)Failed / Total;

    /// <summary>Asks Cloud Monitoring for the requests of a time (https://cloud.google.com/monitoring/api/metrics_gcp, run/request_count; it lags by up to four minutes).</summary>
    /// <exception cref="SwarmCloudException">The metric cannot be read.</exception>
    internal static async Task<RequestCounts> ReadAsync(
        IGoogleApi api, string project, string region, string service, DateTime from, DateTime to, CancellationToken cancellationToken)
    {
        var filter = $"metric.type = \"{Metric}\" AND resource.type = \"cloud_run_revision\""
            + $" AND resource.labels.service_name = \"{service}\" AND resource.labels.location = \"{region}\"";
        long total = 0;
        long failed = 0;
        await foreach (var series in api.ListAsync(token => MonitoringRequests.ListTimeSeries(project, filter, from, to, "metric.labels." + ClassLabel, token), "timeSeries", cancellationToken)
            .ConfigureAwait(false))
        {
            var count = series.Items("points").Sum(point => point.Number("value", "int64Value") ?? 0);
            total += count;
            if (series.Text("metric", "labels", ClassLabel) == ServerErrors) failed += count;
        }

        return new RequestCounts(total, failed);
    }
}
