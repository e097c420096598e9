using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MarketingSwarm.Engine.GoogleCloud;
using MarketingSwarm.Engine.GoogleCloud.Secrets;

namespace MarketingSwarm.Engine.Deployment;

/// <summary>
///   The files with which an application runs on Cloud Run with Cloud SQL. What is in a folder already is kept and added to. All of them are made before the first is
///   written, so that a fault in one leaves all as they were. None ever holds a secret.
/// </summary>
internal sealed partial class DeploymentFiles
{
    internal const string ServiceFile = "service.yaml";
    internal const string BuildFile = "cloudbuild.yaml";
    internal const string LocalEnvironmentFile = ".env";
    internal const string ProductionEnvironmentFile = ".env.production";
    internal const string DockerFragment = "Dockerfile.cloudsql";
    internal const string RequirementsFile = "requirements.txt";
    internal const string IamFile = "cloud-sql-iam.sh";
    internal const string VerificationStep = "verify-cloud-sql";

    internal const string InstancesAnnotation = "run.googleapis.com/cloudsql-instances";
    internal const string ThrottlingAnnotation = "run.googleapis.com/cpu-throttling";
    internal const string MaxScaleAnnotation = "autoscaling.knative.dev/maxScale";
    internal const string EgressAnnotation = "run.googleapis.com/vpc-access-egress";
    internal const string InterfacesAnnotation = "run.googleapis.com/network-interfaces";

    private const string PasswordVariable = "DB_PASS";
    private const string ModuleMark = "Written by New-SwarmDeployment (MarketingSwarm)";
    private const string ClientRole = "roles/cloudsql.client";

    private readonly string _folder;
    private readonly DeploymentOptions _options;
    private readonly string _connectionName;
    private readonly Dictionary<string, string> _variables;
    private readonly List<string> _warnings = [];

    private DeploymentFiles(string folder, DeploymentOptions options)
    {
        (_folder, _options) = (folder, options);
        var instance = options.Instance;
        _connectionName = instance.ConnectionName ?? throw Errors.InstanceWithoutAddress(instance.Name, instance.State);
        var connections = ConnectionBudgets.FindMaxConnections(instance) ?? throw Errors.BudgetNotKnown(instance.Name, instance.Tier);
        Budget = ConnectionBudgets.Share(instance.Name, connections, options.MaxInstances);
        RequireVariables(options.Variables);
        _variables = new Dictionary<string, string>(options.Variables, StringComparer.Ordinal)
        {
            ["ENVIRONMENT"] = options.Variables.GetValueOrDefault("ENVIRONMENT") ?? "production",
            ["INSTANCE_CONNECTION_NAME"] = _connectionName,
            ["DB_USER"] = options.User,
            ["DB_NAME"] = options.Database,
            ["DB_POOL_SIZE"] = Budget.PoolSize.ToString(CultureInfo.InvariantCulture),
            ["DB_MAX_OVERFLOW"] = Budget.MaxOverflow.ToString(CultureInfo.InvariantCulture),
        };
    }

    internal ConnectionBudget Budget { get; }

    /// <summary>What should be looked at in the files that were there.</summary>
    internal IReadOnlyList<string> Warnings => _warnings;

    /// <summary>The files, in the order in which they are written.</summary>
    internal IReadOnlyList<DeploymentFile> Files { get; private set; } = [];

