using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.Run;

/// <summary>
///   Cloud Run v2: services, their revisions and operations. No container is run; a service becomes ready when everything that it refers to is there
///   and open to it.
/// </summary>
internal sealed class RunApi(StateStore store, RevisionChecks checks, Faults faults, TimeProvider clock) : IApi
{
    private const string Services = "run-services";
    private const string Revisions = "run-revisions";
    private const string ServiceType = "type.googleapis.com/google.cloud.run.v2.Service";
    private const int LargestPage = 1000;
    private const string NeverReady =
        "The user-provided container failed to start and listen on the port defined by the PORT=8080 environment variable. Default STARTUP TCP probe failed repeatedly.";

    // Longer than any client waits.
    private static readonly TimeSpan Never = TimeSpan.FromDays(3650);

    /// <summary>What the server sets: what a client sends of it counts for nothing.</summary>
    private static readonly string[] OutputFields =
    [
        "name", "uid", "generation", "createTime", "updateTime", "deleteTime", "expireTime", "creator", "lastModifier", "observedGeneration", "terminalCondition",
        "conditions", "latestReadyRevision", "latestCreatedRevision", "trafficStatuses", "uri", "urls", "reconciling", "etag", "satisfiesPzs", "threatDetectionEnabled",
    ];

    private readonly IReadOnlyDictionary<string, MessageSchema> _messages = MessageSchema.Load("run.messages");
    private readonly LongRunningOperations _operations = new(store, clock, "run-operations");

    public void Map(IEndpointRouteBuilder routes)
    {
        const string Location = "projects/{project}/locations/{location}";
        const string Service = Location + "/services/{service}";
        const string Revision = Service + "/revisions/{revision}";
        const string Operation = Location + "/operations/{operation}";

        Add("POST", Location + "/services", Method("Services.CreateService", "services.create", Location, "Service", "serviceId", "validateOnly:bool"), Create);
        Add("GET", Location + "/services", Method("Services.ListServices", "services.list", Location, null, "pageSize:int32", "pageToken", "showDeleted:bool"), ListServices);
        Add("GET", Service, Method("Services.GetService", "services.get", Service), request => Shown(Find(request)));
        Add("PATCH", Service, Method("Services.UpdateService", "services.update", Service, "Service", "updateMask", "validateOnly:bool", "allowMissing:bool", "forceNewRevision:bool"), Update);
        Add("DELETE", Service, Method("Services.DeleteService", "services.delete", Service, null, "validateOnly:bool", "etag"), Delete);
        Add("GET", Service + ":getIamPolicy", Method("Services.GetIamPolicy", "services.getIamPolicy", Service, null, "options.requestedPolicyVersion:int32"), request
            => IamPolicy.Read(Find(request).Message("policy"), request.QueryInt32("options.requestedPolicyVersion") ?? 0));
        Add("POST", Service + ":setIamPolicy", Method("Services.SetIamPolicy", "services.setIamPolicy", Service, "SetIamPolicyRequest"), SetPolicy);
        Add("POST", Service + ":testIamPermissions", Method("Services.TestIamPermissions", null, Service, "TestIamPermissionsRequest"), TestPermissions);
        Add("GET", Service + "/revisions", Method("Revisions.ListRevisions", "revisions.list", Service, null, "pageSize:int32", "pageToken", "showDeleted:bool"), ListRevisions);
        Add("GET", Revision, Method("Revisions.GetRevision", "revisions.get", Revision), GetRevision);
        Add("GET", Operation, Method("Operations.GetOperation", "operations.get", Operation), request => _operations.Get(NameOfOperation(request)));
        routes.MapApi("POST", "/v2/" + Operation + ":wait", Method("Operations.WaitOperation", "operations.get", Operation, "WaitOperationRequest"), WaitAsync);

        void Add(string verb, string path, ApiMethod method, Func<ApiRequest, JsonObject> handler) => routes.MapApi(verb, "/v2/" + path, method, handler);
    }

