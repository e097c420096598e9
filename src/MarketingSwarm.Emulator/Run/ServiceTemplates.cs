using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Run;

/// <summary>What a service and its revision template may be, and what the server fills in.</summary>
internal static partial class ServiceTemplates
{
    /// <summary>Where Cloud SQL's sockets are mounted.</summary>
    private const string CloudSqlPath = "/cloudsql";

    /// <summary>Refuses a service that the API refuses.</summary>
    /// <param name="service">The service.</param>
    /// <param name="id">Its name, without a path.</param>
    /// <exception cref="ApiException">With the first fault.</exception>
    public static void Check(JsonObject service, string id)
    {
        if (!ServiceId().IsMatch(id))
            throw ApiException.InvalidArgument($"service_id: '{id}' must have 1 to 49 lowercase letters, digits and hyphens, begin with a letter and not end with a hyphen.");
        if (service.Message("template") is not { } template) throw Required("template");
        CheckAnnotations(service, "annotations");
        CheckAnnotations(template, "template.annotations");
        if (template.Text("revision") is { } revision && (!revision.StartsWith(id + "-", StringComparison.Ordinal) || !RevisionId().IsMatch(revision)))
            throw ApiException.InvalidArgument($"template.revision: '{revision}' must begin with the service's name and a hyphen, and have 63 lowercase letters, digits and hyphens at most.");
        CheckVolumes(template);
        var containers = template.Messages("containers").ToList();
        if (containers.Count == 0) throw Required("template.containers");
        for (var i = 0; i < containers.Count; i++) CheckContainer(template, containers[i], $"template.containers[{i}]");
        CheckTraffic(service);
    }

    /// <summary>Fills in what the client left to the server.</summary>
    /// <param name="service">The service.</param>
    /// <param name="project">The project's id or number.</param>
    public static void FillIn(JsonObject service, string project)
    {
        service["ingress"] ??= "INGRESS_TRAFFIC_ALL";
        service["launchStage"] ??= "GA";
        if (!service.Messages("traffic").Any())
            service["traffic"] = new JsonArray(new JsonObject { ["type"] = "TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST", ["percent"] = 100 });
        var template = service.Message("template")!;
        template["timeout"] ??= "300s";
        template["maxInstanceRequestConcurrency"] ??= 80;
        template["serviceAccount"] ??= $"{Projects.NumberOf(project)}-compute@developer.gserviceaccount.com";
        template["scaling"] ??= new JsonObject { ["maxInstanceCount"] = 100 };
        var containers = template.Messages("containers").ToList();
        if (containers.Count == 1) containers[0]["ports"] ??= new JsonArray(new JsonObject { ["name"] = "http1", ["containerPort"] = 8080 });
        foreach (var container in containers)
        {
            container["resources"] ??= new JsonObject { ["cpuIdle"] = true, ["startupCpuBoost"] = true };
            var resources = container.Message("resources")!;
            if (resources.Message("limits") is not { } limits) resources["limits"] = limits = [];
            limits["cpu"] ??= "1000m";
            limits["memory"] ??= "512Mi";
        }
    }

    [GeneratedRegex(@"^[a-z]([a-z0-9-]{0,47}[a-z0-9])?\z")]
    private static partial Regex ServiceId();