    /// <summary>Makes all of them; nothing is written.</summary>
    /// <param name="folder">The full path of the application's folder.</param>
    /// <param name="options">What they say.</param>
    /// <exception cref="SwarmConfigurationException">An option is not valid, or a file that is there is not what it should be.</exception>
    internal static DeploymentFiles Create(string folder, DeploymentOptions options)
    {
        SecretStore.RequireName(options.Secret);
        if (options.SecretVersion != "latest" && !VersionNumber().IsMatch(options.SecretVersion))
            throw Errors.DeploymentValueMalformed("-SecretVersion", options.SecretVersion, "a version's number or latest");
        if (options.ServiceAccount is { } given && !AccountName().IsMatch(given))
            throw Errors.DeploymentValueMalformed("-ServiceAccount", given, "an account's e-mail address, NAME@PROJECT.iam.gserviceaccount.com without 'serviceAccount:',");
        if (Path.IsPathRooted(options.ModulePath) || options.ModulePath.Split('/', '\\').Contains(".."))
            throw Errors.DeploymentValueMalformed("-ModulePath", options.ModulePath, "a path within the application's folder");
        var files = new DeploymentFiles(folder, options);
        var service = files.MakeService(out var name, out var account);
        files.Files =
        [
            service,
            files.Make(ProductionEnvironmentFile, "the service's variables", files.MakeProduction),
            files.Make(LocalEnvironmentFile, "local development, on SQLite", files.MakeLocal),
            files.MakeModule(),
            files.Make(RequirementsFile, "the PostgreSQL drivers", MakeRequirements),
            files.Make(BuildFile, "Cloud Build, instance checked first", text => files.MakeBuild(text, name)),
            files.Make(DockerFragment, "lines for the Dockerfile", _ => Template(DockerFragment)),
            files.Make(IamFile, "the account's roles, as commands", _ => files.MakeIam(account)),
        ];
        files.LookAtDockerfile();
        return files;
    }

    /// <summary>Whether Cloud Run takes that name for a service.</summary>
    internal static bool IsServiceName(string name) => ServiceName().IsMatch(name);

    private static void RequireVariables(IReadOnlyDictionary<string, string> variables)
    {
        foreach (var (name, value) in variables)
        {
            if (!VariableName().IsMatch(name)) throw Errors.VariableMalformed(name, $"'{name}' is no name of an environment variable");
            if (name is "PORT" or "K_SERVICE" or "K_REVISION" or "K_CONFIGURATION") throw Errors.VariableMalformed(name, $"{name} is set by Cloud Run itself");
            if (name is PasswordVariable or "INSTANCE_CONNECTION_NAME" or "DB_USER" or "DB_NAME" or "DB_POOL_SIZE" or "DB_MAX_OVERFLOW")
                throw Errors.VariableMalformed(name, $"{name} is made from the other parameters{(name == PasswordVariable ? ", and a password from the secret" : "")}");
            if (value.AsSpan().IndexOfAny('\r', '\n', '\0') >= 0) throw Errors.VariableMalformed(name, $"the value of {name} has more than one line");
        }
    }

    private DeploymentFile Make(string name, string purpose, Func<string, string> make)
    {
        var path = Path.Combine(_folder, name.Replace('/', Path.DirectorySeparatorChar));
        var before = Read(path);
        return new DeploymentFile(path, purpose, before, make(before ?? "")) { Secrets = [.. EnvironmentText.FindSecrets(before ?? "")] };
    }

