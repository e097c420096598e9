using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Secrets;

/// <summary>Secret Manager v1: secrets, their versions and their policies, global and regional.</summary>
internal sealed partial class SecretsApi(SecretStore secrets, Faults faults, TimeProvider clock) : IApi
{
    /// <summary>The most that a payload can have, in bytes.</summary>
    private const int LargestPayload = 65536;

    private const int LargestPage = 25000;
    private const string Definition = "google.cloud.secretmanager.v1.SecretManagerService.";

    /// <summary>What a client can set when it makes a secret; the rest is the server's.</summary>
    private static readonly string[] InputFields =
    [
        "replication", "labels", "annotations", "topics", "expireTime", "rotation", "versionAliases", "versionDestroyTtl", "customerManagedEncryption",
    ];

    private static readonly HashSet<string> UpdatableFields = new(StringComparer.Ordinal)
    {
        "labels", "annotations", "topics", "expireTime", "ttl", "rotation", "versionAliases", "versionDestroyTtl", "customerManagedEncryption", "etag",
    };

    private readonly IReadOnlyDictionary<string, MessageSchema> _messages = MessageSchema.Load("secretmanager.messages");

    public void Map(IEndpointRouteBuilder routes)
    {
        Map(routes, "projects/{project}", request => new SecretScope(request.Route("project"), null));
        Map(routes, "projects/{project}/locations/{location}", request => new SecretScope(request.Route("project"), request.Route("location")));
    }

    [GeneratedRegex(@"^[A-Za-z0-9_-]{1,255}\z")]
    private static partial Regex SecretId();

    [GeneratedRegex(@"^[\p{Ll}\p{Lo}][\p{Ll}\p{Lo}\p{N}_-]{0,62}\z")]
    private static partial Regex LabelKey();

