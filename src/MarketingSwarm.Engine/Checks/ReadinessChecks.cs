using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using MarketingSwarm.Engine.Backups;
using MarketingSwarm.Engine.Deployment;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.CloudSql;
using MarketingSwarm.Engine.GoogleCloud.Connector;
using MarketingSwarm.Engine.GoogleCloud.Monitoring;
using MarketingSwarm.Engine.GoogleCloud.Run;
using MarketingSwarm.Engine.GoogleCloud.Secrets;
using MarketingSwarm.Engine.Migration;
using MarketingSwarm.Engine.Migration.Cutover;
using MarketingSwarm.Engine.Reports;

namespace MarketingSwarm.Engine.Checks;

/// <summary>The checklist of a rollout in four days, each box held against what is there. Nothing is changed.</summary>
/// <remarks>A box that is not ticked, or cannot be looked at, is a finding and no exception.</remarks>
/// <param name="options">What is looked at.</param>
/// <param name="api">Google Cloud.</param>
/// <param name="clock">Tells what is now.</param>
internal sealed class ReadinessChecks(ReadinessOptions options, IGoogleApi api, TimeProvider clock)
{
    private const string NoService = "no Cloud Run service was named: give -Service";
    private const string NoInstance = "the destination is not named as a Cloud SQL instance: give -Instance";
    private const string NoAccount = "the service's account is not known: give -ServiceAccount";
    private const int DefaultMaxInstances = 100;

    private readonly MigrationCriteria _criteria = new(
        options.Source, options.Destination,
        new MigrationCriteriaOptions { Database = options.Database with { Endpoint = options.Endpoint }, Instance = options.Instance, Service = options.Service, Region = options.Region }, api, clock);

    private CloudSqlInstance? _instance;
    private JsonObject? _service;
    private MigrationRun? _run;
    private CutoverResult? _cutover;
    private bool _isRunRead;
    private bool _isCutoverRead;

