using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.Monitoring;

/// <summary>Cloud Monitoring v3: alert policies, notification channels, and time series without a point. Nothing is measured, and no alert ever fires.</summary>
internal sealed class MonitoringApi(StateStore store, TimeProvider clock) : IApi
{
    private const string Policies = "alert-policies";
    private const string Channels = "notification-channels";
    private const int LargestPage = 1000;

    private readonly IReadOnlyDictionary<string, MessageSchema> _messages = MessageSchema.Load("monitoring.messages");

    public void Map(IEndpointRouteBuilder routes)
    {
        const string Project = "/v3/projects/{project}";
        const string Policy = Project + "/alertPolicies/{policy}";
        const string Channel = Project + "/notificationChannels/{channel}";

        routes.MapApi("POST", Project + "/alertPolicies", PolicyMethod("CreateAlertPolicy", "create", "AlertPolicy"), CreatePolicy);
        routes.MapApi("GET", Project + "/alertPolicies", PolicyMethod("ListAlertPolicies", "list", null, ListQuery), request => List(request, Policies, "alertPolicies", _messages["AlertPolicy"]));
        routes.MapApi("GET", Policy, PolicyMethod("GetAlertPolicy", "get"), request => Get(Policies, Key(request, "policy"), NameOfPolicy(request)));
        routes.MapApi("PATCH", Policy, PolicyMethod("UpdateAlertPolicy", "update", "AlertPolicy", "updateMask"), UpdatePolicy);
        routes.MapApi("DELETE", Policy, PolicyMethod("DeleteAlertPolicy", "delete"), DeletePolicy);

        routes.MapApi("POST", Project + "/notificationChannels", ChannelMethod("CreateNotificationChannel", "notificationChannels.create", "NotificationChannel"), CreateChannel);
        routes.MapApi("GET", Project + "/notificationChannels", ChannelMethod("ListNotificationChannels", "notificationChannels.list", null, ListQuery), request => List(request, Channels, "notificationChannels", _messages["NotificationChannel"]));
        routes.MapApi("GET", Channel, ChannelMethod("GetNotificationChannel", "notificationChannels.get"), request => Get(Channels, Key(request, "channel"), NameOfChannel(request)));
        routes.MapApi("PATCH", Channel, ChannelMethod("UpdateNotificationChannel", "notificationChannels.update", "NotificationChannel", "updateMask"), UpdateChannel);
        routes.MapApi("DELETE", Channel, ChannelMethod("DeleteNotificationChannel", "notificationChannels.delete", null, "force:bool"), DeleteChannel);

        // No container runs here, so that no request was ever counted.
        routes.MapApi("GET", Project + "/timeSeries", SeriesMethod, request => request.Query("filter") is { Length: > 0 } ? [] : throw ApiException.InvalidArgument("The filter must be set."));

        routes.MapApi(
            "GET", Project + "/notificationChannelDescriptors",
            ChannelMethod("ListNotificationChannelDescriptors", "notificationChannelDescriptors.list", null, "pageSize:int32", "pageToken"), ListDescriptors);
        routes.MapApi(
            "GET", Project + "/notificationChannelDescriptors/{descriptor}", ChannelMethod("GetNotificationChannelDescriptor", "notificationChannelDescriptors.get"), GetDescriptor);
    }

    private static string[] ListQuery { get; } = ["filter", "orderBy", "pageSize:int32", "pageToken"];

    private static string NameOfPolicy(ApiRequest request) => $"projects/{request.Route("project")}/alertPolicies/{request.Route("policy")}";

    private static string NameOfChannel(ApiRequest request) => $"projects/{request.Route("project")}/notificationChannels/{request.Route("channel")}";

    private static string Key(ApiRequest request, string parameter) => KeyPrefix(request) + request.Route(parameter);

    private static string KeyPrefix(ApiRequest request) => Projects.NumberOf(request.Route("project")) + "/";

    /// <summary>The server's numbers of policies, conditions and channels.</summary>
    private static string NewNumber()
        => (BinaryPrimitives.ReadUInt64BigEndian(RandomNumberGenerator.GetBytes(8)) % 9_000_000_000_000_000_000 + 1_000_000_000_000_000_000).ToString(CultureInfo.InvariantCulture);

    private static JsonObject GetDescriptor(ApiRequest request)
        => NotificationChannels.Descriptors(request.Route("project")).FirstOrDefault(descriptor => descriptor.Text("type") == request.Route("descriptor"))
            ?? throw ApiException.NotFound($"Could not find notification channel descriptor '{request.Route("descriptor")}'.");

    private static JsonObject ListDescriptors(ApiRequest request)
    {
        var page = Page.Of(
            NotificationChannels.Descriptors(request.Route("project")), descriptor => descriptor.Text("type")!, request.QueryInt32("pageSize"), LargestPage, request.Query("pageToken"));
        return Answer("channelDescriptors", page);
    }

