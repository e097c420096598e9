using System.Runtime.CompilerServices;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;
using MarketingSwarm.Engine.GoogleCloud.Connector;
using MarketingSwarm.Engine.GoogleCloud.Monitoring;
using MarketingSwarm.Engine.GoogleCloud.Run;
using MarketingSwarm.Engine.Proof;

namespace MarketingSwarm.Engine.Checks;

/// <summary>What a migration is measured by, and where.</summary>
internal sealed record MigrationCriteriaOptions
{
    /// <summary>How the application's statements are measured, on both sides.</summary>
    internal required DatabaseCheckOptions Database { get; init; }

    /// <summary>Whether PostgreSQL computes digests of its rows where they are.</summary>
    internal bool HashOnServer { get; init; }

    /// <summary>The Cloud SQL instance's project and name; <see langword="null"/> to take those of the destination's name.</summary>
    internal (string Project, string Name)? Instance { get; init; }

    /// <summary>The application's Cloud Run service; <see langword="null"/> where it is not one.</summary>
    internal string? Service { get; init; }

    /// <summary>The service's region; <see langword="null"/> to take the session's, then the instance's.</summary>
    internal string? Region { get; init; }

    /// <summary>The share of requests, 0 to 1, that may end in a 5xx, where it was not more before the deployment.</summary>
    internal double ErrorRateLimit { get; init; } = 0.01;

    /// <summary>How much time after the deployment, and as much before it, errors are counted in.</summary>
    internal TimeSpan ErrorRateWindow { get; init; } = TimeSpan.FromHours(1);
}

/// <summary>Measures the criteria of a migration's success. Each is given as soon as it is measured; nothing is changed.</summary>
/// <remarks>A criterion that is not met, or cannot be measured, is a finding and no exception. Only Ctrl+C and wrong names end in one.</remarks>
/// <param name="source">The database that was migrated.</param>
/// <param name="destination">The database that it was migrated to.</param>
/// <param name="options">What is measured.</param>
/// <param name="api">Google Cloud; it is asked only where the destination or the options name something there.</param>
/// <param name="clock">Tells what is now.</param>
internal sealed class MigrationCriteria(SwarmDatabase source, SwarmDatabase destination, MigrationCriteriaOptions options, IGoogleApi api, TimeProvider clock)
{
    internal const string Rows = "Rows";
    internal const string SourceLatency = "SourceLatency";
    internal const string DestinationLatency = "DestinationLatency";
    internal const string Backups = "Backups";
    internal const string Deployment = "Deployment";
    internal const string ErrorRate = "ErrorRate";
    internal const string Endpoint = "Endpoint";

    private const string NoService = "no Cloud Run service was named: give -Service";

    // Cloud Monitoring shows a minute's requests up to four minutes later.
    private static readonly TimeSpan MetricLag = TimeSpan.FromMinutes(4);

    private IReadOnlyList<ServingRevision>? _revisions;