    private static string Parent(ApiRequest request) => $"projects/{request.Route("project")}/locations/{request.Route("location")}";

    private static string NameOfOperation(ApiRequest request)
        => $"projects/{Projects.NumberOf(request.Route("project"))}/locations/{request.Route("location")}/operations/{request.Route("operation")}";

    private static string KeyPrefix(ApiRequest request) => $"{Projects.NumberOf(request.Route("project"))}/{request.Route("location")}/";

    private static string Key(ApiRequest request) => KeyPrefix(request) + request.Route("service");

    private static JsonObject Page(string field, Page<JsonObject> page)
    {
        var answer = new JsonObject();
        if (page.Items.Count > 0) answer[field] = new JsonArray([.. page.Items]);
        if (page.NextToken is not null) answer["nextPageToken"] = page.NextToken;
        return answer;
    }

    private static JsonObject Condition(string type, string time, RevisionFault? fault)
    {
        var condition = new JsonObject { ["type"] = type, ["state"] = fault is null ? "CONDITION_SUCCEEDED" : "CONDITION_FAILED", ["lastTransitionTime"] = time };
        if (fault is null) return condition;
        condition["message"] = fault.Message;
        condition["reason"] = fault.Reason;
        condition["severity"] = "ERROR";
        return condition;
    }

    /// <summary>The part of a service's document that tells what it was before its last change.</summary>
    private static JsonObject ObservedState(JsonObject? service)
    {
        var state = new JsonObject();
        service?.CopyTo(state, "latestReadyRevision", "trafficStatuses", "observedGeneration");
        return state;
    }

    /// <summary>Three letters or digits, as they end the names of revisions.</summary>
    private static string Suffix() => RandomNumberGenerator.GetString("bcdfghjklmnpqrstvwxz2456789", 3);

    private ApiMethod Method(string name, string? permission, string resource, string? body = null, params IReadOnlyList<string> query) => new()
    {
        Service = ApiService.Run,
        Name = "google.cloud.run.v2." + name,
        Permission = permission is null ? null : "run." + permission,
        Resource = resource,
        Body = body is null ? MessageSchema.Empty : _messages[body],
        Query = query,
    };

    private JsonObject Create(ApiRequest request)
    {
        var id = request.Query("serviceId") ?? throw ApiException.InvalidArgument("The serviceId is required.");
        return Write(request, id, _ => Input(request.Body), isUpdate: false);
    }

    private JsonObject Update(ApiRequest request)
    {
        var mask = FieldMask.Parse(request.Query("updateMask"), request.Method.Body);
        return Write(
            request,
            request.Route("service"),
            existing =>
            {
                if (existing is null || mask.Count == 0 || mask.Any(path => path is ["*"])) return Input(request.Body);
                var changed = existing.DeepClone().AsObject();
                FieldMask.Apply(changed, request.Body, mask.Where(path => !OutputFields.Contains(path[0])));
                return Input(changed);
            },
            isUpdate: true);
    }

    private static JsonObject Input(JsonObject service)
    {
        var input = service.WithoutNulls();
        foreach (var field in OutputFields) input.Remove(field);
        return input.WithoutEmpty("labels", "annotations");
    }