    private static JsonObject Answer(string field, Page<JsonObject> page)
    {
        var answer = new JsonObject();
        if (page.Items.Count > 0) answer[field] = new JsonArray([.. page.Items]);
        if (page.NextToken is not null) answer["nextPageToken"] = page.NextToken;
        return answer;
    }

    /// <summary>Conditions that the policy had keep their names; new ones get theirs.</summary>
    private static void NameConditions(JsonObject policy, JsonObject? before)
    {
        var known = before?.Messages("conditions").Select(condition => condition.Text("name")).ToHashSet() ?? [];
        foreach (var condition in policy.Messages("conditions"))
        {
            if (condition.Text("name") is not { } name) condition["name"] = $"{policy["name"]}/conditions/{NewNumber()}";
            else if (!known.Contains(name)) throw ApiException.NotFound($"Could not find condition {name} in the alert policy. A new condition is sent without a name.");
        }
    }

    private ApiMethod PolicyMethod(string name, string permission, string? body = null, params IReadOnlyList<string> query)
        => Method("google.monitoring.v3.AlertPolicyService." + name, "monitoring.alertPolicies." + permission, body, query);

    private ApiMethod ChannelMethod(string name, string permission, string? body = null, params IReadOnlyList<string> query)
        => Method("google.monitoring.v3.NotificationChannelService." + name, "monitoring." + permission, body, query);

    private ApiMethod SeriesMethod => Method(
        "google.monitoring.v3.MetricService.ListTimeSeries", "monitoring.timeSeries.list", null,
        ["filter", "interval.startTime", "interval.endTime", "aggregation.alignmentPeriod", "aggregation.perSeriesAligner", "aggregation.crossSeriesReducer", "aggregation.groupByFields", "pageSize:int32", "pageToken"]);

    private ApiMethod Method(string name, string permission, string? body, IReadOnlyList<string> query) => new()
    {
        Service = ApiService.Monitoring,
        Name = name,
        Permission = permission,
        Body = body is null ? MessageSchema.Empty : _messages[body],
        Query = query,
    };

    private JsonObject CreatePolicy(ApiRequest request)
    {
        var policy = request.Body.WithoutNulls();
        if (policy.Text("name") is { } given) throw AlertPolicies.Invalid("alert_policy.name", given, "A policy that is created has no name yet.");
        if (policy.Messages("conditions").FirstOrDefault(condition => condition.Text("name") is not null) is { } named)
            throw AlertPolicies.Invalid("alert_policy.conditions.name", named.Text("name"), "The conditions of a policy that is created have no names yet.");
        var number = NewNumber();
        policy["name"] = $"projects/{request.Route("project")}/alertPolicies/{number}";
        policy["enabled"] ??= true;
        var record = Record(request);
        policy["creationRecord"] = record;
        policy["mutationRecord"] = record.DeepClone();
        Finish(policy, null);
        store.Put(Policies, KeyPrefix(request) + number, policy);
        return policy;
    }

    private JsonObject UpdatePolicy(ApiRequest request)
        => store.Change(Policies, Key(request, "policy"), existing =>
        {
            if (existing is null) throw ApiException.NotFound($"Could not find alert policy {NameOfPolicy(request)}.");
            var before = existing.DeepClone().AsObject();
            var policy = Changed(request, existing);
            policy["enabled"] ??= true;
            before.CopyTo(policy, "name", "creationRecord");
            policy["mutationRecord"] = Record(request);
            Finish(policy, before);
            return policy;
        })!;

    private JsonObject DeletePolicy(ApiRequest request)
        => store.Delete(Policies, Key(request, "policy")) ? [] : throw ApiException.NotFound($"Could not find alert policy {NameOfPolicy(request)}.");

    private JsonObject CreateChannel(ApiRequest request)
    {
        var channel = request.Body.WithoutNulls();
        if (channel.Text("name") is { } given) throw AlertPolicies.Invalid("notification_channel.name", given, "A channel that is created has no name yet.");
        var number = NewNumber();
        channel["name"] = $"projects/{request.Route("project")}/notificationChannels/{number}";
        channel["enabled"] ??= true;
        var record = Record(request);
        channel["creationRecord"] = record;
        channel["mutationRecords"] = new JsonArray(record.DeepClone());
        // Only the server verifies, and these kinds need no verification.
        channel.Remove("verificationStatus");
        channel.WithoutEmpty("labels", "userLabels");
        NotificationChannels.Check(channel);
        store.Put(Channels, KeyPrefix(request) + number, channel);
        return channel;
    }

