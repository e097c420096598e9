using System.Globalization;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.Hosting;
using MarketingSwarm.Emulator.State;

namespace MarketingSwarm.Emulator.Secrets;

/// <summary>
///   The secrets in the state: a document each, with its policy and its versions, so that one change of it is all or nothing. The documents are
///   readable by their owner only; a destroyed version's payload is gone from them.
/// </summary>
internal sealed class SecretStore(StateStore store, TimeProvider clock)
{
    private const string Collection = "secrets";
    private const string Enabled = "ENABLED";
    private const string Disabled = "DISABLED";
    private const string Destroyed = "DESTROYED";

    /// <summary>Writes a new secret.</summary>
    /// <exception cref="ApiException">It exists.</exception>
    public JsonObject Add(SecretScope scope, string id, JsonObject secret)
    {
        secret["createTime"] = clock.GetUtcNow().ToText();
        secret["etag"] = JsonFields.NewETag();
        var document = new JsonObject { ["secret"] = secret, ["versions"] = new JsonArray() };
        store.Change(Collection, scope.KeyOf(id), existing
            => existing is null || IsExpired(existing) ? document : throw ApiException.AlreadyExists($"Secret [{scope.NameOf(id)}] already exists."));
        return Named(scope, id, secret);
    }

    /// <exception cref="ApiException">There is no such secret.</exception>
    public JsonObject Get(SecretScope scope, string id) => Named(scope, id, Find(scope, id)["secret"]!.AsObject());

    /// <summary>All of a scope, the newest first.</summary>
    public IEnumerable<JsonObject> List(SecretScope scope)
        => store.List(Collection, scope.KeyPrefix)
            .Where(entry => !IsExpired(entry.Value))
            .Select(entry => Named(scope, entry.Key[scope.KeyPrefix.Length..], entry.Value["secret"]!.AsObject()))
            .OrderByDescending(OrderKey, StringComparer.Ordinal);

    /// <summary>What <see cref="List"/> is in the order of.</summary>
    public static string OrderKey(JsonObject secret) => $"{secret["createTime"]} {secret["name"]}";

    /// <summary>Changes a secret's own fields; the function gets the secret and the numbers of its versions.</summary>
    /// <exception cref="ApiException">There is no such secret, or its etag is another.</exception>
    public JsonObject Update(SecretScope scope, string id, string? etag, Action<JsonObject, IReadOnlySet<string>> change)
    {
        var changed = Change(scope, id, document =>
        {
            var secret = document["secret"]!.AsObject();
            CheckETag(secret, etag, scope.NameOf(id));
            change(secret, document.Messages("versions").Select(NumberOf).ToHashSet(StringComparer.Ordinal));
            secret["etag"] = JsonFields.NewETag();
        });
        return Named(scope, id, changed["secret"]!.AsObject());
    }

    /// <summary>Deletes a secret with its versions.</summary>
    /// <exception cref="ApiException">There is no such secret, or its etag is another.</exception>
    public void Delete(SecretScope scope, string id, string? etag)
        => store.Change(Collection, scope.KeyOf(id), existing =>
        {
            CheckETag(Existing(existing, scope, id)["secret"]!.AsObject(), etag, scope.NameOf(id));
            return null;
        });

    /// <summary>Adds a version with the next number, which remembers whether the client sent the payload's checksum.</summary>
    /// <exception cref="ApiException">There is no such secret.</exception>
    public JsonObject AddVersion(SecretScope scope, string id, byte[] payload, bool hasChecksum)
    {
        var version = new JsonObject
        {
            ["state"] = Enabled,
            ["createTime"] = clock.GetUtcNow().ToText(),
            ["etag"] = JsonFields.NewETag(),
            ["data"] = Convert.ToBase64String(payload),
            ["dataCrc32c"] = Crc32C.Of(payload).ToString(CultureInfo.InvariantCulture),
        };
        if (hasChecksum) version["clientSpecifiedPayloadChecksum"] = true;
        var changed = Change(scope, id, document =>
        {
            var versions = document["versions"]!.AsArray();
            version["number"] = (versions.Count + 1).ToString(CultureInfo.InvariantCulture);
            versions.Add((JsonNode)version);
        });
        return Described(scope, id, changed, version);
    }

