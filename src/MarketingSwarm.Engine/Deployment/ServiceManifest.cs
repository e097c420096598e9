using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.Deployment;

/// <summary>
///   A <c>service.yaml</c> in the form of the Cloud Run Admin API v1 (serving.knative.dev/v1), carried over to a service of its v2
///   (https://cloud.google.com/run/docs/reference/yaml/v1, https://cloud.google.com/run/docs/reference/rest/v2/projects.locations.services).
///   What the file says is set; what it does not mention stays as it is on the service. A setting that is not carried over is an error, never left out.
/// </summary>
internal sealed class ServiceManifest
{
    internal const string SocketVolume = "cloudsql";
    private const string SocketPath = "/cloudsql";
    private const string RunPrefix = "run.googleapis.com/";

    // What Cloud Run writes itself, as it is in a file that was exported.
    private static readonly string[] ServerMetadata = ["namespace", "generation", "resourceVersion", "uid", "selfLink", "creationTimestamp"];
    private static readonly string[] ServerAnnotations =
    [
        "client.knative.dev/user-image", "serving.knative.dev/creator", "serving.knative.dev/lastModifier", RunPrefix + "client-name", RunPrefix + "client-version",
        RunPrefix + "operation-id", RunPrefix + "ingress-status", RunPrefix + "urls",
    ];

    private readonly string _file;
    private readonly JsonObject _document;

    private ServiceManifest(string file, JsonObject document) => (_file, _document) = (file, document);

    /// <summary>The service's name.</summary>
    internal string Name => GoogleCloud.GoogleJson.Text(_document, "metadata", "name")!;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The full path.</param>
    /// <exception cref="SwarmConfigurationException">It is not there, or does not describe a service.</exception>
    internal static ServiceManifest Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Errors.ServiceFileNotFound(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw Errors.DeploymentFileUnreadable(path, exception);
        }

