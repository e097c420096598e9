using System.Text.Json.Nodes;

namespace MarketingSwarm.Engine.GoogleCloud.Run;

/// <summary>Makes the module's objects of Cloud Run's answers.</summary>
internal static class RunObjects
{
    private const string InstanceVariable = "INSTANCE_CONNECTION_NAME";

    /// <summary>A service with its revisions.</summary>
    /// <param name="project">The project's id.</param>
    /// <param name="region">The region.</param>
    /// <param name="service">The service as Cloud Run tells it.</param>
    /// <param name="revisions">All its revisions, the newest first.</param>
    internal static SwarmDeployment ToDeployment(string project, string region, JsonObject service, IEnumerable<JsonObject> revisions)
    {
        var shares = TrafficPlan.Shares(service);
        var percents = shares.ToDictionary(share => share.Revision, share => share.Percent, StringComparer.Ordinal);
        var tags = service.Items("traffic").Where(target => target.Text("tag") is { Length: > 0 })
            .Select(target => (Revision: TrafficPlan.ShortName(target.Text("revision") ?? service.Text("latestCreatedRevision") ?? ""), Tag: target.Text("tag")))
            .DistinctBy(tagged => tagged.Revision).ToDictionary(tagged => tagged.Revision, tagged => tagged.Tag, StringComparer.Ordinal);
        var all = revisions.Select(revision => ToRevision(revision, percents, tags)).ToList();
        var template = service["template"];
        var condition = service["terminalCondition"];
        return new SwarmDeployment
        {
            Service = TrafficPlan.ShortName(service.Text("name")!),
            Project = project,
            Region = region,
            State = service.Flag("reconciling") ? "RECONCILING" : ToState(condition.Text("state")),
            Message = condition.Text("state") == "CONDITION_SUCCEEDED" ? null : condition.Text("message"),
            Uri = service.Text("uri"),
            ServiceAccount = template.Text("serviceAccount"),
            MaxInstances = (int?)template.Number("scaling", "maxInstanceCount"),
            Instances = FindInstances(template),
            Secrets = FindSecrets(template),
            LatestRevision = service.Text("latestCreatedRevision") is { } created ? TrafficPlan.ShortName(created) : null,
            LatestReadyRevision = service.Text("latestReadyRevision") is { } ready ? TrafficPlan.ShortName(ready) : null,
            Traffic = [.. shares.Select(share => all.Find(revision => revision.Name == share.Revision)).OfType<DeployedRevision>()],
            Revisions = all,
            UpdateTime = service.Time("updateTime"),
            Json = SecretFields.Mask(service).ToJsonString(),
        };
    }

    /// <summary>The connection names of the instances that a revision or template is connected to: mounted as a volume, or named to a connector in the application.</summary>
    internal static IReadOnlyList<string> FindInstances(JsonNode? revision) =>
    [
        .. revision.Items("volumes").SelectMany(volume => volume["cloudSqlInstance"]?["instances"] as JsonArray ?? []).Select(instance => $"{instance}")
            .Concat(Variables(revision).Where(variable => variable.Text("name") == InstanceVariable).Select(variable => variable.Text("value") ?? ""))
            .Where(name => name.Length > 0).Distinct(StringComparer.Ordinal),
    ];

    /// <summary>The secrets that a revision or template reads, as <c>NAME:VERSION</c>.</summary>
    internal static IReadOnlyList<string> FindSecrets(JsonNode? revision) =>
    [
        .. Variables(revision).Select(variable => variable["valueSource"]?["secretKeyRef"]).OfType<JsonObject>().Select(reference => (Secret: reference.Text("secret"), Version: reference.Text("version")))
            .Concat(revision.Items("volumes").Select(volume => volume["secret"]).OfType<JsonObject>().Select(secret => (Secret: secret.Text("secret"), Version: secret.Items("items").FirstOrDefault().Text("version"))))
            .Select(secret => $"{secret.Secret}:{secret.Version ?? "latest"}").Distinct(StringComparer.Ordinal),
    ];

    private static IEnumerable<JsonObject> Variables(JsonNode? revision) => revision.Items("containers").SelectMany(container => container.Items("env"));

    private static DeployedRevision ToRevision(JsonObject revision, Dictionary<string, int> percents, Dictionary<string, string?> tags)
    {
        var name = TrafficPlan.ShortName(revision.Text("name")!);
        var ready = revision.Items("conditions").FirstOrDefault(condition => condition.Text("type") == "Ready");
        return new DeployedRevision
        {
            Name = name,
            State = ToState(ready.Text("state")),
            Message = ready.Text("state") == "CONDITION_SUCCEEDED" ? null : ready.Text("message"),
            Percent = percents.GetValueOrDefault(name),
            Tag = tags.GetValueOrDefault(name),
            Image = revision.Items("containers").FirstOrDefault().Text("image"),
            Instances = FindInstances(revision),
            Secrets = FindSecrets(revision),
            CreateTime = revision.Time("createTime"),
        };
    }

    private static string ToState(string? state) => state switch
    {
        "CONDITION_SUCCEEDED" => "READY",
        "CONDITION_FAILED" => "FAILED",
        _ => "RECONCILING",
    };
}