    [GeneratedRegex(@"^[\p{Ll}\p{Lo}\p{N}_-]{0,63}\z")]
    private static partial Regex LabelValue();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_-]{0,62}\z")]
    private static partial Regex Alias();

    private void Map(IEndpointRouteBuilder routes, string parent, Func<ApiRequest, SecretScope> scopeOf)
    {
        var secret = parent + "/secrets/{secret}";
        var version = secret + "/versions/{version}";

        Add("POST", parent + "/secrets", Method("CreateSecret", "secrets.create", parent, "Secret", "secretId"), Create);
        Add("GET", parent + "/secrets", Method("ListSecrets", "secrets.list", parent, null, "pageSize:int32", "pageToken", "filter"), List);
        Add("GET", secret, Method("GetSecret", "secrets.get", secret), (scope, request) => secrets.Get(scope, request.Route("secret")));
        Add("PATCH", secret, Method("UpdateSecret", "secrets.update", secret, "Secret", "updateMask"), Update);
        Add("DELETE", secret, Method("DeleteSecret", "secrets.delete", secret, null, "etag"), Delete);
        Add("POST", secret + ":addVersion", Method("AddSecretVersion", "versions.add", secret, "AddSecretVersionRequest"), AddVersion);
        Add("GET", secret + ":getIamPolicy", Method("GetIamPolicy", "secrets.getIamPolicy", secret, null, "options.requestedPolicyVersion:int32"), GetPolicy);
        Add("POST", secret + ":setIamPolicy", Method("SetIamPolicy", "secrets.setIamPolicy", secret, "SetIamPolicyRequest"), SetPolicy);
        Add("POST", secret + ":testIamPermissions", Method("TestIamPermissions", null, secret, "TestIamPermissionsRequest"), TestPermissions);

        Add("GET", secret + "/versions", Method("ListSecretVersions", "versions.list", secret, null, "pageSize:int32", "pageToken", "filter"), ListVersions);
        Add("GET", version, Method("GetSecretVersion", "versions.get", version), (scope, request)
            => secrets.GetVersion(scope, request.Route("secret"), request.Route("version")));
        Add("GET", version + ":access", Method("AccessSecretVersion", "versions.access", version), (scope, request)
            => secrets.Access(scope, request.Route("secret"), request.Route("version")));
        Add("POST", version + ":enable", Method("EnableSecretVersion", "versions.enable", version, "EnableSecretVersionRequest"), (scope, request)
            => secrets.SetEnabled(scope, request.Route("secret"), request.Route("version"), request.Body.Text("etag"), isEnabled: true));
        Add("POST", version + ":disable", Method("DisableSecretVersion", "versions.disable", version, "DisableSecretVersionRequest"), (scope, request)
            => secrets.SetEnabled(scope, request.Route("secret"), request.Route("version"), request.Body.Text("etag"), isEnabled: false));
        Add("POST", version + ":destroy", Method("DestroySecretVersion", "versions.destroy", version, "DestroySecretVersionRequest"), (scope, request)
            => secrets.Destroy(scope, request.Route("secret"), request.Route("version"), request.Body.Text("etag")));

        void Add(string verb, string path, ApiMethod method, Func<SecretScope, ApiRequest, JsonObject> handler)
            => routes.MapApi(verb, "/v1/" + path, method, request => handler(scopeOf(request), request));
    }

    private ApiMethod Method(string name, string? permission, string resource, string? body = null, params IReadOnlyList<string> query) => new()
    {
        Service = ApiService.SecretManager,
        Name = Definition + name,
        Permission = permission is null ? null : "secretmanager." + permission,
        Resource = resource,
        Body = body is null ? MessageSchema.Empty : _messages[body],
        Query = query,
    };

    private JsonObject Create(SecretScope scope, ApiRequest request)
    {
        var id = request.Query("secretId") ?? "";
        if (!SecretId().IsMatch(id)) throw ApiException.InvalidArgument($"The secretId '{id}' must have 1 to 255 letters, digits, hyphens and underscores.");
        var replication = request.Body.Message("replication");
        if (scope.Location is not null && replication is not null) throw ApiException.InvalidArgument("A regional secret has no replication policy.");
        if (scope.Location is null && replication is not { Count: 1 })
            throw ApiException.InvalidArgument("The secret must have a replication policy: replication.automatic or replication.userManaged.");
        if (replication?.Message("userManaged") is { } managed && !managed.Messages("replicas").Any())
            throw ApiException.InvalidArgument("replication.userManaged.replicas must have at least one location.");
        var secret = new JsonObject();
        request.Body.CopyTo(secret, InputFields);
        SetExpiry(secret, request.Body);
        Check(secret, new HashSet<string>());
        return secrets.Add(scope, id, secret);
    }

    private JsonObject List(SecretScope scope, ApiRequest request)
    {
        var all = secrets.List(scope).Where(ListFilter.Parse(request.Query("filter"))).ToList();
        var page = Page.Of(all, SecretStore.OrderKey, request.QueryInt32("pageSize"), LargestPage, request.Query("pageToken"), descending: true);
        var answer = new JsonObject();
        if (page.Items.Count > 0) answer["secrets"] = new JsonArray([.. page.Items]);
        if (page.NextToken is not null) answer["nextPageToken"] = page.NextToken;
        if (request.Query("filter") is null && all.Count > 0) answer["totalSize"] = all.Count;
        return answer;
    }

    private JsonObject Update(SecretScope scope, ApiRequest request)
    {
        var paths = FieldMask.Parse(request.Query("updateMask"), request.Method.Body);
        if (paths.Count == 0) throw ApiException.InvalidArgument("The updateMask is required.");
        if (paths.FirstOrDefault(path => !UpdatableFields.Contains(path[0])) is { } fixedPath)
            throw ApiException.InvalidArgument($"The updateMask has '{string.Join('.', fixedPath)}', which cannot be updated.");
        return secrets.Update(scope, request.Route("secret"), request.Body.Text("etag"), (secret, versions) =>
        {
            FieldMask.Apply(secret, request.Body, paths.Where(path => path[0] is not ("ttl" or "etag")));
            if (paths.Any(path => path[0] == "ttl")) SetExpiry(secret, request.Body);
            Check(secret, versions);
        });
    }

    private JsonObject Delete(SecretScope scope, ApiRequest request)
    {
        secrets.Delete(scope, request.Route("secret"), request.Query("etag"));
        return [];
    }

    private JsonObject AddVersion(SecretScope scope, ApiRequest request)
    {
        if (request.Body.Message("payload") is not { } message || message.Text("data") is not { } data)
            throw ApiException.InvalidArgument("Secret Payload cannot be empty.");
        var plain = data.Replace('-', '+').Replace('_', '/').TrimEnd('=');
        var payload = Convert.FromBase64String(plain.PadRight((plain.Length + 3) / 4 * 4, '='));
        if (payload.Length > LargestPayload)
            throw ApiException.InvalidArgument($"The payload has {payload.Length} bytes, which is more than the limit of {LargestPayload}.");
        var checksum = message.Text("dataCrc32c");
        if (checksum is not null && checksum != Crc32C.Of(payload).ToString(CultureInfo.InvariantCulture))
            throw ApiException.InvalidArgument("The payload does not have the checksum that dataCrc32c gives (CRC32C). It was damaged on its way, or the checksum is wrong.");
        return secrets.AddVersion(scope, request.Route("secret"), payload, checksum is not null);
    }

    private JsonObject ListVersions(SecretScope scope, ApiRequest request)
    {
        var all = secrets.ListVersions(scope, request.Route("secret")).Where(ListFilter.Parse(request.Query("filter"))).ToList();
        var page = Page.Of(all, VersionKey, request.QueryInt32("pageSize"), LargestPage, request.Query("pageToken"), descending: true);
        var answer = new JsonObject();
        if (page.Items.Count > 0) answer["versions"] = new JsonArray([.. page.Items]);
        if (page.NextToken is not null) answer["nextPageToken"] = page.NextToken;
        if (request.Query("filter") is null && all.Count > 0) answer["totalSize"] = all.Count;
        return answer;

        static string VersionKey(JsonObject version) => version.Text("name")!.Split('/')[^1].PadLeft(10, '0');
    }

    private JsonObject GetPolicy(SecretScope scope, ApiRequest request)
        => IamPolicy.Read(secrets.GetPolicy(scope, request.Route("secret")), request.QueryInt32("options.requestedPolicyVersion") ?? 0);

    private JsonObject SetPolicy(SecretScope scope, ApiRequest request)
        => secrets.SetPolicy(scope, request.Route("secret"), stored => IamPolicy.Set(stored, request.Body));

    private JsonObject TestPermissions(SecretScope scope, ApiRequest request)
    {
        secrets.Get(scope, request.Route("secret"));
        return IamPolicy.Held(request.Body, "secretmanager.", faults.Current.MissingPermissions);
    }

    /// <summary>The time to live, which is input only, becomes the time of the end.</summary>
    private void SetExpiry(JsonObject secret, JsonObject input)
    {
        if (input.Text("ttl") is not { } ttl) return;
        if (input.Text("expireTime") is not null) throw ApiException.InvalidArgument("A secret has either a ttl or an expireTime.");
        secret["expireTime"] = clock.GetUtcNow().AddSeconds((double)JsonFields.ToSeconds(ttl)).ToText();
    }

    private void Check(JsonObject secret, IReadOnlySet<string> versions)
    {
        if (secret.Text("expireTime") is { } expiry && JsonFields.ToTime(expiry) <= clock.GetUtcNow())
            throw ApiException.InvalidArgument("The secret's expireTime must be in the future.");
        var labels = secret.Message("labels") ?? [];
        if (labels.Count > 64) throw ApiException.InvalidArgument($"The secret has {labels.Count} labels, and can have 64.");
        foreach (var (key, value) in labels)
        {
            if (!LabelKey().IsMatch(key) || !LabelValue().IsMatch(value?.ToString() ?? ""))
                throw ApiException.InvalidArgument($"The label '{key}' is not valid. Labels have lowercase letters, digits, hyphens and underscores, 63 at most; a key begins with a letter.");
        }

        if (secret["versionAliases"] is not { } aliases) return;
        if (aliases is not JsonObject map) throw ApiException.InvalidArgument("versionAliases must be a map of names to numbers of versions.");
        foreach (var (alias, number) in map.ToList())
        {
            if (!Alias().IsMatch(alias) || alias is "latest" or "NEW") throw ApiException.InvalidArgument($"The version alias '{alias}' is not valid.");
            var text = number?.ToString() ?? "";
            if (!versions.Contains(text)) throw ApiException.InvalidArgument($"The version alias '{alias}' is for version '{text}', which does not exist.");
            map[alias] = text;
        }
    }
}