    private JsonObject Write(ApiRequest request, string id, Func<JsonObject?, JsonObject> change, bool isUpdate)
    {
        var name = $"{Parent(request)}/services/{id}";
        var project = request.Route("project");
        var now = clock.GetUtcNow();
        JsonObject? revision = null;
        RevisionFault? fault = null;
        var duration = LongRunningOperations.Duration;
        JsonObject service = [];
        // Nothing is written for a request that only asks whether it would be valid.
        var isDry = request.QueryBool("validateOnly");

        JsonObject? Changed(JsonObject? existing)
        {
            var before = existing?.Message("service");
            if (isUpdate && before is null && !request.QueryBool("allowMissing")) throw Missing(request);
            if (!isUpdate && before is not null) throw ApiException.AlreadyExists($"Resource '{id}' already exists.");
            if (before is not null && request.Body.Text("etag") is { } etag && etag != before.Text("etag"))
                throw ApiException.Aborted($"Conflict for resource '{id}': version '{etag}' was specified but current version is '{before.Text("etag")}'.");

            service = change(before);
            ServiceTemplates.Check(service, id);
            CheckTargets(request, id, service);
            ServiceTemplates.FillIn(service, project);
            SetServerFields(service, before, name, project, now);
            var template = service.Message("template")!;
            var isNew = before is null || request.QueryBool("forceNewRevision") || !JsonNode.DeepEquals(before["template"], template);
            if (isNew) revision = NewRevision(request, id, name, service, template, before, now);
            var latest = revision ?? FindRevision(request, id, service.Text("latestCreatedRevision")!.Split('/')[^1]);
            fault = faults.FailsOperation() ? new RevisionFault("INTERNAL", "Internal system error, system will retry.") : checks.Check(latest, project);
            if (fault is not null)
                fault = fault with { Message = $"Revision '{latest.Text("name")!.Split('/')[^1]}' is not ready and cannot serve traffic. {fault.Message}" };
            duration = revision is not null && faults.Current.RevisionNeverReady ? Never : LongRunningOperations.Duration;
            SetOutcome(service, before, revision, fault, now.Add(duration).ToText());
            if (isDry) return existing;
            // First, since the service names it.
            if (revision is not null) store.Put(Revisions, $"{KeyPrefix(request)}{id}/{revision.Text("name")!.Split('/')[^1]}", revision);
            var document = new JsonObject
            {
                ["service"] = service,
                ["before"] = ObservedState(existing is null ? null : Shown(existing)),
                ["settleTime"] = now.Add(duration).ToText(),
            };
            existing?.CopyTo(document, "policy");
            return document;
        }

        store.Change(Services, KeyPrefix(request) + id, Changed);
        return Begin(request, service, fault is null ? null : LongRunningOperations.Status(13, fault.Message), duration);
    }

    /// <summary>Requests go to revisions that are there.</summary>
    private void CheckTargets(ApiRequest request, string id, JsonObject service)
    {
        foreach (var target in service.Messages("traffic"))
        {
            if (target.Text("revision") is { Length: > 0 } revision && store.Get(Revisions, $"{KeyPrefix(request)}{id}/{revision}") is null)
                throw ApiException.InvalidArgument($"traffic: Revision '{revision}' is not found.");
        }
    }

    private static void SetServerFields(JsonObject service, JsonObject? before, string name, string project, DateTimeOffset now)
    {
        var time = now.ToText();
        service["name"] = before?.Text("name") ?? name;
        service["uid"] = before?.Text("uid") ?? Guid.NewGuid().ToString();
        service["generation"] = (long.Parse(before?.Text("generation") ?? "0", CultureInfo.InvariantCulture) + 1).ToString(CultureInfo.InvariantCulture);
        service["createTime"] = before?.Text("createTime") ?? time;
        service["updateTime"] = time;
        service["creator"] = before?.Text("creator") ?? Projects.ServiceAccountOf(project);
        service["lastModifier"] = Projects.ServiceAccountOf(project);
        service["etag"] = JsonFields.NewETag();
        var parts = name.Split('/');
        // A name that can never be anyone's: nothing listens for the service, and no other must be met in its place.
        var uri = $"https://{parts[^1]}-{Projects.NumberOf(project)}.{parts[3]}.run.invalid";
        service["uri"] = uri;
        service["urls"] = new JsonArray((JsonNode)uri);
        if (before is not null) before.CopyTo(service, "latestCreatedRevision", "latestReadyRevision");
    }

