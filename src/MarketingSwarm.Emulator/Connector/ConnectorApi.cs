using System.Security.Cryptography;
using System.Text.Json.Nodes;
using MarketingSwarm.Emulator.CloudSql;
using MarketingSwarm.Emulator.Clusters;
using MarketingSwarm.Emulator.Hosting;

namespace MarketingSwarm.Emulator.Connector;

/// <summary>What the connectors and the Auth Proxy ask before they connect, and the certificates' rotation.</summary>
internal sealed class ConnectorApi(Instances instances, InstanceCertificates certificates, Operations operations, SqlViews views, Authentication authentication) : IApi
{
    private const string Path = "/projects/{project}/instances/{instance}";
    private const string Resource = "instances/{instance}";
    private const string InstancesService = "SqlInstancesService.";
    private const string ConnectService = "SqlConnectService.";
    private const int SmallestKey = 2048;
    private const decimal LongestValidity = 86400;

    private static readonly TimeSpan DefaultValidity = TimeSpan.FromHours(1);

    public void Map(IEndpointRouteBuilder routes)
    {
        Map("GET", "/connectSettings", ConnectService + "GetConnectSettings", "cloudsql.instances.get", ["readTime"], null, GetSettings);
        Map("POST", ":generateEphemeralCert", ConnectService + "GenerateEphemeralCert", "cloudsql.instances.connect", [], "GenerateEphemeralCertRequest", GenerateCertificate);
        Map("GET", "/listServerCas", InstancesService + "ListServerCas", "cloudsql.instances.listServerCas", [], null, ListAuthorities);
        Map("POST", "/addServerCa", InstancesService + "AddServerCa", "cloudsql.instances.addServerCa", [], null, AddAuthority);
        Map("POST", "/rotateServerCa", InstancesService + "RotateServerCa", "cloudsql.instances.rotateServerCa", [], "InstancesRotateServerCaRequest", RotateAuthority);
        Map("POST", "/resetSslConfig", InstancesService + "ResetSslConfig", "cloudsql.instances.resetSslConfig", ["mode"], null, Reset);

        void Map(string verb, string path, string name, string permission, string[] query, string? body, Func<ApiRequest, SqlSurface, JsonObject> handler)
            => SqlSurface.Map(routes, verb, Path + path, name, permission, Resource, query, body, (request, surface) => Task.FromResult(handler(request, surface)));
    }

    private static ClusterId IdOf(ApiRequest request) => new(request.Route("project"), request.Route("instance"));

    private JsonObject GetSettings(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        var instance = views.Instance(request, surface, instances.GetRunnable(id));
        JsonObject settings = new() { ["kind"] = "sql#connectSettings", ["pscEnabled"] = false, ["serverCaMode"] = "GOOGLE_MANAGED_INTERNAL_CA" };
        instance.CopyTo(settings, "ipAddresses", "region", "databaseVersion", "backendType");
        var authorities = certificates.ServerAuthorities(id);
        var current = authorities[0];
        // The next authority is told before it is used, so that its turn breaks no client.
        current["cert"] = string.Join('\n', authorities.Select(authority => authority["cert"]!.GetValue<string>()));
        settings["serverCaCert"] = current;
        return settings;
    }

    private JsonObject GenerateCertificate(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        if (instances.GetRunnable(id)["settings"]!["activationPolicy"]!.GetValue<string>() == "NEVER")
            throw SqlErrors.Invalid("Invalid request since instance is not running.");
        using var key = ReadKey(request.Body.Text("public_key") ?? throw SqlErrors.Required("public_key"));
        string? account = null;
        if (request.Body.Text("access_token") is { } token)
            account = authentication.IsToken(token) ? authentication.Account : throw SqlErrors.Invalid("The access token is invalid.");
        var validity = request.Body.Text("validDuration") is { } text ? ReadValidity(text) : DefaultValidity;
        return new JsonObject { ["ephemeralCert"] = certificates.IssueClient(id, key, account, validity) };
    }

    private JsonObject ListAuthorities(ApiRequest request, SqlSurface surface)
    {
        var id = IdOf(request);
        instances.GetRunnable(id);
        var authorities = certificates.ServerAuthorities(id);
        return new JsonObject
        {
            ["kind"] = "sql#instancesListServerCas",
            ["activeVersion"] = authorities[0]["sha1Fingerprint"]!.DeepClone(),
            ["certs"] = new JsonArray([.. authorities]),
        };
    }

    private JsonObject AddAuthority(ApiRequest request, SqlSurface surface) => Begin(request, surface, CertificateChange.Add);

    private JsonObject RotateAuthority(ApiRequest request, SqlSurface surface)
    {
        var wanted = request.Body.Message("rotateServerCaContext")?.Text("nextVersion");
        instances.GetRunnable(IdOf(request));
        if (!certificates.HasNext(IdOf(request), wanted))
            throw SqlErrors.Invalid(wanted is null ? "There is no server CA to rotate to. Add one first." : $"The instance has no upcoming server CA with the fingerprint {wanted}.");
        return Begin(request, surface, CertificateChange.Rotate);
    }

    private JsonObject Reset(ApiRequest request, SqlSurface surface)
    {
        if (request.Query("mode") is not (null or "ALL" or "RESET_SSL_MODE_UNSPECIFIED")) throw SqlErrors.Invalid("The emulator has no replicas: the mode can be ALL only.");
        return Begin(request, surface, CertificateChange.Reset);
    }

    private JsonObject Begin(ApiRequest request, SqlSurface surface, CertificateChange change)
    {
        var id = IdOf(request);
        instances.Get(id);
        operations.CheckFree(id);
        instances.GetRunnable(id);
        return SqlViews.Operation(request, surface, operations.Begin(new PendingOperation(id, "UPDATE", new JsonObject { ["certificates"] = change.ToString() })));
    }

    /// <summary>The key in a PEM text. Google's connectors for Go label it "RSA PUBLIC KEY", which is the name of another form, and mean the same bytes.</summary>
    private static RSA ReadKey(string pem)
    {
        var key = RSA.Create();
        try
        {
            var fields = PemEncoding.Find(pem);
            if (pem[fields.Label] is not ("PUBLIC KEY" or "RSA PUBLIC KEY")) throw new CryptographicException();
            var content = Convert.FromBase64String(pem[fields.Base64Data]);
            key.ImportSubjectPublicKeyInfo(content, out var read);
            if (read == content.Length && key.KeySize >= SmallestKey) return key;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException or FormatException)
        {
            // All that is wrong with it is told as one.
        }

        key.Dispose();
        throw SqlErrors.Invalid($"Invalid public key: an RSA key of {SmallestKey} bits or more is wanted, as PEM.");
    }

    private static TimeSpan ReadValidity(string duration)
        => JsonFields.ToSeconds(duration) is var seconds and >= 1 and <= LongestValidity
            ? TimeSpan.FromSeconds((double)seconds)
            : throw SqlErrors.Invalid($"Invalid validDuration ({duration}): 1s to {LongestValidity}s.");
}