    private static string? Read(string path)
    {
        try
        {
            return File.ReadAllText(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw Errors.DeploymentFileUnreadable(path, exception);
        }
    }

    private DeploymentFile MakeService(out string name, out string account)
    {
        var path = Path.Combine(_folder, ServiceFile);
        const string Purpose = "the Cloud Run service";
        var before = Read(path);
        if (_options.Service is { } given && !ServiceName().IsMatch(given)) throw Errors.ServiceNameMalformed(given);
        if (before is null || before.Trim().Length == 0)
        {
            name = _options.Service ?? throw Errors.ServiceNotNamed(path);
            account = FindAccount(null);
            return new DeploymentFile(path, Purpose, before, Header + YamlText.Write(NewService(name)));
        }

        var yaml = YamlText.Parse(path, before);
        var kind = $"{yaml.Find("apiVersion")} {yaml.Find("kind")}";
        if (kind != "serving.knative.dev/v1 Service") throw Errors.NotAServiceFile(path, kind.Trim().Length == 0 ? null : $"'{kind.Trim()}'");
        var found = yaml.Find("metadata", "name")?.ToString();
        name = found ?? _options.Service ?? throw Errors.ServiceNotNamed(path);
        if (_options.Service is not null && name != _options.Service) throw Errors.ServiceNameDiffers(path, name, _options.Service);
        if (!ServiceName().IsMatch(name)) throw Errors.ServiceNameMalformed(name);
        var secrets = FindSecrets(yaml);
        ChangeService(path, yaml, name);
        account = FindAccount(yaml.Find("spec", "template", "spec", "serviceAccountName")?.ToString());
        return new DeploymentFile(path, Purpose, before, yaml.Text) { Secrets = secrets };
    }

    // Somebody may have written a password there; by its name alone it is known.
    private static List<string> FindSecrets(YamlText yaml) =>
    [
        .. (yaml.Find("spec", "template", "spec", "containers") as JsonArray ?? []).SelectMany(container => container?["env"] as JsonArray ?? []).OfType<JsonObject>()
            .Where(variable => SecretFields.IsSecretName($"{variable["name"]}") && variable["value"] is JsonValue).Select(variable => $"{variable["value"]}").Where(value => value.Length > 0),
    ];

    private string Header => $"# The Cloud Run service. Deploy it with Publish-SwarmDeployment, or: gcloud run services replace {ServiceFile} --region={_options.Region}\n";

    private JsonObject NewService(string name)
    {
        var annotations = new JsonObject
        {
            [InstancesAnnotation] = _connectionName,
            [ThrottlingAnnotation] = "false",
            [MaxScaleAnnotation] = _options.MaxInstances.ToString(CultureInfo.InvariantCulture),
        };
        if (FindNetwork() is { } network)
        {
            annotations[InterfacesAnnotation] = network;
            annotations[EgressAnnotation] = "private-ranges-only";
        }

        var specification = new JsonObject();
        if (_options.ServiceAccount is { } account) specification["serviceAccountName"] = account;
        specification["containers"] = new JsonArray(new JsonObject
        {
            ["image"] = _options.Image ?? $"{_options.Region}-docker.pkg.dev/{_options.Instance.Project}/cloud-run-source-deploy/{name}:latest",
            ["env"] = new JsonArray([.. _variables.Select(variable => (JsonNode)new JsonObject { ["name"] = variable.Key, ["value"] = variable.Value }), Password()]),
        });
        return new JsonObject
        {
            ["apiVersion"] = "serving.knative.dev/v1",
            ["kind"] = "Service",
            ["metadata"] = new JsonObject { ["name"] = name },
            ["spec"] = new JsonObject
            {
                ["template"] = new JsonObject { ["metadata"] = new JsonObject { ["annotations"] = annotations }, ["spec"] = specification },
            },
        };
    }

    private JsonObject Password() => new() { ["name"] = PasswordVariable, ["valueFrom"] = SecretReference() };

    private JsonObject SecretReference() => new() { ["secretKeyRef"] = new JsonObject { ["name"] = _options.Secret, ["key"] = _options.SecretVersion } };

    private void ChangeService(string path, YamlText yaml, string name)
    {
        object[] template = ["spec", "template", "metadata", "annotations"];
        yaml.Set(name, "metadata", "name");
        if (yaml.Find("metadata", "annotations", InstancesAnnotation) is not null)
        {
            _warnings.Add($"{path}: the annotation {InstancesAnnotation} was on the service, where Cloud Run ignores it; it is on the revision's template now.");
            yaml.Remove("metadata", "annotations", InstancesAnnotation);
        }

        // A revision that has a name keeps it, and the next deployment would be refused as a second one of the same name.
        yaml.Remove("spec", "template", "metadata", "name");
        var instances = (yaml.Find([.. template, InstancesAnnotation])?.ToString() ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (!instances.Contains(_connectionName)) yaml.Set(string.Join(',', [.. instances, _connectionName]), [.. template, InstancesAnnotation]);
        yaml.Set("false", [.. template, ThrottlingAnnotation]);
        var most = yaml.Find([.. template, MaxScaleAnnotation])?.ToString();
        if (!int.TryParse(most, CultureInfo.InvariantCulture, out var scale) || scale > _options.MaxInstances || scale < 1)
            yaml.Set(_options.MaxInstances.ToString(CultureInfo.InvariantCulture), [.. template, MaxScaleAnnotation]);
        if (FindNetwork() is { } network && yaml.Find([.. template, "run.googleapis.com/vpc-access-connector"]) is null && yaml.Find([.. template, InterfacesAnnotation]) is null)
        {
            yaml.Set(network, [.. template, InterfacesAnnotation]);
            yaml.Set("private-ranges-only", [.. template, EgressAnnotation]);
        }

        if (_options.ServiceAccount is { } account) yaml.Set(account, "spec", "template", "spec", "serviceAccountName");
        object[] containers = ["spec", "template", "spec", "containers"];
        if (yaml.Find(containers) is not JsonArray { Count: > 0 } list)
        {
            yaml.Set(NewService(name)["spec"]!["template"]!["spec"]!["containers"]!, containers);
            return;
        }

        // Of several containers, the one with a port is the application; the others stand beside it.
        var index = list.Count == 1 ? 0 : Math.Max(0, list.ToList().FindIndex(container => container?["ports"] is not null));
        object[] container = [.. containers, index];
        if (_options.Image is { } image) yaml.Set(image, [.. container, "image"]);
        foreach (var (variable, value) in _variables) SetVariable(variable, "value", value, "valueFrom");
        if (yaml.Find([.. container, "env", new YamlText.Named("name", PasswordVariable), "value"]) is JsonValue)
        {
            _warnings.Add(
                $"{path}: a value of {PasswordVariable} was written in the file; it is a reference to the secret '{_options.Secret}' now. "
                + "Whoever read the file, or its history, knows that password: New-SwarmCloudSqlInstance -GeneratePassword -ResetPassword gives the user another.");
        }

        SetVariable(PasswordVariable, "valueFrom", SecretReference(), "value");

        void SetVariable(string variable, string key, JsonNode value, string other)
        {
            object[] item = [.. container, "env", new YamlText.Named("name", variable)];
            yaml.Set(value, [.. item, key]);
            if (yaml.Find([.. item, other]) is not null) yaml.Remove([.. item, other]);
        }
    }

    /// <summary>An instance without a public address is reached from the VPC, into which the service then sends what is for private addresses.</summary>
    private string? FindNetwork()
    {
        if (_options.Instance is not { PublicAddress: null, PrivateNetwork: { } network }) return null;
        var name = network[(network.LastIndexOf('/') + 1)..];
        return $$"""[{"network":"{{name}}","subnetwork":"{{name}}"}]""";
    }

    private string FindAccount(string? inFile)
        => _options.ServiceAccount ?? inFile ?? (_options.ProjectNumber is { } number ? $"{number}-compute@developer.gserviceaccount.com" : "SERVICE_ACCOUNT_EMAIL");

    private string MakeProduction(string text)
    {
        var file = new EnvironmentText(text);
        foreach (var (name, value) in _variables) file.Set(name, value);
        file.Comment($"{PasswordVariable}: Cloud Run sets it from the secret '{_options.Secret}' of Secret Manager. It is in no file.");
        if (file.FindRaw(PasswordVariable) is { Length: > 0 } raw && !raw.Trim('"', '\'').StartsWith("${", StringComparison.Ordinal))
            _warnings.Add($"{ProductionEnvironmentFile} sets {PasswordVariable} to a value of its own: take that line away, and give the user another password if the file was ever committed.");
        return file.Text;
    }

    private string MakeLocal(string text)
    {
        var file = new EnvironmentText(text);
        if (file.FindRaw("DATABASE_URL") is null) file.Set("DATABASE_URL", $"sqlite:///{_options.LocalDatabase}");
        if (file.FindRaw("ENVIRONMENT") is null) file.Set("ENVIRONMENT", "development");
        return file.Text;
    }

    private DeploymentFile MakeModule()
    {
        var file = Make(_options.ModulePath, "the database configuration", _ => Template("database_config.py")
            .Replace("@CONNECTION_NAME@", _connectionName, StringComparison.Ordinal)
            .Replace("@BUDGET@", Budget.ToString(), StringComparison.Ordinal)
            .Replace("@POOL_SIZE@", Budget.PoolSize.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("@MAX_OVERFLOW@", Budget.MaxOverflow.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("@LOCAL_DATABASE_URL@", PythonText($"sqlite:///{_options.LocalDatabase}"), StringComparison.Ordinal)
            .Replace("@DB_USER@", PythonText(_options.User), StringComparison.Ordinal)
            .Replace("@DB_NAME@", PythonText(_options.Database), StringComparison.Ordinal));
        return file.Before is { } before && !_options.IsForced && before.Trim().Length > 0 && !before.Contains(ModuleMark, StringComparison.Ordinal)
            ? throw Errors.ModuleNotOurs(file.Path) : file;
    }

    private static string MakeRequirements(string text)
    {
        var file = new RequirementsText(text);
        file.Require("asyncpg", "0.30.0");
        file.Require("psycopg2-binary", "2.9.10");
        return file.Text;
    }

    private string MakeBuild(string text, string service)
    {
        // Cloud Build fills in $NAME; two dollar signs are one.
        var instance = _options.Instance;
        var step = new JsonObject
        {
            ["id"] = VerificationStep,
            ["name"] = "gcr.io/google.com/cloudsdktool/cloud-sdk:slim",
            ["entrypoint"] = "bash",
            ["args"] = new JsonArray(
                "-c",
                $"state=$$(gcloud sql instances describe {instance.Name} --project={instance.Project} --format='value(state)') && echo \"{instance.Name} is $$state\" && test \"$$state\" = RUNNABLE"),
        };
        if (text.Trim().Length == 0)
        {
            var image = _options.Image?.Split('@')[0] ?? $"{_options.Region}-docker.pkg.dev/{instance.Project}/cloud-run-source-deploy/{service}:latest";
            return $"# Cloud Build: gcloud builds submit --project={instance.Project}\n" + YamlText.Write(new JsonObject
            {
                ["steps"] = new JsonArray(
                    step,
                    new JsonObject { ["id"] = "build", ["name"] = "gcr.io/cloud-builders/docker", ["args"] = new JsonArray("build", "--tag", image, ".") }),
                ["images"] = new JsonArray(image),
            });
        }

        var yaml = YamlText.Parse(Path.Combine(_folder, BuildFile), text);
        var named = new YamlText.Named("id", VerificationStep);
        if (yaml.Find("steps", named) is null) yaml.Prepend(step, "steps");
        else yaml.Set(step, "steps", named);
        return yaml.Text;
    }

    private string MakeIam(string account)
    {
        var project = _options.Instance.Project;
        var member = ShellText($"serviceAccount:{account}");
        return $"""
            #!/bin/sh
            # What the service's account may do: connect to the instance, and read the one secret. Run by somebody who may grant roles; a second run changes nothing.
            # In PowerShell the secret's role is: Grant-SwarmSecretAccess {_options.Secret} -Member {member} -Project {project}
            set -eu
            gcloud projects add-iam-policy-binding {ShellText(project)} --member={member} --role={ClientRole} --condition=None
            gcloud secrets add-iam-policy-binding {ShellText(_options.Secret)} --project={ShellText(project)} --member={member} --role={SecretGrants.AccessorRole}

            """.ReplaceLineEndings("\n");
    }

    private void LookAtDockerfile()
    {
        var path = Path.Combine(_folder, "Dockerfile");
        if (Read(path) is { } text && text.Contains("cloud_sql_proxy", StringComparison.Ordinal))
            _warnings.Add($"{path} fetches cloud_sql_proxy, which has no use on Cloud Run and is the old proxy: take those lines away. {DockerFragment} says what is needed.");
    }

    private static string PythonText(string text) => JsonValue.Create(text).ToJsonString();

    private static string ShellText(string text) => ShellSafe().IsMatch(text) ? text : $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Template(string name)
    {
        using var stream = typeof(DeploymentFiles).Assembly.GetManifestResourceStream($"Deployment/{name}")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex(@"^[a-z]([a-z0-9-]{0,47}[a-z0-9])?\z")]
    private static partial Regex ServiceName();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*\z")]
    private static partial Regex VariableName();

    [GeneratedRegex(@"^[A-Za-z0-9_./:@-]+\z")]
    private static partial Regex ShellSafe();

    [GeneratedRegex(@"^[1-9][0-9]*\z")]
    private static partial Regex VersionNumber();

    [GeneratedRegex(@"^[^@\s:'""]+@[^@\s:'""]+\z")]
    private static partial Regex AccountName();
}