    /// <summary>A revision of the template. One that has the name already must be the same.</summary>
    /// <returns>null when the template names a revision that is there and is the same.</returns>
    private JsonObject? NewRevision(ApiRequest request, string id, string name, JsonObject service, JsonObject template, JsonObject? before, DateTimeOffset now)
    {
        var generation = long.Parse(service.Text("generation")!, CultureInfo.InvariantCulture);
        var given = template.Text("revision");
        var revisionId = given ?? $"{id}-{generation:D5}-{Suffix()}";
        var revision = new JsonObject { ["name"] = $"{name}/revisions/{revisionId}" };
        template.CopyTo(revision, template.Select(field => field.Key).Except(["revision", "healthCheckDisabled"]));
        if (given is not null && store.Get(Revisions, $"{KeyPrefix(request)}{id}/{given}") is { } existing)
        {
            var isSame = revision.All(field => JsonNode.DeepEquals(field.Value, existing[field.Key])) && before?.Text("latestCreatedRevision") == existing.Text("name");
            if (!isSame) throw ApiException.AlreadyExists($"Revision named '{given}' with different configuration already exists.");
            service["latestCreatedRevision"] = existing.Text("name");
            return null;
        }

        service["latestCreatedRevision"] = revision.Text("name");
        revision["uid"] = Guid.NewGuid().ToString();
        revision["service"] = id;
        revision["generation"] = "1";
        revision["createTime"] = now.ToText();
        revision["updateTime"] = now.ToText();
        revision["creator"] = service.Text("lastModifier");
        revision["launchStage"] = service.Text("launchStage");
        revision["etag"] = JsonFields.NewETag();
        return revision;
    }

    /// <summary>Sets what the service comes to.</summary>
    private static void SetOutcome(JsonObject service, JsonObject? before, JsonObject? revision, RevisionFault? fault, string time)
    {
        service["observedGeneration"] = service.Text("generation");
        service["terminalCondition"] = Condition("Ready", time, fault);
        service["conditions"] = new JsonArray(Condition("RoutesReady", time, fault), Condition("ConfigurationsReady", time, fault));
        if (revision is not null)
        {
            revision["observedGeneration"] = "1";
            revision["conditions"] = new JsonArray(Condition("Ready", time, fault));
        }

        if (fault is null)
        {
            service["latestReadyRevision"] = service.Text("latestCreatedRevision");
            service["trafficStatuses"] = service["traffic"]!.DeepClone();
        }
        else
        {
            // What served goes on serving, unless requests are moved to revisions by their names: the newest one that is not ready does not keep them.
            service.Remove("latestReadyRevision");
            before?.CopyTo(service, "latestReadyRevision", "trafficStatuses");
            var isMoved = revision is null && service.Messages("traffic").All(target => target.Text("revision") is { Length: > 0 } || target["percent"]?.ToString() is null or "0");
            if (isMoved) service["trafficStatuses"] = service["traffic"]!.DeepClone();
        }
    }

    private JsonObject Begin(ApiRequest request, JsonObject service, JsonObject? error, TimeSpan? duration = null)
    {
        var shown = new JsonObject { ["@type"] = ServiceType };
        service.CopyTo(shown, service.Select(field => field.Key));
        var name = $"projects/{Projects.NumberOf(request.Route("project"))}/locations/{request.Route("location")}/operations/{Guid.NewGuid()}";
        return _operations.Begin(name, shown, shown, error, duration);
    }

    private JsonObject Delete(ApiRequest request)
    {
        var service = Find(request).Message("service")!;
        if (request.Query("etag") is { } etag && etag != service.Text("etag"))
            throw ApiException.Aborted($"Conflict for resource '{request.Route("service")}': version '{etag}' was specified but current version is '{service.Text("etag")}'.");
        if (!request.QueryBool("validateOnly"))
        {
            store.Delete(Services, Key(request));
            foreach (var (key, _) in store.List(Revisions, Key(request) + "/")) store.Delete(Revisions, key);
        }

        service["deleteTime"] = clock.GetUtcNow().ToText();
        return Begin(request, service, null);
    }

