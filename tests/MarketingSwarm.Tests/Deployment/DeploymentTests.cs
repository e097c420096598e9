using System.Globalization;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Tests.Deployment;

/// <summary>The packages by which Dockerfiles are linted.</summary>
public sealed class NodeLinter() : NodePackages("Linter");

/// <summary>New-, Publish- and Get-SwarmDeployment at the prompt; the files are read by those who use them, the service by the emulator's own API.</summary>
public sealed class DeploymentTests(NodeLinter linter) : IClassFixture<NodeLinter>, IAsyncLifetime
{
    private const string Services = "/v2/projects/p1/locations/us-central1/services/";
    private const string Provision =
        "$null = New-SwarmCloudSqlInstance db -Tier db-g1-small -DatabaseFlag @{ max_connections = 50 } -NoBackup -Database marketing_swarm -GeneratePassword -SecretName db-pass -Confirm:$false";
    private const string Grant = "$null = Grant-SwarmSecretAccess db-pass serviceAccount:app@p1.iam.gserviceaccount.com -Confirm:$false";
    private const string New = "New-SwarmDeployment db -Path $path -Service app -ServiceAccount app@p1.iam.gserviceaccount.com";

    private EmulatorServer _emulator = null!;

    public async ValueTask InitializeAsync() => _emulator = await EmulatorServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_emulator is not null) await _emulator.DisposeAsync();
    }

    [Fact]
    public async Task TheFilesAreWhatTheirReadersTake()
    {
        using var folder = new TempFolder();
        const string Odd = "a $HOME \"b\" 'c' # d ${E} \\";
        _emulator.Run(
            "p1", $"{Provision}; $null = {New} -Variable @{{ ODD = $odd }} -LocalDatabase './my data/a#b.db'", ("path", folder.Path), ("odd", Odd)).EnsureSuccess();

        // Cloud Run's own schema of v1, and PyYAML as the reader.
        var service = ReadYaml(folder.File("service.yaml"));
        if (DiscoveryValidator.TryLoad() is { } validator)
            Assert.Empty(validator.CheckRequest("PUT", new Uri("https://run.googleapis.com/apis/serving.knative.dev/v1/namespaces/p1/services/app"), service.ToJsonString()));
        var revision = service["spec"]!["template"]!;
        Assert.Equal("p1:us-central1:db", $"{revision["metadata"]!["annotations"]!["run.googleapis.com/cloudsql-instances"]}");
        Assert.Null(service["metadata"]!["annotations"]);
        var variables = revision["spec"]!["containers"]![0]!["env"]!.AsArray().ToDictionary(variable => $"{variable!["name"]}", variable => variable!);
        Assert.Equal("""{"secretKeyRef":{"name":"db-pass","key":"latest"}}""", variables["DB_PASS"]["valueFrom"]!.ToJsonString());
        Assert.Equal(Odd, $"{variables["ODD"]["value"]}");
        Assert.Equal(42, 3 * (Number("DB_POOL_SIZE") + Number("DB_MAX_OVERFLOW")));

        var build = ReadYaml(folder.File("cloudbuild.yaml"));
        Assert.Equal("verify-cloud-sql", $"{build["steps"]![0]!["id"]}");
        var production = ReadEnvironment(folder.File(".env.production"));
        Assert.Equal(Odd, $"{production["ODD"]}");
        Assert.False(production.AsObject().ContainsKey("DB_PASS"));
        Assert.Equal("sqlite:///./my data/a#b.db", $"{ReadEnvironment(folder.File(".env"))["DATABASE_URL"]}");

        var password = await _emulator.GetSecretAsync("p1", "db-pass");
        foreach (var file in Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories))
            Assert.DoesNotContain(password, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        int Number(string name) => int.Parse($"{variables[name]["value"]}", CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task TheDockerfileHasNothingThatALinterFinds()
    {
        using var folder = new TempFolder();
        _emulator.Run("p1", $"{Provision}; $null = {New}", ("path", folder.Path)).EnsureSuccess();
        var text = "FROM python:3.12-slim\nWORKDIR /app\n" + await File.ReadAllTextAsync(folder.File("Dockerfile.cloudsql"), TestContext.Current.CancellationToken) + "CMD [\"python\", \"main.py\"]\n";
        Assert.Empty((await linter.RunScriptAsync("dockerfile.mjs", text)).AsArray());
        Assert.NotEmpty((await linter.RunScriptAsync("dockerfile.mjs", text.Replace("COPY", "COPYY", StringComparison.Ordinal))).AsArray());
    }

    [Fact]
    public async Task TheApplicationReachesTheInstanceByTheConfigurationThatWasWritten()
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "sqlalchemy, asyncpg, psycopg2"));
        Assert.SkipWhen(python is null, "No python3 here has sqlalchemy, asyncpg and psycopg2 (Debian: python3-sqlalchemy, python3-asyncpg, python3-psycopg2).");
        using var folder = new TempFolder();
        const string Password = "p@ss:w/o?r%d#&'\"$ é";
        _emulator.Run(
            "p1",
            $$"""
            {{Provision}}
            $null = New-SwarmSampleDatabase $file -Count 5
            $null = Invoke-SwarmMigration $file 'cloudsql://p1:us-central1:db/marketing_swarm?user=app_user&passwordSecret=db-pass' -Confirm:$false
            $null = {{New}} -ModulePath database_config.py
            """,
            ("path", folder.Path), ("file", folder.File("app.db"))).EnsureSuccess();
        var instance = await _emulator.GetAsync("/v1/projects/p1/instances/db");
        var address = $"{instance["ipAddresses"]![0]!["ipAddress"]}";
        var secret = await _emulator.GetSecretAsync("p1", "db-pass");
        var (id, query) = Ask("SELECT id || chr(9) || user_query FROM conversations ORDER BY id LIMIT 1", secret).Split('\t') is [var first, var second] ? (first, second) : default;
        Ask($"ALTER USER app_user PASSWORD '{Password.Replace("'", "''", StringComparison.Ordinal)}'", secret);

        // Cloud Run's socket, which a proxy of this machine stands in for.
        using var sockets = new TempFolder();
        var socketFolder = Directory.CreateDirectory(Path.Combine(sockets.Path, "p1:us-central1:db")).FullName;
        await using var relay = UnixSocketRelay.Start(Path.Combine(socketFolder, ".s.PGSQL.5432"), address);
        var script = Path.Combine(AppContext.BaseDirectory, "Deployment", "database_access.py");
        KeyValuePair<string, string?>[] environment =
        [
            new("K_SERVICE", "app"), new("DB_PASS", Password), new("DB_SOCKET_DIR", sockets.Path), new("INSTANCE_CONNECTION_NAME", "p1:us-central1:db"), new("DB_POOL_SIZE", "2"),
        ];
        var result = await Programs.RunAsync(python!, [script, folder.Path, id], environment: environment);

        Assert.True(result.ExitCode == 0, result.Error);
        var report = JsonNode.Parse(result.Output)!;
        Assert.True((bool)report["healthy"]!);
        Assert.Equal(query, $"{report["query"]}");
        Assert.False((bool)report["injected"]!);
        Assert.Equal("app_user", $"{report["user"]}");
        Assert.Equal((true, 2, 10), ((bool)report["options"]!["pool_pre_ping"]!, (int)report["options"]!["pool_size"]!, (int)report["options"]!["max_overflow"]!));

        string Ask(string sql, string password)
        {
            var asked = Programs.Run(
                Programs.Find("psql", PostgresCluster.ProgramFolder!)!, ["-X", "-A", "-t", "-h", address, "-U", "app_user", "-d", "marketing_swarm", "-c", sql], environment: [new("PGPASSWORD", password)]);
            Assert.True(asked.ExitCode == 0, asked.Error);
            return asked.Output.TrimEnd('\n');
        }
    }

    [Fact]
    public void ASecondRunChangesNothingAndWhatIfWritesNothing()
    {
        using var folder = new TempFolder();
        using var empty = new TempFolder();
        var result = _emulator.Run("p1", $"{Provision}; {New}; {New}; New-SwarmDeployment db -Path $empty -Service app -WhatIf", ("path", folder.Path), ("empty", empty.Path)).EnsureSuccess();
        var actions = result.Output.Select(file => $"{file.Properties["Action"].Value}").ToList();
        Assert.Equal(24, actions.Count);
        Assert.All(actions[..8], action => Assert.Equal("Created", action));
        Assert.All(actions[8..16], action => Assert.Equal("Present", action));
        Assert.All(actions[16..], action => Assert.Equal("WouldCreate", action));
        Assert.Empty(Directory.EnumerateFileSystemEntries(empty.Path));
        Assert.Contains("+++ service.yaml", $"{result.Output[16].Properties["Diff"].Value}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task ThePlansOwnFileIsMendedAndItsPasswordShownNowhere()
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder.File("service.yaml"), """
            apiVersion: serving.knative.dev/v1
            kind: Service
            metadata:
              name: app # ours
              annotations:
                run.googleapis.com/cloudsql-instances: p1:us-central1:db
            spec:
              template:
                metadata:
                  name: app-00001-abc
                spec:
                  containers:
                  - image: gcr.io/p1/app
                    env:
                    - name: DB_PASS
                      value: hunter2-secret
                    - name: KEPT
                      value: k
            """, TestContext.Current.CancellationToken);
        var result = _emulator.Run("p1", $"{Provision}; {New} -Verbose -WhatIf; {New}", ("path", folder.Path)).EnsureSuccess();

        var yaml = ReadYaml(folder.File("service.yaml"));
        Assert.Null(yaml["metadata"]!["annotations"]);
        Assert.Null(yaml["spec"]!["template"]!["metadata"]!["name"]);
        var variables = yaml["spec"]!["template"]!["spec"]!["containers"]![0]!["env"]!.AsArray();
        Assert.Null(variables.Single(variable => $"{variable!["name"]}" == "DB_PASS")!["value"]);
        Assert.Contains(variables, variable => $"{variable!["name"]}={variable["value"]}" == "KEPT=k");
        Assert.Contains("name: app # ours", await File.ReadAllTextAsync(folder.File("service.yaml"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains(result.Warnings, warning => warning.Message.Contains("a value of DB_PASS", StringComparison.Ordinal));
        Assert.DoesNotContain("hunter2", result.AllText + string.Concat(result.Output.Select(file => $"{file.Properties["Diff"].Value}")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("service.yaml", "a: b: c\n", "YamlMalformed")]
    [InlineData("service.yaml", "apiVersion: v1\nkind: Pod\n", "NotAServiceFile")]
    [InlineData("service.yaml", "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata:\n  name: other\n", "ServiceNameDiffers")]
    [InlineData("cloudbuild.yaml", "steps: [\n", "YamlMalformed")]
    [InlineData("backend/utils/database_config.py", "print('mine')\n", "ModuleNotOurs")]
    public void AFileThatIsNotAsItShouldBeLeavesAllAsTheyWere(string name, string text, string id)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(Path.GetDirectoryName(folder.File(name))!);
        File.WriteAllText(folder.File(name), text);
        var error = _emulator.Run("p1", $"{Provision}; {New}", ("path", folder.Path)).SingleError;
        Assert.StartsWith(id, error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal([folder.File(name)], Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories));
        Assert.Equal(text, File.ReadAllText(folder.File(name)));
    }

    [Theory]
    [InlineData("-Variable @{ DB_PASS = 'x' }", "VariableMalformed")]
    [InlineData("-Variable @{ 'A B' = 'x' }", "VariableMalformed")]
    [InlineData("-Variable @{ A = \"x`ny\" }", "VariableMalformed")]
    [InlineData("-MaxInstances 500", "ConnectionBudgetTooSmall")]
    [InlineData("-SecretVersion newest", "DeploymentValueMalformed")]
    [InlineData("-ModulePath ../x.py", "DeploymentValueMalformed")]
    public void AWrongValueIsOneErrorAndNoFile(string parameters, string id)
    {
        using var folder = new TempFolder();
        Assert.StartsWith(id, _emulator.Run("p1", $"{Provision}; {New} {parameters}", ("path", folder.Path)).SingleError.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(folder.Path));
    }

    [Fact]
    public async Task ADeploymentIsStagedShiftedAndTakenBack()
    {
        using var folder = new TempFolder();
        var first = _emulator.Run("p1", $"{Provision}; {Grant}; $null = {New}; Publish-SwarmDeployment $path -Create", ("path", folder.Path)).EnsureSuccess();
        Assert.Equal("READY", $"{first.Output.Single().Properties["State"].Value}");
        var before = await _emulator.GetAsync(Services + "app");
        var one = Short($"{before["latestReadyRevision"]}");
        // What a stranger set is not in the file and stays.
        await _emulator.PatchAsync(Services + "app?updateMask=description", """{"description":"theirs"}""");
        await SettledAsync();

        _emulator.Run("p1", "$null = Publish-SwarmDeployment $path -Image img:2 -NoTraffic -Tag next", ("path", folder.Path)).EnsureSuccess();
        var staged = await _emulator.GetAsync(Services + "app");
        var two = Short($"{staged["latestReadyRevision"]}");
        Assert.NotEqual(one, two);
        Assert.Equal($"{one}=100", Traffic(staged));
        Assert.Equal("theirs", $"{staged["description"]}");

        _emulator.Run("p1", "$null = Publish-SwarmDeployment -Service app -TrafficPercent 25").EnsureSuccess();
        Assert.Equal($"{two}=25 {one}=75", Traffic(await _emulator.GetAsync(Services + "app")));
        _emulator.Run("p1", "$null = Publish-SwarmDeployment -Service app -TrafficPercent 100").EnsureSuccess();
        Assert.Equal($"{two}=100", Traffic(await _emulator.GetAsync(Services + "app")));
        var shown = _emulator.Run("p1", "$null = Publish-SwarmDeployment -Service app -Rollback; Get-SwarmDeployment app").EnsureSuccess().Output.Single();
        Assert.Equal($"{one}=100", Traffic(await _emulator.GetAsync(Services + "app")));
        Assert.Equal("p1:us-central1:db", $"{((IEnumerable<string>)shown.Properties["Instances"].Value).Single()}");
        Assert.Equal("db-pass:latest", $"{((IEnumerable<string>)shown.Properties["Secrets"].Value).Single()}");

        var none = _emulator.Run("p1", "Publish-SwarmDeployment -Service app -Rollback").SingleError;
        Assert.StartsWith("NoEarlierRevision", none.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Empty(_emulator.Violations);

        async Task SettledAsync()
        {
            while ($"{(await _emulator.GetAsync(Services + "app"))["terminalCondition"]!["state"]}" != "CONDITION_SUCCEEDED") await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task ARevisionThatIsNotReadyIsAnErrorAndTheRequestsGoOn()
    {
        using var folder = new TempFolder();
        var refused = _emulator.Run("p1", $"{Provision}; $null = {New}; Publish-SwarmDeployment $path -Create", ("path", folder.Path)).SingleError;
        Assert.StartsWith("RevisionNotReady", refused.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("Permission denied on secret", refused.Exception.Message, StringComparison.Ordinal);

        // The same file again, when what was missing outside of it is there.
        _emulator.Run("p1", $"{Grant}; $null = Publish-SwarmDeployment $path; $null = Publish-SwarmDeployment $path -Image img:1", ("path", folder.Path)).EnsureSuccess();

        // A newest revision that is not ready keeps nobody from going back to one that is.
        var broken = _emulator.Run(
            "p1",
            """
            $null = New-SwarmDeployment db -Path $path -SecretName gone
            Publish-SwarmDeployment $path -ErrorAction Ignore
            $null = New-SwarmDeployment db -Path $path -SecretName db-pass
            Publish-SwarmDeployment -Service app -Rollback
            """,
            ("path", folder.Path));
        var now = await _emulator.GetAsync(Services + "app");
        Assert.Equal("CONDITION_FAILED", $"{now["terminalCondition"]!["state"]}");
        Assert.Equal("FAILED", $"{broken.Output.Single().Properties["State"].Value}");
        Assert.Matches("^app-00002-[a-z0-9]+=100$", Traffic(now));
        _emulator.Run("p1", "$null = Publish-SwarmDeployment $path", ("path", folder.Path)).EnsureSuccess();
        var serving = Traffic(await _emulator.GetAsync(Services + "app"));

        await _emulator.SetFaultsAsync("revision-never-ready");
        var late = _emulator.Run("p1", "Publish-SwarmDeployment $path -Image img:2 -TimeoutSeconds 1", ("path", folder.Path)).SingleError;
        Assert.StartsWith("RevisionTimedOut", late.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Contains("failed to start and listen", late.Exception.Message, StringComparison.Ordinal);
        Assert.Contains("as before", late.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(serving, Traffic(await _emulator.GetAsync(Services + "app")));
    }

    [Fact]
    public async Task AServiceThatIsNotThereIsNotMadeByAccident()
    {
        using var folder = new TempFolder();
        var result = _emulator.Run("p1", $"{Provision}; $null = {New}; Publish-SwarmDeployment $path; Get-SwarmDeployment app", ("path", folder.Path));
        Assert.Equal(["ServiceNotFound", "ServiceNotThere"], result.Errors.Select(error => error.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Null((await _emulator.GetAsync("/v2/projects/p1/locations/us-central1/services"))["services"]);
    }

    [Fact]
    public async Task SomebodyElsesChangeMeanwhileIsKept()
    {
        using var folder = new TempFolder();
        _emulator.Run("p1", $"{Provision}; {Grant}; $null = {New}; $null = Publish-SwarmDeployment $path -Create", ("path", folder.Path)).EnsureSuccess();
        // Two writers at once: one of them is told that its etag is old, and reads again.
        var runs = Enumerable.Range(0, 3).Select(number => Task.Run(() => _emulator.Run(
            "p1",
            "$null = New-SwarmDeployment db -Path $mine -Service app -ServiceAccount app@p1.iam.gserviceaccount.com -Variable @{ $name = 'x' }; $null = Publish-SwarmDeployment $mine",
            ("mine", Directory.CreateDirectory(folder.File($"writer{number}")).FullName), ("name", $"WRITER_{number}")).EnsureSuccess())).ToList();
        await Task.WhenAll(runs);
        var variables = (await _emulator.GetAsync(Services + "app"))["template"]!["containers"]![0]!["env"]!.AsArray().Select(variable => $"{variable!["name"]}").ToList();
        Assert.Superset(new HashSet<string> { "WRITER_0", "WRITER_1", "WRITER_2" }, variables.ToHashSet());
    }

    private static string Short(string name) => name.Split('/')[^1];

    private static string Traffic(JsonNode service) => string.Join(
        ' ', service["trafficStatuses"]!.AsArray().Where(status => (int?)status!["percent"] > 0)
            .Select(status => $"{Short($"{status!["revision"] ?? service["latestReadyRevision"]}")}={status!["percent"]}"));

    private static JsonNode ReadYaml(string path)
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "yaml"));
        Assert.SkipWhen(python is null, "No python3 here has yaml (Debian: python3-yaml).");
        var result = Programs.Run(python!, ["-c", "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1], 'rb')), sys.stdout)", path]);
        Assert.True(result.ExitCode == 0, result.Error);
        return JsonNode.Parse(result.Output)!;
    }

    private static JsonNode ReadEnvironment(string path)
    {
        var python = Python.Candidates.FirstOrDefault(candidate => Python.CanImport(candidate, "dotenv"));
        Assert.SkipWhen(python is null, "No python3 here has dotenv (Debian: python3-dotenv).");
        var result = Programs.Run(python!, ["-c", "import json, sys, dotenv; json.dump(dotenv.dotenv_values(sys.argv[1]), sys.stdout)", path]);
        Assert.True(result.ExitCode == 0, result.Error);
        return JsonNode.Parse(result.Output)!;
    }
}