    [GeneratedRegex(@"^[a-z]([a-z0-9-]{0,61}[a-z0-9])?\z")]
    private static partial Regex RevisionId();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_.-]*\z")]
    private static partial Regex VariableName();

    [GeneratedRegex(@"^[^:/\s]+(:[^:/\s]+)?:[a-z0-9-]+:[a-z0-9-]+\z")]
    private static partial Regex ConnectionName();

    private static ApiException Required(string field) => Invalid(field, "It is required.");

    private static ApiException Invalid(string field, string reason) => ApiException.BadFields([(field, $"Violation in {field}: {reason}")]);

    private static void CheckAnnotations(JsonObject message, string field)
    {
        foreach (var (key, _) in message.Message("annotations") ?? [])
        {
            var domain = key.Split('/')[0];
            if (domain is "run.googleapis.com" or "cloud.googleapis.com" or "serving.knative.dev" or "autoscaling.knative.dev")
                throw Invalid(field, $"The annotation '{key}' is not supported in v2; its namespace is the system's.");
        }
    }

    private static void CheckVolumes(JsonObject template)
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        var index = 0;
        foreach (var volume in template.Messages("volumes"))
        {
            var field = $"template.volumes[{index++}]";
            if (volume.Text("name") is not { } name) throw Required(field + ".name");
            if (!names.Add(name)) throw Invalid(field + ".name", $"There are two volumes '{name}'.");
            if (volume.Count(member => member.Key != "name" && member.Value is not null) != 1) throw Invalid(field, "A volume has exactly one source, such as cloudSqlInstance or secret.");
            if (volume.Message("secret") is { } secret && secret.Text("secret") is null) throw Required(field + ".secret.secret");
            if (volume.Message("cloudSqlInstance") is not { } cloudSql) continue;
            var instances = cloudSql.Items("instances").Select(instance => instance.ToString()).ToList();
            if (instances.Count == 0) throw Required(field + ".cloudSqlInstance.instances");
            if (instances.Find(instance => !ConnectionName().IsMatch(instance)) is { } wrong)
                throw Invalid(field + ".cloudSqlInstance.instances", $"'{wrong}' is no connection name: PROJECT:REGION:INSTANCE.");
        }
    }

    private static void CheckContainer(JsonObject template, JsonObject container, string field)
    {
        if (container.Text("image") is null) throw Required(field + ".image");
        if (container.Messages("ports").FirstOrDefault() is { } port
            && port["containerPort"] is { } number && int.Parse(number.ToString(), CultureInfo.InvariantCulture) is < 1 or > 65535)
        {
            throw Invalid(field + ".ports[0].containerPort", "A port is from 1 to 65535.");
        }

        HashSet<string> names = new(StringComparer.Ordinal);
        var index = 0;
        foreach (var variable in container.Messages("env"))
        {
            var place = $"{field}.env[{index++}]";
            var name = variable.Text("name") ?? throw Required(place + ".name");
            if (!VariableName().IsMatch(name)) throw Invalid(place + ".name", $"'{name}' is no name of an environment variable.");
            if (name is "PORT" or "K_SERVICE" or "K_REVISION" or "K_CONFIGURATION") throw Invalid(place + ".name", $"The name '{name}' is reserved by Cloud Run.");
            if (!names.Add(name)) throw Invalid(place + ".name", $"There are two variables '{name}'.");
            if (variable["value"] is not null && variable["valueSource"] is not null) throw Invalid(place, "A variable has a value or a valueSource.");
            if (variable.Message("valueSource") is not { } source) continue;
            if (source.Message("secretKeyRef") is not { } reference || reference.Text("secret") is null) throw Required(place + ".valueSource.secretKeyRef.secret");
        }

        var volumes = template.Messages("volumes").ToDictionary(volume => volume.Text("name")!, StringComparer.Ordinal);
        index = 0;
        foreach (var mount in container.Messages("volumeMounts"))
        {
            var place = $"{field}.volumeMounts[{index++}]";
            if (mount.Text("name") is not { } name || !volumes.TryGetValue(name, out var volume))
                throw Invalid(place + ".name", $"There is no volume '{mount.Text("name")}'.");
            var path = mount.Text("mountPath");
            if (volume["cloudSqlInstance"] is not null)
            {
                if (path is not (null or CloudSqlPath)) throw Invalid(place + ".mountPath", $"A Cloud SQL volume is mounted at {CloudSqlPath}.");
            }
            else if (path is null || !path.StartsWith('/') || path.Contains(':', StringComparison.Ordinal))
            {
                throw Invalid(place + ".mountPath", "A volume is mounted at an absolute path without a colon.");
            }
        }
    }

    private static void CheckTraffic(JsonObject service)
    {
        var targets = service.Messages("traffic").ToList();
        if (targets.Count == 0) return;
        var sum = targets.Sum(target => target["percent"] is { } percent ? int.Parse(percent.ToString(), CultureInfo.InvariantCulture) : 0);
        if (sum != 100) throw Invalid("traffic", $"The percentages of the traffic add up to {sum}, and must be 100.");
    }
}