    private JsonObject UpdateChannel(ApiRequest request)
        => store.Change(Channels, Key(request, "channel"), existing =>
        {
            if (existing is null) throw ApiException.NotFound($"Could not find notification channel {NameOfChannel(request)}.");
            var before = existing.DeepClone().AsObject();
            var channel = Changed(request, existing);
            channel["enabled"] ??= true;
            channel.Remove("verificationStatus");
            before.CopyTo(channel, "name", "type", "creationRecord", "mutationRecords");
            channel["mutationRecords"]!.AsArray().Add((JsonNode)Record(request));
            channel.WithoutEmpty("labels", "userLabels");
            NotificationChannels.Check(channel);
            return channel;
        })!;

    private JsonObject DeleteChannel(ApiRequest request)
    {
        var name = NameOfChannel(request);
        if (store.Get(Channels, Key(request, "channel")) is null) throw ApiException.NotFound($"Could not find notification channel {name}.");
        var users = store.List(Policies, KeyPrefix(request)).Where(policy => UsesChannel(policy.Value)).ToList();
        if (users.Count > 0 && !request.QueryBool("force"))
        {
            throw ApiException.FailedPrecondition(
                $"Cannot delete notification channel {name}: {users.Count} alert {(users.Count == 1 ? "policy uses" : "policies use")} it, {users[0].Value["name"]} for one. "
                + "Remove it there first, or delete it with force.");
        }

        foreach (var user in users)
        {
            store.Change(Policies, user.Key, policy =>
            {
                policy?["notificationChannels"]?.AsArray().RemoveAll(IsChannel);
                return policy?.WithoutEmpty();
            });
        }

        store.Delete(Channels, Key(request, "channel"));
        return [];

        bool UsesChannel(JsonObject policy) => policy.Items("notificationChannels").Any(IsChannel);

        bool IsChannel(JsonNode? channel)
            => channel?.ToString().Split('/') is ["projects", var project, "notificationChannels", var number]
                && number == request.Route("channel") && Projects.AreSame(project, request.Route("project"));
    }

    /// <summary>What an update leaves: the fields of its mask are replaced, or without a mask everything.</summary>
    private static JsonObject Changed(ApiRequest request, JsonObject existing)
    {
        var mask = FieldMask.Parse(request.Query("updateMask"), request.Method.Body);
        if (mask.Count == 0) return request.Body.WithoutNulls();
        FieldMask.Apply(existing, request.Body.WithoutNulls(), mask);
        return existing;
    }

    private void Finish(JsonObject policy, JsonObject? before)
    {
        policy.Remove("validity");
        foreach (var list in (string[])["conditions", "notificationChannels"])
        {
            if (policy[list] is { } single and not JsonArray) policy[list] = new JsonArray(single.DeepClone());
        }

        policy.WithoutEmpty("userLabels");
        AlertPolicies.Check(policy);
        foreach (var channel in policy.Items("notificationChannels").Select(channel => channel.ToString()))
        {
            if (channel.Split('/') is not ["projects", var project, "notificationChannels", var number])
                throw AlertPolicies.Invalid("alert_policy.notification_channels", channel, "It is no channel's name: projects/PROJECT/notificationChannels/NUMBER.");
            if (store.Get(Channels, $"{Projects.NumberOf(project)}/{number}") is null) throw ApiException.NotFound($"Could not find notification channel {channel}.");
        }

        NameConditions(policy, before);
    }

    private JsonObject Get(string collection, string key, string name)
        => store.Get(collection, key) ?? throw ApiException.NotFound($"Could not find {(collection == Policies ? "alert policy" : "notification channel")} {name}.");

    private JsonObject List(ApiRequest request, string collection, string field, MessageSchema message)
    {
        var matching = store.List(collection, KeyPrefix(request)).Select(entry => entry.Value).Where(ListFilter.Parse(request.Query("filter"))).ToList();
        var order = request.Query("orderBy") ?? "name";
        var descending = order.StartsWith('-');
        order = FieldMask.CamelCase(order.TrimStart('-'));
        if (!message.Has(order))
            throw ApiException.InvalidArgument($"Invalid orderBy: '{request.Query("orderBy")}'. The emulator orders by one field.");
        matching = [.. descending ? matching.OrderByDescending(SortKey, StringComparer.Ordinal) : matching.OrderBy(SortKey, StringComparer.Ordinal)];
        var answer = Answer(field, Page.Of(matching, SortKey, request.QueryInt32("pageSize"), LargestPage, request.Query("pageToken"), descending));
        if (matching.Count > 0) answer["totalSize"] = matching.Count;
        return answer;

        // With the name, since two resources may have the same value.
        string SortKey(JsonObject resource) => $"{resource[order]}\n{resource["name"]}";
    }

    private JsonObject Record(ApiRequest request)
        => new() { ["mutateTime"] = clock.GetUtcNow().ToText(), ["mutatedBy"] = Projects.ServiceAccountOf(request.Route("project")) };
}