    /// <summary>Looks at one box after the other.</summary>
    internal async IAsyncEnumerable<ReadinessCheck> RunAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var hasNext = false;
        foreach (var box in Boxes().Where(box => options.Days.Contains(box.Day)))
        {
            api.Trace.Progress("Checklist of the rollout", $"day {box.Day}, {box.Name}: {box.Expected}");
            var found = await TryAsync(box.Look, cancellationToken).ConfigureAwait(false);
            var isNext = !hasNext && found.Passed != true;
            hasNext |= isNext;
            yield return new ReadinessCheck
            {
                Day = box.Day,
                Name = box.Name,
                Passed = found.Passed,
                Expected = box.Expected,
                Actual = found.Actual,
                Command = found.Passed == true ? null : found.Command,
                IsNextStep = isNext,
                Evidence = found.Evidence,
            };
        }
    }

    private IEnumerable<Box> Boxes() =>
    [
        new(1, "Instance", "the Cloud SQL instance is running", LookAtInstanceAsync),
        new(1, "Network", "the instance's private network, if it has one, is peered with Google's services", LookAtNetworkAsync),
        new(1, "Backups", "automated backups are on", LookAtBackupsAsync),
        new(1, "Secret", "the password is in Secret Manager, and its newest version is enabled", LookAtSecretAsync),
        new(1, "SecretAccess", "the service's account may read the secret", LookAtSecretAccessAsync),
        new(1, "Roles", "the service's account may connect to the instance", LookAtRolesAsync),
        new(1, "Code", "the application's folder has the service with the instance and the database configuration", LookAtCodeAsync),
        new(1, "SourceDatabase", "SQLite works with the application's statements", token => LookAtDatabaseAsync(options.Source, token)),
        new(1, "DestinationDatabase", "PostgreSQL works with the application's statements", token => LookAtDatabaseAsync(options.Destination, token)),
        new(2, "Deployment", "the service is ready and connected to the instance", LookAtDeploymentAsync),
        new(2, "IntegrationTests", "all of the application's tests pass", LookAtTestsAsync),
        new(2, "Endpoint", "the health route answers with a success", LookAtEndpointAsync),
        new(2, "Performance", "the application's statements are fast enough on PostgreSQL", token => MeasureAsync(MigrationCriteria.DestinationLatency, $"Test-SwarmDatabase {Quote(options.Destination.ToString())}", token)),
        new(2, "Connections", "all instances of the service together open no more connections than the server has", LookAtConnectionsAsync),
        new(3, "Export", "every row of the source was read at one moment", LookAtExportAsync),
        new(3, "Import", "every row that was read is in the destination, or in its residue with its bytes", LookAtImportAsync),
        new(3, "Integrity", "the ledger's hashes, computed anew, are what they should be", LookAtIntegrityAsync),
        new(3, "Comparison", "both sides are the same, cell by cell", LookAtComparisonAsync),
        new(4, "Cutover", "the cutover is closed and proven", LookAtCutoverAsync),
        new(4, "Traffic", "every revision that requests go to is connected to the instance", token => OfServiceAsync(MigrationCriteria.Deployment, $"Publish-SwarmDeployment -Service {options.Service} -TrafficPercent 100", token)),
        new(4, "Monitoring", "an alert policy watches the instance's processor, and somebody is told", LookAtMonitoringAsync),
        new(4, "ErrorRate", "errors are no more than before", token => OfServiceAsync(MigrationCriteria.ErrorRate, $"Get-SwarmDeployment {options.Service}", token)),
        new(4, "BackupKept", FormattableString.Invariant($"a backup of the SQLite file is kept for {options.BackupDays} days, whole"), LookAtBackupAsync),
        new(4, "Report", "the migration's report is kept, unedited", LookAtReportAsync),
    ];

    private (string Project, string Name)? Instance
        => options.Instance ?? (InstanceName.TryParse(options.Destination.InstanceConnectionName ?? "", out var name) ? (name.Project, name.Name) : null);

    private string InstanceText => Instance?.Name ?? "INSTANCE";

    private string Databases => $"{Quote(options.Source.Path ?? options.Source.ToString())} {Quote(options.Destination.ToString())}";

    private static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static async Task<Finding> TryAsync(Func<CancellationToken, Task<Finding>> look, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(() => look(cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (SwarmException exception)
        {
            return new Finding(false, exception.Message, exception.RecommendedAction);
        }
    }

    private async Task<Finding> MeasureAsync(string criterion, string command, CancellationToken cancellationToken)
    {
        var check = await _criteria.MeasureAsync(criterion, cancellationToken).ConfigureAwait(false);
        return new Finding(check.Passed, check.Actual, command, check.Evidence ?? check);
    }

    /// <summary>Looks at something of the instance; where there is none, that is the finding.</summary>
    private async Task<Finding> OfInstanceAsync(Func<CloudSqlInstance, Task<Finding>> look, CancellationToken cancellationToken)
    {
        if (Instance is not var (project, name)) return new Finding(null, NoInstance);
        try
        {
            return await look(await FindInstanceAsync(cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound && _instance is null)
        {
            return new Finding(
                false, $"project '{project}' has no instance '{name}'",
                $"New-SwarmCloudSqlInstance {name} -Project {project} -Tier db-g1-small -Database {options.Destination.Database ?? "marketing_swarm"} -GeneratePassword -SecretName {Secret}");
        }
    }

    private async Task<CloudSqlInstance> FindInstanceAsync(CancellationToken cancellationToken)
        => _instance ??= CloudSqlObjects.ToInstance(Instance!.Value.Project, await api.SendAsync(CloudSqlRequests.GetInstance(Instance.Value.Project, Instance.Value.Name), cancellationToken).ConfigureAwait(false));

    private Task<Finding> LookAtInstanceAsync(CancellationToken cancellationToken) => OfInstanceAsync(
        instance => Task.FromResult(new Finding(
            instance.State == "RUNNABLE", $"{instance.ConnectionName ?? instance.Name} is {instance.State}: {instance.Tier}, {instance.DatabaseVersion}",
            instance.State == "STOPPED" ? $"Set-SwarmCloudSqlInstance {instance.Name} -Project {instance.Project} -ActivationPolicy Always" : $"Get-SwarmCloudSqlInstance {instance.Name} -Project {instance.Project}",
            instance)),
        cancellationToken);

    private Task<Finding> LookAtNetworkAsync(CancellationToken cancellationToken) => OfInstanceAsync(
        async instance =>
        {
            if (instance.PrivateNetwork is not { } network) return new Finding(true, $"the instance is in no private network; its address is {instance.PublicAddress}", Evidence: instance);
            var vpc = InstanceRules.RequireVpc(instance.Project, network);
            var problem = await NetworkPeering.CheckAsync(api, vpc, cancellationToken).ConfigureAwait(false);
            return new Finding(
                problem is null ? true : null, problem ?? $"network '{vpc.Name}' is peered; the instance's address in it is {instance.PrivateAddress}",
                $"gcloud services vpc-peerings list --network={vpc.Name} --project={vpc.Project}", instance);
        },
        cancellationToken);

    private Task<Finding> LookAtBackupsAsync(CancellationToken cancellationToken) => OfInstanceAsync(
        _ => MeasureAsync(MigrationCriteria.Backups, $"Set-SwarmBackupPolicy {InstanceText} -StartTime 02:00 -RetainedBackups 7 -PointInTimeRecovery", cancellationToken), cancellationToken);

    private string Secret
    {
        get
        {
            var name = options.Secret ?? options.Destination.PasswordSecret ?? "db-pass";
            var parts = name.Split('/');
            var place = Array.IndexOf(parts, "secrets");
            return place >= 0 && place + 1 < parts.Length ? parts[place + 1] : parts[0];
        }
    }

    private string Project => Instance?.Project ?? api.Settings.RequireProject();

    private async Task<Finding> OfSecretAsync(Func<Task<Finding>> look)
    {
        try
        {
            return await look().ConfigureAwait(false);
        }
        catch (SwarmCloudException exception) when (exception.Failure == SwarmCloudFailure.NotFound)
        {
            return new Finding(false, $"project '{Project}' has no secret '{Secret}'", $"Set-SwarmSecret {Secret} -Generate -Project {Project}");
        }
    }

    private Task<Finding> LookAtSecretAsync(CancellationToken cancellationToken) => OfSecretAsync(async () =>
    {
        var secret = await SecretObjects.DescribeAsync(api, Project, Secret, action: null, cancellationToken).ConfigureAwait(false);
        return new Finding(secret.State == "ENABLED", $"secret '{Secret}', version {secret.LatestVersion ?? "none"}, {secret.State ?? "no value"}", $"Set-SwarmSecret {Secret} -Generate -Project {Project}", secret);
    });

    private async Task<string?> FindAccountAsync(CancellationToken cancellationToken)
    {
        if (options.ServiceAccount is not null) return options.ServiceAccount;
        if (options.Service is not null && await FindServiceAsync(cancellationToken).ConfigureAwait(false) is { } service && service.Text("template", "serviceAccount") is { } account) return account;
        if (options.Folder is { } folder && File.Exists(Path.Combine(folder, DeploymentFiles.ServiceFile))
            && YamlText.Parse(DeploymentFiles.ServiceFile, await File.ReadAllTextAsync(Path.Combine(folder, DeploymentFiles.ServiceFile), cancellationToken).ConfigureAwait(false))
                .Find("spec", "template", "spec", "serviceAccountName") is { } named)
        {
            return named.ToString();
        }

        return await ProjectNumbers.FindAsync(api, Project, cancellationToken).ConfigureAwait(false) is { } number ? $"{number}-compute@developer.gserviceaccount.com" : null;
    }

    private Task<Finding> LookAtSecretAccessAsync(CancellationToken cancellationToken) => OfSecretAsync(async () =>
    {
        if (await FindAccountAsync(cancellationToken).ConfigureAwait(false) is not { } account) return new Finding(null, NoAccount);
        string[] roles = [SecretGrants.AccessorRole, "roles/secretmanager.admin", "roles/owner"];
        var member = "serviceAccount:" + account;
        var policy = await api.SendAsync(SecretRequests.GetPolicy(Project, Secret), cancellationToken).ConfigureAwait(false);
        var role = IamGrants.Find(policy, member, roles);
        var where = $"on secret '{Secret}'";
        if (role is null)
        {
            role = IamGrants.Find(await api.SendAsync(ProjectRoles.GetPolicy(Project), cancellationToken).ConfigureAwait(false), member, roles);
            where = $"in project '{Project}'";
        }

        return role is not null ? new Finding(true, $"{account} has {role} {where}")
            : new Finding(false, $"{account} has none of the roles that read secret '{Secret}'", $"Grant-SwarmSecretAccess {Secret} -Member {member} -Project {Project}");
    });

    private async Task<Finding> LookAtRolesAsync(CancellationToken cancellationToken)
    {
        if (await FindAccountAsync(cancellationToken).ConfigureAwait(false) is not { } account) return new Finding(null, NoAccount);
        var policy = await api.SendAsync(ProjectRoles.GetPolicy(Project), cancellationToken).ConfigureAwait(false);
        return IamGrants.Find(policy, "serviceAccount:" + account, ProjectRoles.ConnectingRoles) is { } role ? new Finding(true, $"{account} has {role}")
            : new Finding(false, $"{account} has not the role {ProjectRoles.ClientRole}", $"Grant-SwarmCloudSqlAccess serviceAccount:{account} -Project {Project}");
    }

    private async Task<Finding> LookAtCodeAsync(CancellationToken cancellationToken)
    {
        if (options.Folder is not { } folder) return new Finding(null, "the application's folder was not named: give -Path");
        var command = $"New-SwarmDeployment {InstanceText} -Path {Quote(folder)}{(options.Service is null ? "" : $" -Service {options.Service}")}";
        var file = Path.Combine(folder, DeploymentFiles.ServiceFile);
        if (!File.Exists(file)) return new Finding(false, $"there is no {file}", command);
        var yaml = YamlText.Parse(file, await File.ReadAllTextAsync(file, cancellationToken).ConfigureAwait(false));
        var instances = yaml.Find("spec", "template", "metadata", "annotations", DeploymentFiles.InstancesAnnotation)?.ToString() ?? "";
        if (options.Destination.InstanceConnectionName is { } wanted && !instances.Split(',', StringSplitOptions.TrimEntries).Contains(wanted))
            return new Finding(false, $"{file} connects {(instances.Length == 0 ? "no instance" : instances)} on the revision's template, and not {wanted}", command);
        var module = Path.Combine(folder, options.ModulePath);
        return File.Exists(module) ? new Finding(true, $"{DeploymentFiles.ServiceFile} connects {instances}; {options.ModulePath} is there") : new Finding(false, $"there is no {module}", command);
    }

    private async Task<Finding> LookAtDatabaseAsync(SwarmDatabase database, CancellationToken cancellationToken)
    {
        List<DatabaseCheck> checks = [];
        // How fast it is, and how many connections it has, belongs to other boxes.
        await foreach (var check in new DatabaseChecker(database, options.Database with { Endpoint = null }).RunAsync(cancellationToken).ConfigureAwait(false))
        {
            // A file that is only read any more gets no new indexes.
            if (check is not (LatencyCheck or PoolHeadroomCheck) && !(check.Name == "Indexes" && database.Engine == DatabaseEngine.Sqlite)) checks.Add(check);
        }

        var failed = checks.Where(check => check.Passed == false).ToList();
        var isTableMissing = failed.Any(check => check.Name == "Table");
        return failed.Count == 0
            ? new Finding(true, FormattableString.Invariant($"{checks.Count(check => check.Passed == true)} checks passed: {string.Join(", ", checks.Where(check => check.Passed == true).Select(check => check.Name))}"), Evidence: checks)
            : new Finding(
                false, string.Join("; ", failed.Select(check => $"{check.Name}: {check.Actual}")),
                isTableMissing ? $"Initialize-SwarmDatabase {Quote(database.ToString())}" : $"Test-SwarmDatabase {Quote(database.ToString())}", checks);
    }

    private async Task<JsonObject?> FindServiceAsync(CancellationToken cancellationToken)
        => options.Service is null ? null : _service ??= await new RunServices(api, Project, Region, options.Service).FindAsync(cancellationToken).ConfigureAwait(false);

    private string Region
        => options.Region ?? api.Settings.Region ?? (InstanceName.TryParse(options.Destination.InstanceConnectionName ?? "", out var name) ? name.Region : null) ?? throw Errors.RunRegionNotKnown(options.Service!);

    private string PublishCommand => $"Publish-SwarmDeployment {(options.Folder is { } folder ? Quote(folder) : "./service.yaml")}";

    private Finding NoSuchService() => new(false, $"there is no service '{options.Service}' in region '{Region}' of project '{Project}'", PublishCommand + " -Create");

    private async Task<Finding> OfServiceAsync(string criterion, string command, CancellationToken cancellationToken)
        => options.Service is null ? new Finding(null, NoService)
            : await FindServiceAsync(cancellationToken).ConfigureAwait(false) is null ? NoSuchService()
            : await MeasureAsync(criterion, command, cancellationToken).ConfigureAwait(false);

    private async Task<Finding> LookAtDeploymentAsync(CancellationToken cancellationToken)
    {
        if (options.Service is null) return new Finding(null, NoService);
        if (await FindServiceAsync(cancellationToken).ConfigureAwait(false) is not { } service)
            return NoSuchService();
        var deployment = await new RunServices(api, Project, Region, options.Service).DescribeAsync(service, cancellationToken).ConfigureAwait(false);
        var connected = deployment.Revisions.FirstOrDefault(revision => revision.Name == deployment.LatestReadyRevision)?.Instances ?? [];
        if (deployment.State != "READY") return new Finding(false, $"the service is {deployment.State}: {deployment.Message}", PublishCommand, deployment);
        return Instance is var (project, name) && connected.Any(one => InstanceName.TryParse(one, out var other) && (other.Project, other.Name) == (project, name))
            ? new Finding(true, $"{deployment.LatestReadyRevision} is ready and connected to {string.Join(", ", connected)}", Evidence: deployment)
            : new Finding(false, $"{deployment.LatestReadyRevision} is connected to {(connected.Count == 0 ? "no instance" : string.Join(", ", connected))}", PublishCommand, deployment);
    }

    private Task<Finding> LookAtTestsAsync(CancellationToken cancellationToken)
    {
        const string Command = "pytest --junitxml=results.xml, and give -TestReport results.xml";
        if (options.TestReport is not { } path) return Task.FromResult(new Finding(null, "no report of the application's tests was named: give -TestReport", Command));
        var report = TestReport.Read(path);
        return Task.FromResult(new Finding(
            report is { Total: > 0, Failed: 0 } && report.Total > report.Skipped,
            FormattableString.Invariant($"{report.Total} tests, {report.Failed} failed, {report.Skipped} skipped, reported {File.GetLastWriteTimeUtc(path):yyyy-MM-dd HH:mm} UTC"), Command, path));
    }

    private Task<Finding> LookAtEndpointAsync(CancellationToken cancellationToken)
        => options.Endpoint is null ? Task.FromResult(new Finding(null, "no health route was named: give -Endpoint"))
            : MeasureAsync(MigrationCriteria.Endpoint, $"gcloud run services logs read {options.Service} --region={options.Region ?? api.Settings.Region}", cancellationToken);

    private Task<Finding> LookAtConnectionsAsync(CancellationToken cancellationToken)
        => OfInstanceAsync(instance => CompareConnectionsAsync(instance, cancellationToken), cancellationToken);

    private async Task<Finding> CompareConnectionsAsync(CloudSqlInstance instance, CancellationToken cancellationToken)
    {
        if (options.Service is null) return new Finding(null, NoService);
        if (ConnectionBudgets.FindMaxConnections(instance) is not { } maxConnections) return new Finding(null, $"how many connections '{instance.Name}' allows is not known for its tier {instance.Tier}");
        if (await FindServiceAsync(cancellationToken).ConfigureAwait(false) is not { } service) return NoSuchService();
        var variables = service.Items("template", "containers").SelectMany(container => container.Items("env")).ToList();
        var pool = Variable("DB_POOL_SIZE") ?? Math.Min(options.ConnectionsPerInstance, ConnectionBudgets.WantedPoolSize);
        var budget = new ConnectionBudget
        {
            MaxConnections = maxConnections,
            Reserved = ConnectionBudgets.Reserved,
            MaxInstances = (int?)service.Number("template", "scaling", "maxInstanceCount") ?? DefaultMaxInstances,
            PoolSize = pool,
            MaxOverflow = Variable("DB_MAX_OVERFLOW") ?? (options.ConnectionsPerInstance - pool),
        };
        return new Finding(
            budget.Needed <= budget.Available, budget.ToString(), $"New-SwarmDeployment {instance.Name} -Service {options.Service} -MaxInstances N shares them; {PublishCommand} applies it", budget);

        int? Variable(string name)
            => int.TryParse(variables.Find(variable => variable.Text("name") == name)?.Text("value"), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private async Task<MigrationRun?> FindRunAsync(CancellationToken cancellationToken)
    {
        if (_isRunRead) return _run;
        using var reader = await LedgerReader.OpenAsync(options.Destination, cancellationToken).ConfigureAwait(false);
        _run = reader?.ReadRuns(runId: null, cancellationToken).Where(run => run.Kind == RunKind.Migration).MaxBy(run => run.StartedAt);
        _isRunRead = true;
        return _run;
    }

    private async Task<Finding> LookAtRunAsync(Func<MigrationRun, Finding> judge, CancellationToken cancellationToken)
        => await FindRunAsync(cancellationToken).ConfigureAwait(false) is { } run ? judge(run) with { Evidence = run }
            : new Finding(false, "nothing was migrated into the destination yet", $"Invoke-SwarmMigration {Databases}");

    private Task<Finding> LookAtExportAsync(CancellationToken cancellationToken) => LookAtRunAsync(
        run => new Finding(
            run.EndedAt is not null && run.IsConsistent,
            FormattableString.Invariant($"{run.RowsRead} rows were read of {run.Source}{(run.EndedAt is { } end ? FormattableString.Invariant($", the last {end:yyyy-MM-dd HH:mm} UTC") : ", and the run is not finished")}{(run.IsConsistent ? "" : "; not at one moment")}"),
            run.EndedAt is null ? $"Invoke-SwarmMigration {Databases}" : $"Sync-SwarmConversation {Databases}"),
        cancellationToken);

    private Task<Finding> LookAtImportAsync(CancellationToken cancellationToken) => LookAtRunAsync(
        run => new Finding(
            run.EndedAt is not null && run.RowsRead == run.RowsLoaded + run.RowsSkipped + run.RowsQuarantined,
            FormattableString.Invariant($"{run.RowsRead} rows read = {run.RowsLoaded} loaded + {run.RowsSkipped} there already + {run.RowsQuarantined} quarantined"),
            $"Invoke-SwarmMigration {Databases}"),
        cancellationToken);

    private Task<Finding> LookAtIntegrityAsync(CancellationToken cancellationToken) => LookAtRunAsync(
        run => new Finding(
            run.IsLedgerIntact, FormattableString.Invariant($"{run.Chunks} chunk{(run.Chunks == 1 ? "" : "s")}{(run.Generation == 0 ? "" : FormattableString.Invariant($", generation {run.Generation}"))}, {(run.IsLedgerIntact ? "unchanged since they were written" : "changed since they were written")}"),
            $"Get-SwarmMigration {Quote(options.Destination.ToString())} -Ledger"),
        cancellationToken);

    private async Task<CutoverResult?> FindCutoverAsync(CancellationToken cancellationToken)
    {
        if (_isCutoverRead) return _cutover;
        _cutover = await Cutover.ReadAsync(options.Destination, cancellationToken).ConfigureAwait(false);
        _isCutoverRead = true;
        return _cutover;
    }

    // Once the application writes to the new side, the two differ as they should; what counts is that they were the same behind the fence.
    private async Task<Finding> LookAtComparisonAsync(CancellationToken cancellationToken)
    {
        var cutover = await FindCutoverAsync(cancellationToken).ConfigureAwait(false);
        if (cutover is { State: CutoverState.Switched or CutoverState.Watching or CutoverState.Closed })
        {
            return new Finding(
                cutover.IsProven, FormattableString.Invariant($"both sides were {(cutover.IsProven == true ? "the same, cell by cell," : cutover.IsProven == false ? "NOT the same" : "not compared anew")} behind the fence of {cutover.FencedAt:yyyy-MM-dd HH:mm:ss} UTC"),
                $"Start-SwarmCutover {Databases}", cutover);
        }

        return await MeasureAsync(MigrationCriteria.Rows, $"Sync-SwarmConversation {Databases}", cancellationToken).ConfigureAwait(false);
    }

    private async Task<Finding> LookAtCutoverAsync(CancellationToken cancellationToken)
    {
        var command = $"Start-SwarmCutover {Databases} -Switch {{ Publish-SwarmDeployment -Service {options.Service ?? "SERVICE"} -TrafficPercent 100 }}";
        if (await FindCutoverAsync(cancellationToken).ConfigureAwait(false) is not { } cutover) return new Finding(false, "no cutover was begun", command);
        return new Finding(
            cutover is { State: CutoverState.Closed, IsProven: true, Conflicts.Count: 0 },
            FormattableString.Invariant($"{cutover.State}, {(cutover.IsProven == true ? "proven" : "not proven")}, fence {cutover.Fence?.TotalMilliseconds:0} ms, {cutover.LateRows} late rows, {cutover.Conflicts.Count} conflicts"), command, cutover);
    }

    private async Task<Finding> LookAtMonitoringAsync(CancellationToken cancellationToken)
    {
        if (Instance is not var (project, name)) return new Finding(null, NoInstance);
        var policies = await AlertPolicies.ListAsync(api, project, AlertPolicies.Filter(name), cancellationToken).ConfigureAwait(false);
        var there = Enum.GetValues<AlertPreset>().Where(preset => policies.Any(policy => AlertPolicies.IsFor(policy, preset, name))).ToList();
        var silent = policies.Count(policy => policy["notificationChannels"] is not JsonArray { Count: > 0 });
        var actual = there.Count == 0 ? $"no alert policy of the module watches '{name}'" : $"'{name}' is watched: {string.Join(", ", there)}";
        return new Finding(
            there.Contains(AlertPreset.Cpu) && silent == 0, silent == 0 ? actual : FormattableString.Invariant($"{actual}; {silent} of the policies notify nobody"),
            $"New-SwarmNotificationChannel ADDRESS -Project {project} | Set-SwarmAlertPolicy {name} -Preset {string.Join(", ", Enum.GetNames<AlertPreset>())}");
    }

    private async Task<Finding> LookAtBackupAsync(CancellationToken cancellationToken)
    {
        var cutover = await FindCutoverAsync(cancellationToken).ConfigureAwait(false);
        var command = $"Backup-SwarmDatabase {Quote(options.Source.Path ?? options.Source.ToString())}";
        var path = cutover?.FenceBackupPath ?? cutover?.BackupPath ?? BackupStore.FindNewest(options.BackupFolder, options.Source)?.Path;
        if (path is null) return new Finding(false, $"no backup of {options.Source} is in {options.BackupFolder}", command);
        var until = cutover?.FencedAt?.AddDays(options.BackupDays);
        if (!File.Exists(path))
        {
            return until < clock.GetUtcNow().UtcDateTime ? new Finding(true, FormattableString.Invariant($"the {options.BackupDays} days after the cutover are over, and {path} is gone"))
                : new Finding(false, FormattableString.Invariant($"{path} is gone; it was to be kept until {until:yyyy-MM-dd}"), command);
        }

        var manifest = BackupManifest.Read(path);
        await using var file = File.OpenRead(path);
        var (hash, bytes) = BackupFile.Hash(file, cancellationToken);
        var isWhole = hash == manifest.Sha256;
        return new Finding(
            isWhole,
            FormattableString.Invariant($"{path}, taken {manifest.TakenAt:yyyy-MM-dd HH:mm} UTC, {bytes} bytes, {(isWhole ? "whole" : "NOT what its manifest says")}{(until is null ? "" : FormattableString.Invariant($"; keep it until {until:yyyy-MM-dd}"))}"),
            command, manifest.Sha256);
    }

    private Task<Finding> LookAtReportAsync(CancellationToken cancellationToken)
    {
        var command = $"New-SwarmMigrationReport {Quote(options.Destination.ToString())} certificate.json";
        if (options.Certificate is not { } path) return Task.FromResult(new Finding(null, "no report was named: give -Certificate", command));
        var certificate = Certificate.Read(path);
        var isSealed = certificate.ComputeSha256() == certificate.Sha256;
        return Task.FromResult(new Finding(isSealed, $"{path} is {(isSealed ? "sealed and unedited" : "NOT what was sealed")}; Test-SwarmMigration -Certificate proves it again from the backup", command, path));
    }

    private sealed record Box(int Day, string Name, string Expected, Func<CancellationToken, Task<Finding>> Look);

    private sealed record Finding(bool? Passed, string Actual, string? Command = null, object? Evidence = null);
}