    /// <summary>All versions of a secret, the newest first.</summary>
    /// <exception cref="ApiException">There is no such secret.</exception>
    public IEnumerable<JsonObject> ListVersions(SecretScope scope, string id)
    {
        var document = Find(scope, id);
        return document.Messages("versions").Reverse().Select(version => Described(scope, id, document, version));
    }

    /// <summary>A version by its number, by <c>latest</c>, or by an alias.</summary>
    /// <exception cref="ApiException">There is no such secret or version.</exception>
    public JsonObject GetVersion(SecretScope scope, string id, string version)
    {
        var document = Find(scope, id);
        return Described(scope, id, document, FindVersion(scope, id, document, version));
    }

    /// <summary>The payload of a version, as the API answers with it.</summary>
    /// <exception cref="ApiException">There is no such secret or version, or it is not enabled.</exception>
    public JsonObject Access(SecretScope scope, string id, string version)
    {
        var found = FindVersion(scope, id, Find(scope, id), version);
        var name = $"{scope.NameOf(id)}/versions/{NumberOf(found)}";
        if (found.Text("state") != Enabled) throw ApiException.FailedPrecondition($"Secret Version [{name}] is in {found.Text("state")} state.");
        var payload = new JsonObject();
        found.CopyTo(payload, "data", "dataCrc32c");
        return new JsonObject { ["name"] = name, ["payload"] = payload };
    }

    /// <summary>Enables a version or disables it.</summary>
    /// <exception cref="ApiException">There is no such secret or version, its etag is another, or it is destroyed.</exception>
    public JsonObject SetEnabled(SecretScope scope, string id, string version, string? etag, bool isEnabled)
        => ChangeVersion(scope, id, version, etag, (_, found) =>
        {
            found["state"] = isEnabled ? Enabled : Disabled;
            if (isEnabled) found.Remove("scheduledDestroyTime");
        });

    /// <summary>Destroys a version's payload: at once, or after the secret's delay, until when it is disabled.</summary>
    /// <exception cref="ApiException">There is no such secret or version, its etag is another, or it is destroyed.</exception>
    public JsonObject Destroy(SecretScope scope, string id, string version, string? etag)
        => ChangeVersion(scope, id, version, etag, (secret, found) =>
        {
            if (secret.Text("versionDestroyTtl") is { } delay)
            {
                found["state"] = Disabled;
                found["scheduledDestroyTime"] = clock.GetUtcNow().AddSeconds((double)JsonFields.ToSeconds(delay)).ToText();
            }
            else
            {
                Destroy(found, clock.GetUtcNow().ToText());
            }
        });

    /// <summary>The secret's policy; null where it has none.</summary>
    /// <exception cref="ApiException">There is no such secret.</exception>
    public JsonObject? GetPolicy(SecretScope scope, string id) => Find(scope, id).Message("policy");

    /// <summary>Replaces the secret's policy; no other change comes between.</summary>
    /// <exception cref="ApiException">There is no such secret, or the function refuses.</exception>
    public JsonObject SetPolicy(SecretScope scope, string id, Func<JsonObject?, JsonObject> change)
        => Change(scope, id, document => document["policy"] = change(document.Message("policy")?.DeepClone().AsObject()))["policy"]!.DeepClone().AsObject();

    private static string NumberOf(JsonObject version) => version.Text("number")!;

    private static JsonObject Named(SecretScope scope, string id, JsonObject secret)
    {
        var named = new JsonObject { ["name"] = scope.NameOf(id) };
        secret.CopyTo(named, secret.Select(field => field.Key));
        return named.WithoutEmpty("labels", "annotations", "versionAliases");
    }