    /// <summary>Measures one criterion after the other.</summary>
    internal async IAsyncEnumerable<MigrationCheck> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var name in (string[])[Rows, SourceLatency, DestinationLatency, Backups, Deployment, ErrorRate]) yield return await MeasureAsync(name, cancellationToken);
        if (options.Database.Endpoint is not null) yield return await MeasureAsync(Endpoint, cancellationToken);
    }

    /// <summary>Measures one criterion.</summary>
    internal Task<MigrationCheck> MeasureAsync(string name, CancellationToken cancellationToken)
    {
        var limit = FormattableString.Invariant($"the 95th percentile of each of the application's statements is at most {options.Database.LatencyLimit.TotalMilliseconds:0} ms");
        return name switch
        {
            Rows => TryAsync(Rows, "every row of the source is in the destination, cell by cell", CheckRowsAsync, cancellationToken),
            SourceLatency => TryAsync(SourceLatency, limit, token => CheckLatencyAsync(source, token), cancellationToken),
            DestinationLatency => TryAsync(DestinationLatency, limit, token => CheckLatencyAsync(destination, token), cancellationToken),
            Backups => TryAsync(Backups, "automated backups are on", CheckBackupsAsync, cancellationToken),
            Deployment => TryAsync(Deployment, "every revision that requests go to is connected to the instance", CheckDeploymentAsync, cancellationToken),
            ErrorRate => TryAsync(
                ErrorRate, FormattableString.Invariant($"at most {options.ErrorRateLimit:P1} of the requests end in a 5xx, or no more than before the deployment"), CheckErrorRateAsync, cancellationToken),
            _ => TryAsync(Endpoint, "the health route answers with a success", token => CheckEndpointAsync(options.Database.Endpoint!, token), cancellationToken),
        };
    }

    private (string Project, string Name)? FindInstance()
        => options.Instance ?? (InstanceName.TryParse(destination.InstanceConnectionName ?? "", out var name) ? (name.Project, name.Name) : null);

    private async Task<MigrationCheck> TryAsync(string name, string expected, Func<CancellationToken, Task<Measured>> check, CancellationToken cancellationToken)
    {
        Measured found;
        try
        {
            found = await Task.Run(() => check(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmException exception)
        {
            found = new Measured(false, exception.Message, exception.RecommendedAction);
        }

        return new MigrationCheck
        {
            Name = name,
            Passed = found.Passed,
            Expected = expected,
            Actual = found.Actual,
            RecommendedAction = found.Action,
            Evidence = found.Evidence,
            Source = source,
            Destination = destination,
        };
    }

    private async Task<Measured> CheckRowsAsync(CancellationToken cancellationToken)
    {
        using var comparison = await ConversationComparison.OpenAsync(source, destination, [], options.HashOnServer, cancellationToken).ConfigureAwait(false);
        string? first = null;
        foreach (var row in comparison.Compare(cancellationToken)) first ??= row.ToDifferences().First().ToString();
        var summary = comparison.CreateSummary();
        return summary.IsSame
            ? new Measured(true, FormattableString.Invariant($"{summary.SourceRows} rows: {summary.Equal} equal, {summary.Quarantined} quarantined with their bytes"), Evidence: summary)
            : new Measured(
                false, FormattableString.Invariant($"{summary.Missing} rows missing, {summary.Extra} extra, {summary.Changed} changed ({summary.CellsDiffering} cells); the first: {first}"),
                "Compare-SwarmConversation names every one. Where the application went on writing to the source, carry that over before it is switched.", summary);
    }

    private async Task<Measured> CheckLatencyAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        await foreach (var check in new DatabaseChecker(database, options.Database with { Endpoint = null }).RunAsync(cancellationToken).ConfigureAwait(false))
        {
            if (check is LatencyCheck) return new Measured(check.Passed, check.Actual, check.RecommendedAction, check);
            if (check is { Passed: false, Failure: not null }) return new Measured(false, $"{check.Name}: {check.Actual}", check.RecommendedAction, check);
        }

        return new Measured(null, "the database could not be asked", "Test-SwarmDatabase says why.");
    }

    private async Task<Measured> CheckBackupsAsync(CancellationToken cancellationToken)
    {
        if (FindInstance() is not var (project, name)) return new Measured(null, "the destination is not named as a Cloud SQL instance: give -Instance");
        var policy = BackupPolicies.ToPolicy(project, await api.SendAsync(CloudSqlRequests.GetInstance(project, name), cancellationToken).ConfigureAwait(false));
        return policy.Enabled
            ? new Measured(true, $"{policy}{(policy.PointInTimeRecovery ? ", and any moment can be restored" : "")}", Evidence: policy)
            : new Measured(false, $"instance '{name}' is not backed up", $"Set-SwarmBackupPolicy {name} -Project {project}", policy);
    }

    private async Task<Measured> CheckDeploymentAsync(CancellationToken cancellationToken)
    {
        if (options.Service is null) return new Measured(null, NoService);
        if (FindInstance() is not var (project, name)) return new Measured(null, "the destination is not named as a Cloud SQL instance: give -Instance");
        var revisions = await FindRevisionsAsync(cancellationToken).ConfigureAwait(false);
        if (revisions.Count == 0) return new Measured(false, $"service '{options.Service}' has no revision that requests go to", "Deploy it.");
        var elsewhere = revisions.Where(revision => !revision.Instances.Any(connected => InstanceName.TryParse(connected, out var other) && (other.Project, other.Name) == (project, name))).ToList();
        return elsewhere.Count == 0
            ? new Measured(true, string.Join(", ", revisions.Select(revision => FormattableString.Invariant($"{revision.Name} ({revision.Percent} %)"))))
            : new Measured(
                false,
                string.Join("; ", elsewhere.Select(revision => FormattableString.Invariant(
                    $"{revision.Name}, with {revision.Percent} % of the requests, is connected to {(revision.Instances.Count == 0 ? "no instance" : string.Join(" and ", revision.Instances))}"))),
                "Deploy the service with the instance (annotation run.googleapis.com/cloudsql-instances) and send all requests to that revision.");
    }

    private async Task<Measured> CheckErrorRateAsync(CancellationToken cancellationToken)
    {
        if (options.Service is not { } service) return new Measured(null, NoService);
        var revisions = await FindRevisionsAsync(cancellationToken).ConfigureAwait(false);
        if (revisions.Count == 0) return new Measured(null, $"service '{service}' has no revision that requests go to");
        var (project, region) = Locate();
        var deployed = revisions.Max(revision => revision.CreateTime);
        var now = clock.GetUtcNow().UtcDateTime - MetricLag;
        var span = now - deployed < options.ErrorRateWindow ? now - deployed : options.ErrorRateWindow;
        if (span < TimeSpan.FromMinutes(1)) return new Measured(null, FormattableString.Invariant($"the newest revision is of {deployed:yyyy-MM-dd HH:mm} UTC; Cloud Monitoring shows its requests some minutes later"));
        var after = await RequestCounts.ReadAsync(api, project, region, service, now - span, now, cancellationToken).ConfigureAwait(false);
        if (after.Total == 0) return new Measured(null, FormattableString.Invariant($"service '{service}' answered no request in {span.TotalMinutes:0} minutes"));
        var before = await RequestCounts.ReadAsync(api, project, region, service, deployed - span, deployed, cancellationToken).ConfigureAwait(false);
        var actual = FormattableString.Invariant(
            $"{after.ErrorRate:P2} of {after.Total} requests in {span.TotalMinutes:0} minutes; before the deployment {(before.Total == 0 ? "there were none" : FormattableString.Invariant($"{before.ErrorRate:P2} of {before.Total}"))}");
        return after.ErrorRate <= Math.Max(options.ErrorRateLimit, before.ErrorRate)
            ? new Measured(true, actual)
            : new Measured(false, actual, $"Read the service's log: gcloud run services logs read {service} --region={region} --project={project}");
    }

    private async Task<Measured> CheckEndpointAsync(Uri endpoint, CancellationToken cancellationToken)
    {
        var check = await EndpointProbe.CheckAsync(destination, endpoint, options.Database, cancellationToken).ConfigureAwait(false);
        return new Measured(check.Passed, check.Actual, check.RecommendedAction, check);
    }

    private async Task<IReadOnlyList<ServingRevision>> FindRevisionsAsync(CancellationToken cancellationToken)
    {
        if (_revisions is not null) return _revisions;
        var (project, region) = Locate();
        return _revisions = await ServingRevision.FindAsync(api, project, region, options.Service!, cancellationToken).ConfigureAwait(false);
    }

    private (string Project, string Region) Locate()
    {
        var instance = InstanceName.TryParse(destination.InstanceConnectionName ?? "", out var name) ? name : null;
        var settings = api.Settings;
        return (settings.Project ?? instance?.Project ?? settings.RequireProject(), options.Region ?? settings.Region ?? instance?.Region ?? throw Errors.RunRegionNotKnown(options.Service!));
    }

    private sealed record Measured(bool? Passed, string Actual, string? Action = null, object? Evidence = null);
}