    private JsonObject ListServices(ApiRequest request)
    {
        var services = store.List(Services, KeyPrefix(request)).Select(entry => Shown(entry.Value)).OrderBy(Name, StringComparer.Ordinal);
        return Page("services", Hosting.Page.Of(services, Name, request.QueryInt32("pageSize"), LargestPage, request.Query("pageToken")));
    }

    private JsonObject ListRevisions(ApiRequest request)
    {
        Find(request);
        var revisions = store.List(Revisions, Key(request) + "/").Select(entry => ShownRevision(entry.Value)).OrderByDescending(OrderKey, StringComparer.Ordinal);
        return Page("revisions", Hosting.Page.Of(revisions, OrderKey, request.QueryInt32("pageSize"), LargestPage, request.Query("pageToken"), descending: true));

        static string OrderKey(JsonObject revision) => $"{revision["createTime"]} {revision["name"]}";
    }

    private static string Name(JsonObject resource) => resource.Text("name")!;

    private JsonObject GetRevision(ApiRequest request) => ShownRevision(FindRevision(request, request.Route("service"), request.Route("revision")));

    private JsonObject FindRevision(ApiRequest request, string service, string revision)
        => store.Get(Revisions, $"{KeyPrefix(request)}{service}/{revision}")
            ?? throw ApiException.NotFound($"Resource '{revision}' of kind 'REVISION' in region '{request.Route("location")}' in project '{request.Route("project")}' does not exist.");

    private JsonObject SetPolicy(ApiRequest request)
    {
        Find(request);
        var changed = store.Change(Services, Key(request), document =>
        {
            if (document is not null) document["policy"] = IamPolicy.Set(document.Message("policy"), request.Body);
            return document;
        });
        return changed?.Message("policy")?.DeepClone().AsObject() ?? throw Missing(request);
    }

    private JsonObject TestPermissions(ApiRequest request)
    {
        Find(request);
        return IamPolicy.Held(request.Body, "run.", faults.Current.MissingPermissions);
    }

    private Task<JsonObject> WaitAsync(ApiRequest request)
    {
        var limit = request.Body.Text("timeout") is { } timeout ? TimeSpan.FromSeconds((double)JsonFields.ToSeconds(timeout)) : LongRunningOperations.Duration * 2;
        return _operations.WaitAsync(NameOfOperation(request), limit);
    }

    private JsonObject Find(ApiRequest request) => store.Get(Services, Key(request)) ?? throw Missing(request);

    private static ApiException Missing(ApiRequest request)
        => ApiException.NotFound($"Resource '{request.Route("service")}' of kind 'SERVICE' in region '{request.Route("location")}' in project '{request.Route("project")}' does not exist.");

    /// <summary>The service as it is now: until it settles, what it was is what serves.</summary>
    private JsonObject Shown(JsonObject document)
    {
        var service = document.Message("service")!.DeepClone().AsObject();
        if (JsonFields.ToTime(document.Text("settleTime")!) <= clock.GetUtcNow()) return service;
        service["reconciling"] = true;
        service["terminalCondition"] = new JsonObject { ["type"] = "Ready", ["state"] = "CONDITION_RECONCILING", ["lastTransitionTime"] = service["updateTime"]!.DeepClone() };
        if (JsonFields.ToTime(document.Text("settleTime")!) - clock.GetUtcNow() > LongRunningOperations.Duration) service["terminalCondition"]!["message"] = NeverReady;
        foreach (var field in (string[])["conditions", "latestReadyRevision", "trafficStatuses", "observedGeneration"]) service.Remove(field);
        document.Message("before")!.CopyTo(service, "latestReadyRevision", "trafficStatuses", "observedGeneration");
        return service;
    }

    private JsonObject ShownRevision(JsonObject revision)
    {
        var ready = revision.Messages("conditions").First();
        if (JsonFields.ToTime(ready.Text("lastTransitionTime")!) <= clock.GetUtcNow()) return revision;
        revision["reconciling"] = true;
        revision.Remove("conditions");
        revision.Remove("observedGeneration");
        return revision;
    }
}