        var document = (JsonObject)YamlText.Parse(path, text).Json;
        var manifest = new ServiceManifest(path, document);
        var kind = $"{document["apiVersion"]} {document["kind"]}".Trim();
        if (kind != "serving.knative.dev/v1 Service") throw Errors.NotAServiceFile(path, kind.Length == 0 ? null : $"'{kind}'");
        if (manifest.Mapping(document, "metadata", "")?["name"] is not JsonValue) throw Errors.ServiceNotNamed(path);
        // A fault is told before anything is asked of Cloud Run.
        manifest.ApplyTo([], "image");
        return manifest;
    }

    /// <summary>Changes a service of the v2 API to what the file says.</summary>
    /// <param name="service">The service as it is; empty for a new one.</param>
    /// <param name="image">The image to take in place of the file's.</param>
    /// <exception cref="SwarmConfigurationException">The file says something that cannot be carried over.</exception>
    internal void ApplyTo(JsonObject service, string? image)
    {
        Only(_document, "", "apiVersion", "kind", "metadata", "spec", "status");
        var metadata = Mapping(_document, "metadata", "")!;
        Only(metadata, "metadata", ["name", "labels", "annotations", .. ServerMetadata]);
        Labels(metadata, "metadata.labels", service);
        foreach (var (name, value) in Texts(metadata, "annotations", "metadata.annotations"))
        {
            var path = $"metadata.annotations.{name}";
            switch (name)
            {
                case RunPrefix + "ingress":
                    service["ingress"] = value switch
                    {
                        "all" => "INGRESS_TRAFFIC_ALL",
                        "internal" => "INGRESS_TRAFFIC_INTERNAL_ONLY",
                        "internal-and-cloud-load-balancing" => "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER",
                        _ => throw Errors.ServiceFieldInvalid(_file, path, value, "all, internal or internal-and-cloud-load-balancing"),
                    };
                    break;
                case RunPrefix + "launch-stage":
                    service["launchStage"] = value;
                    break;
                case RunPrefix + "description":
                    service["description"] = value;
                    break;
                case DeploymentFiles.InstancesAnnotation:
                    throw Errors.ServiceFieldInvalid(_file, path, value, "no such annotation on the service, where Cloud Run ignores it, but one under spec.template.metadata.annotations (New-SwarmDeployment moves it)");
                default:
                    if (!ServerAnnotations.Contains(name)) throw Errors.ServiceFieldUnknown(_file, path);
                    break;
            }
        }

        var specification = Mapping(_document, "spec", "") ?? throw Errors.ServiceFieldInvalid(_file, "spec", null, "the service's template");
        Only(specification, "spec", "template", "traffic");
        // The one division of the requests that says nothing: all to the newest.
        if (specification["traffic"] is JsonNode traffic && !JsonNode.DeepEquals(traffic, new JsonArray(new JsonObject { ["percent"] = 100L, ["latestRevision"] = true }))
            && !JsonNode.DeepEquals(traffic, new JsonArray(new JsonObject { ["latestRevision"] = true, ["percent"] = 100L })))
        {
            throw Errors.ServiceFieldUnknown(_file, "spec.traffic");
        }

        var template = Child(service, "template");
        // A revision's name is its own: with the old name a changed template would be refused.
        template.Remove("revision");
        var source = Mapping(specification, "template", "spec") ?? throw Errors.ServiceFieldInvalid(_file, "spec.template", null, "the revision's template");
        Only(source, "spec.template", "metadata", "spec");
        ApplySpecification(source, template, image);
        if (Mapping(source, "metadata", "spec.template") is { } about) ApplyTemplateMetadata(about, template);
    }

    private void ApplyTemplateMetadata(JsonObject metadata, JsonObject template)
    {
        const string Path = "spec.template.metadata";
        Only(metadata, Path, ["name", "labels", "annotations", .. ServerMetadata]);
        Labels(metadata, $"{Path}.labels", template);
        foreach (var (name, value) in Texts(metadata, "annotations", $"{Path}.annotations"))
        {
            var path = $"{Path}.annotations.{name}";
            switch (name)
            {
                case DeploymentFiles.InstancesAnnotation:
                    Connect(template, value);
                    break;
                case DeploymentFiles.ThrottlingAnnotation:
                    foreach (var container in template["containers"]!.AsArray()) Child((JsonObject)container!, "resources")["cpuIdle"] = Flag(path, value);
                    break;
                case RunPrefix + "startup-cpu-boost":
                    foreach (var container in template["containers"]!.AsArray()) Child((JsonObject)container!, "resources")["startupCpuBoost"] = Flag(path, value);
                    break;
                case DeploymentFiles.MaxScaleAnnotation:
                    Child(template, "scaling")["maxInstanceCount"] = Number(path, value);
                    break;
                case "autoscaling.knative.dev/minScale":
                    Child(template, "scaling")["minInstanceCount"] = Number(path, value);
                    break;
                case RunPrefix + "sessionAffinity":
                    template["sessionAffinity"] = Flag(path, value);
                    break;
                case RunPrefix + "execution-environment":
                    template["executionEnvironment"] = value switch
                    {
                        "gen1" => "EXECUTION_ENVIRONMENT_GEN1",
                        "gen2" => "EXECUTION_ENVIRONMENT_GEN2",
                        _ => throw Errors.ServiceFieldInvalid(_file, path, value, "gen1 or gen2"),
                    };
                    break;
                case RunPrefix + "vpc-access-connector":
                    Child(template, "vpcAccess")["connector"] = value;
                    break;
                case DeploymentFiles.EgressAnnotation:
                    Child(template, "vpcAccess")["egress"] = value switch
                    {
                        "all-traffic" or "all" => "ALL_TRAFFIC",
                        "private-ranges-only" => "PRIVATE_RANGES_ONLY",
                        _ => throw Errors.ServiceFieldInvalid(_file, path, value, "all-traffic or private-ranges-only"),
                    };
                    break;
                case DeploymentFiles.InterfacesAnnotation:
                    Child(template, "vpcAccess")["networkInterfaces"] = Interfaces(path, value);
                    break;
                default:
                    if (!ServerAnnotations.Contains(name)) throw Errors.ServiceFieldUnknown(_file, path);
                    break;
            }
        }
    }

    private void ApplySpecification(JsonObject source, JsonObject template, string? image)
    {
        const string Path = "spec.template.spec";
        var specification = Mapping(source, "spec", "spec.template") ?? throw Errors.ServiceFieldInvalid(_file, Path, null, "the containers");
        Only(specification, Path, "containerConcurrency", "timeoutSeconds", "serviceAccountName", "containers", "volumes");
        if (specification["containerConcurrency"] is { } concurrency) template["maxInstanceRequestConcurrency"] = Number($"{Path}.containerConcurrency", concurrency.ToString());
        if (specification["timeoutSeconds"] is { } timeout) template["timeout"] = $"{Number($"{Path}.timeoutSeconds", timeout.ToString())}s";
        if (specification["serviceAccountName"] is { } account) template["serviceAccount"] = account.ToString();

        var containers = Objects(specification, "containers", Path);
        if (containers.Count == 0) throw Errors.ServiceFieldInvalid(_file, $"{Path}.containers", null, "at least one container");
        var targets = List(template, "containers");
        for (var i = 0; i < containers.Count; i++)
        {
            var name = containers[i]["name"]?.ToString();
            // One that has no name on either side is known by its place.
            var target = targets.OfType<JsonObject>().FirstOrDefault(other => name is not null && other["name"]?.ToString() == name)
                ?? (containers.Count == 1 && targets.Count == 1 ? (JsonObject)targets[0]! : null);
            if (target is null) targets.Add((JsonNode)(target = []));
            ApplyContainer(containers[i], target, $"{Path}.containers[{i}]");
        }

        var application = containers.Count == 1 ? 0 : Math.Max(0, containers.FindIndex(container => container["ports"] is not null));
        if (image is not null) ((JsonObject)targets[application]!)["image"] = image;
        if (targets.OfType<JsonObject>().Any(container => container["image"] is null)) throw Errors.ImageNotNamed(_file);
        foreach (var volume in Objects(specification, "volumes", Path)) ApplyVolume(volume, List(template, "volumes"), Path);
    }

    private void ApplyContainer(JsonObject source, JsonObject target, string path)
    {
        Only(source, path, "name", "image", "command", "args", "env", "ports", "resources", "startupProbe", "livenessProbe", "readinessProbe", "volumeMounts", "workingDir");
        foreach (var field in (string[])["name", "image", "workingDir"])
        {
            if (source[field] is { } value) target[field] = value.ToString();
        }

        foreach (var field in (string[])["command", "args"])
        {
            if (source[field] is JsonArray words) target[field] = new JsonArray([.. words.Select(word => (JsonNode?)JsonValue.Create(word?.ToString() ?? ""))]);
        }

        foreach (var field in (string[])["startupProbe", "livenessProbe", "readinessProbe"])
        {
            if (source[field] is { } probe) target[field] = probe.DeepClone();
        }

        if (source["ports"] is { } ports) target["ports"] = ports.DeepClone();
        if (Mapping(source, "resources", path) is { } resources)
        {
            Only(resources, $"{path}.resources", "limits");
            var limits = Child(Child(target, "resources"), "limits");
            foreach (var (name, value) in Texts(resources, "limits", $"{path}.resources.limits")) limits[name] = value;
        }

        foreach (var variable in Objects(source, "env", path)) ApplyVariable(variable, List(target, "env"), $"{path}.env");
        foreach (var mount in Objects(source, "volumeMounts", path))
        {
            Only(mount, $"{path}.volumeMounts", "name", "mountPath", "subPath");
            Put(List(target, "volumeMounts"), "name", (JsonObject)mount.DeepClone());
        }
    }

    private void ApplyVariable(JsonObject source, JsonArray target, string path)
    {
        Only(source, path, "name", "value", "valueFrom");
        var name = source["name"]?.ToString() ?? throw Errors.ServiceFieldInvalid(_file, $"{path}.name", null, "a variable's name");
        var variable = new JsonObject { ["name"] = name };
        if (Mapping(source, "valueFrom", $"{path}[{name}]") is { } from)
        {
            Only(from, $"{path}[{name}].valueFrom", "secretKeyRef");
            var reference = Mapping(from, "secretKeyRef", $"{path}[{name}].valueFrom");
            if (reference?["name"] is not { } secret || reference["key"] is not { } version)
                throw Errors.ServiceFieldInvalid(_file, $"{path}[{name}].valueFrom.secretKeyRef", reference?.ToJsonString(), "the secret's name as name and its version as key");
            variable["valueSource"] = new JsonObject { ["secretKeyRef"] = new JsonObject { ["secret"] = secret.ToString(), ["version"] = version.ToString() } };
        }
        else
        {
            variable["value"] = source["value"]?.ToString() ?? "";
        }

        Put(target, "name", variable);
    }

    private void ApplyVolume(JsonObject source, JsonArray target, string path)
    {
        var name = source["name"]?.ToString() ?? throw Errors.ServiceFieldInvalid(_file, $"{path}.volumes.name", null, "a volume's name");
        path = $"{path}.volumes[{name}]";
        if (name == SocketVolume) throw Errors.ServiceFieldInvalid(_file, path, name, $"another name, since Cloud Run keeps '{SocketVolume}' for the instances' sockets");
        Only(source, path, "name", "secret", "emptyDir");
        var volume = new JsonObject { ["name"] = name };
        if (Mapping(source, "secret", path) is { } secret)
        {
            Only(secret, $"{path}.secret", "secretName", "items", "defaultMode");
            var made = new JsonObject { ["secret"] = secret["secretName"]?.ToString() ?? throw Errors.ServiceFieldInvalid(_file, $"{path}.secret.secretName", null, "the secret's name") };
            if (secret["defaultMode"] is { } mode) made["defaultMode"] = mode.DeepClone();
            if (secret["items"] is JsonArray items)
            {
                made["items"] = new JsonArray([.. items.OfType<JsonObject>().Select(item => (JsonNode)new JsonObject { ["version"] = item["key"]?.ToString(), ["path"] = item["path"]?.ToString() })]);
            }

            volume["secret"] = made;
        }
        else if (Mapping(source, "emptyDir", path) is { } empty)
        {
            var made = new JsonObject { ["medium"] = "MEMORY" };
            if (empty["sizeLimit"] is { } limit) made["sizeLimit"] = limit.ToString();
            volume["emptyDir"] = made;
        }

        Put(target, "name", volume);
    }

    private static void Connect(JsonObject template, string instances)
    {
        var names = instances.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var volumes = List(template, "volumes");
        var volume = volumes.OfType<JsonObject>().FirstOrDefault(other => other["cloudSqlInstance"] is not null);
        if (volume is null) volumes.Add((JsonNode)(volume = new JsonObject { ["name"] = SocketVolume }));
        volume["cloudSqlInstance"] = new JsonObject { ["instances"] = new JsonArray([.. names.Select(name => (JsonNode)name)]) };
        foreach (var container in template["containers"]!.AsArray().OfType<JsonObject>())
            Put(List(container, "volumeMounts"), "name", new JsonObject { ["name"] = volume["name"]!.ToString(), ["mountPath"] = SocketPath });
    }

    private JsonArray Interfaces(string path, string value)
    {
        try
        {
            return JsonNode.Parse(value) is JsonArray interfaces ? interfaces : throw Errors.ServiceFieldInvalid(_file, path, value, "a list in JSON");
        }
        catch (System.Text.Json.JsonException)
        {
            throw Errors.ServiceFieldInvalid(_file, path, value, "a list in JSON");
        }
    }

    private void Labels(JsonObject source, string path, JsonObject target)
    {
        foreach (var (name, value) in Texts(source, "labels", path))
        {
            // Those are Cloud Run's own: cloud.googleapis.com/location, say.
            if (!name.Contains("googleapis.com/", StringComparison.Ordinal) && !name.StartsWith("serving.knative.dev/", StringComparison.Ordinal)) Child(target, "labels")[name] = value;
        }
    }

    private void Only(JsonObject mapping, string path, params ReadOnlySpan<string> known)
    {
        foreach (var (name, value) in mapping)
        {
            if (value is not null && !known.Contains(name)) throw Errors.ServiceFieldUnknown(_file, path.Length == 0 ? name : $"{path}.{name}");
        }
    }

    private JsonObject? Mapping(JsonObject owner, string name, string path) => owner[name] switch
    {
        null => null,
        JsonObject mapping => mapping,
        var other => throw Errors.ServiceFieldInvalid(_file, path.Length == 0 ? name : $"{path}.{name}", other.ToJsonString(), "a mapping"),
    };

    private List<JsonObject> Objects(JsonObject owner, string name, string path) => owner[name] switch
    {
        null => [],
        JsonArray list when list.All(item => item is JsonObject) => [.. list.Cast<JsonObject>()],
        var other => throw Errors.ServiceFieldInvalid(_file, $"{path}.{name}", other.ToJsonString(), "a list of mappings"),
    };

    private IEnumerable<(string Name, string Value)> Texts(JsonObject owner, string name, string path)
    {
        foreach (var (key, value) in owner[name] switch
        {
            null => [],
            JsonObject mapping => mapping,
            var other => throw Errors.ServiceFieldInvalid(_file, path, other.ToJsonString(), "a mapping"),
        })
        {
            yield return value is JsonValue ? (key, value.ToString()) : throw Errors.ServiceFieldInvalid(_file, $"{path}.{key}", value?.ToJsonString(), "a text");
        }
    }

    private bool Flag(string path, string value) => value switch
    {
        "true" => true,
        "false" => false,
        _ => throw Errors.ServiceFieldInvalid(_file, path, value, "\"true\" or \"false\""),
    };

    private int Number(string path, string value)
        => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Errors.ServiceFieldInvalid(_file, path, value, "a whole number");

    private static JsonObject Child(JsonObject owner, string name)
    {
        if (owner[name] is not JsonObject child) owner[name] = child = [];
        return child;
    }

    private static JsonArray List(JsonObject owner, string name)
    {
        if (owner[name] is not JsonArray list) owner[name] = list = [];
        return list;
    }

    private static void Put(JsonArray list, string key, JsonObject item)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (list[i]?[key]?.ToString() != item[key]?.ToString()) continue;
            list[i] = item;
            return;
        }

        list.Add((JsonNode)item);
    }
}
