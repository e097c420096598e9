namespace MarketingSwarm.Engine;

internal static partial class Errors
{
    internal static SwarmConfigurationException EndpointNotUsable(Uri endpoint, string reason) => Configuration(
        $"The endpoint '{DatabaseReference.MaskPassword(endpoint.OriginalString)}' cannot be asked: {reason}.",
        "Give the full address of the application's health route, such as https://app.example.com/api/health.",
        DatabaseReference.MaskPassword(endpoint.OriginalString));

    internal static SwarmDatabaseException StatementTimeout(SwarmDatabase database, TimeSpan limit, Exception? inner) => Database(
        SwarmDatabaseFailure.Timeout,
        FormattableString.Invariant($"{database} did not finish a statement within {limit.TotalSeconds:0.#} s."),
        "See what the server is busy with (pg_stat_activity, its CPU and disk), add the missing indexes with Update-SwarmDatabaseSchema, and try again.",
        database, inner: inner);

    internal static SwarmConfigurationException RunRegionNotKnown(string service) => Configuration(
        $"The region of the Cloud Run service '{service}' is not known.", "Give -Region, or once for the session: Set-SwarmContext -Region us-central1.", service);

    internal static SwarmConfigurationException TestReportUnreadable(string path, string problem) => Configuration(
        $"The report of tests {path} cannot be read: {problem}", "A report of JUnit's form (pytest --junitxml), NUnit's or Visual Studio's (trx) is expected.", path);
}