    private static JsonObject Described(SecretScope scope, string id, JsonObject document, JsonObject version)
    {
        var described = new JsonObject { ["name"] = $"{scope.NameOf(id)}/versions/{NumberOf(version)}" };
        version.CopyTo(described, "createTime", "destroyTime", "state", "scheduledDestroyTime", "etag", "clientSpecifiedPayloadChecksum");
        var replication = document["secret"]!.AsObject().Message("replication");
        if (replication?["automatic"] is not null)
        {
            described["replicationStatus"] = new JsonObject { ["automatic"] = new JsonObject() };
        }
        else if (replication?.Message("userManaged") is { } managed)
        {
            var replicas = managed.Messages("replicas").Select(replica => (JsonNode)new JsonObject { ["location"] = replica.Text("location") });
            described["replicationStatus"] = new JsonObject { ["userManaged"] = new JsonObject { ["replicas"] = new JsonArray([.. replicas]) } };
        }

        return described;
    }

    private static void CheckETag(JsonObject resource, string? given, string name)
    {
        if (given is not null && given != resource.Text("etag"))
            throw ApiException.FailedPrecondition($"The etag {given} given for [{name}] does not match the current etag {resource.Text("etag")}.");
    }

    private static void Destroy(JsonObject version, string time)
    {
        version["state"] = Destroyed;
        version["destroyTime"] = time;
        version.Remove("scheduledDestroyTime");
        version.Remove("data");
        version.Remove("dataCrc32c");
    }

    private static JsonObject FindVersion(SecretScope scope, string id, JsonObject document, string version)
    {
        var versions = document.Messages("versions").ToList();
        var number = version == "latest" ? versions.LastOrDefault() is { } last ? NumberOf(last) : null
            : document["secret"]!["versionAliases"]?[version]?.ToString() ?? version;
        if (number is null) throw ApiException.NotFound($"Secret [{scope.NameOf(id)}] not found or has no versions.");
        return versions.Find(one => NumberOf(one) == number) ?? throw ApiException.NotFound($"Secret Version [{scope.NameOf(id)}/versions/{version}] not found.");
    }

    private JsonObject ChangeVersion(SecretScope scope, string id, string version, string? etag, Action<JsonObject, JsonObject> change)
    {
        JsonObject found = [];
        var changed = Change(scope, id, document =>
        {
            found = FindVersion(scope, id, document, version);
            var name = $"{scope.NameOf(id)}/versions/{NumberOf(found)}";
            CheckETag(found, etag, name);
            if (found.Text("state") == Destroyed) throw ApiException.FailedPrecondition($"Secret Version [{name}] is in {Destroyed} state.");
            change(document["secret"]!.AsObject(), found);
            found["etag"] = JsonFields.NewETag();
        });
        return Described(scope, id, changed, found);
    }

    private JsonObject Change(SecretScope scope, string id, Action<JsonObject> change)
        => store.Change(Collection, scope.KeyOf(id), existing =>
        {
            var document = Existing(existing, scope, id);
            change(document);
            return document;
        })!;

    private JsonObject Find(SecretScope scope, string id) => Existing(store.Get(Collection, scope.KeyOf(id)), scope, id);

    private JsonObject Existing(JsonObject? document, SecretScope scope, string id)
    {
        if (document is null || IsExpired(document)) throw ApiException.NotFound($"Secret [{scope.NameOf(id)}] not found.");
        var now = clock.GetUtcNow();
        foreach (var version in document.Messages("versions"))
        {
            if (version.Text("scheduledDestroyTime") is { } time && JsonFields.ToTime(time) <= now) Destroy(version, time);
        }

        return document;
    }

    private bool IsExpired(JsonObject document)
        => document["secret"]!.AsObject().Text("expireTime") is { } time && JsonFields.ToTime(time) <= clock.GetUtcNow();
}
